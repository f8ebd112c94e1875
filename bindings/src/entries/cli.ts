import process from 'node:process';
import { main } from '../cli/main.js';
import { readBeside } from '../core/wasm/beside.js';
import { startCoreSync } from '../core/wasm/glue.js';
import { provideSync } from '../core/wasm/loader.js';

provideSync(() => startCoreSync(readBeside()));

process.exitCode = await main(process.argv.slice(2));
