import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { describe, test } from 'node:test';
import { internal } from './internal.mjs';

const { parseCommand } = await internal('cli/input/args');
const { completionScript } = await internal('cli/input/completion');
const { ALL_FLAGS, WAIT_FLAGS, checkOptions, inFlags } = await internal(
  'cli/input/flags',
  'core/wasm/loader',
  'core/wasm/glue',
);
const { OPTIONS } = await internal('cli/input/option-table');
const { helpText } = await internal('cli/output/help');

const refused = (argv, message) => assert.throws(() => parseCommand(argv), { name: 'UsageError', message });

test('an option of a file takes neither - nor an empty text', () => {
  const files = OPTIONS.filter(({ value }) => value === 'FILE');
  assert.ok(files.length >= 9);
  for (const { name, group } of files) {
    const command = group === 'page' ? ['page'] : [];
    refused([...command, `--${name}`, '-', 'a'], new RegExp(`^--${name} takes a file, and - is none: .* \\./- `));
    refused([...command, `--${name}=`, 'a'], new RegExp(`^--${name} is '': give the path of a file`));
  }
  assert.equal(parseCommand(['--record', './-', 'a']).record, './-');
});

describe('a message of the package', () => {
  test('names the options of the command in its words', () => {
    for (const [message, expected] of [
      ['`timeoutSeconds` is 1e12: give a number', '--timeout is 1e12: give a number'],
      ['ready cannot be used with vc: leave `ready` out', '--ready cannot be used with vc: leave --ready out'],
      ['attempts is 7: give a text', '--attempts is 7: give a text'],
      // What is no option of the command, or not spoken of as one.
      ['whether the guest is ready cannot be read', 'whether the guest is ready cannot be read'],
      ['`constructor` is not known', '`constructor` is not known'],
      // A file of servers has it under this name.
      ['allow it by `insecure`', 'allow it by `insecure`'],
    ]) {
      assert.equal(inFlags(message, WAIT_FLAGS), expected);
    }
  });

  test('names those of the connection where they are of the command line', () => {
    assert.equal(inFlags('allow it by `insecure`', ALL_FLAGS), 'allow it by --insecure');
    for (const flag of Object.values(ALL_FLAGS))
      assert.ok(
        OPTIONS.some(({ name }) => name === flag),
        flag,
      );
  });

  test('that refuses a value names the option of the command, before any server is asked', () => {
    for (const [flag, options] of [
      ['timeout', { timeoutSeconds: 1e12 }],
      ['lookback', { lookbackSeconds: 1e12 }],
      ['poll-interval', { pollIntervalSeconds: 0 }],
      ['poll-interval', { pollIntervalSeconds: 1e12 }],
      ['settle', { settleSeconds: 1e12, ready: 'tools' }],
    ]) {
      assert.throws(
        () => checkOptions(options),
        ({ name, message }) => name === 'OptionsError' && inFlags(message, WAIT_FLAGS).startsWith(`--${flag} is `),
      );
    }
    checkOptions({ timeoutSeconds: null, ready: 'tools' });
  });
});

describe('the command line', () => {
  test('names VMs, and leaves what is not given to the defaults of the core', () => {
    const command = parseCommand(['web-1', 'web-2']);
    assert.equal(command.kind, 'wait');
    assert.deepEqual(command.vms, ['web-1', 'web-2']);
    assert.deepEqual(command.options, { rules: 'default' });
    assert.equal(command.json, false);
    assert.equal(command.push, true);
  });

  test('takes every option', () => {
    const command = parseCommand([
      ...['--timeout', '90.5', '--wait-for-power-on', '--poll-interval=5', '--lookback', '0', '--attempts', 'reopen'],
      '--no-push',
      ...['--json', '--record', 'run.json', '--server', 'vc', '--user', 'u', '--password-file', 'p', '--insecure'],
      ...[
        '--session-file',
        's',
        '--clone-ticket-file',
        't',
        '--token-file',
        'k',
        '--protocol',
        'vi-json',
        '--',
        '--odd-name',
      ],
    ]);
    assert.deepEqual(command.options, {
      rules: 'default',
      timeoutSeconds: 90.5,
      waitForPowerOn: true,
      pollIntervalSeconds: 5,
      lookbackSeconds: 0,
      attempts: 'reopen',
    });
    assert.deepEqual(command.vms, ['--odd-name']);
    assert.equal(command.record, 'run.json');
    assert.equal(command.push, false);
    assert.deepEqual(command.connection, {
      server: 'vc',
      user: 'u',
      passwordFile: 'p',
      sessionFile: 's',
      cloneTicketFile: 't',
      tokenFile: 'k',
      protocol: 'vi-json',
      insecure: true,
      caFile: undefined,
      thumbprint: undefined,
    });
    const { caFile, thumbprint } = parseCommand(['--ca-file', 'ca.pem', '--thumbprint', 'AA', 'a']).connection;
    assert.deepEqual([caFile, thumbprint], ['ca.pem', 'AA']);
  });

  test('waits for ever when the timeout is none', () => {
    assert.equal(parseCommand(['--timeout', 'none', 'a']).options.timeoutSeconds, null);
  });

  test('takes a server time with an offset as the beginning', () => {
    const since = '2026-03-01T10:00:00.123456789+01:00';
    assert.equal(parseCommand(['--since', since, 'a']).options.since, since);
  });

  test('passes only the timeout on under published rules, and says which flags do nothing', () => {
    const command = parseCommand([
      '--rules',
      'published',
      '--timeout',
      '60',
      '--lookback',
      '9',
      '--attempts',
      'first',
      'a',
    ]);
    assert.deepEqual(command.options, { rules: 'published', timeoutSeconds: 60 });
    assert.deepEqual(command.withoutEffect, ['--lookback', '--attempts']);
  });

  test('takes durations as people write them', () => {
    for (const [text, seconds] of [
      ['90', 90],
      ['0.5', 0.5],
      ['90s', 90],
      ['10m', 600],
      ['1h30m', 5400],
      ['1H1M1.5S', 3661.5],
    ]) {
      assert.equal(parseCommand(['--timeout', text, 'a']).options.timeoutSeconds, seconds, text);
    }
    for (const text of ['', 'm', '10 m', '1m1h', '1.5m', '10min']) {
      refused(['--lookback', text, 'a'], /^--lookback is '.*': give seconds, or a duration such as 90s, 10m or 1h30m$/);
    }
    assert.equal(parseCommand(['a']).heartbeatSeconds, 60);
    assert.equal(parseCommand(['--heartbeat', 'none', 'a']).heartbeatSeconds, null);
    refused(['--heartbeat', '0', 'a'], /^--heartbeat is '0': give from 1s to 24h, or none$/);
  });

  test('says which option was meant', () => {
    refused(['--timeot', '5', 'a'], /^unknown option '--timeot': did you mean --timeout\?$/);
    refused(['--look', '5', 'a'], /did you mean --lookback\?$/);
    refused(['--zzz', 'a'], /^unknown option '--zzz': see --help$/);
    refused(['--password', 'x', 'a'], /^--password is no option, .* --password-file, or set VSPHERE_PASSWORD$/);
    refused(['--password=x', 'a'], /^--password is no option/);
  });

  test('says which command an option is of', () => {
    refused(['page', '--timeout', '5'], /^--timeout is an option of a wait only: leave it out$/);
    refused(['server-time', '--ready', 'tools'], /^--ready is an option of a wait, page only: leave it out$/);
    refused(['--shared', 'a'], /^--shared is an option of page only: leave it out$/);
    refused(
      ['replay', '--server', 'vc', 'f'],
      /^--server is an option of a wait, page, server-time only: leave it out$/,
    );
  });

  test('takes an option with a value once', () => {
    refused(['--server', 'a', '--server', 'b', 'x'], /^--server is given 2 times, as a and b: give it once$/);
    refused(['--server', 'a', '--server', 'a', 'x'], /^--server is given 2 times, as a and a: give it once$/);
    assert.equal(parseCommand(['--json', '--json', 'x']).json, true);
  });

  test('is completed by shells, with every option of every command', async () => {
    for (const shell of ['bash', 'zsh', 'fish', 'powershell']) {
      assert.deepEqual(parseCommand(['completion', shell]), { kind: 'completion', shell });
      const script = completionScript(shell);
      for (const { name } of OPTIONS) {
        assert.match(script, new RegExp(shell === 'fish' ? ` -l ${name} ` : `--${name}\\b`), `${shell}: ${name}`);
      }
    }
    refused(['completion'], /^completion takes the name of a shell: give bash, zsh, fish or powershell$/);
  });

  test('bash completes options, their values and commands', () => {
    const completed = (...words) => {
      const given = words.map((word) => `'${word}'`).join(' ');
      const script = `${completionScript('bash')}
        COMP_WORDS=(wait-vm-customization ${given}); COMP_CWORD=${words.length}; _wait_vm_customization
        printf '%s\\n' "\${COMPREPLY[@]}"`;
      return execFileSync('bash', ['-c', script], { encoding: 'utf8' }).split('\n').filter(Boolean);
    };
    assert.deepEqual(completed('--att'), ['--attempts']);
    assert.deepEqual(completed('--attempts', 'f'), ['follow', 'first']);
    assert.deepEqual(completed('rep'), ['replay']);
    assert.deepEqual(completed('server-time', '--lookb'), []);
    assert.deepEqual(completed('completion', 'po'), ['powershell']);
  });

  test('has a help of 80 columns that names every option', () => {
    const lines = helpText().split('\n');
    assert.deepEqual(
      lines.filter((line) => line.length > 80),
      [],
    );
    for (const { name } of OPTIONS) assert.match(helpText(), new RegExp(`^  (?:-\\w, )?--${name}\\b`, 'm'));
  });

  test('knows subcommands, and a VM of the same name after --', () => {
    assert.equal(parseCommand(['help']).kind, 'help');
    assert.equal(parseCommand(['version']).kind, 'version');
    assert.deepEqual(parseCommand(['wait', 'web-1']).vms, ['web-1']);
    assert.equal(parseCommand(['server-time', '--server', 'vc']).kind, 'serverTime');
    assert.deepEqual(parseCommand(['replay', '-']), { kind: 'replay', file: '-', json: false });
    assert.deepEqual(parseCommand(['--', 'replay']).vms, ['replay']);
  });

  test('prints help before it complains of anything missing', () => {
    assert.equal(parseCommand(['--help']).kind, 'help');
    assert.equal(parseCommand(['replay', '-h']).kind, 'help');
    assert.equal(parseCommand(['--version']).kind, 'version');
  });

  test('refuses what makes no sense, naming the argument', () => {
    refused([], /no VM was given/);
    refused(
      ['--timeout', 'soon', 'a'],
      /--timeout is 'soon': give seconds, or a duration such as 90s, 10m or 1h30m, or none/,
    );
    refused(
      ['--timeout', '-5', 'a'],
      /^--timeout is '-5': give seconds, or a duration such as 90s, 10m or 1h30m, or none$/,
    );
    refused(['--timeout', '--json', 'a'], /^--timeout has no value, for what follows looks like an option: give it/);
    refused(['--insecure', '--ca-file', 'ca.pem', 'a'], /--insecure checks no certificate, and --ca-file says/);
    refused(['server-time', '--insecure', '--thumbprint', 'AA'], /--insecure checks no certificate, and --thumbprint/);
    refused(['a', ''], /a VM is ''/);
    refused(['--poll-interval', '1e3', 'a'], /--poll-interval is '1e3'/);
    refused(['--attempts', 'all', 'a'], /--attempts is 'all': give follow, first or reopen/);
    refused(['--rules', 'mine', 'a'], /--rules is 'mine': give default or published/);
    refused(
      ['--since', '2026-03-01T10:00:00', 'a'],
      /--since is '2026-03-01T10:00:00': give a server time with an offset/,
    );
    refused(['--protocol', 'rest', 'a'], /--protocol is 'rest': give auto, soap or vi-json/);
    refused(['--since', '2026-13-01T10:00:00Z', 'a'], /--since/);
    refused(['--since', '2026-03-01T10:00:00Z', '--lookback', '5', 'a'], /--since and --lookback/);
    refused(['--since', '2026-02-30T10:00:00Z', 'a'], /--since is '2026-02-30T10:00:00Z'/);
    refused(['replay'], /replay takes one file/);
    refused(['server-time', 'web-1'], /server-time takes no argument, but got 'web-1'/);
  });
});
