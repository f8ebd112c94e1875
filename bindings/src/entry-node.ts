import { unpack } from './wasm/embedded-node.js';
import { provideSync } from './wasm/loader.js';
import { startSync } from './wasm/start-sync.js';

provideSync(() => startSync(unpack()));

export * from './index-node.js';
