/** Requests and states, as they come from outside. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Monitor } from 'vm-customization';
import { FleetNames, isToken } from '../dist/messages/names.js';
import { readRequest, requestDigest } from '../dist/messages/wait-request.js';
import { newState, readState } from '../dist/messages/wait-state.js';

const VMS = [{ vm: 'vm-101', name: 'web-1' }];
/** Options that the published rules take no notice of. */
const OTHERS = { ready: 'tools', attempts: 'first', waitForPowerOn: true, lookbackSeconds: 60, settleSeconds: 5 };
const read = (message, id = 'one') => readRequest(JSON.stringify(message), id);

describe('a request', () => {
  it('is its VMs and options', () => {
    assert.deepEqual(read({ id: 'one', vms: VMS, options: { timeoutSeconds: 60 } }), {
      vms: VMS,
      options: { timeoutSeconds: 60 },
    });
    assert.deepEqual(read({ vms: VMS }), { vms: VMS, options: {} });
    const published = { rules: 'published', timeoutSeconds: null, ready: null, waitForPowerOn: false };
    assert.deepEqual(read({ vms: VMS, options: published }), { vms: VMS, options: published });
  });

  it('that cannot be used is refused with the place and the reason', () => {
    for (const [message, problem] of [
      [{}, /vms is missing/],
      [{ vms: [] }, /vms must NOT have fewer than 1 items/],
      [{ vms: Array.from({ length: 501 }, (_, at) => ({ vm: `vm-${at}` })) }, /vms must NOT have more than 500 items/],
      [{ vms: [{ vm: 'vm-1' }, { name: 'web-1' }] }, /vms\[1\]\.vm is missing/],
      [{ vms: VMS, server: 'vc.example.com' }, /server is no option/],
      [{ vms: VMS, options: { timeout: 60 } }, /options\.timeout is no option/],
      [{ vms: VMS, options: { attempts: 'all' } }, /options\.attempts must be one of "follow"/],
      [{ id: 'two', vms: VMS }, /is of two, and was published as one/],
      [
        { vms: VMS, options: { since: '2026-99-99T00:00:00Z' } },
        /cannot be used: `since`: `2026-99-99T00:00:00Z` is no RFC 3339 time/,
      ],
      ...['ready', 'attempts', 'waitForPowerOn', 'lookbackSeconds', 'settleSeconds'].map((name) => [
        { vms: VMS, options: { rules: 'published', timeoutSeconds: 60, [name]: OTHERS[name] } },
        new RegExp(`the published rules take no option but timeoutSeconds: leave options\\.${name} out`),
      ]),
    ]) {
      assert.match(read(message).problem, problem, JSON.stringify(message));
    }
    assert.match(readRequest('{', 'one').problem, /not JSON/);
    assert.match(readRequest('null', 'one').problem, /must be object/);
  });

  it('asks for the same however it is written, and for something else with another VM, order or option', () => {
    const digest = (message) => requestDigest(read(message));
    const one = digest({
      vms: [{ vm: 'vm-1' }, { vm: 'vm-2' }],
      options: { timeoutSeconds: 60, waitForPowerOn: true },
    });
    assert.equal(
      digest({
        options: { waitForPowerOn: true, timeoutSeconds: 60 },
        vms: [{ name: null, vm: 'vm-1' }, { vm: 'vm-2' }],
      }),
      one,
    );
    for (const other of [
      { vms: [{ vm: 'vm-2' }, { vm: 'vm-1' }], options: { timeoutSeconds: 60, waitForPowerOn: true } },
      { vms: [{ vm: 'vm-1' }], options: { timeoutSeconds: 60, waitForPowerOn: true } },
      { vms: [{ vm: 'vm-1' }, { vm: 'vm-2' }], options: { timeoutSeconds: 61, waitForPowerOn: true } },
    ]) {
      assert.notEqual(digest(other), one);
    }
  });
});

describe('a state', () => {
  const state = newState(
    { vcenter: 'east', id: 'one' },
    { vms: VMS, options: {} },
    { request: 1, requestedAt: '2026-03-01T10:00:00.000Z' },
    'a/1',
  );

  it('is read as it was written, with a snapshot of the core', () => {
    const monitor = new Monitor(VMS, {}, '2026-03-01T10:00:00.000Z', 0);
    const whole = { ...state, snapshot: monitor.snapshot() };
    monitor.dispose();
    assert.deepEqual(readState(JSON.stringify(whole)).state, JSON.parse(JSON.stringify(whole)));
  });

  it('of a later release is not read, by its own version or by that of its snapshot', () => {
    for (const later of [
      { ...state, v: 2 },
      { ...state, snapshot: { format: 'vm-customization-snapshot/99' } },
      {},
      null,
    ]) {
      assert.equal(typeof readState(JSON.stringify(later)).unreadable, 'string', JSON.stringify(later));
    }
    assert.equal(typeof readState('{').unreadable, 'string');
  });
});

describe('names', () => {
  it('of waits are one token of a subject', () => {
    for (const good of ['a', 'A-1_b', 'x'.repeat(64)]) assert.ok(isToken(good), good);
    for (const bad of ['', 'a.b', '*', '>', 'a b', 'ä', 'x'.repeat(65)]) assert.ok(!isToken(bad), bad);
  });

  it('are told from a subject', () => {
    const names = new FleetNames('vmc');
    const wait = { vcenter: 'east', id: 'one' };
    assert.deepEqual(names.waitOf(names.request(wait)), { kind: 'wait', ...wait });
    assert.deepEqual(names.waitOf(names.cancel(wait)), { kind: 'cancel', ...wait });
  });
});
