/** What the signs of the timelines mean, in one line. */
import { el, svg } from './dom.js';
import type { MarkKind } from './marks.js';
import { markPath } from './shapes.js';

const MARKS: readonly (readonly [MarkKind, string])[] = [
  ['powerOn', 'powered on'],
  ['started', 'customization started'],
  ['reboot', 'guest rebooted'],
  ['succeeded', 'succeeded'],
  ['failed', 'failed'],
];

export function legend(): HTMLElement {
  const drawn = (...content: SVGElement[]): SVGSVGElement =>
    svg('svg', { viewBox: '-8 -8 16 16', 'aria-hidden': 'true' }, ...content);
  const items = MARKS.map(([kind, label]) =>
    el('span', {}, drawn(svg('path', { class: `mark ${kind}`, d: markPath(kind), 'fill-rule': 'evenodd' })), label),
  );
  const waiting = svg('rect', { class: 'waiting', x: '-8', width: '16' });
  const read = svg('path', { class: 'read', d: 'M-4-4V4M0-4V4M4-4V4' });
  return el(
    'p',
    { class: 'legend', part: 'legend' },
    ...items,
    el('span', {}, drawn(waiting), 'not started yet'),
    el('span', {}, drawn(read), 'vCenter read'),
  );
}
