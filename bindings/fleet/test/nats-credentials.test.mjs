/** Credentials that servers refuse: each server is sent them once for each change of their file, and the others are asked meanwhile. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { AuthorizationError } from '@nats-io/transport-node';
import { NatsCredentials } from '../dist/store/nats-credentials.js';

const folder = mkdtempSync(join(tmpdir(), 'vm-customization-credentials-'));
after(() => rmSync(folder, { recursive: true }));
const passwordFile = join(folder, 'password');
const SERVERS = [{ listen: 'a:4222' }, { listen: 'b:4222' }];
const REFUSED = new AuthorizationError('Authorization Violation');

/** Those of a client whose servers are `a` and `b`; `ask` is an attempt at the one that it chooses, and answers that and what was sent. */
function begin() {
  writeFileSync(passwordFile, 'one\n');
  const credentials = NatsCredentials.of({ user: 'worker', passwordFile });
  credentials.usable(['nats://a', 'b']);
  const ask = (answer) => {
    const { listen } = credentials.choose(SERVERS);
    const { pass } = credentials.authenticate();
    if (answer !== undefined) credentials.failed(answer);
    return [listen, pass];
  };
  return { credentials, ask };
}

describe('credentials that are refused', () => {
  it('are sent to each server once, and to none when all have refused them, until the file is changed', () => {
    const { credentials, ask } = begin();
    assert.deepEqual(ask(REFUSED), ['a:4222', 'one']);
    assert.ok(credentials.pauseMs() < 1000, 'the other is asked at once');
    assert.deepEqual(credentials.usable(['nats://a', 'b']), ['b']);
    assert.deepEqual(ask(REFUSED), ['b:4222', 'one']);
    // Longer than it is since the first was asked: the client asks none of them.
    assert.ok(credentials.pauseMs() >= 1000);
    assert.throws(
      () => credentials.usable(['nats://a', 'b']),
      /NATS refuses what is in .*password: a change of the file/,
    );
    writeFileSync(passwordFile, 'another\n');
    assert.ok(credentials.pauseMs() < 1000);
    assert.deepEqual(ask(), ['a:4222', 'another']);
  });

  it('are not those of a client that was too slow, or that was in and is put out', () => {
    const { credentials, ask } = begin();
    ask(new AuthorizationError('Authentication Timeout'));
    ask(new Error('connection refused'));
    credentials.accepted();
    credentials.failed(REFUSED);
    assert.deepEqual(credentials.usable(['a', 'b']), ['a', 'b']);
  });

  it('are those that were read last while the file cannot be read', () => {
    const { credentials, ask } = begin();
    writeFileSync(passwordFile, '');
    assert.ok(credentials.pauseMs() < 1000);
    assert.deepEqual(ask(), ['a:4222', 'one']);
    assert.throws(() => credentials.usable(['a', 'b']), /password cannot be used \(it is empty\)/);
  });
});
