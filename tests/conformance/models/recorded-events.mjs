/**
 * What the models know of events: how a recording spells them, what their types mean, and how they are ordered.
 * Written from the specification alone, so it shares no idea with the core but the text.
 */

const STARTED = 'CustomizationStartedEvent';
const SUCCEEDED = 'CustomizationSucceeded';
const STARTING = 'VmStartingEvent';
const UNSUPPORTED = 'VmUnsupportedStartingEvent';
const POWERED_ON = ['VmPoweredOnEvent', 'DrsVmPoweredOnEvent', 'VmRestartedOnAlternateHostEvent'];
const REMOVED = 'VmRemovedEvent';
const COPY_MS = 1_000;
const WORK_FLOW = ['starting', 'unsupported', 'poweredOn', 'started', 'succeeded', 'failed', 'removed'];

/** `starting`, its subclass `unsupported`, `poweredOn`, `started`, `succeeded`, `failed`, `removed`, or null for what means nothing here. */
export function kindOf(type) {
  if (type === STARTING) return 'starting';
  if (type === UNSUPPORTED) return 'unsupported';
  if (POWERED_ON.includes(type)) return 'poweredOn';
  if (type === STARTED) return 'started';
  if (type === SUCCEEDED) return 'succeeded';
  if (type === REMOVED) return 'removed';
  if (/^Customization.*Fail/.test(type)) return 'failed';
  return null;
}

/** Milliseconds since 1970, rounded half up; null for what is no time, and a time without an offset is none. */
export function timeOf(text) {
  const parts = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d+))?(Z|[+-]\d\d:\d\d)$/.exec(text ?? '');
  if (!parts) return null;
  const [, second, fraction = '', offset] = parts;
  const digits = `${fraction}0000`;
  const roundedUp = Number(digits[3]) >= 5 ? 1 : 0;
  return Date.parse(`${second}${offset}`) + Number(digits.slice(0, 3)) + roundedUp;
}

/** The time as reports spell it. */
export function timeText(ms) {
  return ms === null || ms === undefined ? null : new Date(ms).toISOString();
}

/**
 * The recording with what was observed: a page that has items of which none is an event by its shape, a type and a
 * readable time, is none. The read has failed, and may work in a while.
 */
export function asObserved(recording) {
  const steps = recording.steps.map((step) => {
    const list = step.events === undefined || Array.isArray(step.events) ? step.events : step.events._value;
    if (!list || list.length === 0 || list.some((event) => event._typeName && timeOf(event.createdTime) !== null)) {
      return step;
    }
    const { events, complete, ...rest } = step;
    return { readFailed: { kind: 'transient' }, ...rest };
  });
  return { ...recording, steps };
}

/**
 * The events of one step, in the order given, without those that mean nothing: other types, other VMs, before the
 * window. The text leaves open whether the latter may lend a name, or the time an event "came with first"; no query asks
 * for them, so here they are as if they had never come.
 */
export function eventsOf(step, vms, windowMs) {
  const list = Array.isArray(step.events) ? step.events : step.events._value;
  return list
    .map(readEvent)
    .filter((event) => event.ms !== null && event.ms >= windowMs && event.kind !== null && vms.includes(event.vm));
}

function readEvent(event) {
  const type = event._typeName.replace(/^vim\.event\.|^VMware\.Vim\./, '');
  return {
    vm: event.vm?.vm?.value ?? null,
    name: event.vm?.name ?? null,
    key: event.key,
    type,
    kind: kindOf(type),
    ms: timeOf(event.createdTime),
    reason: event.reason ?? null,
    logLocation: event.logLocation ?? null,
    sysprepVersion: event.sysprepVersion ?? null,
    systemVersion: event.systemVersion ?? null,
    message: event.fullFormattedMessage ?? null,
  };
}

/** Each event once, under the published rules: "only copies with the same rounded time are one". */
export function withoutRepeats(events) {
  const isSame = (a, b) => isOfOneName(a, b) && a.ms === b.ms;
  return events.filter((event, at) => events.findIndex((other) => isSame(other, event)) === at);
}

/**
 * Each event once, under the default rules: "copies are one event as long as each lies no more than 1 s from another of
 * them, and its time is the earliest". What else it has is that of the earliest copy, and of several that of the first told.
 */
export function withoutCopies(events) {
  const clusters = [];
  for (const event of [...events].sort((a, b) => a.ms - b.ms)) {
    const mine = clusters.findLast((cluster) => isOfOneName(cluster[0], event));
    if (mine && event.ms - mine.at(-1).ms <= COPY_MS) mine.push(event);
    else clusters.push([event]);
  }
  // It was fed when the first of its copies was.
  return clusters.map((cluster) => ({ ...cluster[0], fed: Math.min(...cluster.map(({ fed }) => fed)) }));
}

function isOfOneName(a, b) {
  return a.vm === b.vm && a.key === b.key && a.type === b.type;
}

/** Event order: by the rounded time, then by key. Two that are equal in both are "at" each other, neither is before. */
export function compareEvents(a, b) {
  return a.ms - b.ms || a.key - b.key;
}

/**
 * In event order. The text does not say which of two equal ones is "first", only that it must not be the one that came
 * first (D4): here a power-on goes before what is "at" it, in the order of the work flow, and then the type name decides.
 */
export function inOrder(events) {
  const rank = ({ kind }) => WORK_FLOW.indexOf(kind);
  return [...events].sort((a, b) => compareEvents(a, b) || rank(a) - rank(b) || (a.type < b.type ? -1 : 1));
}

/** Every VM once, in the order asked for. */
export function vmsOf(recording) {
  return recording.vms.filter(({ vm }, at) => recording.vms.findIndex((other) => other.vm === vm) === at);
}

/**
 * A row's name: as given, else as the events have it, and where they differ as the newest telling has it, be it a copy;
 * of several with the same place in the order the first.
 */
export function nameOf({ vm, name }, told) {
  const named = inOrder(told.filter((event) => event.vm === vm && event.name !== null));
  const newest = named.at(-1);
  return name ?? named.find((event) => compareEvents(event, newest) === 0 && event.type === newest.type)?.name ?? null;
}
