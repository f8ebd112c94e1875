import { unpack } from '../core/wasm/embedded-browser.js';
import { provideAsync } from '../core/wasm/loader.js';

provideAsync(unpack);

export * from './exports-browser.js';
