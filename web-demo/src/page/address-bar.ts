/** Keeps the address of the window saying what is shown. */
/** Browsers limit how often it may change. */
const EVERY_MS = 400;

export class AddressBar {
  readonly #hash: () => string;
  #writing: number | undefined;

  /** @param hash - what the address is to say, after `#` and with it */
  constructor(hash: () => string) {
    this.#hash = hash;
  }

  /** Soon. */
  write(): void {
    this.#writing ??= window.setTimeout(() => this.writeNow(), EVERY_MS);
  }

  writeNow(): void {
    clearTimeout(this.#writing);
    this.#writing = undefined;
    const hash = this.#hash();
    if (hash !== location.hash) {
      history.replaceState(null, '', `${location.pathname}${location.search}${hash}`);
    }
  }
}
