import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { afterEach, describe, test } from 'node:test';
import { stripVTControlCharacters } from 'node:util';
import { gzipSync } from 'node:zlib';
import { startCommand } from '../../tests/command/command.mjs';
import { startProxy } from '../../tests/simulators/proxy.mjs';
import { startSimulator } from '../../tests/simulators/simulator.mjs';
import { internal } from './internal.mjs';

const { columns, cut, cutMiddle, jsonLine, sanitizeForTerminal, padded } = await internal(
  'cli/output/text',
  'util/visible',
);
const { tableLines } = await internal('cli/output/table');
const { conclusionLine, Labels, reasonOf, summary, transitionLine, clockText } = await internal('messages');
const { resultTable } = await internal('cli/output/result-table');
const { exitStatus } = await internal('cli/output/exit');
const { LiveReporter } = await internal('cli/output/live');
const { JsonReporter } = await internal('cli/output/json');
const { PlainReporter } = await internal('cli/output/plain');
const { ReadLog } = await internal('cli/output/read-log');

const row = (customizationStatus, conclusion, more = {}) => ({
  vm: 'vm-1',
  name: 'web-1',
  customizationStatus,
  ...(conclusion === undefined ? {} : { conclusion }),
  attempt: 1,
  failure: null,
  hint: null,
  ...more,
});
const failure = { type: 'CustomizationSysprepFailed', reason: null, logLocation: 'C:/log', message: 'no\nluck' };
const report = (...vms) => ({ format: 'vm-customization-report/1', endedAtMs: 1, vms, transitions: [] });

describe('text on a terminal', () => {
  test('cannot steer it', () => {
    assert.equal(sanitizeForTerminal('a\u001B[31mb\u0007\u202Ec\u009Bd'), 'a\\u001b[31mb\\u0007\\u202ec\\u009bd');
    assert.equal(sanitizeForTerminal('two\r\nlines\tand a tab'), 'two lines and a tab');
  });

  test('has no character that steers, of all there are, and neither has JSON, which says the same', () => {
    const steering = /[\p{Cc}\p{Bidi_Control}\p{Zl}\p{Zp}]/u;
    for (let first = 0; first < 0x110000; first += 0x1000) {
      const text = Array.from({ length: 0x1000 }, (_, at) => String.fromCodePoint(first + at)).join('');
      assert.doesNotMatch(sanitizeForTerminal(text), steering, first.toString(16));
      const line = jsonLine({ name: text });
      assert.doesNotMatch(line.slice(0, -1), steering, first.toString(16));
      assert.equal(line.at(-1), '\n');
      assert.deepEqual(JSON.parse(line), { name: text });
    }
  });

  test('is measured in columns', () => {
    assert.equal(columns('web'), 3);
    assert.equal(columns('日本'), 4);
    assert.equal(columns('e\u0301'), 1);
    for (const [text, width] of [
      ['👨‍👩‍👧', 2],
      ['🇩🇪', 2],
      ['❤️', 2],
      ['⌚', 2],
      ['ｱﾊﾟ', 3],
      ['각', 2],
      ['नमस्ते', 3],
    ]) {
      assert.equal(columns(text), width, text);
    }
    assert.equal(cut('👨‍👩‍👧👨‍👩‍👧', 3), '👨‍👩‍👧…', 'what belongs together is not cut');
    assert.equal(cutMiddle('🇩🇪web🇫🇷', 6), '🇩🇪w…🇫🇷');
    assert.equal(padded('日本', 6), '日本  ');
    assert.equal(cut('web-server', 6), 'web-s…');
    assert.equal(cut('日本語', 4), '日…');
    assert.equal(cut('web', 3), 'web');
    assert.equal(cutMiddle('web-server-01', 8), 'web-…-01');
    assert.equal(cutMiddle('日本語サーバー', 8), '日本…ー');
    assert.equal(cutMiddle('web', 3), 'web');
    assert.equal(cutMiddle('web-1', 1), '…');
    assert.equal(cutMiddle('web-1', 0), '');
  });
});

describe('the table at the end', () => {
  test('leaves out columns that nothing is in', () => {
    const vms = [{ vm: 'vm-1', name: 'web-1' }];
    const lines = resultTable(report(row('CustomizationSucceeded', 'completed')), new Labels(vms));
    assert.deepEqual(lines, [
      'VM     CustomizationStatus',
      '--     -------------------',
      'web-1  CustomizationSucceeded',
    ]);
  });

  test('has the reason of a failure and the place of its log', () => {
    const vms = [
      { vm: 'vm-1', name: 'web' },
      { vm: 'vm-2', name: 'web' },
    ];
    const lines = resultTable(
      report(
        row('CustomizationFailed', 'completed', { failure }),
        row('CustomizationStarted', 'timedOut', { vm: 'vm-2', hint: 'startedNoResult' }),
      ),
      new Labels(vms),
    );
    assert.match(lines[0], /^VM +CustomizationStatus +Reason +Log location$/);
    assert.match(lines[2], /^web \(vm-1\) +CustomizationFailed +CustomizationSysprepFailed: no luck +C:\/log$/);
    assert.match(
      lines[3],
      /^web \(vm-2\) +CustomizationStarted +timed out; customization started, but the guest reported no result$/,
    );
  });

  test('claims nothing of events that were never read', () => {
    const labels = new Labels([{ vm: 'vm-1', name: 'web-1' }]);
    const timedOut = report(row('VmNotStarted', 'timedOut', { hint: 'neverPoweredOn' }));
    assert.match(resultTable(timedOut, labels, true)[2], /timed out; no power-on was seen in the time looked at$/);
    assert.match(resultTable(timedOut, labels, false)[2], /timed out; its events were never read$/);
  });

  test('keeps its columns straight with wide characters', () => {
    const lines = tableLines(
      [{ heading: 'VM' }, { heading: 'S' }],
      [
        ['日本', 'x'],
        ['abcde', 'y'],
      ],
    );
    assert.deepEqual(lines, ['VM     S', '--     -', '日本   x', 'abcde  y']);
  });
});

describe('lines', () => {
  test('are worded as those of the script', () => {
    const line = (from, to, attempt = 1) => transitionLine({ from, to, attempt }, 'web-1');
    assert.equal(
      line('VmNotStarted', 'CustomizationNotStarted'),
      "Start monitoring customization process for vm 'web-1'",
    );
    assert.equal(line('CustomizationNotStarted', 'CustomizationStarted'), "Customization for VM 'web-1' has started");
    assert.equal(
      line('CustomizationStarted', 'CustomizationSucceeded'),
      "Customization for VM 'web-1' has successfully completed",
    );
    assert.equal(line('CustomizationStarted', 'CustomizationFailed'), "Customization for VM 'web-1' has failed");
    assert.match(
      line('CustomizationStarted', 'CustomizationNotStarted', 2),
      /web-1' was powered on again: .* attempt 2/,
    );
  });

  test('say of every conclusion what no transition says', () => {
    const line = (conclusion, more) => conclusionLine(row('CustomizationStarted', conclusion, more), 'web-1');
    assert.equal(line('completed'), undefined);
    assert.equal(line('vmRemoved'), "VM 'web-1' was removed");
    assert.match(line('notStarted'), /is not started/);
    const earlier = { hint: 'poweredOnEarlier', windowOpensAt: '2026-03-01T09:55:00.000Z' };
    for (const text of [
      conclusionLine(row('VmNotStarted', 'notStarted', earlier), 'web-1'),
      reasonOf(row('VmNotStarted', 'notStarted', earlier)),
    ]) {
      assert.match(text, /it runs, but was powered on before 2026-03-01T09:55:00\.000Z, .*--lookback or --since$/);
      assert.doesNotMatch(text, /is not started|no power-on found/);
    }
    assert.match(line('timedOut'), /has not finished in time/);
    assert.match(line('cancelled'), /no longer waited for/);
    assert.match(line('unobservable', { error: { kind: 'noPermission', message: 'not allowed' } }), /: not allowed$/);
  });

  test('say what else is odd about a row', () => {
    assert.equal(reasonOf(row('CustomizationSucceeded', 'completed')), '');
    const odd = row('CustomizationFailed', 'completed', { failure, revised: true, guestInfoDisagrees: true });
    assert.equal(
      reasonOf(odd),
      'CustomizationSysprepFailed: no\nluck; told as succeeded at first; the guest itself reports another result',
    );
    // A row of the published rules has no more than this.
    assert.equal(
      reasonOf({ vm: 'vm-1', name: null, customizationStatus: 'CustomizationFailed', conclusion: 'completed' }),
      '',
    );
  });

  test('sum up and count time', () => {
    assert.equal(
      summary(report(row('CustomizationSucceeded'), row('CustomizationFailed'), row('VmNotStarted'))),
      '1 of 3 succeeded, 1 failed, 1 not finished',
    );
    const unready = row('CustomizationSucceeded', 'timedOut', { hint: 'notReady' });
    assert.equal(summary(report(row('CustomizationSucceeded', 'completed'), unready)), '2 of 2 succeeded, 1 not ready');
    assert.equal(clockText(61_500), '01:01');
    assert.equal(clockText(3_661_000), '1:01:01');
  });
});

describe('the exit status', () => {
  const succeeded = row('CustomizationSucceeded', 'completed');
  const failed = row('CustomizationFailed', 'completed', { failure });
  const timedOut = row('CustomizationStarted', 'timedOut');

  test('is 2 where one succeeded and was not ready in time, whatever kept it', () => {
    for (const conclusion of ['timedOut', 'vmRemoved', 'cancelled', 'unobservable']) {
      assert.equal(exitStatus(report(succeeded, row('CustomizationSucceeded', conclusion)), true), 2, conclusion);
    }
  });

  test('is the first that fits', () => {
    assert.equal(exitStatus(report(succeeded, succeeded), true), 0);
    assert.equal(exitStatus(report(succeeded, timedOut, failed), true), 1);
    assert.equal(exitStatus(report(succeeded, timedOut), true), 2);
    assert.equal(exitStatus(report(timedOut), false), 4);
  });

  test('is 2 for each way not to finish', () => {
    for (const conclusion of ['timedOut', 'notStarted', 'vmRemoved', 'cancelled', 'unobservable']) {
      assert.equal(exitStatus(report(succeeded, row('VmNotStarted', conclusion)), true), 2, conclusion);
    }
  });

  test('is 4 when no VM could be read, and 2 when the user did not wait for an answer', () => {
    assert.equal(exitStatus(report(row('VmNotStarted', 'unobservable')), true), 4);
    assert.equal(exitStatus(report(row('VmNotStarted', 'cancelled')), false), 2);
  });
});

describe('the log of the reads', () => {
  const HOST = 'vc.example';
  const timedOut = report(row('VmNotStarted', 'timedOut', { hint: 'neverPoweredOn' }));
  const done = report(row('CustomizationSucceeded', 'completed'));
  const refused = { type: 'readFailed', failure: { kind: 'transient', message: 'connection refused' } };

  test('tells what kept a run from reading anything', () => {
    const log = new ReadLog(HOST);
    log.take({ type: 'reading' });
    log.take(refused);
    assert.equal(log.any, false);
    assert.equal(log.trouble(timedOut), 'the events were never read to the end: vc.example: connection refused');
    assert.match(new ReadLog(HOST).trouble(done), /the wait was over before the first read/);
  });

  test('tells of a read that was never answered', () => {
    let now = 0;
    const log = new ReadLog(HOST, false, () => now);
    log.take({ type: 'reading' });
    now = 12_340;
    assert.match(log.trouble(timedOut), /never read .*no answer from vc\.example to reading the events within 12\.3 s/);
  });

  test('says nothing of the server when the wait was called off during the first read', () => {
    const cancelled = report(row('VmNotStarted', 'cancelled'));
    const log = new ReadLog(HOST);
    log.take({ type: 'reading' });
    assert.equal(
      log.trouble(cancelled),
      'the events were never read to the end: the wait was over before the first read',
    );
    log.take({ type: 'reading' });
    log.take(refused);
    log.take({ type: 'reading' });
    assert.match(log.trouble(cancelled), /vc\.example/, 'what failed before is told');
  });

  test('tells of the last reads of a wait that ran out of time, and of nothing else', () => {
    const log = new ReadLog(HOST);
    log.take({ type: 'reading' });
    log.take({ type: 'read' });
    assert.equal(log.trouble(timedOut), undefined);
    log.take({ type: 'reading' });
    log.take({ type: 'readFailed', failure: { kind: 'noPermission', vm: 'vm-1', message: 'not yours' } });
    log.take({ type: 'read' });
    assert.equal(log.trouble(timedOut), undefined);
    log.take({ type: 'reading' });
    log.take(refused);
    assert.equal(log.trouble(timedOut), 'the last read of the events failed: vc.example: connection refused');
    assert.equal(log.trouble(done), undefined);
  });

  test('keeps guesses back until something was read', () => {
    const log = new ReadLog(HOST);
    const stuck = { type: 'stuck', vm: 'vm-1', hint: 'neverPoweredOn' };
    const concluded = { type: 'concluded', row: timedOut.vms[0] };
    assert.equal(log.withoutGuesses(stuck), undefined);
    assert.equal(log.withoutGuesses(concluded).row.hint, null);
    assert.equal(log.withoutGuesses(refused), refused);
    log.take({ type: 'ingested' });
    assert.equal(log.withoutGuesses(stuck), stuck);
    assert.equal(log.withoutGuesses(concluded), concluded);
  });
});

describe('the command', () => {
  /** A server that takes every request and answers none. */
  const hanging = async (t) => {
    const server = createServer(() => undefined);
    await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
    t.after(() => {
      server.closeAllConnections();
      server.close();
    });
    return { url: `http://127.0.0.1:${server.address().port}`, asked: () => once(server, 'request') };
  };

  test('tells what kept it from reading anything, and claims nothing', async (t) => {
    const simulator = await startSimulator({ kind: 'fake' });
    t.after(() => simulator.stop());
    const proxy = await startProxy(simulator.url);
    t.after(() => proxy.stop());
    proxy.add({ method: ['QueryEvents', 'CreateCollectorForEvents'], hang: true });
    const server = { url: proxy.url, user: simulator.user, password: simulator.password };
    const args = ['--wait-for-power-on', '--no-push', '--timeout', '0.5', simulator.vms[0].name];
    const { status, stdout, stderr } = await startCommand(args, { server }).done;
    assert.equal(status, 4);
    assert.match(
      stderr,
      /^the events were never read to the end: no answer from 127\.0\.0\.1\S* to reading the events within/m,
    );
    assert.doesNotMatch(stdout + stderr, /power-on was seen/);
    assert.match(stdout, /timed out; its events were never read$/m);
  });

  test('plays a recording as Windows saves it, and says of a packed one what to do', async () => {
    const recording = new URL(
      '../../tests/conformance/recordings/D04-result-without-started.recording.json',
      import.meta.url,
    );
    const text = JSON.stringify(JSON.parse(readFileSync(recording, 'utf8')));
    const plain = await startCommand(['replay', '-'], { input: text }).done;
    assert.equal(plain.status, 0);
    const utf16 = Buffer.from(`\uFEFF${text}`, 'utf16le');
    for (const input of [`\uFEFF${text}`, utf16, Buffer.from(utf16).swap16(), utf16.subarray(2)]) {
      const { status, stdout, stderr } = await startCommand(['replay', '-'], { input }).done;
      assert.deepEqual([status, stdout, stderr], [0, plain.stdout, '']);
    }
    const { status, stdout, stderr } = await startCommand(['replay', '-'], { input: gzipSync(text) }).done;
    assert.deepEqual([status, stdout], [3, '']);
    assert.match(stderr, /: the document is compressed: unpack it first$/m);
  });

  test('reads names as Windows saves them', async (t) => {
    const server = await hanging(t);
    for (const encode of [(text) => text, (text) => Buffer.from(`\uFEFF${text}`, 'utf16le')]) {
      const asked = server.asked();
      const command = startCommand(['-'], {
        input: encode('web-1\r\nwéb-2\r\n'),
        server: { url: server.url, user: 'user', password: 'secret' },
      });
      await asked;
      command.kill('SIGINT');
      assert.match((await command.done).stderr, /known of web-1, wéb-2:/);
    }
  });

  test('says that nothing was known when it is interrupted before the VMs were looked up', async (t) => {
    const server = await hanging(t);
    for (const args of [[], ['--json']]) {
      const asked = server.asked();
      const command = startCommand(['web-1', 'web-2', ...args], {
        server: { url: server.url, user: 'user', password: 'secret' },
      });
      await asked;
      command.kill('SIGINT');
      const { status, stdout, stderr } = await command.done;
      assert.equal(status, 2);
      assert.equal(stdout, '');
      const begun =
        args.length > 0 ? '' : `waiting for web-1, web-2 on ${new URL(server.url).host}, for 10:00 at most\n`;
      assert.equal(stderr, `${begun}interrupted before anything was known of web-1, web-2: there is no report\n`);
    }
  });
});

describe('lines of JSON', () => {
  const times = { poweredOnAt: '2026-03-01T10:00:00.000Z', startedAt: null, finishedAt: '2026-03-01T10:01:00.000Z' };
  const failed = row('CustomizationFailed', 'completed', { ...times, failure });
  /** The line for a step of `attempt` 1 or 2, beside a row as it stands. */
  const line = (to, known, attempt = 1) => {
    const written = [];
    const json = new JsonReporter({ write: (text) => written.push(text) }, { write: assert.fail }, false);
    const transition = { n: 3, vm: 'vm-1', name: 'web-1', from: 'VmNotStarted', to, atMs: 5, eventKey: 7, attempt };
    json.progress({ type: 'transition', transition }, () => known);
    return JSON.parse(written.join(''));
  };

  test("have vCenter's time of each step, and null where nothing told it", () => {
    assert.equal(line('CustomizationNotStarted', failed).serverTime, times.poweredOnAt);
    assert.equal(line('CustomizationStarted', failed).serverTime, null);
    assert.equal(line('CustomizationSucceeded', failed).serverTime, times.finishedAt);
    assert.equal(line('VmNotStarted', failed).serverTime, null);
    assert.equal(line('CustomizationFailed', undefined).serverTime, null);
  });

  test('have the failure and what to do with the step that says so, and with no other', () => {
    const { failure: told, whatToDo } = line('CustomizationFailed', failed);
    assert.deepEqual([told, whatToDo.about], [failure, failure.type]);
    for (const other of [line('CustomizationSucceeded', failed), line('CustomizationFailed', failed, 2)]) {
      assert.ok(!('failure' in other) && !('whatToDo' in other), JSON.stringify(other));
    }
    const published = { vm: 'vm-1', name: null, customizationStatus: 'CustomizationFailed', conclusion: 'completed' };
    const { whatToDo: generic, ...rest } = line('CustomizationFailed', published);
    assert.equal(generic.about, 'CustomizationFailed');
    assert.ok(!('failure' in rest));
  });
});

describe('lines without a terminal', () => {
  const lines = () => {
    const written = [];
    return { written, write: (text) => written.push(text) };
  };
  const failed = {
    vm: 'vm-1',
    name: 'web-1',
    customizationStatus: 'CustomizationFailed',
    conclusion: 'completed',
    failure: { type: 'CustomizationNetworkSetupFailed', reason: null, message: 'no such NIC', logLocation: 'C:\\log' },
  };
  const transition = { type: 'transition', transition: { vm: 'vm-1', to: 'CustomizationFailed', attempt: 1 } };

  test('say why a VM failed with the word that it has', () => {
    const [out, err] = [lines(), lines()];
    const plain = new PlainReporter(out, err, { isQuiet: false, heartbeatSeconds: null });
    plain.begin([{ vm: 'vm-1', name: 'web-1' }]);
    plain.progress(transition, () => failed);
    assert.deepEqual(out.written, [
      "Customization for VM 'web-1' has failed: CustomizationNetworkSetupFailed: no such NIC\n",
    ]);
    plain.close();
  });

  test('say after each silence that the wait goes on, and for which VMs', (context) => {
    context.mock.timers.enable({ apis: ['setTimeout'] });
    const [out, err] = [lines(), lines()];
    const plain = new PlainReporter(out, err, { isQuiet: false, heartbeatSeconds: 60 });
    plain.begin([
      { vm: 'vm-1', name: 'web-1' },
      { vm: 'vm-2', name: 'web-2' },
    ]);
    context.mock.timers.tick(59_999);
    assert.deepEqual(err.written, []);
    context.mock.timers.tick(1);
    assert.match(err.written.join(''), /^still waiting for web-1, web-2, \d\d:\d\d since the start\n$/);
    plain.progress(transition, () => failed);
    plain.progress({ type: 'concluded', row: failed }, () => failed);
    context.mock.timers.tick(60_000);
    assert.match(err.written.at(-1), /^still waiting for web-2, /);
    context.mock.timers.tick(60_000);
    assert.equal(err.written.length, 3);
    plain.end({ vms: [failed] }, true);
    context.mock.timers.tick(600_000);
    assert.deepEqual(err.written.slice(3), ['0 of 1 succeeded, 1 failed\n']);
  });

  test('are none but the table where quiet is asked for, and warnings all the same', () => {
    const [out, err] = [lines(), lines()];
    const plain = new PlainReporter(out, err, { isQuiet: true, heartbeatSeconds: 60 });
    plain.start('waiting for web-1');
    plain.begin([{ vm: 'vm-1', name: 'web-1' }]);
    plain.progress(transition, () => failed);
    plain.warn('trouble');
    assert.deepEqual([out.written, err.written], [[], ['trouble\n']]);
    plain.end({ vms: [failed] }, true);
    assert.match(out.written.join(''), /^VM +CustomizationStatus/);
  });
});

describe('the final table', () => {
  const row = (name, reason) => ({
    vm: name,
    name,
    customizationStatus: reason ? 'CustomizationFailed' : 'CustomizationSucceeded',
    conclusion: 'completed',
    failure: reason
      ? { type: 'CustomizationFailed', reason: null, message: reason, logLocation: 'C:\\Temp\\log' }
      : null,
  });
  const table = (vms, width) => resultTable({ vms }, new Labels(vms), true, width);

  test('has the time from the power-on to the result, of the VMs that have both', () => {
    const times = { poweredOnAt: '2026-03-01T10:00:00.000Z', finishedAt: '2026-03-01T10:07:05.900Z' };
    const lines = table(
      [
        { ...row('web-1'), ...times },
        { ...row('web-2'), ...times, finishedAt: null },
      ],
      80,
    );
    assert.deepEqual(lines, [
      'VM     CustomizationStatus     Elapsed',
      '--     -------------------     -------',
      'web-1  CustomizationSucceeded  07:05',
      'web-2  CustomizationSucceeded',
    ]);
  });

  test('has everything in its row where that fits, and where nobody says how wide it may be', () => {
    const vms = [row('web-1'), row('web-2', 'no NIC')];
    assert.match(table(vms).at(-1), /^web-2 +CustomizationFailed +CustomizationFailed: no NIC +C:/);
    assert.deepEqual(table(vms, 100), table(vms));
  });

  test('puts reasons below their rows where the terminal is narrower, and wraps no line', () => {
    const vms = [
      row('web-1'),
      row('web-2', 'the guest customization script ended with exit code 127, see the log of it'),
      row('web-3'),
    ];
    const lines = table(vms, 80);
    assert.ok(
      lines.every((line) => line.length <= 80),
      lines.join('\n'),
    );
    assert.deepEqual(lines.slice(2), [
      'web-1  CustomizationSucceeded',
      'web-2  CustomizationFailed',
      '  CustomizationFailed: the guest customization script ended with exit code 127,',
      '  see the log of it',
      '  log: C:\\Temp\\log',
      'web-3  CustomizationSucceeded',
    ]);
  });
});

describe('the final table with long names', () => {
  const times = { poweredOnAt: '2026-03-01T10:00:00.000Z', finishedAt: '2026-03-01T10:07:05.900Z' };
  const rowOf = (name, at) => ({
    ...{ vm: `vm-${at}`, name, customizationStatus: 'CustomizationSucceeded', conclusion: 'completed', failure: null },
    ...(at % 2 === 0 ? times : {}),
  });

  test('has each VM on one line of a terminal of 80 columns or more, with both ends of its name', () => {
    for (const width of [80, 81, 120]) {
      for (const length of [1, 53, 54, 55, 110, 400]) {
        for (const letter of ['a', '字', '\u{1F469}\u200D\u{1F4BB}']) {
          for (const [server, readyAt] of [[], ['vc.example.com'], ['s'.repeat(64), '2026-03-01T10:08:00.000Z']]) {
            const name = `begin${letter.repeat(length)}end`;
            const vms = [rowOf('web-1', 0), rowOf(name, 1), rowOf('web-2', 2)].map((row) => ({
              ...row,
              ...(readyAt === undefined ? {} : { readyAt }),
            }));
            const labels = new Labels(vms.map((row) => ({ ...row, ...(server === undefined ? {} : { server }) })));
            const lines = resultTable({ vms }, labels, true, width);
            const place = `${width} columns, ${length} × ${letter}, ${server}`;
            assert.equal(lines.length, 5, `${place}\n${lines.join('\n')}`);
            assert.ok(
              lines.every((line) => columns(line) <= width),
              `${place}\n${lines.join('\n')}`,
            );
            assert.match(lines[3], /beg.*d +CustomizationSucceeded/, place);
          }
        }
      }
    }
  });

  test('cuts none that fits', () => {
    const nameIn = (length) => {
      const row = rowOf('a'.repeat(length), 1);
      return resultTable({ vms: [row] }, new Labels([row]), true, 80)[2].split(' ')[0];
    };
    assert.equal(nameIn(56), 'a'.repeat(56));
    assert.equal(nameIn(57), `${'a'.repeat(28)}…${'a'.repeat(27)}`);
  });
});

describe('the final table on a narrow screen', () => {
  test('has the status below the name, and cuts nothing', () => {
    const lines = resultTable(
      report(row('CustomizationFailed', 'completed', { failure })),
      new Labels([{ vm: 'vm-1', name: 'web-1.example.com' }]),
      true,
      30,
    );
    assert.deepEqual(lines, [
      'VM',
      '--',
      'web-1.example.com',
      '  CustomizationFailed',
      '  CustomizationSysprepFailed:',
      '  no luck',
      '  log: C:/log',
    ]);
  });
});

describe('the live table', () => {
  const screen = (size = {}) => {
    const written = [];
    return { written, write: (text) => written.push(text), columns: 80, rows: 24, ...size };
  };
  const vms = (count) => Array.from({ length: count }, (_, index) => ({ vm: `vm-${index}`, name: `web-${index}` }));
  const transition = (vm, from, to, attempt = 1) => ({
    type: 'transition',
    transition: { vm, from, to, atMs: 0, eventKey: 1, attempt },
  });
  const START = Date.parse('2026-03-01T10:00:00.000Z');
  const at = (ms) => new Date(START + ms).toISOString();
  const started = { type: 'started', serverTime: at(0) };
  const unknown = () => undefined;
  // A table paints every second until it is closed, and would keep the process.
  const open = [];
  afterEach(() => {
    for (const live of open.splice(0)) live.close();
  });

  /** A table on a screen with a clock that is turned by hand; `lines` are those that stand there. */
  const table = (list, { size, rows, limit, hasColour = false, awaitsReady = false } = {}) => {
    const [out, err] = [screen(size), screen(size)];
    let now = 0;
    const live = new LiveReporter(out, err, { hasColour, awaitsReady }, () => now);
    open.push(live);
    live.begin(list, rows, limit);
    return {
      out,
      err,
      live,
      turn: (ms) => {
        now += ms;
      },
      lines: () => {
        live.warn('paint');
        const text = stripVTControlCharacters(out.written.at(-1)).trimEnd();
        return text.split('\n').map((line) => line.trimEnd());
      },
    };
  };

  test('has the time that there is before vCenter has told its own', () => {
    const { out } = table(vms(2), { limit: { seconds: 600 } });
    assert.match(out.written.at(-1), /\n10:00 at most; 2 VMs: reading events\n/);
  });

  test('shows each VM, paints over itself, and leaves the final table', () => {
    const { out, err, live } = table(vms(2));
    assert.match(out.written.at(-1), /VM +STATUS +ELAPSED\nweb-0 +VmNotStarted +\nweb-1 .*\n2 VMs: reading events\n/);
    live.progress(transition('vm-0', 'VmNotStarted', 'CustomizationNotStarted'), unknown);
    live.warn('a warning');
    assert.deepEqual(err.written, ['a warning\n']);
    assert.equal(out.written.at(-2), '\r\u001B[4A\u001B[J');
    assert.match(out.written.at(-1), /web-0 +CustomizationNotStarted +\n/);
    live.end(report({ ...row('CustomizationSucceeded', 'completed'), vm: 'vm-0', name: 'web-0' }));
    assert.match(out.written.at(-1), /web-0 +CustomizationSucceeded\n$/);
    assert.ok(!out.written.some((text) => text.includes('\u001B[0m')));
  });

  test('says at once what is waited for, and paints the table over it', () => {
    const out = screen({ columns: 30 });
    const live = new LiveReporter(out, screen(), { hasColour: false, awaitsReady: false }, () => 0);
    open.push(live);
    live.start('waiting for web-1 on vc.example.com, for 10:00 at most');
    assert.match(out.written.at(-1), /waiting for web-1 on vc.exam…\n/);
    live.begin(vms(1));
    assert.equal(out.written.at(-2), '\r\u001B[1A\u001B[J');
  });

  test('says that a VM has succeeded and its guest is not ready yet, also after a resume', () => {
    const succeeded = transition('vm-0', 'CustomizationStarted', 'CustomizationSucceeded');
    const waited = table(vms(1), { awaitsReady: true });
    waited.live.progress(succeeded, unknown);
    assert.match(waited.lines()[1], /^web-0 +CustomizationSucceeded +not ready yet$/);
    const known = { ...row('CustomizationSucceeded'), vm: 'vm-0', attempt: 1 };
    const resumed = table(vms(1), { awaitsReady: true, rows: [known] });
    assert.match(resumed.lines()[1], /^web-0 +CustomizationSucceeded .*not ready yet$/);
    const usual = table(vms(1));
    usual.live.progress(succeeded, unknown);
    assert.match(usual.lines()[1], /^web-0 +CustomizationSucceeded$/);
  });

  test('says which guests are ready', () => {
    const { out, live } = table(vms(1), { awaitsReady: true });
    live.progress(transition('vm-0', 'CustomizationStarted', 'CustomizationSucceeded'), unknown);
    const ready = {
      ...row('CustomizationSucceeded', 'completed', { readyAt: '2026-03-01T10:00:30.000Z' }),
      vm: 'vm-0',
      name: 'web-0',
    };
    live.progress({ type: 'concluded', row: ready }, unknown);
    live.warn('paint');
    live.end(report(ready));
    assert.ok(out.written.some((text) => /web-0 +CustomizationSucceeded .*ready\n/.test(text)));
    assert.match(out.written.at(-1), /^VM +CustomizationStatus +(Elapsed +)?Ready at\n/);
    assert.match(out.written.at(-1), /web-0 +CustomizationSucceeded .*2026-03-01T10:00:30.000Z\n$/);
  });

  test('colours only the status', () => {
    const { out, live } = table(vms(1), { hasColour: true });
    live.progress(transition('vm-0', 'CustomizationStarted', 'CustomizationFailed'), unknown);
    live.warn('paint');
    assert.ok(out.written.join('').includes('web-0  \u001B[31mCustomizationFailed    \u001B[0m'));
  });

  test('never writes a line longer or a table higher than the screen', () => {
    const failed = row('CustomizationFailed', 'completed', { failure });
    for (const columnsOf of [1, 9, 30, 80, 200]) {
      for (const rows of [1, 2, 3, 4, 5, 6, 8, 24]) {
        for (const count of [1, 2, 9, 50]) {
          const { live, lines } = table(vms(count), { size: { columns: columnsOf, rows }, limit: { seconds: 600 } });
          live.progress(started, unknown);
          for (let index = 0; index < count; index += 3) {
            live.progress(transition(`vm-${index}`, 'CustomizationStarted', 'CustomizationFailed'), () => failed);
          }
          const shown = lines();
          const where = `${count} VMs on ${columnsOf}×${rows}: ${shown.join('|')}`;
          assert.ok(shown.length <= Math.max(2, rows - 2), where);
          assert.ok(
            shown.every((line) => columns(line) < Math.max(2, columnsOf)),
            where,
          );
          if (columnsOf >= 30) assert.match(shown[1], /^web-\d/, where);
        }
      }
    }
  });

  test('says how many are not shown, how many have come how far, and the time left, always', () => {
    const { live, lines, turn } = table(vms(50), { size: { columns: 50, rows: 8 }, limit: { seconds: 600 } });
    live.progress(started, unknown);
    live.progress({ type: 'read' }, unknown);
    turn(61_000);
    assert.deepEqual(lines().slice(-2), ['… and 47 more', '08:59 left; 50 VMs: 50 no power-on seen']);
    turn(600_000);
    assert.match(lines().at(-1), /^00:00 left; /);
    const endless = table(vms(2), { limit: { seconds: null } });
    endless.live.progress(started, unknown);
    endless.live.progress({ type: 'read' }, unknown);
    assert.equal(endless.lines().at(-1), '2 VMs: 2 no power-on seen');
  });

  test('counts the time of a VM from its power-on to its result, by the clock of vCenter', () => {
    const { live, lines, turn } = table(vms(3));
    live.progress(started, unknown);
    const powered = (vm, more) => row('CustomizationNotStarted', undefined, { vm, poweredOnAt: at(-90_000), ...more });
    live.progress(transition('vm-0', 'VmNotStarted', 'CustomizationNotStarted'), () => powered('vm-0'));
    live.progress(transition('vm-1', 'CustomizationStarted', 'CustomizationSucceeded'), () =>
      powered('vm-1', { finishedAt: at(-30_000) }),
    );
    turn(10_000);
    assert.deepEqual(
      lines()
        .slice(1, 4)
        .map((line) => line.split(/ {2,}/).slice(2)),
      [['01:40'], ['01:00'], []],
    );
    live.progress({ type: 'concluded', row: powered('vm-0', { conclusion: 'timedOut' }) }, unknown);
    turn(10_000);
    assert.match(lines()[1], /01:40 {2}timed out$/);
  });

  test('goes on where an earlier wait was left: with its times, and with what is left of them', () => {
    const known = [
      row('CustomizationStarted', undefined, { vm: 'vm-0', poweredOnAt: at(-300_000) }),
      row('CustomizationFailed', 'completed', {
        vm: 'vm-1',
        failure,
        poweredOnAt: at(-300_000),
        finishedAt: at(-240_000),
      }),
    ];
    const { live, lines } = table(vms(2), { rows: known, limit: { seconds: 600, since: at(-310_000) } });
    live.progress(started, unknown);
    assert.deepEqual(lines(), [
      'VM     STATUS                    ELAPSED  NOTE',
      'web-0  CustomizationStarted        05:00',
      'web-1  CustomizationFailed         01:00  CustomizationSysprepFailed: no luck',
      '04:50 left; 2 VMs: 1 failed, 1 started',
    ]);
  });

  test('says why a VM failed with the step that says so, also where that takes a success back', () => {
    const { live, lines } = table(vms(1));
    live.progress(transition('vm-0', 'CustomizationStarted', 'CustomizationSucceeded'), () =>
      row('CustomizationSucceeded', 'completed', { vm: 'vm-0' }),
    );
    live.progress(transition('vm-0', 'CustomizationSucceeded', 'CustomizationFailed'), () =>
      row('CustomizationFailed', 'completed', { vm: 'vm-0', failure, revised: true }),
    );
    assert.deepEqual(lines().slice(1, 3), [
      'web-0  CustomizationFailed',
      '  CustomizationSysprepFailed: no luck; told as succeeded at first',
    ]);
    live.progress(transition('vm-0', 'CustomizationFailed', 'CustomizationNotStarted', 2), unknown);
    assert.match(lines()[1], /CustomizationNotStarted {12}attempt 2$/);
  });

  test('gives the room to the names: a note that has no place beside them stands below its row', () => {
    const name = `production-${'x'.repeat(20)}-web-01`;
    const { live, lines } = table([{ vm: 'vm-0', name }, ...vms(3).slice(1)]);
    assert.ok(lines()[1].startsWith(`${name}  VmNotStarted`));
    live.progress({ type: 'stuck', vm: 'vm-1', hint: 'startedNoResult' }, unknown);
    assert.deepEqual(lines().slice(1, 4), [
      `${name}  VmNotStarted`,
      `${'web-1'.padEnd(name.length)}  VmNotStarted`,
      '  customization started, but the guest reported no result',
    ]);
    const long = table([{ vm: 'vm-0', name: `${'x'.repeat(60)}-web-01` }]);
    assert.match(long.lines()[1], /^x{27}…x+-web-01 {2}VmNotStarted$/);
    const wide = table([{ vm: 'vm-0', name: 'x'.repeat(60) }], { size: { columns: 160 } });
    assert.match(wide.lines()[1], /^x{60} {2}VmNotStarted$/);
  });

  test('shows first what matters first where there are more VMs than rows', () => {
    const { live, lines } = table(vms(20), { size: { rows: 9 } });
    for (const [vm, to] of [
      ['vm-3', 'CustomizationSucceeded'],
      ['vm-4', 'CustomizationStarted'],
      ['vm-9', 'CustomizationNotStarted'],
      ['vm-12', 'CustomizationStarted'],
      ['vm-15', 'CustomizationFailed'],
    ]) {
      live.progress(transition(vm, 'VmNotStarted', to), unknown);
      if (/Succeeded|Failed/.test(to)) {
        live.progress({ type: 'concluded', row: row(to, 'completed', { vm, failure: null }) }, unknown);
      }
    }
    const shown = lines();
    assert.deepEqual(
      shown.slice(1, 5).map((line) => line.split(' ')[0]),
      ['web-15', 'web-12', 'web-9', 'web-4'],
    );
    assert.deepEqual(shown.slice(5), [
      '… and 16 more',
      '20 VMs: 1 failed, 2 started, 1 powered on, 15 no power-on seen, 1 succeeded',
    ]);
  });

  test('erases what a narrower terminal has wrapped', () => {
    const { out, live } = table(vms(1));
    out.columns = 20;
    live.close();
    // The heading and the row of 40 columns take two lines each by now, and the count one.
    assert.equal(out.written.at(-1), '\r\u001B[5A\u001B[J');
  });
});
