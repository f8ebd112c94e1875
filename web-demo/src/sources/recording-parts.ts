/**
 * Parts of a recording. A file may hold what no recorder writes: events of any form, and several inputs in a step
 * (`docs/schemas/recording.schema.json`).
 */
import type { GuestInfo, ReadFailure, Recording, VmRef } from 'vm-customization';

interface Step {
  readonly atMs: number;
  readonly events?: unknown;
  readonly complete?: boolean;
  readonly guestInfo?: GuestInfo | readonly GuestInfo[];
  readonly readFailed?: ReadFailure;
  readonly vms?: readonly VmRef[];
}

/** The recording of one VM alone, with every read: what is concluded from silence stays. */
export function ofOneVm(recording: Recording, vm: string): Recording {
  return {
    ...withSteps(recording, (step) => stepOf(step, vm)),
    vms: recording.vms.filter((ref) => ref.vm === vm),
  };
}

/** The same with only those reads that say something, and the last. */
export function withoutSilentReads(recording: Recording): Recording {
  const isSilent = (step: Step | undefined): boolean => Array.isArray(step?.events) && step.events.length === 0;
  return withSteps(recording, (step, next) => (isSilent(step) && isSilent(next) ? [] : [step]));
}

function withSteps(recording: Recording, partOf: (step: Step, next: Step | undefined) => readonly Step[]): Recording {
  const steps: readonly Step[] = recording.steps;
  return {
    ...recording,
    steps: steps.flatMap((step, i) => partOf(step, steps[i + 1])) as unknown as Recording['steps'],
  };
}

function stepOf({ events, complete, guestInfo, readFailed, vms, ...rest }: Step, vm: string): Step[] {
  // In each wire form an id is a text of its own. Where events are in another form than a list, they stay together.
  const isOf = (part: unknown): boolean => JSON.stringify(part).includes(JSON.stringify(vm).slice(1, -1));
  const own = Array.isArray(events) ? events.filter(isOf) : events === undefined || isOf(events) ? events : [];
  const isNothing = own === undefined || (complete === false && Array.isArray(own) && own.length === 0);
  const info = [guestInfo ?? []].flat().filter((each) => each.vm === vm);
  const isOfOther = readFailed?.vm !== undefined && readFailed.vm !== vm;
  const part: Step = {
    ...rest,
    ...(isNothing ? {} : { events: own }),
    ...(isNothing || complete === undefined ? {} : { complete }),
    ...(info.length === 0 ? {} : { guestInfo: info }),
    ...(readFailed === undefined || isOfOther ? {} : { readFailed }),
    ...(vms === undefined ? {} : { vms: vms.filter((ref) => ref.vm === vm) }),
  };
  return Object.keys(part).length > 1 ? [part] : [];
}
