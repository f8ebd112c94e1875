/** What is told of several servers: on a terminal, in lines and as JSON. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { internal } from './internal.mjs';

const { ServersReporter, JsonReporter, LiveReporter, PlainReporter, rowWithoutVm, Turns } = await internal(
  'cli/output/servers',
  'cli/output/json',
  'cli/output/live',
  'cli/output/plain',
  'cli/commands/merged-report',
  'cli/commands/turns',
);

const SERVERS = [
  { name: 'east', vms: ['web-1'] },
  { name: 'west-2', vms: ['web-*'] },
];
const found = (name) => ({ vm: 'vm-7', name });
const row = (name, more) => ({
  vm: 'vm-7',
  name,
  customizationStatus: 'CustomizationSucceeded',
  conclusion: 'completed',
  ...more,
});
const step = {
  type: 'transition',
  transition: {
    n: 0,
    vm: 'vm-7',
    name: 'web-1',
    from: 'VmNotStarted',
    to: 'CustomizationFailed',
    atMs: 1,
    eventKey: 1,
    attempt: 1,
  },
};
const reportOf = (...vms) => ({
  format: 'vm-customization-report/1',
  endedAtMs: 1,
  vms,
  transitions: [],
  ignored: {},
  reading: { lastReadAtMs: 1, failure: null },
});
const screen = () => {
  const written = [];
  return { written, write: (text) => written.push(text), columns: 100, rows: 24, text: () => written.join('') };
};

describe('several servers', () => {
  test('have a column in the live table, before and after their VMs are known', () => {
    const out = screen();
    const live = new LiveReporter(out, screen(), { hasColour: false, awaitsReady: false }, () => 0);
    const view = new ServersReporter(live, SERVERS);
    view.begin();
    assert.match(out.written.at(-1), /SERVER +VM +STATUS/);
    assert.match(out.written.at(-1), /west-2 {2}web-\* +VmNotStarted/);
    view.of('west-2').begin([found('web-1')]);
    view.of('west-2').progress({ type: 'concluded', row: row('web-1') }, () => undefined);
    view.of('east').begin([found('web-1')]);
    live.warn('to paint it');
    assert.match(out.written.at(-1), /east {4}web-1 +VmNotStarted/);
    assert.match(out.written.at(-1), /west-2 {2}web-1 /);
    assert.doesNotMatch(out.written.at(-1), /web-\*/);
    view.end([{ server: 'west-2', report: reportOf(row('web-1')) }], true);
    assert.match(out.written.at(-1), /^Server +VM +CustomizationStatus\n/);
    assert.match(out.written.at(-1), /^west-2 +web-1 +CustomizationSucceeded$/m);
    // Where a row has no room in one line.
    const narrow = { ...screen(), columns: 30 };
    const other = new ServersReporter(
      new LiveReporter(narrow, screen(), { hasColour: false, awaitsReady: false }, () => 0),
      SERVERS,
    );
    other.of('west-2').begin([found('web-1')]);
    other.end([{ server: 'west-2', report: reportOf(row('web-1')) }], true);
    assert.equal(narrow.written.at(-1), 'VM\n--\nwest-2/web-1\n  CustomizationSucceeded\n');
  });

  test('stand before the names in lines, with the rows of their own VMs', () => {
    const [out, err] = [screen(), screen()];
    const view = new ServersReporter(new PlainReporter(out, err, { isQuiet: false, heartbeatSeconds: null }), SERVERS);
    view.begin();
    for (const { name } of SERVERS) view.of(name).begin([found('web-1')]);
    const asked = [];
    view.of('east').progress(step, (vm) => {
      asked.push(vm);
      return row('web-1', { failure: { type: 'CustomizationFailed', reason: 'x', message: null } });
    });
    view.of('west-2').warn('a warning');
    view.of('west-2').warn('west-2: another');
    assert.deepEqual(asked, ['vm-7']);
    assert.match(out.text(), /^Customization for VM 'east\/web-1' has failed: CustomizationFailed: x/);
    assert.equal(err.text(), 'west-2: a warning\nwest-2: another\n');
  });

  test('have lines and reports of JSON with the ids as they are, and null where there is no VM', () => {
    const out = screen();
    const view = new ServersReporter(new JsonReporter(out, screen(), false), SERVERS);
    view.begin();
    view.of('east').begin([found('web-1')]);
    view.of('east').progress(step, () => undefined);
    view.end(
      [
        { server: 'east', report: reportOf(row('web-1')) },
        {
          server: 'west-2',
          report: reportOf(
            rowWithoutVm('web-*', 'unobservable', { kind: 'fatal', message: 'm' }),
            rowWithoutVm('a', 'timedOut', 'notFound'),
          ),
        },
      ],
      true,
    );
    const [line, last] = out.written.map((text) => JSON.parse(text));
    assert.deepEqual(Object.keys(line).slice(0, 3), ['server', 'n', 'vm']);
    assert.deepEqual([line.server, line.vm], ['east', 'vm-7']);
    assert.deepEqual(
      last.reports.map(({ server, report }) => [server, report.vms[0].vm, report.vms[0].name]),
      [
        ['east', 'vm-7', 'web-1'],
        ['west-2', null, 'web-*'],
      ],
    );
    assert.deepEqual(
      last.reports[1].report.whatToDo.map(({ about, vms }) => [about, vms]),
      [['notFound', ['a']]],
    );
  });
});

describe('turns', () => {
  test('let as many calls be under way as they are told, and the next when one has ended, however it ends', async () => {
    const turns = new Turns(2);
    let underWay = 0;
    let most = 0;
    const done = await Promise.allSettled(
      Array.from({ length: 7 }, (_, index) =>
        turns.take(async () => {
          underWay += 1;
          most = Math.max(most, underWay);
          await new Promise((resolve) => setImmediate(resolve));
          underWay -= 1;
          if (index % 2 === 0) throw new Error('no');
          return index;
        }),
      ),
    );
    assert.deepEqual([most, underWay], [2, 0]);
    assert.deepEqual(
      done.map(({ value }) => value),
      [undefined, 1, undefined, 3, undefined, 5, undefined],
    );
  });
});
