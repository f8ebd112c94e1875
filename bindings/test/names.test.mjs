import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { internal } from './internal.mjs';

const { asMoRefValue, matcherFor, shownName } = await internal('vsphere/client/names');
const fits = (asked, stored) => matcherFor(asked).matches(stored);

describe('names of VMs', () => {
  test('are shown without the escapes that vCenter stores', () => {
    assert.equal(shownName('a%2fb%2Fc%5cd%25e'), 'a/b/c\\d%e');
    assert.equal(shownName('100%'), '100%');
    assert.equal(shownName('%252f'), '%2f');
  });

  test('fit as stored, as shown, and with escapes written out', () => {
    for (const asked of ['a%2fb', 'a%2Fb', 'a/b']) {
      assert.ok(fits(asked, 'a%2fb'), asked);
    }
    assert.ok(fits('100%', '100%25'));
    assert.ok(fits('100%25', '100%25'));
    assert.ok(!fits('web-1', 'web-10'));
    assert.ok(!fits('web-1', 'Web-1'));
  });

  test('fit a pattern as a whole, and nothing in the pattern but * and ? is special', () => {
    assert.ok(fits('web-*', 'web-1'));
    assert.ok(fits('web-*', 'web-'));
    assert.ok(!fits('web-*', 'my-web-1'));
    assert.ok(fits('web-?', 'web-1'));
    assert.ok(!fits('web-?', 'web-10'));
    assert.ok(fits('*', 'anything'));
    assert.ok(fits('a.b[1]*', 'a.b[1]x'));
    assert.ok(!fits('a.b*', 'axb'));
    assert.ok(fits('?', '\u{1F600}'));
  });

  test('that look like a managed object id are told', () => {
    assert.equal(asMoRefValue('vm-101'), 'vm-101');
    assert.equal(asMoRefValue('VirtualMachine:vm-101'), 'vm-101');
    assert.equal(asMoRefValue('VirtualMachine-vm-101'), 'vm-101');
    assert.equal(asMoRefValue('vm-101a'), undefined);
    assert.equal(asMoRefValue('my-vm-101'), undefined);
  });
});
