/** Documents that are large or hostile: the page stays alive while they are read, says how far it is, and can give up. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { until } from '../until.mjs';
import { atPosition } from './lib/at-position.mjs';
import { choose, openPage, rowsOf, tableOf } from './lib/status-page.mjs';

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
      // Each has its power-on in the first minute, begins to be customized in the second, and is done in the third.
      const many = (count) => {
        const begin = Date.parse('2026-03-01T10:00:00Z');
        // In no order that a sort could go by.
        const vms = Array.from({ length: count }, (_, i) => ({
          vm: `vm-${100 + ((i * 7_919) % count)}`,
          name: `node-${(i * 5_003) % count}`,
        }));
        const reads = Array.from({ length: 150 }, (_, step) => {
          const atMs = step * 1_200;
          const events = vms
            .filter((_, i) => i % 50 === step % 50)
            .map(({ vm, name }, i) => ({
              _typeName: steps[Math.floor(step / 50)],
              key: step * count + i,
              createdTime: new Date(begin + atMs).toISOString(),
              vm: { name, vm: { type: 'VirtualMachine', value: vm } },
            }));
          return { atMs, events };
        });
        return JSON.stringify({
          format: 'vm-customization-recording/1',
          startedAt: new Date(begin).toISOString(),
          vms,
          options: {},
          steps: reads,
        });
      };
      const texts = {
        many: () => many(100_000),
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
  await page.evaluate(() => {
    const how = document.querySelector('#opening-how');
    window.said = [];
    new MutationObserver(() => window.said.push(how.textContent)).observe(how, {
      childList: true,
      characterData: true,
    });
  });
  await page.getByRole('progressbar', { name: /^Opening events\.json/ }).waitFor();
  // Meanwhile something else.
  await page.getByRole('searchbox', { name: 'Filter the VMs' }).fill('web');
  await page.locator('#source').filter({ hasText: 'events.json' }).waitFor({ timeout: 90_000 });
  const said = await page.evaluate(() => [...new Set(window.said)]);
  assert.deepEqual(said.slice(-2), ['24 of 25 MiB read', '25 MiB read. Working out what happened…']);
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
  await devtools.send('Tracing.start', { categories: 'toplevel,blink.user_timing', transferMode: 'ReportEvents' });
  await page.evaluate(() => performance.mark('watched'));
  return async () => {
    // A task that is at work is in the trace once it is over.
    await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve))));
    const complete = new Promise((resolve) => devtools.once('Tracing.tracingComplete', resolve));
    await devtools.send('Tracing.end');
    await complete;
    // Other pages have a main thread too.
    const main = events.find(({ name }) => name === 'watched');
    const own = events.filter(({ pid, tid, tdur }) => pid === main.pid && tid === main.tid && tdur !== undefined);
    return Math.round(own.reduce((most, { tdur }) => Math.max(most, tdur), 0) / 1_000);
  };
}

/** Counts in `most` how many rows, events or anything the page has been given by one message of a worker, at most. */
function countWhatComes() {
  const longestOf = (value) => {
    if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return 0;
    return Math.max(Array.isArray(value) ? value.length : 0, ...Object.values(value).slice(0, 20).map(longestOf));
  };
  window.most = 0;
  window.Worker = class extends Worker {
    constructor(...given) {
      super(...given);
      this.addEventListener('message', ({ data }) => {
        window.most = Math.max(window.most, longestOf(data));
      });
    }
  };
}

test('100,000 VMs are opened, sought, filtered, sorted and saved, and the page is never held up nor shows two positions at once', {
  timeout: 300_000,
}, async (context) => {
  const { page, complaints, close } = await openPage('#at=24500', { isAlone: true });
  context.after(close);
  await page.addInitScript(countWhatComes);
  await page.reload();
  await page.locator('#view .row:visible').first().waitFor();
  await nextWorker(page, 1);
  await drop(page, 'many');
  const longestTask = await watchTasks(page);
  await page.locator('#source').filter({ hasText: 'many.json' }).waitFor({ timeout: 120_000 });
  const seek = async (...positions) => {
    await page.locator('#position').evaluate((slider, positions) => {
      for (const position of positions) {
        slider.value = String(position);
        slider.dispatchEvent(new Event('input', { bubbles: true }));
      }
    }, positions);
    await atPosition(page);
  };
  const counts = () => page.evaluate(() => JSON.stringify(document.querySelector('#view').model.counts));
  await seek(100_000);
  const late = await counts();
  await page.evaluate(() => {
    window.seen = new Set();
    const look = () => {
      window.seen.add(JSON.stringify(document.querySelector('#view').model.counts));
      requestAnimationFrame(look);
    };
    look();
  });
  await page.getByRole('searchbox', { name: 'Filter the VMs' }).pressSequentially('node-99');
  await page.getByRole('button', { name: 'Events', exact: true }).click();
  await seek(50_000);
  const early = await counts();
  await seek(100_000, 50_000, 100_000);
  assert.deepEqual([...(await page.evaluate(() => [...window.seen]))].sort(), [early, late].sort());
  assert.equal(await page.locator('#view .shown').textContent(), '1111 of 100000 VMs');
  await page.getByRole('searchbox', { name: 'Filter the VMs' }).fill('');
  await page.getByRole('button', { name: 'VM', exact: true }).click();
  await page.waitForFunction(() => document.querySelector('#view').shadowRoot.querySelector('[aria-sort="ascending"]'));
  assert.deepEqual(
    (await tableOf(page)).slice(0, 3).map(([name]) => name),
    ['node-0', 'node-1', 'node-2'],
  );
  const [lines, newest] = await page.evaluate(() => {
    const { model } = document.querySelector('#view');
    const times = model.entries.flatMap(({ row }) => model.marks(row.vm).map(({ timeMs }) => timeMs));
    const newest = times.sort((a, b) => b - a).slice(0, 200);
    const lines = [...document.querySelectorAll('#log-lines time')].map(({ textContent }) => textContent);
    return [lines, newest.map((timeMs) => new Date(timeMs).toISOString().slice(11, 19))];
  });
  assert.deepEqual(lines, newest);
  await seek(170_000);
  await page.locator('#wall').click();
  await page.locator('#wall-view .succeeded b').filter({ hasText: '84,000' }).waitFor();
  await page.locator('#leave-wall').click();
  await page.getByRole('button', { name: 'Save…' }).click();
  for (const name of ['Recording (JSON)', 'Report (JSON)', 'Report (CSV)']) {
    await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name }).click()]);
  }
  const longest = await longestTask();
  const taking = await watchTasks(page);
  await page.evaluate(() => structuredClone(document.querySelector('#view').model.rows).length);
  const taken = await taking();
  context.diagnostic(`the page was held up for ${longest} ms at most; to take all rows at once takes ${taken} ms`);
  // To put them in order by name takes three times as long, compared by the rules of a language alone.
  assert.ok(longest < 2 * taken, `held up for ${longest} ms, and to take all rows at once takes ${taken} ms`);
  const most = await page.evaluate(() => window.most);
  assert.ok(most > 0 && most <= 2_000, `${most} in one message`);
  assert.deepEqual(complaints, []);
});

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
