/** What a command line has come to, on one server or on several. */
import type { Command } from '../input/args.js';
import { UsageError } from '../input/usage.js';
import type { Reporter, ServerReport } from '../output/reporter.js';
import type { SavedRun, StateFile } from '../state-file.js';
import type { Outcome, Surroundings } from './server-wait.js';

// Of the VMs asked for, in a message about all of them.
const MOST_NAMES = 10;

export type WaitCommand = Extract<Command, { kind: 'wait' }>;

/** What a command line has come to. */
export interface Plan {
  /** What is waited for, and where, for people. */
  readonly vms: string;
  readonly where: string;
  /** Tells of a wait of an earlier start that is over; undefined where there is something to wait for. */
  readonly over?: () => WaitEnd;
  wait(surroundings: PlanSurroundings): Promise<WaitEnd>;
}

/** What a plan needs to be carried out. */
export interface PlanSurroundings extends Omit<Surroundings, 'state' | 'reporter'> {
  readonly reporter: Reporter;
  readonly state: StateFile | undefined;
}

/** How all of it came out; with several servers, of each. */
export interface WaitEnd extends Outcome {
  readonly servers?: readonly ServerReport[];
}

/** Some names, for a sentence. */
export function namesText(names: readonly string[]): string {
  const shown = names.slice(0, MOST_NAMES).join(', ');
  return names.length > MOST_NAMES ? `${shown} and ${names.length - MOST_NAMES} more` : shown || 'the VMs';
}

/** @param holder - what holds the run, for the message */
export function checkNames(names: readonly string[], saved: SavedRun, holder: string): void {
  const text = (list: readonly string[]): string => JSON.stringify([...new Set(list)].sort());
  if (names.length > 0 && text(names) !== text(saved.names)) {
    throw new UsageError(
      `${holder} holds the run of other VMs (${saved.names.join(', ')}): name those or none, or give another file`,
    );
  }
}
