/** How calls are written for SOAP, and their answers read. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { internal } from './internal.mjs';

const { escapeXml, SoapCodec } = await internal(
  'vsphere/soap/codec',
  'util/escape-xml',
  'core/wasm/loader',
  'core/wasm/glue',
);

const write = (method, given = {}, self = { type: 'ServiceInstance', value: 'a&b' }, more = {}) =>
  new SoapCodec('/sdk').write({ self, method, arguments: given, ...more });

describe('requests', () => {
  test('hold any text as it is meant', () => {
    assert.equal(escapeXml(`<a & "b" 'c'>`), '&lt;a &amp; &quot;b&quot; &apos;c&apos;&gt;');
    assert.equal(escapeXml('tab\tline\nreturn\r'), 'tab&#x9;line&#xA;return&#xD;');
    assert.equal(escapeXml('grün \u{1F600}'), 'grün \u{1F600}');
  });

  test('hold nothing that XML cannot', () => {
    assert.equal(escapeXml('a\u0000b\u001Bc\uFFFFd\uD800e\uDC00'), 'a\uFFFDb\uFFFDc\uFFFDd\uFFFDe\uFFFD');
  });

  test('name the object, the method, the namespace and the version of the API', () => {
    const { body, headers } = write('CurrentTime', {}, undefined, { apiVersion: '8.0.3.0' });
    assert.match(body, /<CurrentTime xmlns="urn:vim25"><_this type="ServiceInstance">a&amp;b<\/_this><\/CurrentTime>/);
    assert.equal(headers.soapaction, '"urn:vim25/8.0.3.0"');
    assert.equal(write('CurrentTime').headers.soapaction, '"urn:vim25/5.0"');
  });

  test('hold arguments in the order given, lists as repeated elements, and a type where it is not the declared one', () => {
    const traversal = { _typeName: 'TraversalSpec', path: 'view' };
    const given = {
      last: undefined,
      obj: { type: 'Folder', value: 'group-d1' },
      names: ['a', '<b>'],
      spec: { _typeName: 'ObjectSpec', skip: false, maxCount: 7, selectSet: [traversal] },
      empty: [],
    };
    assert.match(
      write('M', given).body,
      /<\/_this><obj type="Folder">group-d1<\/obj><names>a<\/names><names>&lt;b&gt;<\/names><spec><skip>false<\/skip><maxCount>7<\/maxCount><selectSet xsi:type="TraversalSpec"><path>view<\/path><\/selectSet><\/spec><\/M>/,
    );
  });
});

const answer = (inner, { prefix = '', attributes = ' xmlns="urn:vim25"', method = 'WaitForUpdatesEx' } = {}) =>
  Buffer.from(
    '<?xml version="1.0" encoding="UTF-8"?>\n<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/">\n<soapenv:Body>\n' +
      `<${prefix}${method}Response${attributes}>${inner}</${prefix}${method}Response>\n</soapenv:Body>\n</soapenv:Envelope>\n`,
  );
// What it says of itself must not be taken for the head's.
const EVENTS = `<filterSet><filter type="PropertyFilter">f</filter><objectSet><changeSet><val>${'<Event><version>9</version><truncated>true</truncated></Event>'.repeat(100)}</val></changeSet></objectSet></filterSet>`;

describe('the head of an answer to a long poll', () => {
  const read = (body) => new SoapCodec('/sdk').read('WaitForUpdatesEx', body);
  const headOf = (body) => ['version', 'truncated'].map((name) => read(body).get(name)?.text);

  test('is its version, and whether there is more, wherever they stand', () => {
    assert.deepEqual(headOf(answer(`<returnval><version>17</version>${EVENTS}</returnval>`)), ['17', undefined]);
    assert.deepEqual(headOf(answer(`<returnval>${EVENTS}<version>a&amp;b</version></returnval>`)), ['a&b', undefined]);
    const inner = `<returnval><version>-</version>${EVENTS}<truncated>true</truncated><!-- </filterSet> --></returnval>`;
    assert.deepEqual(headOf(answer(inner)), ['-', 'true']);
  });

  test('is found under any prefix, with white space and attributes', () => {
    const events = EVENTS.replaceAll('<', '<v:').replaceAll('<v:/', '</v:');
    const inner = `\n <v:returnval>\n <v:version>17</v:version>${events}\n<v:truncated>true</v:truncated>\n</v:returnval>\n`;
    assert.deepEqual(headOf(answer(inner, { prefix: 'v:', attributes: ' xmlns:v="urn:vim25"' })), ['17', 'true']);
  });

  test('is none where the time went by, in what answers another call, and in what is cut off', () => {
    assert.equal(read(answer('')), null);
    assert.equal(read(answer('<returnval/>', { method: 'QueryEvents' })), undefined);
    assert.equal(read(Buffer.from('<html></html>')), undefined);
    for (const body of [answer(`<returnval>${EVENTS}</returnval>`).subarray(0, 4000), Buffer.alloc(0)]) {
      assert.throws(() => read(body), { name: 'WireError' });
    }
  });
});
