/** Documents that are large or hostile: the page stays alive while they are read, says how far it is, and can give up. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { until } from '../until.mjs';
import { atPosition } from './lib/at-position.mjs';
import { choose, openPage, rowsOf } from './lib/status-page.mjs';

/** Drops a text, or chooses it where the dialog is open, that is made in the page: larger than what the test driver hands over. */
async function drop(page, kind, mebibytes) {
  await page.evaluate(
    ([kind, bytes]) => {
      const events = (typeOf, words) => {
        const begin = Date.parse('2026-03-01T10:00:00Z');
        const lines = [];
        for (let i = 0, length = 0; length < bytes; i += 1) {
          const vm = `vm-${100 + (i % 400)}`;
          const line = JSON.stringify({
            _typeName: typeOf(Math.floor(i / 400)),
            key: i,
            createdTime: new Date(begin + i * 20).toISOString(),
            userName: 'VSPHERE.LOCAL\\Administrator',
            vm: { name: vm, vm: { _typeName: 'ManagedObjectReference', type: 'VirtualMachine', value: vm } },
            fullFormattedMessage: `event ${i} of ${vm} on esx1.example.com in DC: ${'as govc prints it, '.repeat(words)}`,
          });
          lines.push(line);
          length += line.length + 1;
        }
        return lines.join('\n');
      };
      const steps = ['VmStartingEvent', 'CustomizationStartedEvent', 'CustomizationSucceeded'];
      const texts = {
        // As of a vCenter on which more goes on than customization.
        events: () => events((round) => steps[round % 30] ?? 'VmReconfiguredEvent', 20),
        interesting: () => events((round) => steps[round % 3], 1),
        nested: () => '['.repeat(bytes),
        words: () => 'no event '.repeat(bytes / 9),
      };
      const data = new DataTransfer();
      const text = texts[kind]();
      data.items.add(new File([text], `${kind}.json`));
      Object.assign(window, { text, frames: 0, longest: 0 });
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
        const files = document.querySelector('#file-dialog:modal #files');
        if (files === null) {
          document.body.dispatchEvent(new DragEvent('drop', { dataTransfer: data, bubbles: true, cancelable: true }));
        } else {
          files.files = data.files;
          files.dispatchEvent(new Event('change'));
        }
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

/** The worker that is kept ready, and is taken for what is opened next. @param busy - how many there are beside it */
async function nextWorker(page, busy = 0) {
  await until(() => page.workers().length === busy + 1, 'a worker is kept ready');
  const worker = page.workers()[busy];
  return { isEnded: new Promise((resolve) => worker.once('close', resolve)) };
}

/** From here on: what it answers says how long the page worked on one task, in ms of a processor, whoever else wants that. */
async function watchTasks(page) {
  const devtools = await page.context().newCDPSession(page);
  const events = [];
  devtools.on('Tracing.dataCollected', ({ value }) => events.push(...value));
  await devtools.send('Tracing.start', { categories: 'toplevel,__metadata', transferMode: 'ReportEvents' });
  return async () => {
    const complete = new Promise((resolve) => devtools.once('Tracing.tracingComplete', resolve));
    await devtools.send('Tracing.end');
    await complete;
    const main = events.find(({ name, args }) => name === 'thread_name' && args.name === 'CrRendererMain');
    const own = events.filter(({ pid, tid, tdur }) => pid === main.pid && tid === main.tid && tdur !== undefined);
    return Math.round(own.reduce((most, { tdur }) => Math.max(most, tdur), 0) / 1_000);
  };
}

test('what is large and all of interest is played, sought and saved, and the page is drawn and used meanwhile', {
  timeout: 180_000,
}, async (context) => {
  const { page, complaints, close } = await openPage();
  context.after(close);
  const worker = await nextWorker(page);
  await drop(page, 'interesting', 18);
  const longestTask = await watchTasks(page);
  await page.getByRole('progressbar', { name: /^Opening interesting\.json/ }).waitFor();
  await page.locator('#source').filter({ hasText: 'interesting.json' }).waitFor({ timeout: 120_000 });
  await page.locator('#speed').selectOption('600');
  await page.waitForFunction(() => document.querySelector('#position').valueAsNumber > 60_000);
  const end = await page.locator('#position').evaluate((position) => Number(position.max));
  await page.evaluate((end) => {
    const position = document.querySelector('#position');
    // As somebody drags it.
    for (const part of [0.9, 0.2, 0.7, 0.1, 0.5]) {
      position.value = String(part * end);
      position.dispatchEvent(new Event('input', { bubbles: true }));
    }
  }, end);
  await atPosition(page);
  assert.equal(await page.evaluate(() => document.querySelector('#view').model.nowMs), Math.round(end / 2));
  const told = Number((await page.locator('#event').textContent()).replace(/^event (\d+) .*/, '$1'));
  await page.getByRole('button', { name: 'One event forth' }).click();
  await page.getByRole('button', { name: 'One event forth' }).click();
  await page.getByRole('button', { name: 'One event back' }).click();
  await atPosition(page);
  assert.match(await page.locator('#event').textContent(), new RegExp(`^event ${told + 1} of \\d+: `));
  await page.getByRole('button', { name: 'Save…' }).click();
  for (const name of ['Recording (JSON)', 'Report (JSON)']) {
    await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name }).click()]);
  }
  await page.getByRole('button', { name: 'Close' }).click();
  const longest = await longestTask();
  const parsing = await watchTasks(page);
  await page.evaluate(() => window.text.split('\n').map(JSON.parse).length);
  const parsed = await parsing();
  context.diagnostic(`the page was held up for ${longest} ms at most; to parse what is opened takes ${parsed} ms`);
  // To play it takes six times as long as that.
  assert.ok(longest < 3 * parsed, `held up for ${longest} ms, and its text is parsed in ${parsed} ms`);
  assert.equal((await rowsOf(page)).length, 400);
  await choose(page, 'Open', 'Demo');
  await worker.isEnded;
  assert.deepEqual(complaints, []);
});

for (const [way, isChosen] of [
  ['dropped', false],
  ['chosen in the dialog', true],
]) {
  test(`reading is given up by Cancel, and what was shown stays: ${way}`, { timeout: 60_000 }, async (context) => {
    const { page, complaints, close } = await openPage('#at=24500');
    context.after(close);
    const before = await rowsOf(page);
    const worker = await nextWorker(page, 1);
    if (isChosen) await choose(page, 'Open', 'Recording…');
    await drop(page, 'events', 24);
    await page.locator('#opening-cancel').click();
    await page.locator('#opening').waitFor({ state: 'hidden' });
    assert.equal(await page.locator('#file-dialog').isVisible(), isChosen);
    assert.equal(await page.locator('#file-problem').textContent(), '');
    assert.deepEqual(await rowsOf(page), before);
    await worker.isEnded;
    assert.deepEqual(complaints, []);
  });
}

for (const [kind, expected] of [
  ['nested', /^nested\.json holds neither a recording nor events that can be read: /],
  ['words', /^words\.json holds neither a recording nor events that can be read: /],
]) {
  test(`a document that is none is refused with the reason, and the page is drawn meanwhile: ${kind}`, {
    timeout: 60_000,
  }, async (context) => {
    const { page, complaints, close } = await openPage('#at=24500');
    context.after(close);
    const worker = await nextWorker(page, 1);
    await drop(page, kind, 16);
    await page.locator('#file-problem').filter({ hasText: /./ }).waitFor({ timeout: 50_000 });
    assert.match(await page.locator('#file-problem').textContent(), expected);
    const [frames, longest] = await alive(page);
    context.diagnostic(`${frames} frames; the page was held up for ${longest} ms at most`);
    await worker.isEnded;
    assert.deepEqual(complaints, []);
  });
}
