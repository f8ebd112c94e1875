import { unpack } from '../core/wasm/embedded-node.js';
import { startCoreSync } from '../core/wasm/glue.js';
import { provideSync } from '../core/wasm/loader.js';

provideSync(() => startCoreSync(unpack()));

export * from './exports-node.js';
