/** Runs to show, without a core: rows and events as it would tell them. Runs in pages too. */
const START = Date.parse('2026-03-01T09:00:00Z');
const at = (ms) => new Date(START + ms).toISOString();

/** Server time at host time 0. */
export const STARTED_AT = at(0);

/** One VM of each kind, and what happened to it. */
export function mixedRun() {
  const row = (vm, name, customizationStatus, more = {}) => ({
    vm,
    name,
    customizationStatus,
    attempt: more.poweredOnAt ? 1 : 0,
    poweredOnAt: null,
    startedAt: null,
    finishedAt: null,
    failure: null,
    hint: null,
    ...more,
  });
  const rows = [
    row('vm-101', 'web-1', 'CustomizationSucceeded', {
      poweredOnAt: at(-20_000),
      startedAt: at(24_000),
      finishedAt: at(161_000),
      conclusion: 'completed',
    }),
    row('vm-102', 'web-2', 'CustomizationStarted', { poweredOnAt: at(5_000), startedAt: at(61_000) }),
    row('vm-103', 'db-1', 'CustomizationFailed', {
      poweredOnAt: at(2_000),
      startedAt: at(40_000),
      finishedAt: at(190_000),
      conclusion: 'completed',
      failure: {
        type: 'CustomizationSysprepFailed',
        reason: 'userDefinedScriptDisabled',
        logLocation: 'C:\\Windows\\Temp\\vmware-imc\\guestcust.log',
        sysprepVersion: '10.0.20348',
        systemVersion: '10.0.20348.1',
        message: 'An error occurred while customizing VM db-1.',
        eventKey: 4711,
      },
    }),
    row('vm-104', 'batch-1', 'CustomizationNotStarted', {
      attempt: 2,
      poweredOnAt: at(150_000),
      hint: 'pendingNotStarted',
    }),
    row('vm-105', 'spare-1', 'VmNotStarted', { conclusion: 'timedOut', hint: 'neverPoweredOn' }),
  ];
  const event = (vm, ms, type, kind, key) => ({ vm, name: null, key, createdTime: at(ms), type, kind });
  const events = [
    event('vm-101', -20_000, 'VmStartingEvent', 'powerOn', 1),
    event('vm-101', 24_000, 'CustomizationStartedEvent', 'started', 2),
    event('vm-101', 90_000, 'VmGuestRebootEvent', null, 3),
    event('vm-101', 161_000, 'CustomizationSucceeded', 'succeeded', 4),
    event('vm-102', 5_000, 'VmStartingEvent', 'powerOn', 5),
    event('vm-102', 61_000, 'CustomizationStartedEvent', 'started', 6),
    event('vm-102', 120_000, 'VmGuestRebootEvent', null, 7),
    event('vm-103', 2_000, 'VmStartingEvent', 'powerOn', 8),
    event('vm-103', 40_000, 'CustomizationStartedEvent', 'started', 9),
    event('vm-103', 190_000, 'CustomizationSysprepFailed', 'failed', 10),
    event('vm-104', 10_000, 'VmStartingEvent', 'powerOn', 11),
    event('vm-104', 110_000, 'VmPoweredOffEvent', null, 12),
    event('vm-104', 150_000, 'VmStartingEvent', 'powerOn', 13),
  ];
  const step = (vm, from, to, atMs, attempt = 1) => ({ vm, from, to, atMs, attempt, eventKey: null });
  const transitions = [
    step('vm-101', 'VmNotStarted', 'CustomizationNotStarted', 1_000),
    step('vm-103', 'VmNotStarted', 'CustomizationNotStarted', 3_000),
    step('vm-102', 'VmNotStarted', 'CustomizationNotStarted', 6_000),
    step('vm-101', 'CustomizationNotStarted', 'CustomizationStarted', 30_000),
    step('vm-103', 'CustomizationNotStarted', 'CustomizationStarted', 45_000),
    step('vm-102', 'CustomizationNotStarted', 'CustomizationStarted', 62_000),
    step('vm-101', 'CustomizationStarted', 'CustomizationSucceeded', 165_000),
    step('vm-103', 'CustomizationStarted', 'CustomizationFailed', 195_000),
  ];
  return { startedAt: STARTED_AT, rows, events, transitions, nowMs: 240_000 };
}

/** A run of many VMs: row `i` stands where `i` puts it. */
export function largeRun(count) {
  const statuses = ['VmNotStarted', 'CustomizationNotStarted', 'CustomizationStarted', 'CustomizationSucceeded'];
  const rows = [];
  const events = [];
  for (let i = 0; i < count; i += 1) {
    const failed = i % 97 === 13;
    const step = failed ? 3 : i % 4;
    const on = (i * 37) % 120_000;
    rows.push({
      vm: `vm-${1000 + i}`,
      name: `node-${i}`,
      customizationStatus: failed ? 'CustomizationFailed' : statuses[step],
      attempt: step === 0 ? 0 : 1,
      poweredOnAt: step > 0 ? at(on) : null,
      startedAt: step > 1 ? at(on + 30_000) : null,
      finishedAt: step > 2 ? at(on + 150_000) : null,
      failure: failed
        ? {
            type: 'CustomizationFailed',
            reason: 'customizationDisabled',
            logLocation: null,
            sysprepVersion: null,
            systemVersion: null,
            message: null,
            eventKey: i,
          }
        : null,
      hint: null,
      ...(step > 2 ? { conclusion: 'completed' } : {}),
    });
    if (step > 0) {
      events.push({
        vm: `vm-${1000 + i}`,
        name: null,
        key: 3 * i,
        createdTime: at(on),
        type: 'VmStartingEvent',
        kind: 'powerOn',
      });
    }
    if (step > 1) {
      events.push({
        vm: `vm-${1000 + i}`,
        name: null,
        key: 3 * i + 1,
        createdTime: at(on + 30_000),
        type: 'CustomizationStartedEvent',
        kind: 'started',
      });
    }
  }
  return { startedAt: STARTED_AT, rows, events, transitions: [], nowMs: 300_000 };
}

/** Tells a model all of a run. */
export function fill(model, run) {
  model.begin(
    run.startedAt,
    run.rows.map(({ vm, name }) => ({ vm, name })),
  );
  model.update({ atMs: run.nowMs, ended: false, reset: true, rows: run.rows, transitions: run.transitions });
  model.events(run.events);
  for (let atMs = 0; atMs <= run.nowMs; atMs += 15_000) {
    model.read({ atMs, ok: atMs !== 75_000 });
  }
}
