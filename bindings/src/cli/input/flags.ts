/** The options of a wait as the command calls them, and a look at their values before any server is asked. */
import { Monitor } from '../../core/monitor.js';
import { OptionsError } from '../../errors.js';
import type { MonitorOptions } from '../../types.js';
import type { OptionName } from './option-table.js';
import { UsageError } from './usage.js';

const FLAGS: Readonly<Partial<Record<keyof MonitorOptions, OptionName>>> = {
  rules: 'rules',
  timeoutSeconds: 'timeout',
  lookbackSeconds: 'lookback',
  since: 'since',
  pollIntervalSeconds: 'poll-interval',
  waitForPowerOn: 'wait-for-power-on',
  attempts: 'attempts',
  ready: 'ready',
  settleSeconds: 'settle',
};

// Any will do: whether options can be used does not depend on it.
const SOME_TIME = '2026-01-01T00:00:00.000Z';

/** A message of the package in the words of the command line. Options stand in backticks there, or begin it. */
export function inFlags(message: string): string {
  return message.replaceAll(/`(\w+)`|^(\w+)(?= (?:is|cannot) )/g, (whole, quoted: string, first: string) => {
    const name = quoted ?? first;
    return Object.hasOwn(FLAGS, name) ? `--${FLAGS[name as keyof MonitorOptions]}` : whole;
  });
}

/**
 * Lets the core judge the options.
 * @throws {@link UsageError} that names the option
 */
export function checkOptions(options: MonitorOptions): void {
  try {
    new Monitor([{ vm: 'vm-1' }], options, SOME_TIME, 0).dispose();
  } catch (error) {
    throw error instanceof OptionsError ? new UsageError(inFlags(error.message)) : error;
  }
}
