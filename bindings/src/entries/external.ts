// The core comes from wherever the application has put core.wasm: `await init(url)`.
export * from './exports-browser.js';
