/** The signs of what needs attention: each can be told from the others without colour. */
import type { Need } from './attention.js';

const SVG = 'http://www.w3.org/2000/svg';

/** Filled by the even-odd rule, in a box of 24. */
const PATHS: Readonly<Record<Need['kind'] | 'none', string>> = {
  // A diamond with a cross.
  failed:
    'M12 1L23 12L12 23L1 12zM9.2 7.4L7.4 9.2L10.2 12L7.4 14.8L9.2 16.6L12 13.8L14.8 16.6L16.6 14.8L13.8 12L16.6 9.2L14.8 7.4L12 10.2z',
  // A clock.
  stuck: 'M12 1a11 11 0 1 0 0 22a11 11 0 1 0 0-22zM10.7 5.5h2.6v5.8l3.9 2.6l-1.4 2.1l-5.1-3.4z',
  // An hourglass.
  timedOut:
    'M5 1h14v3c0 4-3 6-5 8c2 2 5 4 5 8v3H5v-3c0-4 3-6 5-8c-2-2-5-4-5-8zM8 20h8c0-2.5-2-4-4-5.5c-2 1.5-4 3-4 5.5z',
  // A disc that is struck out.
  unreadable: 'M12 1a11 11 0 1 0 0 22a11 11 0 1 0 0-22zM5.5 10.6h13v2.8h-13z',
  // A disc with a tick.
  none: 'M12 1a11 11 0 1 0 0 22a11 11 0 1 0 0-22zM10.4 17.2L5.6 12.4l1.9-1.9l2.9 2.9l6.1-6.1l1.9 1.9z',
};

export function icon(kind: keyof typeof PATHS): SVGSVGElement {
  const svg = document.createElementNS(SVG, 'svg');
  svg.setAttribute('viewBox', '0 0 24 24');
  svg.setAttribute('aria-hidden', 'true');
  const path = document.createElementNS(SVG, 'path');
  path.setAttribute('d', PATHS[kind]);
  path.setAttribute('fill-rule', 'evenodd');
  svg.append(path);
  return svg;
}
