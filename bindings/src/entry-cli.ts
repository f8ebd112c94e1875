import process from 'node:process';
import { main } from './cli/main.js';
import { readBeside } from './wasm/beside.js';
import { provideSync } from './wasm/loader.js';
import { startSync } from './wasm/start-sync.js';

provideSync(() => startSync(readBeside()));

process.exitCode = await main(process.argv.slice(2));
