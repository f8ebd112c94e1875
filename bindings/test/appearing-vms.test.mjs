/** `--wait-for-vm`: when VMs that are not there are looked for, and what is told of several runs as of one. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { SteppedClock } from '../dist/testing.js';
import { internal } from './internal.mjs';

const { searchVms, mergedReport, rowWithoutVm, TransitionCounter } = await internal(
  'cli/commands/appearing-vms',
  'cli/commands/merged-report',
);

/** A search whose look-ups answer by turns; what each of them was, and when. */
async function search(answers, { names = ['a'], ms = 100_000, signal = new AbortController().signal } = {}) {
  const clock = new SteppedClock();
  const begin = clock.now();
  const looks = [];
  const told = [];
  const none = await clock.drive(
    searchVms({
      names,
      lookUp: async (asked) => {
        looks.push([clock.now() - begin, ...asked]);
        const found = answers[looks.length - 1] ?? {};
        if (found instanceof Error) throw found;
        return {
          found: asked.filter((input) => found[input] === true).map((input) => ({ input, vms: [] })),
          problems: asked
            .filter((input) => found[input] !== true)
            .map((input) => ({ input, kind: found[input] ?? 'notFound', message: `${input}: ${found[input]}` })),
        };
      },
      endsAt: begin + ms,
      signal,
      found: (found) => told.push(['found', ...found.map(({ input }) => input)]),
      unclear: ({ input }) => told.push(['unclear', input]),
      warn: (message) => told.push(['warn', message]),
      clock,
    }),
  );
  return { none, looks, told };
}

describe('a search for VMs', () => {
  test('looks after 5 s, then less and less often, at most 30 s apart, and once more when the time is up', async () => {
    const { none, looks } = await search([]);
    assert.deepEqual(none, ['a']);
    assert.deepEqual(
      looks.map(([ms]) => ms),
      [5_000, 12_500, 23_750, 40_625, 65_937.5, 95_937.5, 100_000],
    );
  });

  for (const [ms, times] of [
    [4_999, [4_999]],
    [5_000, [5_000]],
    [5_001, [5_000, 5_001]],
    [0, []],
  ]) {
    test(`that has ${ms} ms looks at ${times.join(' and ') || 'no time'}`, async () => {
      assert.deepEqual(
        (await search([], { ms })).looks.map(([at]) => at),
        times,
      );
    });
  }

  test('looks only for what is left, and soon again after something was found', async () => {
    const { none, looks, told } = await search([{}, { b: true }, { a: true }], { names: ['a', 'b'] });
    assert.deepEqual(none, []);
    assert.deepEqual(looks, [
      [5_000, 'a', 'b'],
      [12_500, 'a', 'b'],
      [17_500, 'a'],
    ]);
    assert.deepEqual(told, [
      ['found', 'b'],
      ['found', 'a'],
    ]);
  });

  test('gives up a name that two VMs have, and tells of the same trouble once', async () => {
    const trouble = new Error('no answer');
    const { none, looks, told } = await search([trouble, trouble, { a: 'ambiguous' }, trouble], {
      names: ['a', 'b'],
      ms: 45_000,
    });
    assert.deepEqual(none, ['b']);
    assert.deepEqual(told, [
      ['warn', 'no answer; looking for the VMs again'],
      ['unclear', 'a'],
      ['warn', 'no answer; looking for the VMs again'],
    ]);
    assert.deepEqual(looks.at(-1), [45_000, 'b']);
  });

  test('ends at once when it is told to', async () => {
    const { none, looks } = await search([], { signal: AbortSignal.abort() });
    assert.deepEqual([none, looks], [['a'], []]);
  });
});

describe('the report of several runs', () => {
  const reportOf = (transitions, ignored, reading, more = {}) => ({
    format: 'vm-customization-report/1',
    endedAtMs: 5,
    vms: [],
    transitions,
    ignored,
    reading,
    ...more,
  });

  test('has the transitions in the order in which they were told, and the sums of the rest', () => {
    const counter = new TransitionCounter();
    // Told by the runs in turns.
    for (const [run, n] of [
      [1, 0],
      [0, 0],
      [1, 1],
    ]) {
      counter.of(run, n);
    }
    const failure = (sinceMs) => ({ kind: 'transient', message: String(sinceMs), sinceMs, count: 1 });
    const row = rowWithoutVm('a', 'timedOut', 'notFound');
    const merged = mergedReport(
      [
        reportOf([{ n: 0, vm: 'x' }], { otherVm: 2 }, { lastReadAtMs: 3, failure: failure(7) }),
        reportOf(
          [
            { n: 0, vm: 'y' },
            { n: 1, vm: 'y' },
          ],
          { duplicate: 1, otherVm: 1 },
          { lastReadAtMs: 4, failure: failure(6) },
          { transitionsDropped: 2 },
        ),
      ],
      [row],
      9,
      counter,
    );
    assert.deepEqual(
      merged.transitions.map(({ n, vm }) => [n, vm]),
      [
        [0, 'y'],
        [1, 'x'],
        [2, 'y'],
      ],
    );
    assert.deepEqual(merged.ignored, { duplicate: 1, otherVm: 3 });
    assert.deepEqual(merged.reading, { lastReadAtMs: 4, failure: failure(7) });
    assert.deepEqual([merged.endedAtMs, merged.transitionsDropped, merged.vms], [9, 2, [row]]);
    assert.deepEqual(mergedReport([], [], 0, counter).reading, { lastReadAtMs: null, failure: null });
  });
});
