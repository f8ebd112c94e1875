import { unpack } from './wasm/embedded-browser.js';
import { provideAsync } from './wasm/loader.js';

provideAsync(unpack);

export * from './index.js';
