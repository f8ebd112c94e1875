/** The corpus of the targets in JavaScript, and what becomes of a document of it that is damaged. */
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';

const CORPUS = new URL('../../fuzz/corpus/', import.meta.url);

/** What documents, addresses and links are made of. */
const PIECES = [
  ...['<', '>', '/', '&', ';', '"', "'", '=', '<a>', '</a>', '<a/>', '<!--', '-->', '<![CDATA[', ']]>', '<?', '?>'],
  ...['<!DOCTYPE a>', '&amp;', '&#9;', '&nbsp;', ' type="a"', ' xsi:type="b"', ' xmlns:b="c"', 'a:b'],
  ...['{', '}', '[', ']', ',', ':', '\\', '\\ud800', '0', '-1', '1e999', 'null', 'true', '""', '[[[[[[[[', '{"a":'],
  ...['"_typeName":"ArrayOfEvent",', '"_value":', '"format":"vm-customization-recording/1",', '"__proto__":'],
  ...['\n', '\r\n', '\t', ' ', '\0', '\u{1f600}', '\ufeff', '\u00a0', '\u0085', '\u2028', '\u202e', 'é', '%', '%2f'],
  ...['http://', 'https://', '//', '..', '@', ':8443', '[::1]', '?', '#', '%zz', '%00', '&at=', '&rec=', '&vms=', '+'],
].map((piece) => Buffer.from(piece));

/** @param {string} name of a property @returns {{ name: string, bytes: Buffer }[]} in the order of their names */
export function corpusOf(name) {
  const folder = new URL(`${name}/`, CORPUS);
  const names = readdirSync(folder).sort();
  return names.map((each) => ({ name: each, bytes: readFileSync(new URL(each, folder)) }));
}

/** Where what breaks a property is put. */
export function fileInCorpus(name, file) {
  return fileURLToPath(new URL(`${name}/${file}`, CORPUS));
}

/** Documents of a corpus, each with some of its bytes gone or doubled, and others in it. */
export function damaged(documents) {
  const piece = fc.oneof(fc.constantFrom(...PIECES), fc.uint8Array({ maxLength: 4 }));
  const edit = fc.record({
    at: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
    gone: fc.oneof(fc.constant(0), fc.nat(8), fc.nat(400)),
    piece: fc.oneof({ weight: 3, arbitrary: piece }, { weight: 1, arbitrary: fc.constantFrom(...documents) }),
    times: fc.oneof({ weight: 8, arbitrary: fc.constant(1) }, { weight: 1, arbitrary: fc.nat(64) }),
  });
  const document = fc.oneof(fc.constantFrom(...documents), fc.uint8Array({ maxLength: 64 }));
  return fc
    .tuple(document, fc.array(edit, { maxLength: 6 }))
    .map(([document, edits]) => edits.reduce(edited, document));
}

function edited(document, { at, gone, piece, times }) {
  const from = Math.floor(at * (document.length + 1));
  const inserted = Array.from({ length: times }, () => piece);
  return Buffer.concat([document.subarray(0, from), ...inserted, document.subarray(from + gone)]).subarray(0, 16_384);
}
