/** What people are told, in the words of the script of 2011 where it had some. */
import type { Hint, Report, Transition, VmRow } from './types.js';

/** What to call each VM. */
export class Labels {
  readonly #labels: ReadonlyMap<string, { readonly name: string; readonly server: string }>;

  /** A name that several VMs of a server have gets their ids beside it. @param vms - `id` where `vm` is not what it is called by */
  constructor(
    vms: readonly {
      readonly vm: string;
      readonly name?: string | null;
      readonly id?: string;
      readonly server?: string;
    }[],
  ) {
    const called = vms.map(({ vm, id = vm, name, server = '' }) => ({ vm, id, server, name: name ?? id }));
    const seen = new Map<string, number>();
    const keyOf = ({ server, name }: (typeof called)[number]): string => `${server}\n${name}`;
    for (const each of called) {
      seen.set(keyOf(each), (seen.get(keyOf(each)) ?? 0) + 1);
    }
    this.#labels = new Map(
      called.map((each) => {
        const { vm, id, server, name } = each;
        return [vm, { server, name: (seen.get(keyOf(each)) ?? 0) > 1 ? `${name} (${id})` : name }];
      }),
    );
  }

  /** The label of a VM; before it the server that it is on, where there are several. */
  of(vm: string): string {
    const { server, name } = this.#labels.get(vm) ?? { server: '', name: vm };
    return server === '' ? name : `${server}/${name}`;
  }

  /** The two apart, for columns; the server is empty where there is one alone. */
  columns(vm: string): readonly [server: string, name: string] {
    const { server, name } = this.#labels.get(vm) ?? { server: '', name: vm };
    return [server, name];
  }
}

/** The line for a transition. */
export function transitionLine({ to, attempt }: Transition, label: string): string {
  switch (to) {
    case 'VmNotStarted':
      return `VM '${label}' is not started`;
    case 'CustomizationNotStarted':
      return attempt > 1
        ? `VM '${label}' was powered on again: start monitoring attempt ${attempt} of its customization`
        : `Start monitoring customization process for vm '${label}'`;
    case 'CustomizationStarted':
      return `Customization for VM '${label}' has started`;
    case 'CustomizationSucceeded':
      return `Customization for VM '${label}' has successfully completed`;
    case 'CustomizationFailed':
      return `Customization for VM '${label}' has failed`;
  }
}

/** The line for a conclusion; undefined where the transition has said it. */
export function conclusionLine(row: VmRow, label: string): string | undefined {
  switch (row.conclusion ?? 'open') {
    case 'open':
      return undefined;
    case 'completed':
      return row.readyAt === undefined ? undefined : `VM '${label}' is ready`;
    case 'notStarted':
      return row.hint === 'poweredOnEarlier'
        ? `Customization for VM '${label}' is not waited for: ${rowHintText(row)}`
        : `VM '${label}' is not started: its customization is not waited for`;
    case 'timedOut':
      if (row.hint === 'notFound') {
        return `No VM that fits '${label}' has appeared in time`;
      }
      return row.customizationStatus === 'CustomizationSucceeded'
        ? `VM '${label}' was not ready in time`
        : `Customization for VM '${label}' has not finished in time`;
    case 'vmRemoved':
      return `VM '${label}' was removed`;
    case 'cancelled':
      return `Customization for VM '${label}' is no longer waited for`;
    case 'unobservable':
      return `Customization for VM '${label}' can no longer be observed: ${row.error?.message ?? 'its events cannot be read'}`;
  }
}

const HINTS: Readonly<Record<Hint, string>> = {
  notRead: 'vCenter could not be read, so nothing can be said of the guest',
  poweredOff: 'it was powered on, but is off or suspended: the power-on failed, or somebody switched it off',
  poweredOnEarlier:
    'it runs, but was powered on before the time looked at: look further back with --lookback or --since',
  neverPoweredOn: 'no power-on was seen in the time looked at',
  nothingPending: 'it was powered on, but no customization is pending',
  pendingNotStarted:
    'a customization is pending, but VMware Tools do not start it: missing, old or not running, or it came after the power-on',
  notStarted: 'it was powered on, but customization did not start',
  startedNoResult: 'customization started, but the guest reported no result',
  notReady: 'customization succeeded, but the guest is not ready: it may still boot, or VMware Tools do not run',
  notFound: 'no VM that fits has appeared',
};

/** The likely reason that a VM gets no further. */
export function hintText(hint: Hint): string {
  return HINTS[hint] ?? hint;
}

/** The same of a row, which says where its window opens. */
export function rowHintText({ hint, windowOpensAt }: VmRow): string {
  if (hint === undefined || hint === null) {
    return '';
  }
  return windowOpensAt === undefined
    ? hintText(hint)
    : `it runs, but was powered on before ${windowOpensAt}, where the time looked at begins: look further back with --lookback or --since`;
}

/** The line for a VM that gets no further. */
export function stuckLine(hint: Hint, label: string): string {
  return `VM '${label}' gets no further: ${hintText(hint)}`;
}

/**
 * Why a row is as it is; empty where the status says it all.
 * @param anyRead - whether any events were read: a hint is worth nothing where none were
 */
export function reasonOf(row: VmRow, anyRead = true): string {
  const parts = [whyNotSucceeded(row)];
  if (!anyRead && row.conclusion === 'timedOut' && row.hint !== 'notFound') {
    parts.push('its events were never read');
  } else if (
    (anyRead || row.hint === 'notFound') &&
    !(row.conclusion === 'notStarted' && row.hint === 'neverPoweredOn')
  ) {
    parts.push(rowHintText(row));
  }
  if (row.revised) {
    parts.push('told as succeeded at first');
  }
  if (row.guestInfoDisagrees) {
    parts.push('the guest itself reports another result');
  }
  return parts.filter((part) => part !== '').join('; ');
}

function whyNotSucceeded(row: VmRow): string {
  switch (row.conclusion ?? 'open') {
    case 'open':
      return '';
    case 'completed':
      return failureText(row);
    case 'notStarted':
      return row.hint === 'poweredOnEarlier' ? '' : 'no power-on found';
    case 'timedOut':
      return 'timed out';
    case 'vmRemoved':
      return 'removed';
    case 'cancelled':
      return 'cancelled';
    case 'unobservable':
      return row.error?.message ?? 'not readable';
  }
}

/** What failed: the class of the event, and its reason or message; empty where nothing did. */
export function failureText({ failure }: VmRow): string {
  if (failure === undefined || failure === null) {
    return '';
  }
  const detail = failure.reason ?? failure.message;
  return detail === null || detail === '' ? failure.type : `${failure.type}: ${detail}`;
}

/** How a run came out, in one sentence. */
export function summary(report: Report): string {
  const total = report.vms.length;
  const failed = report.vms.filter((row) => row.customizationStatus === 'CustomizationFailed').length;
  const succeeded = report.vms.filter((row) => row.customizationStatus === 'CustomizationSucceeded');
  const unready = succeeded.filter(({ conclusion = 'completed' }) => conclusion !== 'completed').length;
  const open = total - failed - succeeded.length;
  const parts = [`${succeeded.length} of ${total} succeeded`];
  if (unready > 0) {
    parts.push(`${unready} not ready`);
  }
  if (failed > 0) {
    parts.push(`${failed} failed`);
  }
  if (open > 0) {
    parts.push(`${open} not finished`);
  }
  return parts.join(', ');
}

/** Milliseconds as minutes and seconds. */
export function clockText(ms: number): string {
  const seconds = Math.floor(ms / 1000);
  const text = `${String(Math.floor(seconds / 60) % 60).padStart(2, '0')}:${String(seconds % 60).padStart(2, '0')}`;
  return seconds < 3600 ? text : `${Math.floor(seconds / 3600)}:${text}`;
}
