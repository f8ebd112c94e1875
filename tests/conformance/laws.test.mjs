/**
 * Laws every run keeps, whatever it was fed: no model needed.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { played, wasmReplay } from './models/compare.mjs';
import { randomFrom, randomRecording } from './models/random.mjs';
import { eventsOf, timeOf } from './models/recorded-events.mjs';

const SEED = Number(process.env.PARITY_SEED ?? 77);
const COUNT = Number(process.env.PARITY_COUNT ?? 3_000);
const LADDER = ['VmNotStarted', 'CustomizationNotStarted', 'CustomizationStarted'];
const RESULTS = ['CustomizationSucceeded', 'CustomizationFailed'];

const replay = wasmReplay();
const seeds = Array.from({ length: COUNT }, (_, at) => SEED + at);
const lastStepMs = ({ steps }) => steps.at(-1)?.atMs ?? 0;

/** Calls `check` with each recording and its report. */
function forEachRun(rules, check) {
  const recordings = seeds.map((seed) => randomRecording(randomFrom(seed), rules));
  for (const { at, recording, lines } of played(recordings, [replay])) {
    const say = (law) => `${law}; seed ${seeds[at]}: ${JSON.stringify(recording)}`;
    check({ recording, report: JSON.parse(lines[0]), say });
  }
}

for (const rules of ['default', 'published']) {
  describe(`under the ${rules} rules`, () => {
    test('the transitions of each VM form a chain that ends at its row', () => {
      forEachRun(rules, ({ recording, report, say }) => {
        const mayComeAgain = recording.steps.some(({ vms }) => vms);
        for (const row of report.vms) {
          let status = 'VmNotStarted';
          let nowMs = 0;
          for (const transition of report.transitions.filter(({ vm }) => vm === row.vm)) {
            // A VM that went and came again begins a chain anew.
            if (mayComeAgain && transition.from === 'VmNotStarted') status = 'VmNotStarted';
            assert.equal(transition.from, status, say('it begins where the one before ended'));
            assert.ok(transition.atMs >= nowMs && transition.atMs <= report.endedAtMs, say('in time'));
            assert.ok(!transition.inferred || transition.eventKey === null, say('an inferred one has no key'));
            const rung = LADDER.indexOf(transition.to);
            const isForward = rung > LADDER.indexOf(status) && LADDER.includes(status);
            if (isForward) assert.equal(rung, LADDER.indexOf(status) + 1, say('no step is skipped'));
            status = transition.to;
            nowMs = transition.atMs;
          }
          if (mayComeAgain && row.customizationStatus === 'VmNotStarted') continue;
          assert.equal(status, row.customizationStatus, say('the last one ends at the row'));
        }
      });
    });

    test('each VM asked for has one row, in order, and a conclusion that fits its status', () => {
      let open = 0;
      forEachRun(rules, ({ recording, report, say }) => {
        const lists = [{ atMs: 0, vms: recording.vms }, ...recording.steps.filter(({ vms }) => vms)];
        const rows = report.vms.map(({ vm }) => vm);
        // What is watched is the last list before the end; of those at its instant any may be the last one heard.
        const before = lists.filter(({ atMs }) => atMs < report.endedAtMs).slice(-1);
        const last = [...before, ...lists.filter(({ atMs }) => atMs === report.endedAtMs)];
        const isOf = ({ vms }) => JSON.stringify(rows) === JSON.stringify([...new Set(vms.map(({ vm }) => vm))]);
        assert.ok(last.some(isOf), say('one row each'));
        const isReadyWaitedFor = rules === 'default' && recording.options.ready !== undefined;
        for (const { customizationStatus, conclusion, readyAt } of report.vms) {
          const isUnready = isReadyWaitedFor && customizationStatus === 'CustomizationSucceeded' && !readyAt;
          const isCompleted = RESULTS.includes(customizationStatus) && !isUnready;
          // The script's conclusion comes with the pass; a result is the only way to it under either rules.
          assert.equal(conclusion === 'completed', isCompleted, say('completed is a result, and only a result'));
          if (conclusion === undefined) {
            open += 1;
            assert.equal(recording.options.timeoutSeconds, null, say('only endless runs are open'));
          }
        }
      });
      assert.ok(open > 0, 'some are open');
    });

    test('the run ends in time', () => {
      forEachRun(rules, ({ recording, report, say }) => {
        const { timeoutSeconds = 600 } = recording.options;
        const timeoutMs = timeoutSeconds * 1000;
        const latest = rules === 'default' ? timeoutMs + 5_000 : Math.ceil(timeoutMs / 15_000) * 15_000;
        const limit = timeoutSeconds === null ? lastStepMs(recording) : latest;
        assert.ok(report.endedAtMs <= limit, say(`by ${limit}, not at ${report.endedAtMs}`));
      });
    });

    test('what arrives after the end changes nothing', () => {
      const ended = [];
      forEachRun(rules, ({ recording, report }) => {
        if (report.endedAtMs < lastStepMs(recording)) ended.push({ recording, report });
      });
      const more = ended.map(({ recording }, at) => {
        const random = randomFrom(at);
        const { steps } = randomRecording(random, rules);
        const atMs = lastStepMs(recording);
        return {
          ...recording,
          steps: [...recording.steps, ...steps.map((step) => ({ ...step, atMs: atMs + step.atMs }))],
        };
      });
      for (const { at, recording, lines } of played(more, [replay])) {
        const { vms, transitions, endedAtMs } = JSON.parse(lines[0]);
        const { report } = ended[at];
        const want = { vms: report.vms, transitions: report.transitions, endedAtMs: report.endedAtMs };
        assert.deepEqual({ vms, transitions, endedAtMs }, want, JSON.stringify(recording));
      }
    });
  });
}

describe('while the run has not ended', () => {
  /** All that a recording tells, in a run that nothing ends before it was all told. */
  function tellings(random) {
    const recording = randomRecording(random, 'default');
    const vms = [...recording.vms.filter(({ vm }) => vm !== 'vm-104'), { vm: 'vm-104' }];
    const names = vms.map(({ vm }) => vm);
    const first = (list, identity) => [...new Map(list.map((item) => [identity(item), item])).values()];
    const pages = recording.steps.filter(({ events }) => events).flatMap(({ events }) => events._value ?? events);
    const events = pages.filter((event) => eventsOf({ events: [event] }, names, Number.NEGATIVE_INFINITY).length === 1);
    // What a guest shows of its readiness counts by when it is told (D19): no set of tellings.
    const guestInfos = recording.steps
      .filter(({ guestInfo }) => guestInfo)
      .map(({ guestInfo: { toolsRunningStatus, guestOperationsReady, ...guestInfo } }) => guestInfo);
    const bare = (event) => event._typeName.split('.').at(-1);
    return {
      recording: { ...recording, vms, options: { ...recording.options, timeoutSeconds: null, waitForPowerOn: true } },
      told: [
        // Of tellings of an event with the same time the first stays, and of a run in the guest: here each has only one.
        ...first(
          events,
          (event) => `${event.vm.vm.value} ${event.key} ${bare(event)} ${timeOf(event.createdTime)}`,
        ).map((event) => ({ event })),
        ...first(guestInfos, (info) => `${info.vm} ${info.customizationStatus}`).map((guestInfo) => ({ guestInfo })),
      ],
    };
  }

  function inOnePage({ recording, told }) {
    const events = told.filter(({ event }) => event).map(({ event }) => event);
    const infos = told.filter(({ guestInfo }) => guestInfo).map(({ guestInfo }) => ({ atMs: 0, guestInfo }));
    return { ...recording, steps: [{ atMs: 0, events }, ...infos] };
  }

  function anyHow(random, { recording, told }) {
    const repeated = told.filter(({ event }) => event && random.chance(0.3));
    const steps = random.shuffled([...told, ...repeated]).map(({ event, guestInfo }) => {
      if (guestInfo) return { atMs: 0, guestInfo };
      return { atMs: 0, events: [event], ...(random.chance(0.5) ? { complete: false } : {}) };
    });
    const batched = [];
    for (const step of steps) {
      const last = batched.at(-1);
      if (last?.events && step.events && random.chance(0.4)) last.events.push(...step.events);
      else batched.push(step);
    }
    return { ...recording, steps: batched };
  }

  test('order, batching and repeats of events cannot be seen in the rows', () => {
    const pairs = seeds.flatMap((seed) => {
      const random = randomFrom(seed);
      const all = tellings(random);
      return [inOnePage(all), anyHow(random, all)];
    });
    let rows;
    for (const { at, recording, lines } of played(pairs, [replay])) {
      // `revised` is about the telling, so it alone may depend on batching (D5).
      const now = JSON.parse(lines[0]).vms.map(({ revised, ...row }) => row);
      if (at % 2 === 1) assert.deepEqual(now, rows, `seed ${seeds[(at - 1) / 2]}: ${JSON.stringify(recording)}`);
      rows = now;
    }
  });
});
