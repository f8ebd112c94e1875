/** The shapes of statuses and marks: each can be told from the others without colour. */
import type { CustomizationStatus } from '../types.js';
import { svg } from './dom.js';
import type { MarkKind } from './marks.js';

/** A status, or that a VM gets no further. */
export type Sign = CustomizationStatus | 'stuck';

/** Paths in a box from -7 to 7, filled by the even-odd rule. */
const STATUS: Readonly<Record<Sign, string>> = {
  // A clock.
  stuck: 'M0-6.5a6.5 6.5 0 1 0 0 13a6.5 6.5 0 1 0 0-13zM-.8-4.2H.8V-.5L3.4 1.2L2.6 2.5L-.8.4z',
  // A ring.
  VmNotStarted: 'M0-6a6 6 0 1 0 0 12a6 6 0 1 0 0-12zM0-4.2a4.2 4.2 0 1 1 0 8.4a4.2 4.2 0 1 1 0-8.4z',
  // A ring, half full.
  CustomizationNotStarted: 'M0-6a6 6 0 1 0 0 12a6 6 0 1 0 0-12zM0-4.2a4.2 4.2 0 0 1 0 8.4z',
  // An arrow.
  CustomizationStarted: 'M-4.5-6L6.5 0L-4.5 6z',
  // A disc with a tick.
  CustomizationSucceeded: 'M0-6.5a6.5 6.5 0 1 0 0 13a6.5 6.5 0 1 0 0-13zM-1 3.6L-4 .6l1.2-1.2L-1 1.2l3.8-4L4-1.6z',
  // A diamond with a cross.
  CustomizationFailed:
    'M0-7.4L7.4 0L0 7.4L-7.4 0zM-2.6-1.4L-1.4-2.6L0-1.2L1.4-2.6L2.6-1.4L1.2 0L2.6 1.4L1.4 2.6L0 1.2L-1.4 2.6L-2.6 1.4L-1.2 0z',
};

/** In a box from -5 to 5. */
const MARK: Readonly<Record<MarkKind, string>> = {
  powerOn: 'M-1-5.5h2v11h-2zM1-5.5h4l-1.6 2L5-1.5H1z',
  started: 'M-3-4.5L5 0L-3 4.5z',
  succeeded: 'M0-5a5 5 0 1 0 0 10a5 5 0 1 0 0-10z',
  failed: 'M0-6L6 0L0 6L-6 0zM-2-1l1-1L0-1l1-1l1 1l-1 1l1 1l-1 1l-1-1l-1 1l-1-1l1-1z',
  removed: 'M-4.5-3.3l1.2-1.2L0-1.2l3.3-3.3l1.2 1.2L1.2 0l3.3 3.3l-1.2 1.2L0 1.2l-3.3 3.3l-1.2-1.2L-1.2 0z',
  ready: 'M-4.8 0l1.4-1.4L-1 1l4.6-4.6L5-2.2l-6 6z',
  reboot: 'M0-4.5a4.5 4.5 0 1 0 0 9a4.5 4.5 0 1 0 0-9zM0-3a3 3 0 1 1 0 6a3 3 0 1 1 0-6z',
  reset: 'M-4-4h8v8h-8zM-2.5-2.5h5v5h-5z',
  powerOff: 'M-3.5-3.5h7v7h-7z',
  suspend: 'M-3.5-4.5h2.5v9h-2.5zM1-4.5h2.5v9h-2.5z',
  shutdown: 'M-4.5-3H4.5L0 4.5z',
};

/** The sign of a status; its text stands beside it. */
export function statusIcon(status: Sign): SVGSVGElement {
  return svg(
    'svg',
    { class: 'icon', viewBox: '-8 -8 16 16', 'aria-hidden': 'true', 'data-status': status },
    svg('path', { d: STATUS[status], 'fill-rule': 'evenodd' }),
  );
}

/** Turns the sign of one status into that of another. */
export function setStatusIcon(icon: SVGSVGElement, status: Sign): void {
  if (icon.dataset.status !== status) {
    icon.dataset.status = status;
    icon.firstElementChild?.setAttribute('d', STATUS[status]);
  }
}

/** What stands above what where marks overlap. */
const RANKS: readonly MarkKind[] = ['powerOn', 'started', 'removed', 'succeeded', 'failed'];

/** 0 for what the machine does not go by. */
export function markRank({ kind }: { readonly kind: MarkKind }): number {
  return RANKS.indexOf(kind) + 1;
}

export function markPath(kind: MarkKind): string {
  return MARK[kind];
}
