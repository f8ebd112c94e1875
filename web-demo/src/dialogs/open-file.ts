/** Dropped, chosen or pasted: recordings and events. */
import { type Given, givenOf } from '../sources/given.js';
import type { Offered } from '../sources/playback-messages.js';
import { type RemotePlayback, remotePlayback } from '../sources/remote-playback.js';
import { dialog, el, html, input, messageOf, select, setText } from '../ui/dom.js';
import { opening } from '../ui/opening.js';
import { addMarkup } from '../ui/trusted.js';
import markup from './open-file.html?raw';
import './dialogs.css';

addMarkup(markup);

/** The file of a link, and the position there. */
export interface Wanted {
  readonly file: string;
  readonly atMs: number | undefined;
}

/** One of the recordings that were read. */
export interface Chosen {
  readonly remote: RemotePlayback;
  readonly index: number;
  readonly name: string;
}

/** The dialog. */
export class OpenFile {
  readonly #dialog = dialog('file-dialog');
  readonly #files = input('files');
  readonly #pasted = html('pasted') as HTMLTextAreaElement;
  readonly #choice = html('recordings');
  readonly #recordings = select('recording');
  readonly #open: (chosen: Chosen, atMs: number | undefined) => Promise<void>;
  /** The file that a link speaks of, and the position there. */
  #wanted: Wanted | undefined;
  /** What there is to choose from. */
  #list: { readonly remote: RemotePlayback; readonly offered: readonly Offered[] } | undefined;
  #given = '';

  /** @param open - rejects when it cannot be opened after all */
  constructor(open: (chosen: Chosen, atMs: number | undefined) => Promise<void>) {
    this.#open = open;
    this.#files.addEventListener('change', () => {
      if (this.#files.files?.length) {
        void this.take(givenOf(this.#files.files));
      }
    });
    this.#pasted.addEventListener('input', () => {
      this.#given = '';
    });
    this.#recordings.addEventListener('dblclick', () => void this.#choose());
    this.#dialog.addEventListener('close', () => this.#forget());
    this.#dialog.addEventListener('submit', (event) => {
      if ((event.submitter as HTMLButtonElement | null)?.value === 'open') {
        event.preventDefault();
        if (this.#pasted.value.trim() !== '' && this.#given !== this.#pasted.value) {
          this.#given = this.#pasted.value;
          void this.take([{ name: 'the pasted text', blob: new Blob([this.#given]) }]);
        } else if (!this.#choice.hidden) {
          void this.#choose();
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
    this.#forget();
    this.#say('');
  }

  #closeOthers(): void {
    for (const other of document.querySelectorAll('dialog')) {
      if (other !== this.#dialog) {
        other.close();
      }
    }
  }

  #forget(): void {
    this.#list?.remote.close();
    this.#list = undefined;
    this.#choice.hidden = true;
  }

  /** Opens these, or says why it cannot. */
  async take(given: readonly Given[]): Promise<void> {
    this.#closeOthers();
    this.#say('');
    this.#forget();
    try {
      await opening(given.map(({ name }) => name).join(', '), async (signal, onProgress) => {
        const remote = remotePlayback(signal);
        try {
          const offered = await remote.read(given, onProgress);
          if (offered.length === 1) {
            await this.#finish({ remote, index: 0, name: (offered[0] as Offered).name });
          } else {
            this.#offer(remote, offered);
          }
        } catch (error) {
          remote.close();
          throw error;
        }
      });
    } catch (error) {
      this.#closeOthers();
      if (!this.#dialog.open) {
        this.#reset();
        this.#dialog.showModal();
      }
      this.#say(messageOf(error));
    } finally {
      // The same file can be chosen again.
      this.#files.value = '';
    }
  }

  #offer(remote: RemotePlayback, offered: readonly Offered[]): void {
    this.#forget();
    this.#list = { remote, offered };
    this.#recordings.replaceChildren(
      ...offered.map(({ name, about }, index) => el('option', { value: String(index) }, `${name} — ${about}`)),
    );
    this.#recordings.selectedIndex = 0;
    this.#choice.hidden = false;
    this.#closeOthers();
    if (!this.#dialog.open) {
      this.#dialog.showModal();
    }
    this.#recordings.focus();
  }

  async #choose(): Promise<void> {
    const index = this.#recordings.selectedIndex;
    const name = this.#list?.offered[index]?.name;
    if (this.#list === undefined || name === undefined) {
      return;
    }
    const { remote } = this.#list;
    try {
      await opening(name, async (signal) => {
        signal.addEventListener('abort', () => remote.close());
        await this.#finish({ remote, index, name });
      });
      // Where it was given up there is nothing left to choose from.
      this.#dialog.close();
    } catch (error) {
      this.#say(messageOf(error));
    }
  }

  /** Opens it: from here on what plays it is the page's. */
  async #finish(chosen: Chosen): Promise<void> {
    await this.#open(chosen, this.#wanted?.file === chosen.name ? this.#wanted.atMs : undefined);
    this.#wanted = undefined;
    this.#list = undefined;
    this.#dialog.close();
  }

  #say(problem: string): void {
    setText(html('file-problem'), problem);
  }
}
