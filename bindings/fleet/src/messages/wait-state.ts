/** The state of an open wait, as the bucket keeps it: the workers' own. It holds no credential. */
import { Monitor, type Snapshot, SnapshotError, type Transition } from 'vm-customization';
import type { WaitRequest } from './wait-request.js';

const VERSION = 1;
// Any will do: whether a snapshot can be read does not depend on it.
const SOME_TIME = '2026-01-01T00:00:00.000Z';

/** An open wait. */
export interface WaitState extends WaitRequest {
  readonly v: typeof VERSION;
  readonly id: string;
  readonly vcenter: string;
  /** The request's number in its stream: tells it from another of the same id. */
  readonly request: number;
  /** When the request was stored, by the broker's clock. */
  readonly requestedAt: string;
  /** The worker that wrote it, as `name/instance`, and the number of its write: tells whose a write was. */
  readonly owner: string;
  readonly write: number;
  readonly instanceUuid?: string;
  /** The run; absent until it has begun. */
  readonly snapshot?: Snapshot;
  /** The transitions that the snapshot was written with: they are told after it was, and again by whoever goes on. */
  readonly outbox: readonly Transition[];
}

/** What a value of the bucket is to this release. */
export type ReadState = { readonly state: WaitState } | { readonly unreadable: string };

/** The state of a wait that begins. */
export function newState(
  wait: { readonly vcenter: string; readonly id: string },
  asked: WaitRequest,
  { request, requestedAt }: Pick<WaitState, 'request' | 'requestedAt'>,
  owner: string,
): WaitState {
  const { vms, options } = asked;
  return { v: VERSION, ...wait, vms, options, request, requestedAt, owner, write: 0, outbox: [] };
}

/** Reads a value of the bucket. What a later release has written, or is damaged, is to be left alone. */
export function readState(text: string): ReadState {
  let value: Partial<WaitState> | null;
  try {
    value = JSON.parse(text) as Partial<WaitState> | null;
  } catch {
    return { unreadable: 'it is not JSON' };
  }
  if (typeof value !== 'object' || value === null || value.v !== VERSION) {
    return { unreadable: `it is of version ${String(value?.v)}, this release has ${VERSION}` };
  }
  const state = value as WaitState;
  if (state.snapshot !== undefined) {
    try {
      Monitor.restore(state.snapshot, SOME_TIME, 0).dispose();
    } catch (error) {
      if (error instanceof SnapshotError) {
        return { unreadable: error.message };
      }
      throw error;
    }
  }
  return { state };
}
