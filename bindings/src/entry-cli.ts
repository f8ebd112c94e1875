import process from 'node:process';
import { main } from './cli/main.js';
import { readBeside } from './wasm/beside.js';
import { startCoreSync } from './wasm/glue.js';
import { provideSync } from './wasm/loader.js';

provideSync(() => startCoreSync(readBeside()));

process.exitCode = await main(process.argv.slice(2));
