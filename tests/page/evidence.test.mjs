/** A link to one VM, with what happened to it inside. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openPage, rowsOf } from './lib/status-page.mjs';

async function copyLink(page, context, name) {
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  await page.getByRole('row', { name }).click();
  await page.getByRole('button', { name: 'Copy link' }).click();
  await page.locator('#notice').filter({ hasText: 'Link copied' }).waitFor();
  return page.evaluate(() => navigator.clipboard.readText());
}

test('a link from the details opens those of the same VM, with its evidence and without the others', async (context) => {
  const { page, context: browser, close, url } = await openPage('#vms=40&speed=20', { isAlone: true });
  context.after(close);
  await page.waitForFunction(() => document.querySelector('#view').model.ended);
  const [failed] = (await rowsOf(page)).filter(({ vm }) => vm === 'vm-104');
  const link = await copyLink(page, browser, 'win-app-2');
  assert.match(await page.locator('#notice').textContent(), /what happened to win-app-2 is inside it/);
  assert.ok(link.startsWith(url) && link.length < 9_000, `${link.length} characters`);

  const other = await openPage(link.slice(url.length));
  context.after(other.close);
  assert.deepEqual(await rowsOf(other.page), [failed]);
  const details = other.page.getByRole('region', { name: 'win-app-2' });
  assert.match(await details.innerText(), /Sysprep 10\.0\.20348\.1 does not fit/);
  assert.match(await details.innerText(), /Guest rebooted/);
  assert.equal(await other.page.locator('#demo').isVisible(), false);
  assert.deepEqual(other.complaints, []);
});

test('what is concluded from silence is in the link too', async (context) => {
  const { page, context: browser, close, url } = await openPage('#speed=20', { isAlone: true });
  context.after(close);
  await page.waitForFunction(() => document.querySelector('#view').model.row('vm-107')?.hint === 'pendingNotStarted');
  await page.waitForFunction(() => document.querySelector('#view').model.ended);
  const link = await copyLink(page, browser, 'legacy-1');
  const other = await openPage(link.slice(url.length));
  context.after(other.close);
  assert.deepEqual(
    (await rowsOf(other.page)).map(({ name, hint }) => [name, hint]),
    [['legacy-1', 'pendingNotStarted']],
  );
  await other.page.getByRole('region', { name: 'legacy-1' }).getByText('VMware Tools do not start').waitFor();
});
