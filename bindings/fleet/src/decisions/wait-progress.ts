/**
 * What is to be done next for one wait: state first, then telling. The snapshot is written together with the transitions
 * that led to it, and these are told only when it was; so whoever goes on from it can tell them again, under the numbers
 * that they had. The end is written before the result is told, too: whoever took the wait over meanwhile would otherwise
 * go on from before it, and tell transitions that the result does not have.
 */
import { isDeepStrictEqual } from 'node:util';
import type { Snapshot, Transition } from 'vm-customization';
import type { WaitOutcome } from '../messages/wait-event.js';
import type { WaitState } from '../messages/wait-state.js';

/** The next thing to do. */
export type WaitAction =
  /** Write this state over the one of `revision`. */
  | { readonly type: 'write'; readonly state: WaitState; readonly revision: number }
  | { readonly type: 'tell'; readonly transitions: readonly Transition[] }
  | { readonly type: 'conclude'; readonly outcome: WaitOutcome }
  /** Remove the state. */
  | { readonly type: 'remove'; readonly revision: number }
  /** Wait for something to happen. */
  | { readonly type: 'rest' }
  | { readonly type: 'done' };

/** One wait, from its state in the bucket to its end or hand-over. */
export class WaitProgress {
  /** As it stands in the bucket. */
  #stored: WaitState;
  #revision: number;
  /** Transitions that are in no state yet. */
  #pending: Transition[] = [];
  #toTell: readonly Transition[];
  #toWrite = false;
  #instanceUuid: string | undefined;
  #outcome: WaitOutcome | undefined;
  /** The state in the bucket has the end. */
  #endIsStored = false;
  #concluded = false;
  #released = false;
  #removed = false;
  readonly #snapshot: () => Snapshot | undefined;

  /**
   * @param snapshot - the run as it stands; undefined before it has begun
   */
  constructor(stored: WaitState, revision: number, snapshot: () => Snapshot | undefined) {
    this.#stored = stored;
    this.#revision = revision;
    this.#snapshot = snapshot;
    this.#instanceUuid = stored.instanceUuid;
    // Of those that were written it is not known whether they were told.
    this.#toTell = stored.outbox;
  }

  /** The wait as it stands in the bucket. */
  get stored(): WaitState {
    return this.#stored;
  }

  /** The vCenter that the VMs are of, where it says which it is. */
  get instanceUuid(): string | undefined {
    return this.#instanceUuid;
  }

  /**
   * The run has begun: from here on there is something to go on from.
   * @param instanceUuid - the vCenter's. References mean nothing on another: a wait of another ends with an error
   */
  begun(instanceUuid: string | undefined): void {
    if (this.#instanceUuid !== undefined && instanceUuid !== undefined && this.#instanceUuid !== instanceUuid) {
      const message = `the wait began on the vCenter ${this.#instanceUuid}, and ${this.#stored.vcenter} is ${instanceUuid}`;
      this.ended({ error: { code: 'otherVCenter', message } });
      return;
    }
    this.#instanceUuid ??= instanceUuid;
    this.#toWrite ||= this.#stored.snapshot === undefined;
  }

  transition(transition: Transition): void {
    this.#pending.push(transition);
  }

  /** The first end counts. */
  ended(outcome: WaitOutcome): void {
    this.#outcome ??= outcome;
    this.#endIsStored ||= this.#hasEnd(this.#stored);
  }

  /** It is handed over: what is known is written and told, and the rest is another's. */
  released(): void {
    this.#released = true;
    this.#toWrite ||= this.#outcome === undefined && this.#snapshot() !== undefined;
  }

  next(): WaitAction {
    if (this.#removed) {
      return { type: 'done' };
    }
    // Those of the last state first: the next state forgets them.
    if (this.#toTell.length > 0) {
      return { type: 'tell', transitions: this.#toTell };
    }
    if (this.#concluded) {
      return { type: 'remove', revision: this.#revision };
    }
    if (this.#pending.length > 0 || this.#toWrite || (this.#outcome !== undefined && !this.#endIsStored)) {
      return { type: 'write', state: this.#nextState(), revision: this.#revision };
    }
    if (this.#outcome !== undefined) {
      return { type: 'conclude', outcome: this.#outcome };
    }
    return this.#released ? { type: 'done' } : { type: 'rest' };
  }

  /** The state of `next()` is in the bucket. */
  wrote(state: WaitState, revision: number): void {
    this.#stored = state;
    this.#revision = revision;
    this.#pending = this.#pending.slice(state.outbox.length);
    this.#toTell = state.outbox;
    this.#toWrite = false;
    this.#endIsStored ||= this.#hasEnd(state);
  }

  told(): void {
    this.#toTell = [];
  }

  concluded(): void {
    this.#concluded = true;
  }

  removed(): void {
    this.#removed = true;
  }

  /** An error has nothing to go on to. Of a run that has ended every snapshot is the same. */
  #hasEnd({ snapshot }: WaitState): boolean {
    const outcome = this.#outcome;
    return outcome !== undefined && ('error' in outcome || isDeepStrictEqual(snapshot, this.#snapshot()));
  }

  #nextState(): WaitState {
    const { snapshot: before, ...stored } = this.#stored;
    const snapshot = this.#snapshot() ?? before;
    return {
      ...stored,
      write: stored.write + 1,
      outbox: [...this.#pending],
      ...(this.#instanceUuid === undefined ? {} : { instanceUuid: this.#instanceUuid }),
      ...(snapshot === undefined ? {} : { snapshot }),
    };
  }
}
