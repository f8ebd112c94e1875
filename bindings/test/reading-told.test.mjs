/**
 * What is told of the reading on the way is what the report says of it: every kind of answer, in every place of a run,
 * and random runs made of them.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { randomFrom } from '../../tests/conformance/models/random.mjs';
import { ReadError, watchCustomization } from '../dist/node.js';
import { event, SUCCESS, scripted } from './scripted-source.mjs';

const ROUNDS = Number(process.env.ROUNDS ?? 400);
const FIRST = Number(process.env.SEED ?? 1);

const VMS = ['vm-101', 'vm-102'];
const WHOLE = SUCCESS.slice(0, 2);
const OTHER = VMS.flatMap((vm, at) =>
  SUCCESS.map((_, index) => event(SUCCESS[index]._typeName, 10 * at + index + 10, index, vm)),
);
const lines = (events) => events.map((one) => JSON.stringify(one)).join('\n');
const CUT_OFF = lines(WHOLE).slice(0, -20);
const refusal = (kind, vm) => ({ kind, vm, message: `${kind} of ${vm}` });

/** The answers to a read, each a page or an error, and how many of them are no complete observation. */
const ANSWERS = {
  'nothing new': [],
  events: WHOLE,
  'the end of all': OTHER,
  'the end of all, cut off': { events: `${lines(OTHER)}\n{"_typeName"` },
  'several documents': { events: WHOLE, more: [[], lines(WHOLE)] },
  'a page that is cut off': { events: CUT_OFF },
  'a page that is cut off before others': { events: CUT_OFF, more: [[]] },
  'a page that is cut off after others': { events: [], more: [CUT_OFF] },
  'a page that is cut off beside a refusal': { events: CUT_OFF, failures: [refusal('noPermission', 'vm-102')] },
  'a page that is no more than a part': { events: WHOLE, complete: false },
  'the end of all in a page that is no more than a part': { events: OTHER, complete: false },
  'a refusal of one VM': { events: WHOLE, failures: [refusal('noPermission', 'vm-102')] },
  'a refusal of each VM': { events: [], failures: VMS.map((vm) => refusal('notFound', vm)) },
  'one VM that may be read in a while': { events: WHOLE, failures: [refusal('transient', 'vm-102')] },
  'one VM whose session is gone': { events: WHOLE, failures: [refusal('notAuthenticated', 'vm-102')] },
  'a refusal of a VM that nobody watches': { events: [], failures: [refusal('notFound', 'vm-999')] },
  'what is no events': { events: '<html>no</html>' },
  'a page that is none': 'no page',
  'a network that fails': new ReadError('transient', 'connection reset'),
  'a session that is gone': new ReadError('notAuthenticated', 'the session is gone'),
  'something that was not foreseen': new Error('what is this?'),
  'the end for good': new ReadError('fatal', 'not here'),
};

const GUESTS = VMS.map((vm) => ({
  vm,
  customizationStatus: 'TOOLSDEPLOYPKG_RUNNING',
  startTime: '2026-03-01T10:00:01Z',
}));
const DONE = VMS.map((vm) => ({
  vm,
  customizationStatus: 'TOOLSDEPLOYPKG_SUCCEEDED',
  startTime: '2026-03-01T10:00:01Z',
  endTime: '2026-03-01T10:00:02Z',
}));

/** @param {{reads: unknown[], pushed?: unknown[], guests?: object[], logIns?: unknown[], options?: object}} run */
async function follow({ reads, pushed, guests, logIns = [], options = {} }) {
  const all = [];
  const check = (reading, when) => {
    const { lastReadAtMs, failure } = reading;
    const said =
      failure !== null
        ? { type: 'readFailed', failure: { kind: failure.kind, message: failure.message } }
        : lastReadAtMs !== null && { type: 'read' };
    assert.deepEqual(all.at(-1) ?? false, said, when);
  };
  const checkNow = (when) => {
    const reading = reads.isBegun && watch.snapshot().reading;
    if (reading) check(reading, when);
  };
  const answerOf = (entry) => {
    if (entry instanceof Error) throw entry;
    return Array.isArray(entry) ? { events: entry } : entry;
  };
  const clock = scripted([]).clock;
  const left = [...logIns];
  const source = scripted(
    reads.map((entry) => () => {
      checkNow('at a read');
      return answerOf(entry);
    }),
    {
      clock,
      logIn: async () => {
        checkNow('at a log-in');
        const entry = left.shift();
        if (entry instanceof Error) throw entry;
      },
      ...(guests && { readGuestInfo: async () => guests }),
      ...(pushed && {
        pushEvents: async function* (_, { signal }) {
          yield { events: [] };
          for (let entry = pushed.shift(); entry !== undefined; entry = pushed.shift()) {
            await clock.sleep(7, signal);
            yield answerOf(entry);
            checkNow('after a push');
          }
          await clock.sleep(1e9, signal);
        },
      }),
    },
  );
  const watch = watchCustomization(
    source,
    VMS.map((vm) => ({ vm })),
    {
      clock,
      timeoutSeconds: 120,
      // A first answer without events is not to be the end.
      ...(options.rules !== 'published' && { waitForPowerOn: true }),
      ...options,
      onProgress: (progress) => {
        if (progress.type === 'started') reads.isBegun = true;
        const isOfAll = progress.type === 'readFailed' && progress.failure.vm === undefined;
        if (progress.type === 'read' || isOfAll) all.push(progress);
      },
    },
  );
  const report = await clock.drive(watch.report);
  check(report.reading, 'at the end');
  return { report, all };
}

const PLACES = {
  'the first answer': (entry) => ({ reads: [entry] }),
  'the only answer, the wait being over at once': (entry) => ({ reads: [entry], options: { timeoutSeconds: 0 } }),
  'an answer on the way': (entry) => ({ reads: [[], entry] }),
  'an answer after a failure': (entry) => ({ reads: [new Error('reset'), entry] }),
  'the read that follows the begin of a push': (entry) => ({ reads: [[], entry], pushed: [] }),
  'what is pushed': (entry) => ({ reads: [[]], pushed: [entry] }),
  'the first answer under the published rules': (entry) => ({ reads: [entry], options: { rules: 'published' } }),
  'an answer on the way under the published rules': (entry) => ({
    reads: [WHOLE, entry],
    options: { rules: 'published' },
  }),
  'an answer beside what guests say': (entry) => ({ reads: [[], entry], guests: GUESTS }),
  'an answer beside guests that are done': (entry) => ({ reads: [entry], guests: DONE }),
  'an answer after a log-in that failed': (entry) => ({
    reads: [ANSWERS['a session that is gone'], entry],
    logIns: [new ReadError('transient', 'not now')],
  }),
};

describe('what is told of the reading is what the report says of it', () => {
  for (const [place, run] of Object.entries(PLACES)) {
    test(`of ${place}, whatever it is`, async () => {
      for (const [what, entry] of Object.entries(ANSWERS)) {
        await assert.doesNotReject(follow(run(entry)), `${what}`);
      }
    });
  }

  test(`in ${ROUNDS} random runs`, async () => {
    for (let seed = FIRST; seed < FIRST + ROUNDS; seed += 1) {
      const { below, pick, chance } = randomFrom(seed);
      const some = (most) => Array.from({ length: below(most + 1) }, () => pick(Object.values(ANSWERS)));
      const run = {
        reads: some(8),
        ...(chance(0.6) && { pushed: some(6) }),
        ...(chance(0.4) && { guests: pick([GUESTS, DONE]) }),
        logIns: some(3),
        options: chance(0.2) ? { rules: 'published', timeoutSeconds: 120 } : { attempts: pick(['follow', 'reopen']) },
      };
      await assert.doesNotReject(follow(run), `SEED=${seed}`);
    }
  });

  test('of a run that was called off before the time was known', async () => {
    const clock = scripted([]).clock;
    const source = scripted([], {
      clock,
      serverTime: () => Promise.reject(new ReadError('transient', 'connection reset')),
    });
    const told = [];
    const watch = watchCustomization(
      source,
      VMS.map((vm) => ({ vm })),
      { clock, onProgress: (progress) => told.push(progress) },
    );
    void clock.sleep(10_000, new AbortController().signal).then(() => watch.cancel());
    const { reading, vms } = await clock.drive(watch.report);
    const { kind, message } = reading.failure;
    assert.deepEqual({ kind, message }, { kind: 'transient', message: 'connection reset' });
    assert.deepEqual(told.filter(({ type }) => type === 'readFailed').at(-1).failure, { kind, message });
    assert.deepEqual(
      vms.map(({ conclusion }) => conclusion),
      ['cancelled', 'cancelled'],
    );
  });
});

describe('a page that is cut off', () => {
  const cutOff = Object.keys(ANSWERS).filter((what) => what.startsWith('a page that is cut off'));
  for (const place of [
    'the first answer',
    'an answer on the way',
    'the read that follows the begin of a push',
    'what is pushed',
    'an answer beside what guests say',
  ]) {
    test(`is no complete read and is told as a failed one, as ${place}`, async () => {
      for (const what of cutOff) {
        const { all } = await follow(PLACES[place](ANSWERS[what]));
        const said = all.map(({ type, failure }) => (type === 'readFailed' ? failure.message : type));
        const at = said.indexOf('the document of events is cut off in its last line');
        // The reads that were complete before it, and the one that follows it.
        assert.deepEqual(said.slice(at + 1, at + 2), ['read'], `${what}: ${said}`);
        assert.equal(said.filter((one) => one === said[at]).length, 1, what);
      }
    });
  }
});
