/** What the fake vCenter takes for XML. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { parseXml, XmlError } from './fake-vcenter/xml.mjs';

test('elements and attributes are read by name and namespace, and text as it is meant', () => {
  const root = parseXml(
    '\ufeff<?xml version="1.0"?><a xmlns="u" xmlns:b="v" b:c="1" d="2"><e> x<![CDATA[<]]>&amp;</e></a>',
  );
  assert.deepEqual([root.name, root.namespace], ['a', 'u']);
  assert.deepEqual([...root.attributes], Object.entries({ '{v}c': '1', d: '2' }));
  const [child] = root.children;
  assert.deepEqual([child.name, child.namespace, child.text], ['e', 'u', ' x<&']);
});

describe('refused is what has', () => {
  for (const [what, document] of Object.entries({
    'nothing in it': '',
    'no element': 'x',
    'two roots': '<a/><b/>',
    'an element that is not closed': '<a><b></a>',
    'an undeclared prefix': '<x:a/>',
    'a prefix that is undone': '<a xmlns:x=""/>',
    'two colons in a name': '<a:b:c xmlns:a="x"/>',
    'an attribute twice': '<a b="1" b="2"/>',
    'an attribute twice by other prefixes': '<a x:b="1" y:b="2" xmlns:x="u" xmlns:y="u"/>',
    'a < in an attribute': '<a b="<"/>',
    'a ]]> in its text': '<a>]]></a>',
    'a character that no text has': '<a>\u0001</a>',
    'the same as a number': '<a>&#0;</a>',
    'an unknown entity': '<a>&nbsp;</a>',
    'dashes in a comment': '<a><!-- -- --></a>',
    'two declarations': '<?xml version="1.0"?><?xml version="1.0"?><a/>',
    'a declaration after a space': ' <?xml version="1.0"?><a/>',
    'a document type': '<!DOCTYPE a><a/>',
  })) {
    test(what, () => assert.throws(() => parseXml(document), XmlError));
  }
});
