/** Dropped, chosen or pasted: recordings and events. */

import { type Given, type Offered, readFiles } from '../sources/files.js';
import { dialog, el, html, input, messageOf, onClick, select, setText } from '../ui/dom.js';

interface Wanted {
  readonly file: string;
  readonly atMs: number | undefined;
}

/** The dialog, and what is dropped or pasted anywhere on the page. */
export class OpenFile {
  readonly #dialog = dialog('file-dialog');
  readonly #files = input('files');
  readonly #pasted = html('pasted') as HTMLTextAreaElement;
  readonly #choice = html('recordings');
  readonly #list = select('recording');
  readonly #open: (offered: Offered, atMs: number | undefined) => void;
  /** The file that a link speaks of, and the position there. */
  #wanted: Wanted | undefined;
  #offered: readonly Offered[] = [];
  #given = '';

  /** @param open - throws when it cannot be opened after all */
  constructor(open: (offered: Offered, atMs: number | undefined) => void) {
    this.#open = open;
    onClick('open-file', () => this.show());
    this.#files.addEventListener('change', () => {
      if (this.#files.files?.length) {
        void this.#take(givenOf(this.#files.files));
      }
    });
    this.#pasted.addEventListener('input', () => {
      this.#given = '';
    });
    this.#list.addEventListener('dblclick', () => this.#choose());
    this.#dialog.addEventListener('submit', (event) => {
      if ((event.submitter as HTMLButtonElement | null)?.value === 'open') {
        event.preventDefault();
        if (this.#pasted.value.trim() !== '' && this.#given !== this.#pasted.value) {
          this.#given = this.#pasted.value;
          void this.#take([{ name: 'the pasted text', blob: new Blob([this.#given]) }]);
        } else if (!this.#choice.hidden) {
          this.#choose();
        } else if (html('file-problem').textContent === '') {
          this.#say('choose a file, or paste a text');
        }
      }
    });
    this.#listenToPage();
  }

  /** @param wanted - what a link speaks of */
  show(wanted?: Wanted): void {
    const hint = html('file-wanted');
    this.#wanted = wanted ?? this.#wanted;
    hint.hidden = wanted === undefined;
    setText(hint, wanted === undefined ? '' : `This link shows “${wanted.file}”: choose that file.`);
    this.#reset();
    this.#dialog.showModal();
  }

  #reset(): void {
    this.#files.value = '';
    this.#pasted.value = '';
    this.#given = '';
    this.#choice.hidden = true;
    this.#say('');
  }

  async #take(given: readonly Given[]): Promise<void> {
    for (const other of document.querySelectorAll('dialog')) {
      if (other.open && other !== this.#dialog) {
        other.close();
      }
    }
    this.#say('');
    const opening = html('opening');
    setText(opening, `Opening ${given.map(({ name }) => name).join(', ')}…`);
    opening.showPopover();
    try {
      // Reading holds up the page: it is to be seen why.
      await painted();
      const offered = await readFiles(given);
      if (offered.length === 1) {
        this.#finish(offered[0] as Offered);
        return;
      }
      this.#offered = offered;
      this.#list.replaceChildren(
        ...offered.map(({ name, recording }, index) => {
          const vms = recording.vms.map((vm) => vm.name ?? vm.vm).slice(0, 4);
          return el('option', { value: String(index) }, `${name} — ${recording.startedAt} — ${vms.join(', ')}`);
        }),
      );
      this.#list.selectedIndex = 0;
      this.#choice.hidden = false;
      if (!this.#dialog.open) {
        this.#dialog.showModal();
      }
      this.#list.focus();
    } catch (error) {
      if (!this.#dialog.open) {
        this.#reset();
        this.#dialog.showModal();
      }
      this.#say(messageOf(error));
    } finally {
      opening.hidePopover();
      // The same file can be chosen again.
      this.#files.value = '';
    }
  }

  #choose(): void {
    const offered = this.#offered[this.#list.selectedIndex];
    if (offered !== undefined) {
      this.#finish(offered);
    }
  }

  #finish(offered: Offered): void {
    try {
      this.#open(offered, this.#wanted?.file === offered.name ? this.#wanted.atMs : undefined);
      this.#wanted = undefined;
      this.#dialog.close();
    } catch (error) {
      this.#say(`${offered.name}: ${messageOf(error)}`);
    }
  }

  #say(problem: string): void {
    setText(html('file-problem'), problem);
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
        void this.#take(givenOf(event.dataTransfer?.files ?? []));
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
        void this.#take(files.length > 0 ? files : [{ name: 'the pasted text', blob: new Blob([text]) }]);
      }
    });
  }
}

/** After the next frame; at once where there is none, as in a tab in the background. */
function painted(): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, 200);
    requestAnimationFrame(() => setTimeout(resolve));
  });
}

function givenOf(files: Iterable<File> | ArrayLike<File>): Given[] {
  return Array.from(files, (file) => ({ name: file.name, blob: file }));
}
