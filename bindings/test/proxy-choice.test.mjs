import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { internal } from './internal.mjs';

const { isExempt, proxyFor } = await internal('http/proxy');
const exempt = (url, noProxy) => isExempt(new URL(url), noProxy);

describe('the choice of a proxy', () => {
  test('follows the scheme of the server, lower-case names first', () => {
    const url = new URL('https://vc.example.com/sdk');
    assert.equal(proxyFor(url, {}), undefined);
    assert.equal(proxyFor(url, { HTTP_PROXY: 'http://p:1' }), undefined);
    assert.equal(proxyFor(url, { HTTPS_PROXY: 'http://p:1' })?.host, 'p:1');
    assert.equal(proxyFor(url, { HTTPS_PROXY: 'http://p:1', https_proxy: 'q:2' })?.host, 'q:2');
    assert.equal(proxyFor(url, { ALL_PROXY: 'http://a:3' })?.host, 'a:3');
    assert.equal(proxyFor(new URL('http://vc/sdk'), { HTTP_PROXY: 'http://p:1' })?.host, 'p:1');
    assert.equal(proxyFor(url, { HTTPS_PROXY: 'http://p:1', NO_PROXY: 'example.com' }), undefined);
  });

  test('refuses a proxy that cannot be used, without its password', () => {
    for (const HTTPS_PROXY of ['socks5://u:s3cret@p:1', 'http://u:s3cret@[']) {
      assert.throws(
        () => proxyFor(new URL('https://vc/sdk'), { HTTPS_PROXY }),
        (error) => error.name === 'OptionsError' && !/s3cret/.test(`${error.message}${error.stack}`),
      );
    }
  });

  test('honours NO_PROXY: hosts, domains, ports, addresses and ranges', () => {
    assert.ok(exempt('https://vc.example.com', '*'));
    assert.ok(exempt('https://vc.example.com', 'other, vc.example.com'));
    assert.ok(exempt('https://vc.example.com', '.example.com'));
    assert.ok(exempt('https://vc.example.com', 'example.com'));
    assert.ok(exempt('https://vc.example.com', '*.EXAMPLE.com'));
    assert.ok(!exempt('https://vc.badexample.com', 'example.com'));
    assert.ok(exempt('https://vc.example.com', 'vc.example.com:443'));
    assert.ok(!exempt('https://vc.example.com:8443', 'vc.example.com:443'));
    assert.ok(exempt('https://10.1.2.3', '10.0.0.0/8'));
    assert.ok(!exempt('https://11.1.2.3', '10.0.0.0/8'));
    assert.ok(!exempt('https://10.1.2.3', '10.0.0.0/99'));
    assert.ok(exempt('https://127.0.0.1:8989', '127.0.0.1'));
    assert.ok(!exempt('https://127.0.0.1', '0.0.1'));
    assert.ok(exempt('https://[fd00::1]', 'fd00::/8'));
    assert.ok(exempt('https://[::1]:8989', '[::1]'));
    assert.ok(!exempt('https://vc', ''));
  });
});
