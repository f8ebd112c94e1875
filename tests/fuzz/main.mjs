/** Looks for what breaks the properties of the readers in JavaScript, one after the other, for as long as it is told to; or of those that it names. */
import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import fc from 'fast-check';
import { corpusOf, damaged, fileInCorpus } from './documents.mjs';
import { PROPERTIES } from './properties.mjs';

const { values, positionals } = parseArgs({
  options: { minutes: { type: 'string', default: '15' } },
  allowPositionals: true,
});
const names = positionals.length > 0 ? positionals : Object.keys(PROPERTIES);
const limit = (Number(values.minutes) * 60_000) / names.length;

for (const name of names) {
  const documents = corpusOf(name).map(({ bytes }) => bytes);
  const property = fc.asyncProperty(damaged(documents), async (bytes) => PROPERTIES[name](bytes));
  const found = await fc.check(property, {
    numRuns: Number.MAX_SAFE_INTEGER,
    interruptAfterTimeLimit: limit,
    markInterruptAsFailure: false,
  });
  console.log(`${name}: ${found.numRuns} documents in ${Math.round(limit / 1000)} s, seed ${found.seed}`);
  if (found.counterexample !== null) {
    const [bytes] = found.counterexample;
    const file = fileInCorpus(name, createHash('sha1').update(bytes).digest('hex').slice(0, 16));
    writeFileSync(file, bytes);
    console.log(`${file}: ${found.errorInstance?.stack ?? found.errorInstance}`);
    process.exitCode = 1;
  }
}
