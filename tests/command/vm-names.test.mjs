/** Names of VMs that would steer a terminal: what the command prints of them, and that it finds them again by that. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { startSimulator } from '../simulators/simulator.mjs';
import { jsonOf, runCommand } from './command.mjs';

// But the ends of lines.
const STEERING = /(?!\n)[\p{Cc}\p{Bidi_Control}\p{Zl}\p{Zp}]/u;

describe('a name that would steer a terminal', () => {
  let server;
  const name = 'web\u009B31m/\u202Efdp\u0085\u2067%';
  before(async () => {
    server = await startSimulator({ kind: 'fake' });
    const { vm } = await server.do({ do: 'clone', template: server.vms[0].name, name, powerOn: true });
    await server.do({ do: 'post', vm, event: 'CustomizationStartedEvent' });
    await server.do({ do: 'post', vm, event: 'CustomizationFailed', fields: { reason: 'no\u202Eluck\u009B' } });
  });
  after(() => server?.stop());

  test('is written out, and found again by what is written', async () => {
    const table = await runCommand([name], { server });
    assert.equal(table.status, 1, table.stderr);
    assert.doesNotMatch(table.stdout + table.stderr, STEERING);
    const [, shown] = /^(\S+) +CustomizationFailed/m.exec(table.stdout);
    assert.equal(shown, 'web\\u009b31m/\\u202efdp\\u0085\\u2067%');
    const again = await runCommand(['--json', shown], { server });
    assert.equal(again.status, 1, again.stderr);
    assert.doesNotMatch(again.stdout + again.stderr, STEERING);
    const [row] = jsonOf(again).report.vms;
    assert.deepEqual([row.name, row.failure.reason], [name, 'no\u202Eluck\u009B']);
  });

  test('is written out where it is in an error', async () => {
    const { status, stderr } = await runCommand([`${name}x`], { server });
    assert.equal(status, 4);
    assert.doesNotMatch(stderr, STEERING);
    assert.match(stderr, /no VM on .* fits 'web\\u009b31m/);
  });

  test('is written out in what replay prints', async () => {
    const recording = {
      format: 'vm-customization-recording/1',
      startedAt: '2026-03-01T10:00:00Z',
      vms: [{ vm: 'vm-1', name }],
      steps: [],
    };
    const { status, stdout } = await runCommand(['replay', '-'], { input: JSON.stringify(recording) });
    assert.equal(status, 0);
    assert.doesNotMatch(stdout, STEERING);
    assert.equal(JSON.parse(stdout).vms[0].name, name);
  });
});
