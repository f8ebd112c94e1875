/**
 * The PowerCLI script of 2011 (rules P1 to P8) as one loop over the clock: no state machine, no shared code with the
 * core, only what the specification says.
 */
import { eventsOf, inOrder, nameOf, timeOf, vmsOf, withoutRepeats } from './recorded-events.mjs';

const PASS_MS = 15_000;
const WINDOW_MS = 300_000;
/** What `-is [VmStartingEvent]` is true of. */
const STARTINGS = ['starting', 'unsupported'];

/** What a replay of a recording with `rules: "published"` must report. */
export function published(recording) {
  const asked = vmsOf(recording);
  const vms = asked.map(({ vm }) => vm);
  const windowMs = timeOf(recording.startedAt) - WINDOW_MS;
  const { timeoutSeconds = 600 } = recording.options ?? {};
  const timeoutMs = timeoutSeconds === null ? Number.POSITIVE_INFINITY : Math.round(timeoutSeconds * 1000);
  const lastStepMs = recording.steps.at(-1)?.atMs ?? 0;
  const cancelAt = recording.steps.findIndex((step) => step.cancel === true);
  const cancelMs = cancelAt < 0 ? Number.POSITIVE_INFINITY : recording.steps[cancelAt].atMs;
  const heard = cancelAt < 0 ? recording.steps : recording.steps.slice(0, cancelAt);

  const toldBy = (nowMs) =>
    heard.filter((step) => step.events && step.atMs <= nowMs).flatMap((step) => eventsOf(step, vms, windowMs));
  const visibleAt = (nowMs) => inOrder(withoutRepeats(toldBy(nowMs)));

  const rows = asked.map((vm) => ({
    vm: vm.vm,
    asked: vm,
    status: 'VmNotStarted',
    conclusion: null,
    pinned: null,
  }));
  const transitions = [];
  const move = (row, to, event, atMs) => {
    const name = nameOf(row.asked, toldBy(atMs));
    const n = transitions.length;
    transitions.push({ n, vm: row.vm, name, from: row.status, to, atMs, eventKey: event.key, attempt: 1 });
    row.status = to;
  };
  const isOpen = ({ status }) => status === 'CustomizationNotStarted' || status === 'CustomizationStarted';
  const report = (endedAtMs, conclusionOfOpen) => ({
    endedAtMs,
    vms: rows.map((row) => ({
      vm: row.vm,
      name: nameOf(row.asked, toldBy(endedAtMs)),
      customizationStatus: row.status,
      conclusion: row.conclusion ?? conclusionOfOpen,
    })),
    transitions,
    reading: { lastReadAtMs: lastReadMs, failure: failureBy(endedAtMs) },
  });
  // "Under published rules each answered pass is a read", P1's look at the start included; only a complete read clears.
  let lastReadMs = null;
  const failureBy = (endedAtMs) => {
    const failed = heard.filter(({ readFailed, atMs }) => readFailed && atMs > (lastReadMs ?? -1) && atMs <= endedAtMs);
    if (failed.length === 0) return null;
    return { kind: failed.at(-1).readFailed.kind, sinceMs: failed[0].atMs, count: failed.length };
  };

  if (cancelMs === 0) return report(0, 'cancelled');

  lastReadMs = 0;
  for (const row of rows) {
    const powerOns = visibleAt(0).filter((e) => e.vm === row.vm && STARTINGS.includes(e.kind));
    row.pinned = powerOns.at(-1) ?? null;
    if (row.pinned) move(row, 'CustomizationNotStarted', row.pinned, 0);
    else row.conclusion = 'notStarted';
  }

  for (let nowMs = 0; ; nowMs += PASS_MS) {
    if (cancelMs <= nowMs) return report(cancelMs, 'cancelled');
    if (timeoutSeconds === null && nowMs > lastStepMs) return report(lastStepMs, null);
    if (!rows.some(isOpen) || nowMs >= timeoutMs) return report(nowMs, 'timedOut');
    lastReadMs = nowMs;
    for (const row of rows) {
      const since = visibleAt(nowMs).filter((e) => e.vm === row.vm && row.pinned && e.ms >= row.pinned.ms);
      const first = (kind) => since.find((event) => event.kind === kind);
      if (row.status === 'CustomizationNotStarted') {
        if (first('started')) move(row, 'CustomizationStarted', first('started'), nowMs);
      } else if (row.status === 'CustomizationStarted') {
        if (first('failed')) move(row, 'CustomizationFailed', first('failed'), nowMs);
        else if (first('succeeded')) move(row, 'CustomizationSucceeded', first('succeeded'), nowMs);
        if (!isOpen(row)) row.conclusion = 'completed';
      }
    }
  }
}
