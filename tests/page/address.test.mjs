/** What a link can say: whoever sends one chooses it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { deflateRawSync } from 'node:zlib';
import { sourceModule } from './lib/source-module.mjs';

// The element, of which a link needs the statuses, is a class of the browser.
globalThis.HTMLElement ??= class {};

const { readLink, writeLink } = await sourceModule('page/address.ts');
const { unpackRecording } = await sourceModule('sources/recording-link.ts');

const packed = (text) => deflateRawSync(text).toString('base64url');

const KNOWN = [
  ...['source', 'vms', 'speed', 'patterns', 'ids', 'rec', 'file', 'at', 'filter', 'status', 'sort', 'vm', 'details'],
  ...['theme', 'wall', 'timeout', 'lookback', 'wait', 'attempts'],
];

test('a link names no server and nobody who logs in, whatever it says', () => {
  const said = ['server', 'url', 'host', 'user', 'userName', 'password', 'session', 'token', 'ticket', 'insecure'];
  const link = readLink(`#source=vcenter&${said.map((name) => `${name}=evil.example`).join('&')}`);
  assert.ok(!JSON.stringify(link).includes('evil'));
  assert.equal(writeLink(link), '#source=vcenter');
  const full = readLink(`#${KNOWN.map((name) => `${name}=1`).join('&')}`);
  const written = [...new URLSearchParams(writeLink(full).slice(1)).keys()];
  assert.deepEqual(
    written.filter((name) => !KNOWN.includes(name)),
    [],
  );
});

test('numbers and lists of a link have bounds', () => {
  const link = readLink(
    `#vms=1e9&speed=1e99&lookback=1e12&timeout=1e12&ids=${Array.from({ length: 999 }, (_, i) => `vm-${i}`).join(',')}` +
      `&filter=${'f'.repeat(9_999)}&vm=${'v'.repeat(9_999)}&sort=<img>&status=__proto__&attempts=constructor`,
  );
  assert.deepEqual([link.vms, link.speed, link.ids.length], [5_000, 10_000, 200]);
  assert.deepEqual(link.options, { timeoutSeconds: 604_800, lookbackSeconds: 604_800 });
  assert.deepEqual([link.filter.length, link.selected.length, link.sort, link.status], [200, 80, '', '']);
  assert.equal(readLink('#vms=-1').vms, undefined);
  assert.equal(readLink('#vms=NaN&at=Infinity').vms, undefined);
});

test('a recording that a link unpacks to is bounded', async () => {
  const text = 'x'.repeat(8 * 2 ** 20);
  assert.equal(await unpackRecording(packed(text)), text);
  await assert.rejects(unpackRecording(packed(`${text}x`)), /it is larger than 8 MiB; ask for the link/);
  await assert.rejects(unpackRecording('AAAA'), /^Error: the recording in the link cannot be read: /);
  await assert.rejects(unpackRecording('%'), /cannot be read/);
});

test('a link whose recording was cut off is written as one of a recording', () => {
  for (const hash of ['#rec=&at=5', '#file=&vms=3']) {
    const written = writeLink(readLink(hash));
    assert.equal(readLink(written).source, 'recording', written);
    assert.equal(writeLink(readLink(written)), written);
  }
});
