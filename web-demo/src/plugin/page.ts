/** What the page says in words, around the view. All of it as text. */

function part<T extends HTMLElement>(id: string): T {
  const found = document.getElementById(id);
  if (found === null) {
    throw new Error(`the page has no #${id}`);
  }
  return found as T;
}

/** The parts of plugin.html. */
export class Page {
  readonly view: HTMLElement = part('view');
  readonly #state = part('state');
  readonly #problem = part('problem');
  readonly #what = part('what');
  readonly #again = part<HTMLButtonElement>('again');
  readonly #missing = part('missing');

  /** What is going on. */
  tell(text: string): void {
    if (this.#state.textContent !== text) {
      this.#state.textContent = text;
    }
  }

  /** Something that ends what the page does; `again` begins anew. */
  fail(text: string, again?: () => void): void {
    this.tell('');
    this.#what.textContent = text;
    this.#problem.hidden = false;
    this.#again.hidden = again === undefined;
    this.#again.onclick = again ?? null;
  }

  clear(): void {
    this.#problem.hidden = true;
    this.#missing.hidden = true;
    this.view.replaceChildren();
  }

  /** VMs that are not shown. */
  showMissing(missing: readonly { readonly vm: string; readonly message: string }[]): void {
    this.#missing.replaceChildren(
      ...missing.map(({ vm, message }) => {
        const item = document.createElement('li');
        item.textContent = `${vm} is not shown: ${message}`;
        return item;
      }),
    );
    this.#missing.hidden = missing.length === 0;
  }
}
