/** Options of the package as the command calls them, and a look at those of a wait before any server is asked. */
import { Monitor } from '../../core/monitor.js';
import type { MonitorOptions } from '../../types.js';
import type { OptionName } from './option-table.js';

type Flags = Readonly<Record<string, OptionName>>;

/** Those of a wait. */
export const WAIT_FLAGS = {
  rules: 'rules',
  timeoutSeconds: 'timeout',
  lookbackSeconds: 'lookback',
  since: 'since',
  pollIntervalSeconds: 'poll-interval',
  waitForPowerOn: 'wait-for-power-on',
  attempts: 'attempts',
  ready: 'ready',
  settleSeconds: 'settle',
} as const satisfies Flags & { readonly [name in keyof MonitorOptions]: OptionName };

/** Those of the connection too, which a file of servers has under the names of the package. */
export const ALL_FLAGS = { ...WAIT_FLAGS, insecure: 'insecure', protocol: 'protocol' } as const satisfies Flags;

// Any will do: whether options can be used does not depend on it.
const SOME_TIME = '2026-01-01T00:00:00.000Z';

/** A message of the package in the words of the command line. Options stand in backticks there, or begin it. */
export function inFlags(message: string, flags: Flags): string {
  return message.replaceAll(/`(\w+)`|^(\w+)(?= (?:is|cannot) )/g, (whole, quoted?: string, first?: string) => {
    const name = quoted ?? first ?? '';
    return Object.hasOwn(flags, name) ? `--${flags[name]}` : whole;
  });
}

/**
 * Lets the core judge the options.
 * @throws {@link OptionsError} that names the option
 */
export function checkOptions(options: MonitorOptions): void {
  new Monitor([{ vm: 'vm-1' }], options, SOME_TIME, 0).dispose();
}
