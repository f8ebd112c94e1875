/** What callers hand over that cannot be used: each error has the name and the index of what is meant, and what to do. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { startSimulator } from '../../tests/simulators/simulator.mjs';
import * as browser from '../dist/browser.js';
import {
  connectVCenter,
  Monitor,
  OptionsError,
  Recorder,
  replay,
  resumeCustomization,
  VCenter,
  WireError,
  waitForCustomization,
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
  [{ timeoutSeconds: -1 }, /timeoutSeconds/],
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
          assert.match(error.message, message instanceof RegExp ? message : new RegExp(`^${message}$`));
          assert.doesNotMatch(error.message, /line \d|column|configuration/);
          return true;
        });
      });
    }
  });
}

test('no refusal tells a place in JSON that the caller did not write', () => {
  const monitor = new Monitor(VM, {}, START, 0);
  for (const call of [
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
