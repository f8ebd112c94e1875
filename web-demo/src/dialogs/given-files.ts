/** Files that are dropped or pasted anywhere on the page, and the dialog for them, which comes with the first use. */
import { type Given, givenOf } from '../sources/given.js';
import { html, messageOf } from '../ui/dom.js';
import { fail } from '../ui/notice.js';
import type { Chosen, OpenFile, Wanted } from './open-file.js';

type Load = () => Promise<typeof import('./open-file.js')>;

export class FileDialog {
  readonly #load: Load;
  readonly #open: (chosen: Chosen, atMs: number | undefined) => Promise<void>;
  #dialog: Promise<OpenFile> | undefined;

  /** @param open - rejects when it cannot be opened after all */
  constructor(load: Load, open: (chosen: Chosen, atMs: number | undefined) => Promise<void>) {
    this.#load = load;
    this.#open = open;
    this.#listenToPage();
  }

  /** @param wanted - what a link speaks of */
  show(wanted?: Wanted): void {
    this.#use((dialog) => dialog.show(wanted));
  }

  #use(act: (dialog: OpenFile) => void): void {
    this.#dialog ??= this.#load().then(({ OpenFile }) => new OpenFile(this.#open));
    this.#dialog.then(act, (error: unknown) => {
      // The network may be back for the next try.
      this.#dialog = undefined;
      fail(messageOf(error));
    });
  }

  #take(given: readonly Given[]): void {
    this.#use((dialog) => void dialog.take(given));
  }

  #listenToPage(): void {
    const veil = html('drop');
    const hasFiles = (event: DragEvent): boolean => event.dataTransfer?.types.includes('Files') ?? false;
    addEventListener('dragover', (event) => {
      if (hasFiles(event)) {
        event.preventDefault();
        veil.hidden = false;
      }
    });
    addEventListener('dragleave', (event) => {
      if (event.relatedTarget === null) {
        veil.hidden = true;
      }
    });
    addEventListener('drop', (event) => {
      veil.hidden = true;
      if (hasFiles(event)) {
        event.preventDefault();
        this.#take(givenOf(event.dataTransfer?.files ?? []));
      }
    });
    addEventListener('paste', (event) => {
      const target = event.composedPath()[0];
      if (target instanceof HTMLInputElement || target instanceof HTMLTextAreaElement) {
        return;
      }
      const files = givenOf(event.clipboardData?.files ?? []);
      const text = event.clipboardData?.getData('text/plain') ?? '';
      // Anything else that is pasted was not meant for the page.
      if (files.length > 0 || /^\s*[{[<]/.test(text)) {
        event.preventDefault();
        this.#take(files.length > 0 ? files : [{ name: 'the pasted text', blob: new Blob([text]) }]);
      }
    });
  }
}
