/** The browser's build, with a `fetch` that keeps cookies to itself as a browser's does. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import { startSimulator } from '../../tests/simulators/simulator.mjs';
import { ConnectionError, connectVCenter, init, waitForCustomization } from '../dist/browser.js';

/** One page's worth of fetch. */
function page() {
  let jar;
  const requests = [];
  return {
    requests,
    fetch: async (url, options) => {
      requests.push(options);
      const response = await fetch(url, {
        ...options,
        headers: { ...options.headers, ...(jar ? { cookie: jar } : {}) },
      });
      const [cookie] = response.headers.getSetCookie();
      jar = cookie?.split(';')[0] ?? jar;
      return response;
    },
  };
}

describe("the browser's build", () => {
  let server;
  before(async () => {
    server = await startSimulator({ kind: 'fake', args: ['-vms', '2', '-tls=false'] });
  });
  after(() => server.stop());

  test('holds nothing of Node', () => {
    for (const entry of ['browser', 'external']) {
      const text = readFileSync(new URL(`../dist/${entry}.js`, import.meta.url), 'utf8');
      assert.doesNotMatch(text, /\bnode:|process\.|\bBuffer\b/, entry);
    }
  });

  test('waits for VMs through a proxy of the page, whose cookies it never sees', async () => {
    await init();
    const { fetch, requests } = page();
    const vcenter = await connectVCenter({ server: server.url, user: server.user, password: server.password, fetch });
    try {
      const [{ name: template }] = server.vms;
      await server.do({ do: 'clone', template, name: 'web-1', customize: true, powerOn: true });
      await server.do({ do: 'clone', template, name: 'web-2', customize: true, powerOn: true });
      const found = await vcenter.findVms(['web-*']);
      const report = await waitForCustomization(vcenter.events(), found.vms);
      assert.ok(report.vms.every(({ customizationStatus }) => customizationStatus === 'CustomizationSucceeded'));
    } finally {
      await vcenter.close();
    }
    assert.equal((await server.do({ do: 'sessions' })).count, 0);
    assert.ok(requests.every(({ headers, credentials }) => headers.cookie === undefined && credentials === 'include'));
  });

  test('says what a page has to do when the server is not reached', async () => {
    const refusing = () => Promise.reject(new TypeError('Failed to fetch'));
    const options = { server: 'https://vc.example.com/sdk', user: 'u', password: 'p', fetch: refusing };
    await assert.rejects(connectVCenter(options), (error) => {
      assert.ok(error instanceof ConnectionError);
      return /only through a proxy of its own origin/.test(error.message);
    });
  });

  test('reads an answer no further than it may be long', async () => {
    await init();
    let read = 0;
    let cancelled = false;
    const endless = async () =>
      new Response(
        new ReadableStream({
          pull: (controller) => {
            read += 1;
            controller.enqueue(new Uint8Array(1 << 20));
          },
          cancel: () => {
            cancelled = true;
          },
        }),
      );
    const options = { server: 'https://vc.example.com/sdk', user: 'u', password: 'p', fetch: endless };
    await assert.rejects(connectVCenter(options), /RetrieveServiceContent: more than 64 MiB in one answer/);
    assert.ok(cancelled);
    assert.ok(read < 70, `${read} MiB`);
  });
});
