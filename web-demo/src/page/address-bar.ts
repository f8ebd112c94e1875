/** Keeps the address of the window saying what is shown. */
import { type Link, writeLink } from './address.js';

/** Browsers limit how often it may change. */
const EVERY_MS = 400;

export class AddressBar {
  readonly #link: () => Link;
  #writing: number | undefined;

  constructor(link: () => Link) {
    this.#link = link;
  }

  /** Soon. */
  write(): void {
    this.#writing ??= window.setTimeout(() => this.writeNow(), EVERY_MS);
  }

  writeNow(): void {
    clearTimeout(this.#writing);
    this.#writing = undefined;
    const hash = writeLink(this.#link());
    if (hash !== location.hash) {
      history.replaceState(null, '', `${location.pathname}${location.search}${hash}`);
    }
  }
}
