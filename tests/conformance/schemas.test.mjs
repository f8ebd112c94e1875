/**
 * The JSON Schemas in `docs/schemas` hold for every golden file and for what the package really writes, and refuse what is
 * damaged. The schema of recordings is compared with the core, which reads them.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { Ajv2020 } from 'ajv/dist/2020.js';

import { replay } from '../../bindings/dist/node.js';
import { jsonOf, runCommand, startCommand } from '../command/command.mjs';
import { startSimulator } from '../simulators/simulator.mjs';

const SCHEMAS = new URL('../../docs/schemas/', import.meta.url);
const RECORDINGS = new URL('./recordings/', import.meta.url);

const parse = (name, folder) => JSON.parse(readFileSync(new URL(name, folder), 'utf8'));

const ajv = new Ajv2020({ allowUnionTypes: true, strictTypes: true });
for (const name of readdirSync(SCHEMAS)) ajv.addSchema(parse(name, SCHEMAS));
const [isRecording, isReport, isLine, isReports, isInventory, isRequest, isWaitEvent] = [
  'recording',
  'report',
  'lines',
  'reports',
  'inventory',
  'wait-request',
  'wait-event',
].map((name) => ajv.getSchema(`${name}.schema.json`));
const assertValid = (isValid, value, what) => assert.ok(isValid(value), `${what}: ${ajv.errorsText(isValid.errors)}`);

const golden = (ending) =>
  readdirSync(RECORDINGS)
    .filter((name) => name.endsWith(ending))
    .map((name) => ({ name, json: parse(name, RECORDINGS) }));
const recordings = golden('.recording.json');
const reports = golden('.report.json');

/** Every way to a value inside a value. */
function* paths(value, path = []) {
  if (path.length > 0) yield path;
  if (typeof value === 'object' && value !== null) {
    for (const key of Object.keys(value)) yield* paths(value[key], [...path, key]);
  }
}

const at = (value, path) => path.reduce((inner, key) => inner[key], value);

/** A copy with another value in one place; undefined takes the place out. */
function changed(value, path, replacement) {
  const copy = structuredClone(value);
  const parent = at(copy, path.slice(0, -1));
  if (replacement !== undefined) parent[path.at(-1)] = replacement;
  else if (Array.isArray(parent)) parent.splice(Number(path.at(-1)), 1);
  else delete parent[path.at(-1)];
  return copy;
}

describe('golden files and the schemas', () => {
  it('every golden recording is one', () => {
    assert.ok(recordings.length > 100, 'the recordings are there');
    for (const { name, json } of recordings) assertValid(isRecording, json, name);
  });

  it('every golden report is one, and a line', () => {
    assert.equal(reports.length, recordings.length);
    for (const { name, json } of reports) {
      assertValid(isReport, json, name);
      assertValid(isLine, json, name);
      for (const transition of json.transitions) assertValid(isLine, transition, name);
    }
  });

  it('a report in which any field has another shape is none', () => {
    for (const { name, json } of reports) {
      for (const path of paths(json)) {
        for (const damaged of [{ no: 'field' }, -1.5]) {
          assert.ok(
            !isReport(changed(json, path, damaged)),
            `${name}: ${path.join('.')} is ${JSON.stringify(damaged)}`,
          );
        }
      }
    }
  });

  it('a report without a field is none, but for those that are there only where they apply', () => {
    const optional =
      /(^|\.)(conclusion|inferred|readyAt|revised|guestInfoDisagrees|truncated|nameTruncated|transitionsDropped)$/;
    for (const { name, json } of reports) {
      for (const path of paths(json)) {
        const where = path.join('.');
        const isItem = Array.isArray(at(json, path.slice(0, -1))) || where.startsWith('ignored.');
        const may = isItem || optional.test(where);
        assert.equal(isReport(changed(json, path, undefined)), may, `${name} without ${where}`);
      }
    }
  });

  it('fields may be added to a report, and to all in it', () => {
    for (const { name, json } of reports) {
      for (const path of [[], ...paths(json)]) {
        const value = at(json, path);
        if (path[0] === 'ignored' || typeof value !== 'object' || value === null || Array.isArray(value)) continue;
        assertValid(isReport, changed(json, [...path, 'added'], 'later'), `${name}: ${path.join('.')}.added`);
      }
    }
  });
});

const WHOLE = {
  format: 'vm-customization-recording/1',
  startedAt: '2026-03-01T10:00:00Z',
  vms: [{ vm: 'vm-101', name: 'web-1' }],
  options: {
    rules: 'default',
    timeoutSeconds: 600,
    lookbackSeconds: 300,
    since: '2026-03-01T09:50:00+01:00',
    pollIntervalSeconds: 15,
    waitForPowerOn: false,
    attempts: 'follow',
    stuckAfterSeconds: 600,
  },
  steps: [
    { atMs: 0, events: [], complete: false },
    {
      atMs: 0,
      guestInfo: {
        vm: 'vm-101',
        customizationStatus: 'TOOLSDEPLOYPKG_RUNNING',
        startTime: '2026-03-01T10:00:12Z',
        endTime: null,
        errorMsg: '',
        pendingCustomization: false,
      },
    },
    { atMs: 0, guestInfo: [{ vm: 'vm-101' }, { vm: 'vm-102' }] },
    { atMs: 0, readFailed: { kind: 'transient', vm: 'vm-101', message: 'no route' } },
    { atMs: 0, loggedIn: true },
    { atMs: 0, vms: [{ vm: 'vm-102' }], serverTime: '2026-03-01T10:00:06Z' },
    { atMs: 0, cancel: true },
  ],
};

describe('the schema of recordings and the core', () => {
  const plays = (recording) => !('error' in JSON.parse(replay(JSON.stringify(recording))));
  // What a page holds is for the core alone, and a schema cannot compare the times of two steps.
  const places = [...paths(WHOLE)].filter((path) => path.at(-1) !== 'events');

  it('take a recording that has everything', () => {
    assertValid(isRecording, WHOLE, 'the whole recording');
    assert.ok(plays(WHOLE));
  });

  it('refuse the same damaged ones', () => {
    for (const path of places) {
      for (const damage of [undefined, true, -1, 1e15, 'x', '', '2026-03-01T10:00:00', {}]) {
        const damaged = changed(WHOLE, path, damage);
        assert.equal(isRecording(damaged), plays(damaged), `${path.join('.')} is ${JSON.stringify(damage)}`);
      }
    }
  });

  it('agree where it matters on what stands for nothing: what the schema takes is played', () => {
    for (const path of places) {
      for (const nothing of [null, []]) {
        const damaged = changed(WHOLE, path, nothing);
        if (isRecording(damaged)) assert.ok(plays(damaged), `${path.join('.')} is ${JSON.stringify(nothing)}`);
      }
    }
  });

  it('refuse unknown options and steps, and skip what else is unknown', () => {
    for (const path of [[], ...places]) {
      const value = at(WHOLE, path);
      if (typeof value !== 'object' || value === null || Array.isArray(value)) continue;
      const isStrict = path.join('.') === 'options' || /^steps\.\d+$/.test(path.join('.'));
      const extended = changed(WHOLE, [...path, 'unknown'], 1);
      assert.equal(isRecording(extended), !isStrict, `the schema: ${path.join('.')}.unknown`);
      assert.equal(plays(extended), !isStrict, `the core: ${path.join('.')}.unknown`);
    }
  });
});

describe('the examples in docs/formats.md', () => {
  const text = readFileSync(new URL('../../docs/formats.md', import.meta.url), 'utf8');
  const examples = (of) =>
    [...text.matchAll(/^```json (\w+)\n(.*?)^```$/gms)].filter(([, kind]) => kind === of).map(([, , json]) => json);

  it('are what the schemas say', () => {
    for (const example of examples('recording')) assertValid(isRecording, JSON.parse(example), example);
    for (const example of examples('report')) assertValid(isReport, JSON.parse(example), example);
    for (const example of examples('reports')) assertValid(isReports, JSON.parse(example), example);
    const [inventory] = examples('inventory').map((example) => JSON.parse(example));
    assertValid(isInventory, inventory, 'the inventory');
    for (const secret of ['password', 'token', 'session', 'cloneTicket', 'unknown']) {
      const servers = [{ ...inventory.servers[0], [secret]: 'x' }];
      assert.equal(isInventory({ ...inventory, servers }), false, secret);
    }
    const lines = examples('lines').flatMap((example) => example.trimEnd().split('\n'));
    assert.ok(lines.length > 4, 'the lines are there');
    for (const line of lines) assertValid(isLine, JSON.parse(line), line);
    for (const example of examples('request')) assertValid(isRequest, JSON.parse(example), example);
    const events = examples('event').map((example) => JSON.parse(example));
    for (const event of events) assertValid(isWaitEvent, event, event.type);
    assert.equal(events.length, 3);
  });

  it('are a recording and its report', () => {
    const [recording] = examples('recording');
    const [report] = examples('report');
    assert.deepEqual(JSON.parse(replay(recording)), JSON.parse(report));
  });
});

describe('what the package writes', () => {
  const folder = mkdtempSync(join(tmpdir(), 'vm-customization-schemas-'));
  const recorded = join(folder, 'run.json');
  let server;
  before(async () => {
    server = await startSimulator({ kind: 'fake' });
  });
  after(async () => {
    await server?.stop();
    rmSync(folder, { recursive: true });
  });

  it('a replay gives reports, and errors in their place', () => {
    const lines = recordings.map(({ json }) => JSON.stringify(json));
    const damaged = ['no recording', '{"format":"another"}', '{"format":"vm-customization-recording/1"}'];
    const written = replay([...lines, ...damaged].join('\n'))
      .trimEnd()
      .split('\n');
    assert.equal(written.length, lines.length + damaged.length);
    for (const line of written) assertValid(isLine, JSON.parse(line), line);
    for (const line of written.slice(0, lines.length)) assertValid(isReport, JSON.parse(line), line);
    for (const line of written.slice(lines.length)) assert.ok('error' in JSON.parse(line), line);
  });

  it('--json writes lines, --record a recording', async () => {
    const [good, bad] = server.vms;
    const args = ['--json', '--record', recorded, '--poll-interval', '0.3', '--wait-for-power-on'];
    const running = startCommand([...args, good.name, bad.name], { server });
    for (const { vm } of [good, bad]) await server.do({ do: 'post', vm, event: 'VmStartingEvent' });
    await running.prints(/CustomizationNotStarted/);
    await server.do({ do: 'post', vm: good.vm, event: 'CustomizationSucceeded' });
    await server.do({ do: 'post', vm: bad.vm, event: 'CustomizationSysprepFailed' });
    const run = await running.done;
    assert.equal(run.status, 1, run.stderr);
    const { transitions, report } = jsonOf(run);
    assert.ok(transitions.length >= 6, run.stdout);
    for (const line of [...transitions, report]) assertValid(isLine, line, JSON.stringify(line));
    assertValid(isReport, report, 'the report');
    const recording = JSON.parse(readFileSync(recorded, 'utf8'));
    assertValid(isRecording, recording, 'the recording');
    assert.ok(recording.steps.length > 2, 'what was fed is in it');
    const again = await runCommand(['replay', recorded]);
    assertValid(isReport, JSON.parse(again.stdout), 'the report of the replay');
  });

  it('--inventory and --wait-for-vm write lines with a server, reports, and rows without a VM', async () => {
    const [, , vm] = server.vms;
    await server.do({ do: 'powerOn', vm: vm.vm });
    await server.do({ do: 'post', vm: vm.vm, event: 'CustomizationSucceeded' });
    const own = { name: 'own', server: server.url, user: server.user, passwordEnv: 'PW', insecure: true };
    const servers = [
      { ...own, vms: [vm.name, 'never'] },
      { ...own, name: 'down', server: '127.0.0.1:9', vms: ['a'] },
    ];
    const inventory = { format: 'vm-customization-inventory/1', servers };
    assertValid(isInventory, inventory, 'the inventory');
    const file = join(folder, 'inventory.json');
    writeFileSync(file, JSON.stringify(inventory));
    const args = ['--json', '--record', recorded, '--inventory', file, '--wait-for-vm', '--timeout', '1'];
    const run = await runCommand(args, { env: { PW: server.password } });
    assert.equal(run.status, 2, run.stderr);
    const { transitions, report: last } = jsonOf(run);
    assert.ok(transitions.length > 0 && transitions.every((line) => line.server === 'own'), run.stdout);
    for (const line of [...transitions, last]) assertValid(isLine, line, JSON.stringify(line));
    assertValid(isReports, last, 'the reports');
    assert.deepEqual(
      last.reports.flatMap(({ report }) => report.vms.map((row) => [row.vm, row.hint])),
      [
        [vm.vm, null],
        [null, 'notFound'],
        [null, null],
      ],
    );
    assertValid(isRecording, JSON.parse(readFileSync(recorded, 'utf8')), 'the recording');
  });
});
