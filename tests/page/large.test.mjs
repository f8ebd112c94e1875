/** Documents that are large or hostile: the page stays alive while they are read, says how far it is, and can give up. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { until } from '../until.mjs';
import { openPage, rowsOf } from './lib/status-page.mjs';

/** Drops a text that is made in the page: larger than what the test driver hands over. */
async function drop(page, kind, mebibytes) {
  await page.evaluate(
    ([kind, bytes]) => {
      const events = () => {
        const begin = Date.parse('2026-03-01T10:00:00Z');
        const lines = [];
        for (let i = 0, length = 0; length < bytes; i += 1) {
          const vm = `vm-${100 + (i % 400)}`;
          // As of a vCenter on which more goes on than customization.
          const type = ['VmStartingEvent', 'CustomizationStartedEvent', 'CustomizationSucceeded'][
            Math.floor(i / 400) % 30
          ];
          const line = JSON.stringify({
            _typeName: type ?? 'VmReconfiguredEvent',
            key: i,
            createdTime: new Date(begin + i * 20).toISOString(),
            userName: 'VSPHERE.LOCAL\\Administrator',
            vm: { name: vm, vm: { _typeName: 'ManagedObjectReference', type: 'VirtualMachine', value: vm } },
            fullFormattedMessage: `event ${i} of ${vm} on esx1.example.com in DC: ${'as govc prints it, '.repeat(20)}`,
          });
          lines.push(line);
          length += line.length + 1;
        }
        return lines.join('\n');
      };
      const texts = { events, nested: () => '['.repeat(bytes), words: () => 'no event '.repeat(bytes / 9) };
      const data = new DataTransfer();
      data.items.add(new File([texts[kind]()], `${kind}.json`));
      Object.assign(window, { frames: 0, longest: 0 });
      new PerformanceObserver((list) => {
        for (const { duration } of list.getEntries()) window.longest = Math.max(window.longest, duration);
      }).observe({ type: 'longtask' });
      const count = () => {
        window.frames += document.querySelector('#opening:popover-open') === null ? 0 : 1;
        requestAnimationFrame(count);
      };
      // What has made the text is not what is looked at.
      setTimeout(() => {
        count();
        document.body.dispatchEvent(new DragEvent('drop', { dataTransfer: data, bubbles: true, cancelable: true }));
      });
    },
    [kind, mebibytes * 2 ** 20],
  );
}

const alive = (page) => page.evaluate(() => [window.frames, Math.round(window.longest)]);

test('the page is drawn and used while a large document is read, which says how far it is', {
  timeout: 120_000,
}, async (context) => {
  const { page, complaints, close } = await openPage();
  context.after(close);
  await drop(page, 'events', 24);
  await page.getByRole('progressbar', { name: /^Opening events\.json/ }).waitFor();
  // Meanwhile something else.
  await page.getByRole('searchbox', { name: 'Filter the VMs' }).fill('web');
  await page.locator('#source').filter({ hasText: 'events.json' }).waitFor({ timeout: 90_000 });
  const [frames, longest] = await alive(page);
  context.diagnostic(`${frames} frames while it was read; the page was held up for ${longest} ms at most`);
  assert.ok(frames >= 10, `${frames} frames`);
  assert.equal((await rowsOf(page)).length, 400);
  assert.deepEqual(complaints, []);
});

test('reading is given up by Cancel, and what was shown stays', { timeout: 60_000 }, async (context) => {
  const { page, complaints, close } = await openPage('#at=24500');
  context.after(close);
  const before = await rowsOf(page);
  await drop(page, 'events', 24);
  await page.getByRole('button', { name: 'Cancel' }).click();
  await page.locator('#opening').waitFor({ state: 'hidden' });
  assert.equal(await page.locator('#file-dialog').isVisible(), false);
  assert.equal(await page.locator('#file-problem').textContent(), '');
  assert.deepEqual(await rowsOf(page), before);
  await page.waitForFunction(() => performance.getEntriesByType('resource').some(({ name }) => /decoder/.test(name)));
  await until(() => page.workers().length === 0, 'the worker is ended');
  assert.deepEqual(complaints, []);
});

for (const [kind, expected] of [
  ['nested', /^nested\.json holds neither a recording nor events that can be read: /],
  ['words', /^words\.json holds neither a recording nor events that can be read: /],
]) {
  test(`a document that is none is refused with the reason, and the page is drawn meanwhile: ${kind}`, {
    timeout: 60_000,
  }, async (context) => {
    const { page, complaints, close } = await openPage('#at=24500');
    context.after(close);
    await drop(page, kind, 16);
    await page.locator('#file-problem').filter({ hasText: /./ }).waitFor({ timeout: 50_000 });
    assert.match(await page.locator('#file-problem').textContent(), expected);
    const [frames, longest] = await alive(page);
    context.diagnostic(`${frames} frames; the page was held up for ${longest} ms at most`);
    await until(() => page.workers().length === 0, 'the worker is ended');
    assert.deepEqual(complaints, []);
  });
}
