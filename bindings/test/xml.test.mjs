import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { internal } from './internal.mjs';

const { envelope, escapeXml } = await internal('vsphere/soap/xml', 'util/escape-xml');

describe('requests', () => {
  test('hold any text as it is meant', () => {
    assert.equal(escapeXml(`<a & "b" 'c'>`), '&lt;a &amp; &quot;b&quot; &apos;c&apos;&gt;');
    assert.equal(escapeXml('tab\tline\nreturn\r'), 'tab&#x9;line&#xA;return&#xD;');
    assert.equal(escapeXml('grün \u{1F600}'), 'grün \u{1F600}');
  });

  test('hold nothing that XML cannot', () => {
    assert.equal(escapeXml('a\u0000b\u001Bc\uFFFFd\uD800e\uDC00'), 'a\uFFFDb\uFFFDc\uFFFDd\uFFFDe\uFFFD');
  });

  test('name the object, the method and the namespace', () => {
    const text = envelope('CurrentTime', { type: 'ServiceInstance', value: 'a&b' }, '<x/>');
    assert.match(
      text,
      /<CurrentTime xmlns="urn:vim25"><_this type="ServiceInstance">a&amp;b<\/_this><x\/><\/CurrentTime>/,
    );
  });
});
