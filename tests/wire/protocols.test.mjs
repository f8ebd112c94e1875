/**
 * One list of runs over three back ends: govmomi's simulator over SOAP, ours over SOAP and over VI JSON. Each run has the
 * same timeline and the same report, byte for byte, but for what a server decides by itself: ids, keys and times.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { connectVCenter, Recorder, replay, watchCustomization } from '../../bindings/dist/node.js';
import { SteppedClock } from '../../bindings/dist/testing.js';
import { startSimulator } from '../simulators/simulator.mjs';
import { until } from '../until.mjs';

const BACK_ENDS = [
  { kind: 'vcsim', protocol: 'soap' },
  { kind: 'fake', protocol: 'soap' },
  { kind: 'fake', protocol: 'vi-json' },
  // As JSON may also be written: the type's name anywhere, objects in boxes, nothing for an empty answer.
  {
    kind: 'fake',
    protocol: 'vi-json',
    args: ['-type-name-place', 'shuffled', '-box-objects', '-empty-answers', 'nothing'],
  },
  {
    kind: 'fake',
    protocol: 'vi-json',
    args: ['-type-name-place', 'last', '-empty-answers', 'null', '-fault-strings', 'never'],
  },
  // A release without `hello`, whose versions are told by a document.
  { kind: 'fake', protocol: 'vi-json', args: ['-api-version', '8.0.1.0'] },
  // An older one: VI JSON is not there, and `auto` finds SOAP.
  { kind: 'fake', protocol: 'auto', speaks: 'soap', args: ['-api-version', '7.0.3.0'] },
];

const POLL_MS = 15_000;

/** Events of one VM are posted in a millisecond of their own each, so that times compare alike everywhere. */
async function post(run, index, event, fields) {
  await run.server.do({ do: 'post', vm: run.vms[index].vm, event, ...(fields ? { fields } : {}) });
  await sleep(3);
}

/** The next poll: answered before this returns. */
async function poll(run, ms = POLL_MS) {
  const before = run.count('read');
  await run.clock.advance(ms);
  await until(() => run.count('read') > before || run.isOver());
}

const SYSPREP = {
  logLocation: 'C:\\Windows\\Debug & more',
  reason: 'wrongMetadataFormat',
  sysprepVersion: '6.0',
  systemVersion: '10.0 <ü>',
};

/**
 * `ends` is what each VM comes to, beside what all back ends agree on.
 *
 * @type {Record<string, {options: object, ends: string[], vms?: number, play: (run: object) => Promise<void>}>}
 */
const RUNS = {
  'one that succeeds, one that fails, one that is never powered on, as polled': {
    options: { push: false, timeoutSeconds: 60 },
    ends: ['CustomizationSucceeded completed', 'CustomizationFailed completed', 'VmNotStarted timedOut'],
    play: async (run) => {
      await post(run, 0, 'VmStartingEvent');
      await post(run, 1, 'VmStartingEvent');
      await poll(run);
      await post(run, 0, 'CustomizationStartedEvent');
      await post(run, 1, 'CustomizationStartedEvent');
      await poll(run);
      await post(run, 0, 'CustomizationSucceeded');
      await post(run, 1, 'CustomizationSysprepFailed', SYSPREP);
      await poll(run);
      await poll(run);
    },
  },
  'the same, as pushed': {
    options: { timeoutSeconds: 60 },
    ends: ['CustomizationSucceeded completed', 'CustomizationFailed completed', 'VmNotStarted timedOut'],
    play: async (run) => {
      await until(() => run.count('pushing') === 1 && run.count('read') === 2);
      for (const [index, type, fields] of [
        [0, 'VmStartingEvent'],
        [1, 'VmStartingEvent'],
        [0, 'CustomizationStartedEvent'],
        [1, 'CustomizationStartedEvent'],
        [0, 'CustomizationSucceeded'],
        [1, 'CustomizationSysprepFailed', SYSPREP],
      ]) {
        const before = run.count('transition');
        await run.clock.advance(100);
        await post(run, index, type, fields);
        await until(() => run.count('transition') > before);
      }
      await poll(run, 60_000);
    },
  },
  'a second power-on, a result without a start, and a VM that is removed': {
    options: { push: false, timeoutSeconds: 120 },
    ends: ['CustomizationSucceeded completed', 'CustomizationNotStarted vmRemoved', 'CustomizationFailed completed'],
    play: async (run) => {
      await post(run, 0, 'VmStartingEvent');
      await post(run, 1, 'VmStartingEvent');
      await post(run, 2, 'VmStartingEvent');
      await post(run, 0, 'CustomizationStartedEvent');
      await poll(run);
      await post(run, 0, 'VmStartingEvent');
      await run.server.do({ do: 'destroy', vm: run.vms[1].vm });
      await poll(run);
      await post(run, 0, 'CustomizationSucceeded');
      await post(run, 2, 'CustomizationFailed', { reason: 'customizationDisabled' });
      await poll(run);
    },
  },
  'a session that ends in the middle': {
    options: { push: false, timeoutSeconds: 120 },
    ends: ['CustomizationSucceeded completed', 'CustomizationSucceeded completed', 'CustomizationSucceeded completed'],
    play: async (run) => {
      for (const index of [0, 1, 2]) await post(run, index, 'VmStartingEvent');
      await poll(run);
      await run.server.do({ do: 'expireSessions' });
      for (const index of [0, 1, 2]) await post(run, index, 'CustomizationSucceeded');
      await run.clock.advance(POLL_MS);
      await until(() => run.isOver());
    },
  },
  'the published rules, with a step per pass, and an end 15 s after the last': {
    options: { rules: 'published', timeoutSeconds: 600, waitForPowerOn: undefined },
    ends: Array(3).fill('CustomizationSucceeded completed'),
    before: async (server) => {
      for (const { vm } of server.vms) {
        await server.do({ do: 'customize', vm });
        await server.do({ do: 'powerOn', vm });
      }
    },
    play: async (run) => {
      await poll(run);
      await poll(run);
    },
    check: ({ transitions, endedAtMs }) => {
      assert.deepEqual(
        transitions.map(({ atMs }) => atMs),
        [...Array(6).fill(0), ...Array(3).fill(15_000)],
      );
      assert.equal(endedAtMs, 30_000);
    },
  },
  'one VM alone, which is asked for by itself': {
    options: { push: false, timeoutSeconds: 30 },
    ends: ['CustomizationStarted timedOut'],
    vms: 1,
    play: async (run) => {
      await post(run, 0, 'DrsVmPoweredOnEvent');
      await poll(run);
      await post(run, 0, 'CustomizationStartedEvent');
      await poll(run);
    },
  },
};

/** Plays a run; answers what it told and its report, as text without what the server decides. */
async function played(backEnd, { options, before, play, ends, check, vms: number = 3 }) {
  const { kind, protocol, speaks = protocol, args = [] } = backEnd;
  const server = await startSimulator({ kind, args: ['-vms', '3', ...args] });
  try {
    await before?.(server);
    const { url, user, password } = server;
    const vcenter = await connectVCenter({ server: url, user, password, insecure: true, environment: {}, protocol });
    const told = [];
    const clock = new SteppedClock();
    const recorder = new Recorder();
    try {
      assert.equal(vcenter.protocol, speaks);
      const found = await vcenter.findVms(server.vms.slice(0, number).map(({ path }) => path));
      const warn = (message) => told.push({ type: 'warning', message });
      const watch = watchCustomization(vcenter.events(warn), found.vms, {
        waitForPowerOn: true,
        ...options,
        clock,
        onProgress: (progress) => told.push(progress),
        onInput: recorder.take,
      });
      let over = false;
      watch.report.finally(() => {
        over = true;
      });
      const count = (type) => told.filter((one) => one.type === type).length;
      const run = { server, clock, vms: found.vms, count, isOver: () => over };
      await until(() => count('read') > 0);
      await play(run);
      await until(() => over);
      const report = await watch.report;
      const came = report.vms.map(({ customizationStatus, conclusion }) => `${customizationStatus} ${conclusion}`);
      assert.deepEqual(came, ends);
      check?.(report);
      assert.equal(replay(JSON.stringify(recorder.recording())), `${JSON.stringify(report)}\n`);
      const timeline = told.filter(({ type }) => ['transition', 'concluded', 'readFailed', 'loggedIn'].includes(type));
      return withoutServer({ timeline, report }, found.vms);
    } finally {
      await vcenter.close();
      assert.equal((await server.do({ do: 'sessions' })).count, 0);
      assert.equal((await server.do({ do: 'collectors' })).count, 0);
    }
  } finally {
    await server.stop();
  }
}

/** Ids and names by their place among the VMs, keys and times by their place among themselves; no text of the server's. */
function withoutServer(value, vms) {
  const all = { keys: new Set(), times: new Set() };
  const visit = (name, inner) => {
    if (name === 'eventKey' && inner !== null) all.keys.add(inner);
    if (/^(poweredOn|started|finished)At$/.test(name) && inner !== null) all.times.add(inner);
    return inner;
  };
  JSON.stringify(value, visit);
  const keys = [...all.keys].sort((left, right) => left - right);
  const times = [...all.times].sort();
  const known = (name, inner) => {
    if (typeof inner === 'string' && name === 'message') return 'text';
    if (keys.includes(inner) && name === 'eventKey') return `key ${keys.indexOf(inner)}`;
    if (times.includes(inner)) return `time ${times.indexOf(inner)}`;
    const place = vms.findIndex(({ vm, name: called }) => inner === vm || inner === called);
    return place < 0 ? inner : `vm ${place}`;
  };
  return JSON.stringify(value, known, 1);
}

describe('the same run over every wire', { concurrency: 2 }, () => {
  for (const [what, run] of Object.entries(RUNS)) {
    test(`has the same timeline and report: ${what}`, async () => {
      const [first, ...others] = BACK_ENDS;
      const expected = await played(first, run);
      for (const backEnd of others) {
        assert.equal(await played(backEnd, run), expected, JSON.stringify(backEnd));
      }
    });
  }
});
