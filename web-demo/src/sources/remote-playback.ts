/** Reads files and plays a recording in a worker: however large it is, the page goes on meanwhile. */
import core from 'vm-customization/core.wasm?url';
import type { ReportFormat } from '../ui/export.js';
import { scriptUrl } from '../ui/trusted.js';
import type { Given } from './given.js';
import worker from './playback.worker.ts?worker&url';
import type { Answer, Call, Calls, Change, Offered, Opened, Place, Position, Reading } from './playback-messages.js';

interface Pending {
  tell(part: unknown): void;
  resolve(answer: unknown): void;
  reject(problem: Error): void;
}

/** One document. What goes wrong in the worker rejects the call that met it. */
export class RemotePlayback {
  readonly #worker = new Worker(scriptUrl(worker), { type: 'module' });
  /** In the order of the calls, which is that of the answers. */
  readonly #pending: Pending[] = [];
  /** Why there is no worker. */
  #ended: Error | undefined;

  constructor() {
    this.#worker.addEventListener('message', ({ data }: MessageEvent<Answer>) => {
      if ('part' in data) {
        this.#pending[0]?.tell(data.part);
        return;
      }
      const pending = this.#pending.shift();
      if ('answer' in data) {
        pending?.resolve(data.answer);
      } else {
        pending?.reject(new Error(data.problem));
      }
    });
    const fail = (why: string): void =>
      this.#end(new Error(`what plays recordings cannot be loaded: ${why || 'is the network there?'}`));
    this.#worker.addEventListener('error', ({ message }) => fail(message));
    this.#ask('start', new URL(core, location.href).href).catch(({ message }: Error) => fail(message));
  }

  /** It has not failed to load. */
  get isUsable(): boolean {
    return this.#ended === undefined;
  }

  /**
   * Reads recordings, or events that together make one.
   * @throws Error that says what is wrong with them
   */
  read(given: readonly Given[], onProgress: (progress: Reading) => void): Promise<readonly Offered[]> {
    return this.#ask('read', given, onProgress);
  }

  /** Opens one of those that were read: the others are forgotten. @throws Error that names it, the place in it and why */
  open(index: number): Promise<Opened> {
    return this.#ask('open', index);
  }

  /** @param onChange - takes what is different there, in as many parts as the page can draw between */
  seek(to: Place, onChange: (change: Change) => void): Promise<Position> {
    return this.#ask('seek', to, onChange);
  }

  /** That at the position, as a file. */
  report(format: ReportFormat): Promise<Blob> {
    return this.#ask('report', format);
  }

  /** As JSON text. */
  recording(): Promise<Blob> {
    return this.#ask('recording', undefined);
  }

  /** Of any recording what is about one VM, for a link; undefined where that is too large for one. */
  evidence(recording: Blob, vm: string): Promise<string | undefined> {
    return this.#ask('evidence', { recording, vm });
  }

  /** Ends the worker, also while it is at work: nobody waits for it. */
  close(): void {
    this.#end(new Error('what was played is closed'));
  }

  #end(why: Error): void {
    this.#ended ??= why;
    this.#worker.terminate();
    for (const { reject } of this.#pending.splice(0)) {
      reject(this.#ended);
    }
  }

  #ask<Name extends keyof Calls>(
    call: Name,
    of: Calls[Name]['of'],
    tell: (part: Calls[Name]['part']) => void = () => undefined,
  ): Promise<Calls[Name]['answer']> {
    return new Promise((resolve, reject) => {
      if (this.#ended !== undefined) {
        reject(this.#ended);
        return;
      }
      this.#pending.push({ tell, resolve, reject } as Pending);
      this.#worker.postMessage({ call, of } as Call);
    });
  }
}

const RENEWED_AFTER_MS = 1_000;

let spare: RemotePlayback | undefined;

/** Starts one before it is needed: a click then needs neither the network nor the time of a start. */
export function prepareRemotePlayback(): void {
  if (spare?.isUsable !== true) {
    spare = new RemotePlayback();
  }
}

/** The one that was started, or a new one. @param signal - closes it */
export function remotePlayback(signal?: AbortSignal): RemotePlayback {
  const taken = spare?.isUsable === true ? spare : new RemotePlayback();
  spare = undefined;
  setTimeout(prepareRemotePlayback, RENEWED_AFTER_MS);
  signal?.addEventListener('abort', () => taken.close());
  return taken;
}
