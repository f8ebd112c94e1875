/** `--inventory`: one wait on several vCenters. */
import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { startSimulator } from '../simulators/simulator.mjs';
import { until } from '../until.mjs';
import { runCommand, startCommand } from './command.mjs';

const folder = mkdtempSync(join(tmpdir(), 'vm-customization-inventory-'));
after(() => rmSync(folder, { recursive: true }));

const QUICK = ['--poll-interval', '0.3'];
// Nothing listens there.
const DOWN = { name: 'down', server: '127.0.0.1:9', user: 'u', passwordEnv: 'PW', vms: ['web-9'] };

async function simulators(context, ...kinds) {
  const servers = await Promise.all(kinds.map((kind) => startSimulator({ kind })));
  for (const server of servers) {
    context.after(async () => {
      const { count } = await server.do({ do: 'sessions' });
      await server.stop();
      assert.equal(count, 0, 'a session was left behind');
    });
  }
  return servers;
}

let files = 0;
function inventoryOf(servers) {
  files += 1;
  const own = join(folder, `inventory-${files}.json`);
  writeFileSync(own, JSON.stringify({ format: 'vm-customization-inventory/1', servers }));
  return own;
}

/** The entry of a simulator: its password from a file beside the inventory. */
function entryOf(server, name, vms, more = {}) {
  writeFileSync(join(folder, `${name}.pw`), `${server.password}\n`, { mode: 0o600 });
  const { url, user, thumbprint } = server;
  return { name, server: url, user, passwordFile: `${name}.pw`, thumbprint, vms, ...more };
}

const run = (inventory, args = [], env = { PW: 's3cret' }) =>
  runCommand(['--inventory', inventory, ...QUICK, ...args], { env });
const rowsOf = ({ reports }) =>
  reports.flatMap(({ server, report }) =>
    report.vms.map(({ vm, name, customizationStatus, conclusion }) => [
      server,
      vm === null ? null : name,
      customizationStatus,
      conclusion,
    ]),
  );
const linesOf = ({ stdout }) =>
  stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
/** A line without what it has beside the transition. */
const bare = ({ server: _, serverTime: _1, failure: _2, whatToDo: _3, ...transition }) => transition;
const clone = (server, name) =>
  server.do({ do: 'clone', template: server.vms[0].name, name, customize: true, powerOn: true });

describe('waiting on several servers', { concurrency: 3 }, () => {
  test('has one table with a column of servers, one summary and one status', async (context) => {
    const [east, west] = await simulators(context, 'vcsim', 'fake');
    for (const server of [east, west]) await clone(server, 'web-1');
    await clone(west, 'web-2');
    const inventory = inventoryOf([entryOf(east, 'east', ['web-1']), entryOf(west, 'west', ['web-*'])]);
    const { status, stdout, stderr } = await run(inventory);
    assert.equal(status, 0, stderr);
    assert.match(
      stdout,
      new RegExp(
        [
          '^Server  VM     CustomizationStatus {5}Elapsed',
          '------  --     ------------------- {5}-------',
          'east    web-1  CustomizationSucceeded  \\d\\d:\\d\\d',
          'west    web-1  CustomizationSucceeded  \\d\\d:\\d\\d',
          'west    web-2  CustomizationSucceeded  \\d\\d:\\d\\d$',
        ].join('\n'),
        'm',
      ),
    );
    assert.match(stdout, /^Customization for VM 'west\/web-2' has successfully completed$/m);
    assert.match(stderr, /^waiting for web-1, web-\* on 2 servers \(east, west\), for 10:00 at most$/m);
    assert.match(stderr, /^3 of 3 succeeded$/m);
  });

  test('has lines of JSON that name their server, and a report of each', async (context) => {
    const [east, west] = await simulators(context, 'fake', 'fake');
    for (const server of [east, west]) await clone(server, 'web-1');
    const record = join(folder, 'record.json');
    const inventory = inventoryOf([entryOf(west, 'west', ['web-1']), entryOf(east, 'east', ['web-1'])]);
    const json = await run(inventory, ['--json', '--record', record]);
    assert.equal(json.status, 0, json.stderr);
    const lines = linesOf(json);
    const last = lines.pop();
    assert.equal(last.format, 'vm-customization-reports/1');
    for (const { server, report } of last.reports) {
      const told = lines.filter((line) => line.server === server).map(bare);
      assert.deepEqual(told, report.transitions);
      assert.equal(report.format, 'vm-customization-report/1');
    }
    assert.deepEqual(rowsOf(last), [
      ['west', 'web-1', 'CustomizationSucceeded', 'completed'],
      ['east', 'web-1', 'CustomizationSucceeded', 'completed'],
    ]);
    const recordings = linesOf({ stdout: readFileSync(record, 'utf8') });
    assert.deepEqual(recordings.map(({ server, vms }) => [server, vms[0].name]).sort(), [
      ['east', 'web-1'],
      ['west', 'web-1'],
    ]);
    const played = await runCommand(['replay', record]);
    assert.equal(played.status, 0);
    assert.equal(played.stdout.match(/CustomizationSucceeded","conclusion/g).length, 2);
  });

  test('goes on where one is down and another refuses the log-in: their VMs cannot be observed', async (context) => {
    const [east, west] = await simulators(context, 'fake', 'fake');
    await clone(east, 'web-1');
    const wrong = entryOf(west, 'west', ['web-1', 'web-2'], { passwordFile: undefined, passwordEnv: 'PW' });
    const inventory = inventoryOf([wrong, DOWN, entryOf(east, 'east', ['web-1', 'no-such'])]);
    const json = await run(inventory, ['--json', '--timeout', '1']);
    assert.equal(json.status, 2, json.stderr);
    const last = linesOf(json).at(-1);
    assert.deepEqual(rowsOf(last), [
      ['west', null, 'VmNotStarted', 'unobservable'],
      ['west', null, 'VmNotStarted', 'unobservable'],
      ['down', null, 'VmNotStarted', 'unobservable'],
      ['east', 'web-1', 'CustomizationSucceeded', 'completed'],
      ['east', null, 'VmNotStarted', 'unobservable'],
    ]);
    const errors = last.reports.flatMap(({ report }) => report.vms.map(({ error }) => [error?.kind, error?.message]));
    assert.equal(errors[0][0], 'fatal');
    assert.match(errors[2][1], /ECONNREFUSED/);
    assert.deepEqual(errors[4][0], 'notFound');
    assert.match(json.stderr, /^west: .*log/m);
    assert.match(json.stderr, /^down: 127\.0\.0\.1:9: .*ECONNREFUSED/m);
    assert.ok(!(json.stdout + json.stderr).includes('s3cret'));
    // Where none can be reached the status says so.
    const none = await run(inventoryOf([wrong, DOWN]), ['--timeout', '1']);
    assert.equal(none.status, 4, none.stderr);
    assert.match(none.stdout, /^down +web-9 +VmNotStarted +127\.0\.0\.1:9: /m);
  });

  test('goes on where the entry of one is refused when it is used, and says of which', async (context) => {
    const [east] = await simulators(context, 'fake');
    await clone(east, 'web-1');
    const entry = entryOf(east, 'east', ['web-1']);
    const inventory = inventoryOf([{ ...DOWN, server: 'http://127.0.0.1:9' }, entry]);
    const { status, stdout, stderr } = await run(inventory, ['--timeout', '5']);
    assert.equal(status, 2, stderr);
    assert.match(stderr, /^down: .*or allow it by `insecure`$/m);
    assert.match(stdout, /^east +web-1 +CustomizationSucceeded/m);
  });

  test('goes on where one does not tell whether guests are ready: its VMs cannot be observed', async (context) => {
    const [east, west] = await simulators(context, 'fake', 'fake');
    for (const server of [east, west]) await clone(server, 'web-1');
    await west.do({ do: 'lackProperty', path: 'guest.toolsRunningStatus' });
    const [entry, old] = [entryOf(east, 'east', ['web-1']), entryOf(west, 'west', ['web-1'])];
    const ready = ['--json', '--ready', 'tools', '--settle', '0', '--timeout', '30'];
    const json = await run(inventoryOf([old, entry]), ready);
    assert.equal(json.status, 2, json.stderr);
    const last = linesOf(json).at(-1);
    assert.deepEqual(rowsOf(last), [
      ['west', null, 'VmNotStarted', 'unobservable'],
      ['east', 'web-1', 'CustomizationSucceeded', 'completed'],
    ]);
    const message = /--ready cannot be used with .* no property guest\.toolsRunningStatus: leave --ready out$/m;
    assert.match(last.reports[0].report.vms[0].error.message, message);
    assert.match(json.stderr, message);
    const none = await run(inventoryOf([old]), ready);
    assert.equal(none.status, 4, none.stderr);
    // Alone it is a mistake on the command line.
    const { url, password, user, thumbprint } = west;
    const alone = await runCommand([...ready, '--server', url, '--user', user, '--thumbprint', thumbprint, 'web-1'], {
      env: { VSPHERE_PASSWORD: password },
    });
    assert.equal(alone.status, 3, alone.stderr);
    assert.match(alone.stderr, message);
  });

  test('goes on from --state, with the run of each, and with a server that was down at first', async (context) => {
    const [east, west] = await simulators(context, 'fake', 'fake');
    const [first] = east.vms;
    for (const server of [east, west]) await server.do({ do: 'powerOn', vm: first.vm });
    const state = join(folder, 'runs.state');
    const entries = [entryOf(east, 'east', [first.name]), entryOf(west, 'west', [first.name])];
    const downWest = inventoryOf([entries[0], { ...entries[1], server: '127.0.0.1:9', thumbprint: undefined }]);
    const running = startCommand(['--inventory', downWest, ...QUICK, '--timeout', '60', '--state', state], {});
    await running.prints(/Start monitoring customization process for vm 'east\//);
    await until(() => existsSync(state) && /CustomizationNotStarted/.test(readFileSync(state, 'utf8')), 'a state');
    running.kill('SIGKILL');
    await running.done;
    await east.do({ do: 'expireSessions' });
    assert.deepEqual(Object.keys(JSON.parse(readFileSync(state, 'utf8')).servers), ['east']);
    assert.ok(!readFileSync(state, 'utf8').includes(east.password));
    for (const server of [east, west]) {
      await server.do({ do: 'post', vm: first.vm, event: 'CustomizationSucceeded' });
    }
    const both = inventoryOf(entries);
    const resumed = await run(both, ['--json', '--state', state]);
    assert.equal(resumed.status, 0, resumed.stderr);
    assert.match(resumed.stderr, /going on with the runs of --state/);
    const last = linesOf(resumed).at(-1);
    assert.deepEqual(rowsOf(last), [
      ['east', first.name, 'CustomizationSucceeded', 'completed'],
      ['west', first.name, 'CustomizationSucceeded', 'completed'],
    ]);
    const again = await run(both, ['--json', '--state', state]);
    assert.equal(again.status, 0);
    assert.match(again.stderr, /is finished: remove the file to begin another/);
    assert.deepEqual(linesOf(again).at(-1), last);
    const other = await run(inventoryOf([{ ...entries[0], vms: ['else'] }, entries[1]]), ['--state', state]);
    assert.equal(other.status, 3);
    assert.match(other.stderr, /of east, holds the run of other VMs/);
    const single = await runCommand(['--state', state]);
    assert.equal(single.status, 3);
    assert.match(single.stderr, /not of the format vm-customization-state\/1, of one server/);
  });

  test('ends on all of them at Ctrl-C', async (context) => {
    const [east, west] = await simulators(context, 'vcsim', 'fake');
    const vms = [east.vms[0].name];
    const inventory = inventoryOf([entryOf(east, 'east', vms), entryOf(west, 'west', vms), DOWN]);
    const running = startCommand(['--inventory', inventory, ...QUICK, '--wait-for-power-on', '--timeout', '60'], {
      env: { PW: 'x' },
    });
    await running.prints(/^down: .*ECONNREFUSED/m, 'stderr');
    running.kill('SIGINT');
    const { status, stdout, stderr } = await running.done;
    assert.equal(status, 2, stderr);
    assert.equal(stdout.match(/^(east|west) .* cancelled$/gm)?.length, 2, stdout);
    assert.match(stdout, /^down .*ECONNREFUSED/m);
  });

  test('looks for VMs that are made during the wait', async (context) => {
    const [east, west] = await simulators(context, 'fake', 'fake');
    const inventory = inventoryOf([entryOf(east, 'east', ['web-1']), entryOf(west, 'west', ['web-1'])]);
    const running = startCommand(['--inventory', inventory, ...QUICK, '--wait-for-vm'], {});
    await running.prints(/east: no VM yet fits 'web-1'/, 'stderr');
    for (const server of [east, west]) await clone(server, 'web-1');
    assert.equal((await running.done).status, 0);
  });
});

describe('a file of servers that cannot be used', () => {
  const refused = async (content, message, args = []) => {
    const file = join(folder, 'bad.json');
    writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content));
    const { status, stderr, stdout } = await run(file, args);
    assert.equal(status, 3, stderr);
    assert.match(stderr, message);
    assert.equal(stdout, '');
    assert.ok(!stderr.includes('s3cret'), stderr);
  };
  const of = (...servers) => ({ format: 'vm-customization-inventory/1', servers });
  const GOOD = { server: 'vc.example.com', user: 'u', passwordEnv: 'PW', vms: ['a'] };

  test('is an error that names the place, and shows nothing that may be secret', async () => {
    await refused('{ "password": "s3cret', /--inventory .*bad\.json: it is not JSON/);
    await refused({ servers: [] }, /format is undefined: give 'vm-customization-inventory\/1'/);
    await refused(of(), /servers has to be a list of 1 to 1000 servers/);
    await refused(of('s3cret'), /servers\[0\] is no object/);
    for (const [secret, way] of [
      ['password', /servers\[1\]\.password does not belong into the file.*give passwordFile or passwordEnv/],
      ['token', /tokenFile or tokenEnv/],
      ['session', /sessionFile or sessionEnv/],
      ['cloneTicket', /cloneTicketFile or cloneTicketEnv/],
    ]) {
      await refused(of(GOOD, { ...GOOD, [secret]: 's3cret' }), way);
    }
    await refused(of({ ...GOOD, pasword: 's3cret' }), /servers\[0\]\.pasword is not known/);
    await refused(of({ ...GOOD, thumbprnt: 'x' }), /\.thumbprnt is not known: did you mean thumbprint\?/);
    await refused(of({ ...GOOD, vms: [] }), /servers\[0\]\.vms has to be a list of at least one name/);
    await refused(of({ ...GOOD, server: undefined }), /servers\[0\] has no server: give it/);
    await refused(of(GOOD, GOOD), /servers\[1\] is the second one called 'vc\.example\.com'/);
    await refused(
      of({ ...GOOD, server: 'https://u:s3cret@vc' }),
      /servers\[0\]: no password|servers\[0\]: .*holds a password/,
    );
    await refused(of({ ...GOOD, passwordEnv: 'NOT_SET' }), /servers\[0\]: passwordEnv names NOT_SET, which is not set/);
    await refused(
      of({ ...GOOD, passwordEnv: undefined }),
      /servers\[0\]: no password: give passwordFile or passwordEnv/,
    );
    await refused(of({ ...GOOD, user: undefined }), /servers\[0\]: no user name: give user or userEnv/);
    await refused(of({ ...GOOD, passwordFile: 'none.pw' }), /servers\[0\]: .*none\.pw.*ENOENT/);
    await refused(of({ ...GOOD, insecure: true, caFile: 'x' }), /insecure checks no certificate/);
    await refused(of({ ...GOOD, thumbprint: 'AA' }), /servers\[0\]: .*SHA-256/);
  });

  test('is one beside options or VMs of the command line', async () => {
    for (const args of [['--server', 'vc'], ['--insecure'], ['web-1']]) {
      await refused(
        of(GOOD),
        new RegExp(`--inventory says which servers and VMs, .*: leave out ${args[0]}$`, 'm'),
        args,
      );
    }
  });
});
