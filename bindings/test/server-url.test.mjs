import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { internal } from './internal.mjs';

const { addressOf } = await internal('http/server-url');

describe('an address on the server', () => {
  test('is never one on another, however its path looks', () => {
    const server = new URL('https://vc.example.com:8443//sdk');
    for (const [path, href] of [
      ['//sdk', 'https://vc.example.com:8443//sdk'],
      ['//evil.example.com/sdk?a=b', 'https://vc.example.com:8443//evil.example.com/sdk?a=b'],
      ['/api/vcenter/system?action=hello', 'https://vc.example.com:8443/api/vcenter/system?action=hello'],
      [
        '/sdk/vim25/8.0.3.0/View/session%5B1%5D/DestroyView',
        'https://vc.example.com:8443/sdk/vim25/8.0.3.0/View/session%5B1%5D/DestroyView',
      ],
    ]) {
      assert.equal(addressOf(server, path).href, href);
    }
  });
});
