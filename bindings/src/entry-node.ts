import { unpack } from './wasm/embedded-node.js';
import { provideSync } from './wasm/loader.js';

provideSync(unpack);

export * from './index-node.js';
