/** What callers hand over that cannot be used: each error has the name and the index of what is meant, and what to do. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { startSimulator } from '../../tests/simulators/simulator.mjs';
import * as browser from '../dist/browser.js';
import {
  connectVCenter,
  decodeText,
  fetchTransport,
  holdsRecordings,
  InitError,
  init,
  Monitor,
  NodeVCenter,
  nodeTransport,
  OptionsError,
  Playback,
  Recorder,
  recordingFromEvents,
  replay,
  resumeCustomization,
  summarizeEvents,
  VCenter,
  WireError,
  waitForCustomization,
  whatToDo,
  withWhatToDo,
} from '../dist/node.js';
import { event, START, SUCCESS, scripted } from './scripted-source.mjs';

const VM = [{ vm: 'vm-101' }];

/** Every way in which VMs and options come in. */
const DOORS = {
  'a wait': (vms, options) => waitForCustomization(scripted([]), vms, options),
  'a monitor': async (vms, options) => new Monitor(vms, options, START, 0),
};

const BAD_VMS = [
  [['vm-101'], "vms[0] is the text 'vm-101': give { vm: 'vm-101' }"],
  [[...VM, null], "vms[1] is null: give { vm: 'vm-101' }"],
  [[...VM, undefined], "vms[1] is undefined: give { vm: 'vm-101' }"],
  [[{}], "vms[0].vm is undefined: give the value of its managed object reference, such as 'vm-101'"],
  [[{ vm: null }], "vms[0].vm is null: give the value of its managed object reference, such as 'vm-101'"],
  [[...VM, { vm: 5 }], "vms[1].vm is 5: give the value of its managed object reference, such as 'vm-101'"],
  [[{ vm: 'vm-101', name: 5 }], 'vms[0].name is 5: give a text, or leave it out'],
];
const BAD_OPTIONS = [
  [{ rules: 'strict' }, "rules is the text 'strict': give 'default' or 'published'"],
  [{ attempts: 5 }, "attempts is 5: give 'follow', 'first' or 'reopen'"],
  [{ waitForPowerOn: 'yes' }, "waitForPowerOn is the text 'yes': give true or false, or leave it out"],
  [{ since: 5 }, /^since is 5: give a server time with an offset/],
  [{ since: 'yesterday' }, /^since is the text 'yesterday': give/],
  [{ since: '2026-03-01T10:00:00' }, /^since is the text '2026-03-01T10:00:00': give a server time with an offset/],
  [{ since: new Date(Number.NaN) }, /^since is an object \(Date\): give/],
  [{ since: '2026-13-01T00:00:00Z' }, /^`since`: `2026-13-01T00:00:00Z` is no RFC 3339 time such as/],
  [{ timeoutSeconds: -1 }, /^`timeoutSeconds` is -1: give a number of seconds between 0 and/],
  [{ lookbackSeconds: -0.5 }, /^`lookbackSeconds` is -0.5: give/],
  [{ settleSeconds: 1e300 }, /^`settleSeconds` is 1e\+300: give/],
  [{ timeout: 5 }, /^'timeout' is no option of a (watch|monitor): it has rules, timeoutSeconds, /],
];

for (const [door, enter] of Object.entries(DOORS)) {
  describe(`${door} names`, () => {
    for (const [vms, message] of BAD_VMS) {
      test(message, () => assert.rejects(enter(vms, {}), { name: 'OptionsError', code: 'invalidOptions', message }));
    }
    for (const [options, message] of BAD_OPTIONS) {
      test(String(message), async () => {
        await assert.rejects(enter(VM, options), (error) => {
          assert.ok(error instanceof OptionsError, error);
          if (message instanceof RegExp) assert.match(error.message, message);
          else assert.equal(error.message, message);
          assert.doesNotMatch(error.message, /line \d|column|configuration/);
          return true;
        });
      });
    }
  });
}

const RECORDING = { format: 'vm-customization-recording/1', startedAt: START, vms: VM, options: {}, steps: [] };
const BAD_RECORDINGS = [
  { ...RECORDING, vms: ['vm-1'] },
  { ...RECORDING, startedAt: 5 },
  { ...RECORDING, options: { since: 'x' } },
  { ...RECORDING, steps: [{ atMs: 'x', cancel: true }] },
  { ...RECORDING, steps: [{ atMs: 0, events: 5 }] },
  { ...RECORDING, steps: 5 },
];

test('no refusal tells a place in JSON that the caller did not write', () => {
  const monitor = new Monitor(VM, {}, START, 0);
  const snapshot = monitor.snapshot();
  for (const call of [
    ...BAD_RECORDINGS.flatMap((recording) => [
      () => replay(recording),
      () => replay([recording]),
      () => new Playback(recording),
    ]),
    () => new Playback([RECORDING]),
    () => Monitor.restore({ ...snapshot, vms: ['vm-101'] }, START, 0),
    () => Monitor.restore(null, START, 0),
    () => monitor.handleEvents([5], true, 0),
    () => summarizeEvents([5]),
    () => recordingFromEvents([[5]]),
    () => new Monitor(VM, {}, 'x', 0),
    () => Monitor.restore(monitor.snapshot(), START, 0, { timeDownCounts: 3 }),
    () => monitor.handleGuestInfo([{ vm: 'vm-101' }, {}], 0),
    () => monitor.handleReadFailed({ kind: 'odd' }, 0),
    () => monitor.rows([5]),
    () => monitor.setVms(['vm-101'], START, 0),
    () => new Recorder({ maxByte: 5 }),
  ]) {
    assert.throws(call, (error) => !/line \d|column/.test(error.message), String(call));
  }
});

test('a refusal tells the place in JSON that the caller did write', () => {
  for (const recording of BAD_RECORDINGS.slice(0, 4)) {
    const text = JSON.stringify(recording);
    assert.throws(() => new Playback(text), / at line 1 column \d+$/);
    assert.throws(() => new Playback(new TextEncoder().encode(text)), / at line 1 column \d+$/);
    assert.match(JSON.parse(replay(text)).error.message, / at line 1 column \d+$/);
  }
});

test('a server time that does not exist is refused with the name of what it was given as', () => {
  const time = '2026-02-30T10:00:00Z';
  const monitor = new Monitor(VM, {}, START, 0);
  for (const call of [
    () => new Monitor(VM, {}, time, 0),
    () => Monitor.restore(monitor.snapshot(), time, 0),
    () => monitor.setVms(VM, time, 0),
  ]) {
    const message = /^`serverNow`: `2026-02-30T10:00:00Z` is no RFC 3339 time such as/;
    assert.throws(call, { name: 'OptionsError', code: 'invalidOptions', message }, String(call));
  }
});

test('options may be of a class, or of none', () => {
  class Options {
    timeoutSeconds = 5;
  }
  for (const options of [new Options(), Object.assign(Object.create(null), { timeoutSeconds: 5 }), undefined]) {
    new Monitor(VM, options, START, 0).dispose();
  }
  assert.throws(
    () => new Monitor(VM, Object.assign(Object.create(null), { timeout: 5 }), START, 0),
    /^.*'timeout' is no/,
  );
});

describe('what is handed over beside options is refused by its name:', () => {
  const url = new URL('https://vc.example.com/sdk');
  const transport = nodeTransport(url);
  const signIn = { user: 'u', password: 'hunter2' };
  const { events } = VCenter.prototype;
  const { shared } = NodeVCenter.prototype;
  const vcenter = Object.create(NodeVCenter.prototype);
  for (const [name, call, wrong, error = OptionsError] of [
    ['warn', (value) => events.call(vcenter, value), [null, 5, 'x', [], {}]],
    ['warn', (value) => shared.call(vcenter, value), [null, 5, 'x', [], {}]],
    ['url', (value) => nodeTransport(value), [undefined, null, 5, 'https://u:hunter2@x/sdk', [], {}]],
    ['url', (value) => fetchTransport(value), [undefined, null, 5, 'https://u:hunter2@x/sdk', [], {}]],
    ['fetch', (value) => fetchTransport(url, value), [null, 5, 'x', [], {}]],
    ['transport', (value) => VCenter.connect(value, signIn), [undefined, null, 5, 'x', [], {}]],
    ['the options', (value) => VCenter.connect(transport, value), [undefined, null, 5, 'hunter2', []]],
    ['user', (value) => VCenter.connect(transport, { ...signIn, user: value }), [null, 5, [], {}]],
    ['session', (value) => VCenter.connect(transport, { session: value }), [null, 5, 'hunter2', [], {}]],
    ['row', (value) => whatToDo(value), [undefined, null, 5, 'x', () => undefined]],
    ['report', (value) => withWhatToDo(value), [undefined, null, 5, 'x', () => undefined]],
    ['report.vms', (value) => withWhatToDo({ vms: value }), [undefined, null, 5, 'x', {}]],
    ['report.vms[0]', (value) => withWhatToDo({ vms: [value] }), [undefined, null, 5, 'x']],
    ['bytes', (value) => decodeText(value), [undefined, null, 5, 'x', [], {}]],
    ['text', (value) => holdsRecordings(value), [undefined, null, 5, [], {}]],
    ['init()', (value) => init(value), [null, 5, [], {}], InitError],
  ]) {
    test(`${name} of ${String(call).slice('(value) => '.length)}`, async () => {
      for (const value of wrong) {
        await assert.rejects(
          async () => call(value),
          (caught) => {
            assert.ok(caught instanceof error, caught.stack);
            assert.ok(caught.message.startsWith(name), caught.message);
            return !caught.message.includes('hunter2');
          },
        );
      }
    });
  }

  test('VCenter.connect refuses what it does not know of a sign-in, and two ways in one', async () => {
    await assert.rejects(
      VCenter.connect(transport, { ...signIn, pasword: 'x' }),
      /^OptionsError: 'pasword' is no option of/,
    );
    await assert.rejects(VCenter.connect(transport, { ...signIn, token: '<x/>' }), { code: 'invalidSignIn' });
  });

  test('a browser refuses an address that is none', async () => {
    const options = { server: 'http://u:hunter2@:x/', ...signIn };
    await assert.rejects(browser.connectVCenter(options), ({ name, message }) => {
      assert.equal(name, 'OptionsError');
      return /^server is a value of type string: give the path/.test(message);
    });
  });
});

test('a wait that goes on refuses the options that its snapshot has', async () => {
  const source = scripted([]);
  const snapshot = new Monitor(VM, {}, START, 0).snapshot();
  for (const options of [{ timeoutSeconds: 5 }, { requestedSecondsAgo: 5 }]) {
    await assert.rejects(resumeCustomization(source, snapshot, options).report, /is no option of a wait that goes on/);
  }
});

test('a browser refuses what only Node can do, by name', async () => {
  for (const options of [{ thumbprint: 'hunter2' }, { ca: 'hunter2' }, { insecure: true }, { environment: {} }]) {
    const [name] = Object.keys(options);
    await assert.rejects(
      browser.connectVCenter({ server: '/sdk', user: 'u', password: 'hunter2', ...options }),
      (error) => {
        assert.match(error.message, new RegExp(`^${name} is a value of type \\w+: leave it out, the browser`));
        return !error.message.includes('hunter2');
      },
    );
  }
});

test('since may be a Date, which counts as its text does', async () => {
  const at = new Date(Date.parse(START) - 3_600_000);
  for (const since of [at, at.toISOString()]) {
    const source = scripted([[event('VmStartingEvent', 1, -3600), ...SUCCESS.slice(1)]]);
    const options = { since, clock: source.clock };
    const report = await source.clock.drive(waitForCustomization(source, VM, options));
    assert.equal(report.vms[0].customizationStatus, 'CustomizationSucceeded');
    assert.equal(Date.parse(source.reads[0].query.since) <= at.getTime(), true);
  }
});

describe('replay', () => {
  const record = async () => {
    const source = scripted([SUCCESS]);
    const recorder = new Recorder();
    const options = { onInput: recorder.take, clock: source.clock, since: new Date(Date.parse(START) - 60_000) };
    const report = await source.clock.drive(waitForCustomization(source, VM, options));
    return { recording: recorder.recording(), report };
  };

  test('answers the report of a recording, and those of several in order', async () => {
    const { recording, report } = await record();
    assert.deepEqual(replay(recording), report);
    assert.deepEqual(replay([recording, recording]), [report, report]);
    assert.deepEqual(replay([]), []);
  });

  test('throws for a recording that cannot be played, with its index among several', async () => {
    const { recording } = await record();
    const loop = { ...recording };
    loop.steps = [loop];
    for (const bad of [{}, { ...recording, format: 'x' }, loop, { ...recording, vms: 'vm-101' }]) {
      assert.throws(() => replay(bad), WireError);
      assert.throws(() => replay([recording, bad]), { code: 'invalidRecording', message: /^recordings\[1\]: / });
    }
    assert.throws(() => replay([JSON.stringify(recording)]), { message: /^recordings\[0\]: a recording is an object/ });
  });
});

test('findVms names what is no name of a VM', async () => {
  const findVms = VCenter.prototype.findVms.bind({});
  await assert.rejects(findVms(undefined), { name: 'OptionsError', message: /^the VMs are undefined: pass a name/ });
  await assert.rejects(findVms(['web-1', { vm: 'vm-101' }]), {
    message: /^vms\[1\] is an object \(Object\): give a name/,
  });
});

test('findVms finds one VM by its name alone', async () => {
  const server = await startSimulator({ kind: 'fake', args: ['-vms', '2'] });
  try {
    const { url, user, password, vms } = server;
    const vcenter = await connectVCenter({ server: new URL(url), user, password, insecure: true, environment: {} });
    const found = await vcenter.findVms(vms[1].name);
    assert.deepEqual(found.vms, (await vcenter.findVms([vms[1].name])).vms);
    assert.deepEqual(
      found.vms.map(({ vm }) => vm),
      [vms[1].vm],
    );
    await vcenter.close();
  } finally {
    await server.stop();
  }
});
