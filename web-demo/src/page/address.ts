/** The view in the address: what is after `#`. */
import type { MonitorOptions } from 'vm-customization';
import { STATUS_LABELS } from 'vm-customization/element';
import { nameOfReady, readyCalled } from '../sources/readiness.js';
import type { Served } from '../sources/served.js';

/** All that a link reopens. */
export interface Link {
  /** Undefined where nothing is chosen. */
  source: 'simulated' | 'recording' | 'vcenter' | 'shared' | undefined;
  /** Of the simulated vCenter. */
  vms: number | undefined;
  speed: number | undefined;
  /** Which VMs of a vCenter. */
  patterns: readonly string[];
  /** Ids of the VMs that were chosen one by one. */
  ids: readonly string[];
  /** A recording inside the link. */
  recording: string | undefined;
  /** The name of a file to open. */
  file: string | undefined;
  /** Position of time travel. */
  atMs: number | undefined;
  filter: string;
  status: string;
  sort: string;
  selected: string;
  details: boolean;
  time: 'clock' | 'elapsed';
  range: '30m' | '2h' | '8h' | 'all' | '';
  theme: string;
  wall: boolean;
  options: MonitorOptions;
}

/** More ids make a link too long. */
export const MOST_IDS = 200;
/** As long as a wait may last. */
const LONGEST_SETTLE_SECONDS = 604_800;

/** What only the simulated vCenter has, or any source that is not named. */
const DEMO = ['vms', 'speed', 'at', 'wall'];

/** @param served - what the page was served for, which a link need not say */
export function readLink(hash: string, served: Served = { kind: 'nothing' }): Link {
  const values = new URLSearchParams(hash.replace(/^#/, ''));
  const text = (name: string): string => values.get(name) ?? '';
  const number = (name: string, least: number, most: number): number | undefined => {
    const value = Number(text(name) || Number.NaN);
    return Number.isFinite(value) && value >= least ? Math.min(value, most) : undefined;
  };
  const isOn = (name: string): boolean => values.has(name) && text(name) !== '0';
  const recording = values.get('rec') ?? undefined;
  const file = values.get('file') ?? undefined;
  const source =
    recording !== undefined || file !== undefined
      ? 'recording'
      : text('source') === 'vcenter'
        ? 'vcenter'
        : text('source') === 'simulated'
          ? 'simulated'
          : (sourceServed(served) ?? (DEMO.some((name) => values.has(name)) ? 'simulated' : undefined));
  const timeout = text('timeout');
  const lookback = number('lookback', 1, 7 * 86_400);
  const attempts = (['follow', 'first', 'reopen'] as const).find((each) => each === text('attempts'));
  const ready = readyCalled(text('ready'));
  const settle = number('settle', 0, LONGEST_SETTLE_SECONDS);
  return {
    source,
    vms: number('vms', 1, 5_000),
    speed: number('speed', 1, 10_000),
    patterns:
      served.kind === 'vcenter' && !values.has('patterns') && !values.has('ids')
        ? served.patterns
        : text('patterns').split(/\s+/).filter(Boolean),
    ids: text('ids')
      .split(',')
      .filter((id) => /^[\w-]{1,80}$/.test(id))
      .slice(0, MOST_IDS),
    recording,
    file,
    atMs: number('at', 0, Number.MAX_SAFE_INTEGER),
    filter: text('filter').slice(0, 200),
    status: Object.hasOwn(STATUS_LABELS, text('status')) || text('status') === 'stuck' ? text('status') : '',
    sort: /^-?\w{1,20}$/.test(text('sort')) ? text('sort') : '',
    selected: text('vm').slice(0, 80),
    details: isOn('details'),
    time: text('time') === 'elapsed' ? 'elapsed' : 'clock',
    range: (['30m', '2h', '8h', 'all'] as const).find((each) => each === text('range')) ?? '',
    theme: text('theme'),
    wall: isOn('wall'),
    options: {
      ...(served.kind === 'vcenter' ? served.options : {}),
      ...(timeout === ''
        ? {}
        : { timeoutSeconds: timeout === 'never' ? null : (number('timeout', 1, 604_800) ?? 600) }),
      ...(lookback === undefined ? {} : { lookbackSeconds: Math.round(lookback) }),
      ...(values.has('wait') ? { waitForPowerOn: text('wait') !== '0' } : {}),
      ...(attempts === undefined ? {} : { attempts }),
      ...(ready === undefined ? {} : { ready }),
      ...(settle === undefined ? {} : { settleSeconds: settle }),
    },
  };
}

/** What is shown where a link says nothing else: with patterns of its own a vCenter is chosen already. */
function sourceServed(served: Served): Link['source'] {
  switch (served.kind) {
    case 'shared':
      return 'shared';
    case 'vcenter':
      return served.patterns.length > 0 ? 'vcenter' : undefined;
    case 'nothing':
      return undefined;
  }
}

/**
 * The part after `#`; what has its default is left out.
 * @param served - what the page was served for, which has defaults of its own
 */
export function writeLink(link: Link, served: Served = { kind: 'nothing' }): string {
  const values = new URLSearchParams();
  const put = (name: string, value: string | number | undefined): void => {
    if (value !== undefined && value !== '') {
      values.set(name, String(value));
    }
  };
  const { timeoutSeconds, lookbackSeconds, waitForPowerOn, attempts, ready, settleSeconds } = link.options;
  // Of a shared run the server says it.
  put('source', link.source === 'recording' || link.source === 'shared' ? '' : link.source);
  put('vms', link.vms);
  put('speed', link.speed);
  put('patterns', link.patterns.join(' '));
  put('ids', link.ids.join(','));
  put('timeout', timeoutSeconds === null ? 'never' : timeoutSeconds);
  put('lookback', lookbackSeconds);
  put('wait', waitForPowerOn === undefined ? undefined : Number(waitForPowerOn));
  put('attempts', attempts);
  const usual = served.kind === 'vcenter' ? served.options : {};
  put('ready', (ready ?? null) === (usual.ready ?? null) ? undefined : nameOfReady(ready ?? null));
  put('settle', settleSeconds === usual.settleSeconds ? undefined : settleSeconds);
  put('filter', link.filter);
  put('status', link.status);
  put('sort', link.sort);
  put('vm', link.selected);
  put('details', link.details ? 1 : undefined);
  put('time', link.time === 'elapsed' ? link.time : '');
  put('range', link.range);
  put('at', link.atMs === undefined ? undefined : Math.round(link.atMs));
  put('theme', link.theme);
  put('wall', link.wall ? 1 : undefined);
  // One that is empty was cut off, and says so when it is opened.
  for (const [name, value] of [
    ['file', link.file],
    ['rec', link.recording],
  ] as const) {
    if (value !== undefined) {
      values.set(name, value);
    }
  }
  const text = values.toString();
  return text === '' ? '' : `#${text}`;
}
