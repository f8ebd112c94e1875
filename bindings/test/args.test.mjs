import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { internal } from './internal.mjs';

const { parseCommand } = await internal('cli/input/args');

const refused = (argv, message) => assert.throws(() => parseCommand(argv), { name: 'UsageError', message });

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

  test('knows two subcommands, and a VM of the same name after --', () => {
    assert.equal(parseCommand(['server-time', '--server', 'vc']).kind, 'serverTime');
    assert.deepEqual(parseCommand(['replay', '-']), { kind: 'replay', file: '-' });
    assert.deepEqual(parseCommand(['--', 'replay']).vms, ['replay']);
  });

  test('prints help before it complains of anything missing', () => {
    assert.equal(parseCommand(['--help']).kind, 'help');
    assert.equal(parseCommand(['replay', '-h']).kind, 'help');
    assert.equal(parseCommand(['--version']).kind, 'version');
  });

  test('refuses what makes no sense, naming the argument', () => {
    refused([], /no VM was given/);
    refused(['--timeout', 'soon', 'a'], /--timeout is 'soon': give a number of seconds, or none/);
    refused(['--timeout', '-5', 'a'], /^--timeout is '-5': give a number of seconds, or none$/);
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
    refused(['--password', 'x', 'a'], /unknown option '--password'/);
    refused(['replay'], /replay takes one file/);
    refused(['server-time', 'web-1'], /server-time takes no argument, but got 'web-1'/);
  });
});
