/** Dropped, chosen or pasted: recordings and events. */
import { decode } from '../sources/decode.js';
import type { Offered, Reading } from '../sources/files.js';
import { type Given, givenOf } from '../sources/given.js';
import { button, byId, dialog, el, html, input, messageOf, select, setText } from '../ui/dom.js';
import { addMarkup } from '../ui/trusted.js';
import markup from './open-file.html?raw';
import './dialogs.css';

addMarkup(markup);

/** The file of a link, and the position there. */
export interface Wanted {
  readonly file: string;
  readonly atMs: number | undefined;
}

/** The dialog. */
export class OpenFile {
  readonly #dialog = dialog('file-dialog');
  readonly #files = input('files');
  readonly #pasted = html('pasted') as HTMLTextAreaElement;
  readonly #choice = html('recordings');
  readonly #list = select('recording');
  readonly #open: (offered: Offered, atMs: number | undefined) => Promise<void>;
  /** The file that a link speaks of, and the position there. */
  #wanted: Wanted | undefined;
  #offered: readonly Offered[] = [];
  #given = '';
  #reading: AbortController | undefined;

  /** @param open - rejects when it cannot be opened after all */
  constructor(open: (offered: Offered, atMs: number | undefined) => Promise<void>) {
    this.#open = open;
    this.#files.addEventListener('change', () => {
      if (this.#files.files?.length) {
        void this.take(givenOf(this.#files.files));
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
          void this.take([{ name: 'the pasted text', blob: new Blob([this.#given]) }]);
        } else if (!this.#choice.hidden) {
          this.#choose();
        } else if (html('file-problem').textContent === '') {
          this.#say('choose a file, or paste a text');
        }
      }
    });
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

  /** Opens these, or says why it cannot. */
  async take(given: readonly Given[]): Promise<void> {
    for (const other of document.querySelectorAll('dialog')) {
      if (other.open && other !== this.#dialog) {
        other.close();
      }
    }
    this.#say('');
    this.#reading?.abort();
    const reading = new AbortController();
    this.#reading = reading;
    const opening = html('opening');
    setText(html('opening-what'), `Opening ${given.map(({ name }) => name).join(', ')}…`);
    this.#drawProgress(undefined);
    button('opening-cancel').onclick = () => reading.abort();
    opening.showPopover();
    try {
      const offered = await decode(given, (progress) => this.#drawProgress(progress), reading.signal);
      if (offered.length === 1) {
        await this.#finish(offered[0] as Offered);
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
      if (reading.signal.aborted) {
        return;
      }
      if (!this.#dialog.open) {
        this.#reset();
        this.#dialog.showModal();
      }
      this.#say(messageOf(error));
    } finally {
      if (this.#reading === reading) {
        opening.hidePopover();
      }
      // The same file can be chosen again.
      this.#files.value = '';
    }
  }

  /** How much was read; then it is decoded, and nothing says how long that takes. */
  #drawProgress(progress: Reading | undefined): void {
    const bar = byId('opening-progress', HTMLProgressElement);
    if (progress === undefined || progress.bytes === progress.of) {
      bar.removeAttribute('value');
    } else {
      bar.value = progress.bytes / progress.of;
    }
  }

  #choose(): void {
    const offered = this.#offered[this.#list.selectedIndex];
    if (offered !== undefined) {
      void this.#finish(offered);
    }
  }

  async #finish(offered: Offered): Promise<void> {
    try {
      await this.#open(offered, this.#wanted?.file === offered.name ? this.#wanted.atMs : undefined);
      this.#wanted = undefined;
      this.#dialog.close();
    } catch (error) {
      this.#say(`${offered.name}: ${messageOf(error)}`);
    }
  }

  #say(problem: string): void {
    setText(html('file-problem'), problem);
  }
}
