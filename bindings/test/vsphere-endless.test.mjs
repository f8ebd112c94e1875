/** An answer of a vCenter that goes on for ever, one object after the other. It takes a second, and so is by itself. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { internal } from './internal.mjs';

const { readObjects } = await internal('vsphere/client/properties');

test('properties of more than a million objects are given up', async () => {
  const objects = function* (from, to) {
    for (let value = from; value < to; value += 1) yield { ref: { type: 'T', value } };
  };
  let pages = 0;
  const next = async () => {
    pages += 1;
    return { objects: pages === 1 ? objects(0, 1_000_000) : objects(1_000_000, 1_000_001), token: 't' };
  };
  const api = { host: 'vc', retrieveProperties: next, continueRetrieveProperties: next };
  await assert.rejects(readObjects(api, [], [], {}), {
    code: 'endlessAnswer',
    message: 'vc: RetrievePropertiesEx answers more than 1000000 objects',
  });
  assert.equal(pages, 2);
});
