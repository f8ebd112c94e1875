/**
 * Documents that grow, in the readers that are written in JavaScript: the work grows with their length alone. It cannot be
 * counted in a JavaScript engine, so the time of its processor is compared with itself: that of one long document with
 * that of many short ones, which are as long together. Work that grew with the square of the length would be eight times
 * as much. Whatever else the machine does adds to a time and takes nothing away, so that the least of some counts.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { client, page } from '../fuzz/modules.mjs';

const BYTES = 4 * 1024;
const TIMES = 8;
const AT_MOST = 3;
/** Until the least of both times are alike, and no longer. */
const ROUNDS = 12;

const soap = (content) =>
  `<Envelope xmlns:i="http://www.w3.org/2001/XMLSchema-instance"><Body>${content}</Body></Envelope>`;
const answer = (content) => soap(`<LoginResponse><returnval>${content}</returnval></LoginResponse>`);
const fault = (code, text) =>
  soap(`<Fault><faultcode>${code}</faultcode><faultstring>${text}</faultstring><detail/></Fault>`);
const HEAD = '{"format":"vm-customization-recording/1","startedAt":"2026-03-01T10:00:00Z","vms":[{"vm":"vm-101"}]';
const EVENT =
  '{"_typeName":"VmStartingEvent","key":7,"createdTime":"2026-03-01T10:00:00Z","vm":{"vm":{"type":"VirtualMachine","value":"vm-101"}}}';

const bytes = (text) => Buffer.from(text);
const looked = (value) => [value?.text, value?.fields, ...NAMES.map((name) => value?.list(name).map(looked))];
const NAMES = ['returnval', 'a', 'key', 'b'];

const readSoap = (text) => looked(new client.SoapCodec('/sdk').read('Login', bytes(text)));
const readFault = (text) => new client.SoapCodec('/sdk').fault({ status: 500, body: bytes(text) });
const readJson = (text) => looked(new client.ViJsonCodec('/sdk', '8.0.3.0').read('Login', bytes(text)));
const readEvents = (text) => new client.ViJsonCodec('/sdk', '8.0.3.0').readEvents('QueryEvents', bytes(text));
const keep = (lines) => new client.SoapCodec('/sdk').keep({ header: () => undefined, cookies: lines.split('\n') });
const readLink = (text) => page.writeLink(page.readLink(text));
const readFile = (text) => page.readFiles([{ name: 'a file', blob: new Blob([text]) }]);
const readSecret = (text) => {
  const secrets = new client.Secrets();
  secrets.keep('secret-word');
  return secrets.redact(text);
};

/** What reads, of what kind the document is, and the document of about so many bytes. */
const FAMILIES = [
  [readSoap, 'elements', (n) => answer('<a>b</a>'.repeat(n / 8))],
  [readSoap, 'empty elements', (n) => answer('<a/>'.repeat(n / 4))],
  [readSoap, 'elements with attributes', (n) => answer('<a b="c"/>'.repeat(n / 10))],
  [readSoap, 'text', (n) => answer('a'.repeat(n))],
  [readSoap, 'white space', (n) => answer(`<a>${' \n'.repeat(n / 2)}</a>`)],
  [readSoap, 'entities', (n) => answer('&amp;'.repeat(n / 5))],
  [readSoap, 'pieces of text', (n) => answer('a<!---->'.repeat(n / 8))],
  [readSoap, 'what does not end', (n) => '<a>'.repeat(n / 3)],
  [readFault, 'colons in the code of a fault', (n) => fault('a:'.repeat(n / 2), '')],
  [readFault, 'line ends in the code of a fault', (n) => fault('a\n'.repeat(n / 2), '')],
  [readFault, 'white space in the text of a fault', (n) => fault('a', `a${' '.repeat(n)}a`)],
  [readJson, 'a list', (n) => `{"_typeName":"a","a":[${'{"key":1},'.repeat(n / 10)}1]}`],
  [readJson, 'lists in lists', (n) => '['.repeat(n / 2) + ']'.repeat(n / 2)],
  [readJson, 'members', (n) => `{"_typeName":"a"${Array.from({ length: n / 8 }, (_, i) => `,"a${i}":1`).join('')}}`],
  [readJson, 'boxes in boxes', (n) => '{"_value":'.repeat(n / 10)],
  [readEvents, 'white space before a list', (n) => `${' '.repeat(n)}[]`],
  [readEvents, 'white space', (n) => ' '.repeat(n)],
  [keep, 'cookies', (n) => Array.from({ length: n / 8 }, (_, i) => `a${i}=b`).join('\n')],
  [keep, 'a cookie of white space', (n) => ' '.repeat(n)],
  [keep, 'a cookie without a value', (n) => 'a'.repeat(n)],
  [keep, 'a cookie of equals signs', (n) => '='.repeat(n)],
  [client.parseServer, 'slashes in an address', (n) => `https://vc.example.com/${'/'.repeat(n)}a`],
  [client.parseServer, 'slashes at the end of an address', (n) => `https://vc.example.com/${'/'.repeat(n)}`],
  [client.parseServer, 'escapes in an address', (n) => `https://${'%41'.repeat(n / 3)}@vc.example.com`],
  [client.parseServer, 'white space in an address', (n) => `a${' '.repeat(n)}a`],
  [readLink, 'parameters', (n) => '#a=b'.replace('#', '&').repeat(n / 4)],
  [readLink, 'patterns', (n) => `patterns=${'a+'.repeat(n / 2)}`],
  [readLink, 'white space between patterns', (n) => `patterns=${'+'.repeat(n)}a`],
  [readLink, 'ids', (n) => `ids=${'a,'.repeat(n / 2)}`],
  [readLink, 'escapes in a link', (n) => `filter=${'%20'.repeat(n / 3)}`],
  [readSecret, 'what looks like a secret', (n) => 'secret-wor'.repeat(n / 10)],
  [readFile, 'steps of a recording', (n) => `${HEAD},"steps":[${'{"atMs":0},'.repeat(n / 11)}{"atMs":0}]}`],
  [readFile, 'recordings as lines', (n) => `${HEAD},"steps":[]}\n`.repeat(n / 128)],
  [readFile, 'blank lines', (n) => `${HEAD},"steps":[]}${'\n'.repeat(n)}${HEAD},"steps":[]}`],
  [readFile, 'what begins as the name of a format', (n) => `"format" ${' '.repeat(n)}`],
  [readFile, 'names of a format', (n) => '"format":'.repeat(n / 9)],
  [readFile, 'events as lines', (n) => `${EVENT}\n`.repeat(n / 128)],
  [readFile, 'a list of events', (n) => `[${`${EVENT},`.repeat(n / 128)}${EVENT}]`],
];

/** A file that is none is told by its first 4 KiB. */
const OTHER_FORMS = [
  ['times in a table', (n) => 'CreatedTime,'.repeat(n / 12)],
  ['times and commas in a table', (n) => 'CreatedTime '.repeat(n / 24) + ','.repeat(n / 2)],
  ['white space in a table', (n) => `a${' '.repeat(n)}`],
  ['lines of a list', (n) => 'Aa : b\n'.repeat(n / 7)],
  ['lines that are none of a list', (n) => `Aa : b\n${'Aa  \n'.repeat(n / 5)}`],
  ['white space in the line of a list', (n) => `A : b\nAa${' '.repeat(n)}`],
  ['a line of a list that does not end', (n) => `A${'a'.repeat(n)}`],
  ['semicolons', (n) => `${';'.repeat(2)}${'a'.repeat(n)}`],
  ['descriptions', (n) => `Description,${'Event Type I'.repeat(n / 12)}`],
  ['what begins as a time', (n) => '['.repeat(n)],
].map(([family, document]) => [readFile, family, document]);

/** Processor time in microseconds. */
async function timeOf(read, documents) {
  const before = process.cpuUsage();
  for (const document of documents) {
    try {
      await read(document);
    } catch {
      // A refusal is work, too.
    }
  }
  const { user, system } = process.cpuUsage(before);
  return user + system;
}

/** How many times the work of short documents a long one takes. */
async function growthOf(read, family, bytes) {
  const short = Array.from({ length: TIMES }, () => family(bytes));
  const long = family(bytes * TIMES);
  // So often that it can be measured.
  const repeats = Math.ceil(2000 / Math.max(await timeOf(read, [long]), 20));
  const repeated = (documents) => Array.from({ length: repeats }, () => documents).flat();
  let [ofShort, ofLong] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
  for (let round = 0; round < ROUNDS && !(round > 1 && ofLong <= AT_MOST * ofShort); round++) {
    ofShort = Math.min(ofShort, await timeOf(read, repeated(short)));
    ofLong = Math.min(ofLong, await timeOf(read, repeated([long])));
  }
  return ofLong / ofShort;
}

describe('a long document takes no more time than short ones that are as long together', () => {
  for (const [bytes, families] of [
    [BYTES, FAMILIES],
    [512, OTHER_FORMS],
  ]) {
    for (const [read, family, document] of families) {
      it(family, async (test) => {
        const growth = await growthOf(read, document, bytes);
        test.diagnostic(`${growth.toFixed(2)} times`);
        assert.ok(growth <= AT_MOST, `${growth.toFixed(2)} times as much`);
      });
    }
  }

  it('and what takes more is noticed', async () => {
    const quadratic = (text) => /^(?:a|a*b)/.test(text) && / +$/.test(text);
    assert.ok((await growthOf(quadratic, (n) => `a${' '.repeat(n)}a`, 512)) > AT_MOST);
  });
});
