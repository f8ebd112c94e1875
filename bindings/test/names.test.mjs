import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { internal } from './internal.mjs';

const { asLabel, asMoRefValue, asUuid, matcherFor, sanitizeForTerminal, shownName } = await internal(
  'vsphere/client/names',
  'util/visible',
);
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

  test('are found again as a terminal shows them, whatever is in them', () => {
    for (const character of [
      '\u0085',
      '\u009B',
      '\u202E',
      '\u2066',
      '\u061C',
      '\uFEFF',
      '\t',
      '%',
      '/',
      '\\',
      '"',
      '日',
    ]) {
      const shown = `web${character}1`;
      const stored = shown.replace(/[%/\\]/g, (each) => `%${each.charCodeAt(0).toString(16)}`);
      for (const asked of [stored, shown, sanitizeForTerminal(shown)]) {
        assert.ok(fits(asked, stored), JSON.stringify([asked, stored]));
      }
      assert.ok(!fits(sanitizeForTerminal(`${shown}x`), stored));
    }
  });

  test('that repeat are told by a label with their id, which is no name', () => {
    assert.deepEqual(asLabel('web-1 (vm-101)'), { name: 'web-1', value: 'vm-101' });
    assert.deepEqual(asLabel('web (vm-1) (vm-101)'), { name: 'web (vm-1)', value: 'vm-101' });
    for (const text of ['web-1', 'web-1 (101)', '(vm-101)', 'web-1(vm-101)', 'web-1 (vm-101) ']) {
      assert.equal(asLabel(text), undefined, text);
    }
  });

  test('that look like a UUID are told', () => {
    assert.equal(asUuid('B170C191-7587-5F8E-9A15-08C6A0A11CA5'), 'b170c191-7587-5f8e-9a15-08c6a0a11ca5');
    for (const text of ['b170c191', 'b170c191-7587-5f8e-9a15-08c6a0a11ca', 'xb170c191-7587-5f8e-9a15-08c6a0a11ca5']) {
      assert.equal(asUuid(text), undefined, text);
    }
  });

  test('that look like a managed object id are told', () => {
    assert.equal(asMoRefValue('vim.VirtualMachine:vm-101'), 'vm-101');
    assert.equal(asMoRefValue('vim.HostSystem:vm-101'), undefined);
    assert.equal(asMoRefValue('vm-101'), 'vm-101');
    assert.equal(asMoRefValue('VirtualMachine:vm-101'), 'vm-101');
    assert.equal(asMoRefValue('VirtualMachine-vm-101'), 'vm-101');
    assert.equal(asMoRefValue('vm-101a'), undefined);
    assert.equal(asMoRefValue('my-vm-101'), undefined);
  });
});
