/// <reference lib="esnext.disposable" preserve="true" />

/**
 * Browsers learnt `Symbol.dispose` late; where it is missing `dispose()` is there all the same.
 */
export const disposeSymbol: typeof Symbol.dispose = Symbol.dispose ?? Symbol.for('Symbol.dispose');
