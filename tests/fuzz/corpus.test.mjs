/** The corpus of the fuzz targets in JavaScript, and some of what becomes of it: the properties hold for all. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { corpusOf, damaged } from './documents.mjs';
import { PROPERTIES } from './properties.mjs';

for (const [name, check] of Object.entries(PROPERTIES)) {
  test(`what is said of ${name} holds for their corpus`, async () => {
    const corpus = corpusOf(name);
    assert.ok(corpus.length >= 10);
    for (const { name, bytes } of corpus) {
      await assert.doesNotReject(async () => check(bytes), name);
    }
  });

  test(`what is said of ${name} holds for what is left of a damaged one`, async () => {
    const documents = corpusOf(name).map(({ bytes }) => bytes);
    const property = fc.asyncProperty(damaged(documents), async (bytes) => check(bytes));
    await fc.assert(property, { seed: 1, numRuns: 300 });
  });
}
