/** What somebody has said to have seen; it survives a reload of the tab. */
const KEY = 'vm-customization/acknowledged';
/** The newest. */
const KEPT = 500;

export class Acknowledged {
  #keys: Set<string> = remembered();

  get keys(): ReadonlySet<string> {
    return this.#keys;
  }

  add(keys: readonly string[]): void {
    this.#keep([...this.#keys, ...keys]);
  }

  toggle(key: string): void {
    this.#keep(this.#keys.has(key) ? [...this.#keys].filter((each) => each !== key) : [...this.#keys, key]);
  }

  #keep(keys: readonly string[]): void {
    this.#keys = new Set(keys.slice(-KEPT));
    try {
      sessionStorage.setItem(KEY, JSON.stringify([...this.#keys]));
    } catch {
      // A browser that keeps nothing shows it all the same.
    }
  }
}

function remembered(): Set<string> {
  try {
    const keys: unknown = JSON.parse(sessionStorage.getItem(KEY) ?? '[]');
    return new Set(Array.isArray(keys) ? keys.filter((key) => typeof key === 'string').slice(-KEPT) : []);
  } catch {
    return new Set();
  }
}
