import { unpack } from './wasm/embedded-node.js';
import { startCoreSync } from './wasm/glue.js';
import { provideSync } from './wasm/loader.js';

provideSync(() => startCoreSync(unpack()));

export * from './index-node.js';
