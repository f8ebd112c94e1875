/** The examples that are pages, opened in a real browser, with govmomi's vCenter simulator behind them. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { startSimulator } from '../../simulators/simulator.mjs';
import { newWindow } from './lib/browser.mjs';

const EXAMPLES = new URL('../../../bindings/examples/', import.meta.url);
/** Where a push fails, pages poll every 15 s. */
const LIMIT_MS = 40_000;

/** A simulator with a VM, the example's server before it, and a page of that; all end with the test. */
async function opened(context, example, args, powerOn) {
  const simulator = await startSimulator();
  context.after(() => simulator.stop());
  const template = simulator.vms[0].name;
  const { vm } = await simulator.do({ do: 'clone', template, name: 'web-1', customize: true, powerOn });
  const server = spawn(process.execPath, [fileURLToPath(new URL(`${example}/server.mjs`, EXAMPLES)), ...args], {
    env: {
      ...process.env,
      VSPHERE_SERVER: simulator.url,
      VSPHERE_USER: simulator.user,
      VSPHERE_PASSWORD: simulator.password,
      VC_THUMBPRINT: simulator.thumbprint,
      VC_CA_FILE: simulator.certificate,
      NO_PROXY: '127.0.0.1',
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  context.after(async () => {
    server.kill();
    await once(server, 'close');
  });
  const [address] = await once(createInterface(server.stdout), 'line');
  const browser = await newWindow();
  context.after(() => browser.close());
  const page = await browser.newPage();
  const complaints = [];
  page.on('pageerror', (error) => complaints.push(String(error)));
  await page.goto(address);
  return { simulator, vm, page, complaints };
}

test('the page behind a proxy of its own origin speaks to vCenter itself', async (context) => {
  const { simulator, page, complaints } = await opened(context, 'browser-proxy', [], true);
  await page.fill('[name=user]', simulator.user);
  await page.fill('[name=password]', simulator.password);
  await page.fill('[name=vms]', 'web-*');
  await page.click('button');
  const log = page.locator('#log', { hasText: 'web-1: CustomizationSucceeded (completed)' });
  await log.waitFor({ timeout: LIMIT_MS });
  assert.match(await log.textContent(), /^web-1: CustomizationNotStarted\nweb-1: CustomizationStarted\n/);
  assert.deepEqual(complaints, []);
});

test('the page of a plug-in shows what its back end brings', async (context) => {
  const { simulator, vm, page } = await opened(context, 'plugin-backend', ['web-*'], false);
  const row = (status) => page.locator('#rows tr', { hasText: status });
  await row('web-1').waitFor({ timeout: LIMIT_MS });
  await simulator.do({ do: 'powerOn', vm });
  await row('CustomizationSucceeded').waitFor({ timeout: LIMIT_MS });
});
