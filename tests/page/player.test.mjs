/** Recordings and events on the status page: opened from files, played, stepped and scrubbed exactly, linked and saved. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { replay } from '../../bindings/dist/node.js';
import { eventForms, rowsOf as reportedRows } from '../wire/event-forms.mjs';
import { atPosition } from './lib/at-position.mjs';
import { choose, openPage, rowsOf, tableOf } from './lib/status-page.mjs';

const FOLDER = new URL('../conformance/recordings/', import.meta.url);
const SAMPLES = new URL('../wire/samples/', import.meta.url);
const read = (name, folder = FOLDER) => readFileSync(new URL(name, folder), 'utf8');
const asFile = (name, text) => ({ name, mimeType: 'application/json', buffer: Buffer.from(text) });

const linesOf = (name) =>
  JSON.parse(read(name))
    .steps.flatMap(({ events }) => events.map((each) => JSON.stringify(each)))
    .join('\n');

/** A run with three VMs: enough happens to step through. */
const RUN = {
  format: 'vm-customization-recording/1',
  startedAt: '2026-03-01T10:00:00Z',
  vms: [
    { vm: 'vm-1', name: 'web-1' },
    { vm: 'vm-2', name: '<img src=x onerror=alert(1)>' },
    { vm: 'vm-3', name: '=2+3' },
  ],
  options: { timeoutSeconds: 60 },
  steps: [
    { atMs: 0, events: [event(1, 'vm-1', 'VmStartingEvent', -2), event(2, 'vm-2', 'VmStartingEvent', -1)] },
    { atMs: 4_000, events: [event(3, 'vm-1', 'CustomizationStartedEvent', 3)] },
    {
      atMs: 9_000,
      events: [event(4, 'vm-2', 'CustomizationStartedEvent', 8), event(5, 'vm-1', 'VmGuestRebootEvent', 8.5)],
    },
    { atMs: 9_500, readFailed: { kind: 'transient', message: 'no route' } },
    { atMs: 20_000, events: [event(6, 'vm-1', 'CustomizationSucceeded', 19)], complete: false },
    {
      atMs: 20_000,
      events: [{ ...event(7, 'vm-2', 'CustomizationFailed', 19.5), reason: '@SUM(A1)\n"x",y', logLocation: '-log' }],
    },
  ],
};

function event(key, vm, type, seconds) {
  return {
    _typeName: type,
    key,
    createdTime: new Date(Date.parse('2026-03-01T10:00:00Z') + seconds * 1_000).toISOString(),
    vm: { name: `${vm}-name`, vm: { type: 'VirtualMachine', value: vm } },
  };
}

/** The rows at a time, by a way that knows nothing of a player: the recording up to there, and a cancel. */
function rowsAt(recording, atMs, eventsTold = Number.POSITIVE_INFINITY) {
  let left = eventsTold;
  const steps = [];
  for (const step of recording.steps) {
    if (step.atMs > atMs || left <= 0) break;
    const events = step.events?.slice(0, left);
    // Of a page that is not told to its end nothing can be concluded.
    const isPart = events !== undefined && events.length < step.events.length;
    left -= events?.length ?? 0;
    steps.push({ ...step, ...(events ? { events } : {}), ...(isPart ? { complete: false } : {}) });
  }
  const report = JSON.parse(replay(JSON.stringify({ ...recording, steps: [...steps, { atMs, cancel: true }] })));
  return report.vms.map(told);
}

/** What does not depend on the run's having been cancelled. */
function told({ conclusion, hint: _, ...row }) {
  return conclusion === undefined || conclusion === 'cancelled' ? row : { ...row, conclusion };
}

async function open(page, ...files) {
  await choose(page, 'Open', 'Recording…');
  await page.locator('#files').setInputFiles(files);
}

const opened = (page) => page.locator('#file-dialog').waitFor({ state: 'hidden' });
const pause = (page) =>
  page.evaluate(
    () => document.querySelector('#play').textContent === 'Pause' && document.querySelector('#play').click(),
  );
const position = (page) => page.locator('#position').evaluate((range) => Number(range.value));
const scrub = async (page, atMs) => {
  await page.locator('#position').fill(String(atMs));
  await atPosition(page);
};

/** Opens that run, which plays. */
async function openRun(page) {
  await open(page, asFile('run.json', JSON.stringify(RUN)));
  await opened(page);
}

/** Opens that run, which stands still at this time. */
async function openRunAt(page, atMs) {
  await openRun(page);
  await pause(page);
  await scrub(page, atMs);
}

test('scrubbed and stepped, forth and back, the rows are those of a replay', async (context) => {
  const { page, complaints, close } = await openPage();
  context.after(close);
  await openRun(page);
  await pause(page);
  for (const atMs of [0, 4_000, 8_999, 9_000, 20_000, 3_999, 60_000 - 1, 0, 19_999, 4_001]) {
    await scrub(page, atMs);
    assert.deepEqual((await rowsOf(page)).map(told), rowsAt(RUN, atMs), `at ${atMs} ms`);
  }
  await scrub(page, 0);
  const times = RUN.steps.flatMap(({ atMs, events = [] }) => events.map(() => atMs));
  assert.match(await page.locator('#event').textContent(), /^event 2 of 7/);
  for (let count = 3; count <= times.length; count += 1) {
    await page.getByRole('button', { name: 'One event forth' }).click();
    await atPosition(page);
    assert.deepEqual((await rowsOf(page)).map(told), rowsAt(RUN, times[count - 1], count), `${count} events forth`);
    assert.equal(await position(page), times[count - 1]);
  }
  assert.equal(await page.getByRole('button', { name: 'One event forth' }).isDisabled(), true);
  for (let count = times.length - 1; count > 0; count -= 1) {
    await page.getByRole('button', { name: 'One event back' }).click();
    await atPosition(page);
    assert.deepEqual((await rowsOf(page)).map(told), rowsAt(RUN, times[count - 1], count), `back to ${count} events`);
  }
  assert.equal(await page.locator('#view').getAttribute('cursor'), String(await position(page)));
  assert.deepEqual(complaints, []);
});

test('it plays to the end at every speed, and ends with the report of a replay', async (context) => {
  const { page, close } = await openPage();
  context.after(close);
  await openRun(page);
  await page.locator('#speed').selectOption('600');
  await page.waitForFunction(() => document.querySelector('#view').model.ended);
  const { vms, endedAtMs } = JSON.parse(replay(JSON.stringify(RUN)));
  assert.deepEqual(await rowsOf(page), vms);
  assert.equal(await position(page), endedAtMs);
  assert.equal(await page.locator('#play').textContent(), 'Play');
});

test('a position chosen while it plays is gone to', async (context) => {
  const { page, close } = await openPage();
  context.after(close);
  await openRun(page);
  await page.locator('#play').filter({ hasText: 'Pause' }).waitFor();
  await page.locator('#speed').selectOption('1');
  await scrub(page, 15_000);
  assert.equal(await position(page), 15_000);
  assert.equal(await page.locator('#play').textContent(), 'Play');
  assert.deepEqual((await rowsOf(page)).map(told), rowsAt(RUN, 15_000));
});

test('keys play, pause and step', async (context) => {
  const { page, close } = await openPage();
  context.after(close);
  await openRun(page);
  await page.locator('body').evaluate(() => document.activeElement.blur());
  await page.keyboard.press(' ');
  await page.waitForFunction(() => document.querySelector('#play').textContent === 'Play');
  await page.keyboard.press('.');
  await atPosition(page);
  assert.match(await page.locator('#event').textContent(), /^event [3-7] of 7/);
  await page.locator('#position').focus();
  await page.keyboard.press('Home');
  assert.equal(await position(page), 0);
});

test('the keyboard keeps its place: the slider moves by seconds, and a button that goes out hands the focus on', async (context) => {
  const { page, close } = await openPage('#speed=5');
  context.after(close);
  const focus = () => page.evaluate(() => document.activeElement.id);
  await page.waitForFunction(() => document.querySelector('#view').model.transitions.length > 0);
  await page.getByRole('button', { name: 'Rewind' }).click();
  // The player comes with its first use.
  await page.waitForFunction(() => document.activeElement.id === 'position');
  await page.getByRole('button', { name: 'Back to live' }).click();
  assert.equal(await focus(), 'rewind');
  await page.getByRole('button', { name: 'Wall screen' }).click();
  assert.equal(await focus(), 'leave-wall');
  await page.keyboard.press('Escape');
  await openRunAt(page, 4_000);
  await page.locator('#position').focus();
  await page.keyboard.press('ArrowRight');
  assert.equal(await position(page), 5_000);
  await page.keyboard.press('PageUp');
  assert.equal(await position(page), 15_000);
  await page.keyboard.press('ArrowLeft');
  assert.equal(await position(page), 14_000);
  await page.keyboard.press(' ');
  await page.locator('#play').filter({ hasText: 'Pause' }).waitFor();
  await page.keyboard.press(' ');
  await scrub(page, 10 ** 9);
  await page.locator('#step-back').focus();
  for (let left = 7; left > 0; left -= 1) await page.keyboard.press('Enter');
  assert.equal(await page.locator('#step-back').isDisabled(), true);
  assert.equal(await focus(), 'step-forth');
});

test('pasted words that are no document are left alone, and a dropped file closes the dialog in its way', async (context) => {
  const { page, close } = await openPage();
  context.after(close);
  await page.evaluate(() => {
    const clipboardData = new DataTransfer();
    clipboardData.setData('text/plain', 'web-1');
    document.body.dispatchEvent(new ClipboardEvent('paste', { clipboardData, bubbles: true, cancelable: true }));
  });
  assert.equal(await page.locator('#file-dialog').isVisible(), false);
  await choose(page, 'More', 'Options…');
  await page.evaluate(() => {
    const dataTransfer = new DataTransfer();
    dataTransfer.items.add(new File(['nothing of use'], 'dropped.json'));
    document.body.dispatchEvent(new DragEvent('drop', { dataTransfer, bubbles: true, cancelable: true }));
  });
  await page
    .locator('#file-problem')
    .filter({ hasText: /^dropped\.json/ })
    .waitFor();
  assert.equal(await page.locator('#options-dialog').isVisible(), false);
});

test('every golden recording opens', { timeout: 120_000 }, async (context) => {
  const { page, complaints, close } = await openPage();
  context.after(close);
  const names = readdirSync(FOLDER).filter((name) => name.endsWith('.recording.json'));
  const lines = names.map((name) => JSON.stringify(JSON.parse(read(name)))).join('\n');
  await open(page, asFile('all.ndjson', lines));
  await page.locator('#recordings').waitFor();
  assert.equal(await page.locator('#recording option').count(), names.length);
  for (const index of [0, 40, names.length - 1]) {
    if (index > 0) {
      await open(page, asFile('all.ndjson', lines));
    }
    await page.locator('#recording').selectOption(String(index));
    await page.getByRole('button', { name: 'Open', exact: true }).click();
    await opened(page);
    assert.match(await page.locator('#source').textContent(), new RegExp(`^all.ndjson, line ${index + 1}$`));
    await pause(page);
    await scrub(page, 10 ** 9);
    const { vms } = JSON.parse(read(names[index].replace('recording.json', 'report.json')));
    assert.deepEqual(await rowsOf(page), vms);
  }
  assert.deepEqual(complaints, []);
});

test('of several recordings one that cannot be played is told with its line, and the others open', async (context) => {
  const { page, complaints, close } = await openPage();
  context.after(close);
  const good = JSON.stringify(RUN);
  const damaged = [
    good.replace('"atMs":9500', '"atMs":1'),
    '{"format":"vm-customization-recording/1"}',
    '{"format":"vm-customization-recording/1","vms":[null,7],"steps":{}}',
  ];
  await open(page, asFile('some.ndjson', [...damaged, good].join('\n')));
  await page.locator('#recordings').waitFor();
  for (const [index] of damaged.entries()) {
    await page.locator('#recording').selectOption(String(index));
    await page.getByRole('button', { name: 'Open', exact: true }).click();
    await page
      .locator('#file-problem')
      .filter({ hasText: new RegExp(`^some\\.ndjson, line ${index + 1}: `) })
      .waitFor();
  }
  await page.locator('#recording').selectOption(String(damaged.length));
  await page.getByRole('button', { name: 'Open', exact: true }).click();
  await opened(page);
  assert.equal((await rowsOf(page)).length, 3);
  assert.deepEqual(complaints, []);
});

test('of what is asked for while something is opened the last is shown', async (context) => {
  const { page, complaints, close } = await openPage();
  context.after(close);
  const after = async (hash, act) => {
    await page.evaluate(
      ([hash, act]) => {
        location.hash = hash;
        // Once its worker is at work.
        setTimeout(() => {
          if (act.startsWith('#')) location.hash = act;
          else document.querySelector(`[id=${act}]`).click();
        }, 5);
      },
      [hash, act],
    );
    // Long enough for what was given up to be shown.
    await page.waitForTimeout(1_500);
    return page.locator('#state').textContent();
  };
  assert.equal(await after('#at=1000&vms=4', '#source=simulated&vms=3'), 'Live');
  assert.equal((await rowsOf(page)).length, 3);
  assert.equal(await after('#at=2000&vms=4', 'open-simulated'), 'Live');
  assert.equal(await after('#at=3000&vms=4', '#at=4000&vms=5'), 'Rewound');
  assert.deepEqual([(await rowsOf(page)).length, await position(page)], [5, 4_000]);
  assert.deepEqual(complaints, []);
});

test('events of every wire form open, several files at once', async (context) => {
  const { page, complaints, close } = await openPage();
  context.after(close);
  const events = RUN.steps.flatMap(({ events = [] }) => events);
  const [first, second] = [events.slice(0, 3), events.slice(3)];
  const cases = {
    'VI JSON': [asFile('vi.json', read('vijson_events_all_classes.json', SAMPLES))],
    'VI JSON in two files': [asFile('a.json', JSON.stringify(first)), asFile('b.json', JSON.stringify(second))],
    NDJSON: [asFile('events.ndjson', events.map((each) => JSON.stringify(each)).join('\n'))],
    'govc events -json, a line each': [asFile('govc.json', linesOf('wire-govc-lines.recording.json'))],
    'CloudEvents, a line each': [asFile('cloud.ndjson', linesOf('wire-cloud-events.recording.json'))],
    SOAP: [asFile('events.xml', read('soap_QueryEventsResponse.xml', SAMPLES))],
    CloudEvents: [
      asFile('cloud.json', JSON.stringify(JSON.parse(read('DrsVmPoweredOnEvent.cloudevent.json', SAMPLES)))),
    ],
  };
  for (const [form, files] of Object.entries(cases)) {
    await open(page, ...files);
    await opened(page);
    assert.equal(await page.locator('#source').textContent(), files.map(({ name }) => name).join(', '), form);
    assert.ok((await rowsOf(page)).length > 0, form);
  }
  await open(page, ...cases['VI JSON in two files']);
  await opened(page);
  await pause(page);
  await scrub(page, 10 ** 9);
  assert.deepEqual(
    (await rowsOf(page)).map(({ vm, customizationStatus }) => [vm, customizationStatus]),
    [
      ['vm-1', 'CustomizationSucceeded'],
      ['vm-2', 'CustomizationFailed'],
    ],
  );
  assert.deepEqual(complaints, []);
});

test('a file that cannot be opened is told with its name, place and a way out, and nothing shown is lost', async (context) => {
  const { page, complaints, close } = await openPage();
  context.after(close);
  await openRunAt(page, 9_000);
  const before = await rowsOf(page);
  const good = JSON.stringify(RUN);
  for (const [files, expected] of [
    [[asFile('empty.json', ' ')], /^empty\.json is empty: choose /],
    [
      [asFile('page.html', '<html>Not Found</html>')],
      /^page\.html holds neither a recording nor events that can be read: /,
    ],
    [[asFile('torn.ndjson', `${good}\n${good.slice(0, 90)}`)], /^torn\.ndjson, line 2: /],
    [[asFile('report.json', read('D12-cancel.report.json'))], /^report\.json is a report, .* open the recording/],
    [
      [asFile('next.json', good.replace('recording/1', 'recording/2'))],
      /^next\.json has format `vm-customization-recording\/2`/,
    ],
    [[asFile('back.json', good.replace('"atMs":9500', '"atMs":1'))], /^back\.json: .*atMs/],
    [
      [asFile('mixed.ndjson', `${JSON.stringify(event(1, 'vm-1', 'VmStartingEvent', 0))}\n${good}`)],
      /^mixed\.ndjson, line 1 is no recording, and other lines are/,
    ],
    [
      [asFile('mixed.ndjson', `${good}\n${JSON.stringify(event(1, 'vm-1', 'VmStartingEvent', 0))}`)],
      /^mixed\.ndjson, line 2 is no recording, and other lines are/,
    ],
    [
      [{ ...asFile('run.json', ''), buffer: gzipSync(good) }],
      /^run\.json holds .*: the document is compressed: unpack it first/,
    ],
    [[asFile('run.json', good), asFile('events.json', '[]')], /^events\.json is no recording, and others are/],
    [
      [asFile('reboots.json', JSON.stringify([event(1, 'vm-1', 'VmGuestRebootEvent', 0)]))],
      /^reboots\.json holds .*: the one event is not of interest: there has to be/,
    ],
    [
      [{ name: 'huge.json', mimeType: 'text/plain', buffer: Buffer.alloc(64 * 2 ** 20 + 1, 32) }],
      /^huge\.json has 65 MiB, and 64 MiB/,
    ],
  ]) {
    await choose(page, 'Open', 'Recording…');
    if (files[0].name === 'huge.json') {
      // Larger than what the test driver hands over.
      await page.evaluate(
        (size) => {
          const chosen = new DataTransfer();
          chosen.items.add(new File([new Uint8Array(size).fill(32)], 'huge.json'));
          document.querySelector('#files').files = chosen.files;
          document.querySelector('#files').dispatchEvent(new Event('change'));
        },
        64 * 2 ** 20 + 1,
      );
    } else {
      await page.locator('#files').setInputFiles(files);
    }
    const problem = page.locator('#file-problem');
    await problem.filter({ hasText: /./ }).waitFor();
    assert.match(await problem.textContent(), expected);
    assert.deepEqual(await rowsOf(page), before);
    await page.locator('#file-dialog').getByRole('button', { name: 'Cancel' }).click();
  }
  assert.equal(await position(page), 9_000);
  assert.deepEqual(complaints, []);
});

test('event files open as people have them, or the page says how to get one that opens', async (context) => {
  const { page, complaints, close } = await openPage();
  context.after(close);
  for (const { name, bytes, rows, errors } of eventForms()) {
    const buffer = Buffer.from(`\uFEFF${bytes}`, 'utf16le');
    await open(page, { ...asFile(name, ''), buffer });
    if (rows) {
      await opened(page);
      await scrub(page, await page.locator('#position').getAttribute('max'));
      assert.deepEqual(reportedRows({ vms: await rowsOf(page) }), rows, name);
    } else {
      const problem = page.locator('#file-problem');
      await problem.filter({ hasText: name }).waitFor();
      for (const expected of errors) assert.match(await problem.textContent(), expected, name);
      await page.locator('#file-dialog').getByRole('button', { name: 'Cancel' }).click();
    }
  }
  assert.deepEqual(complaints, []);
});

test('a dropped file and a pasted text open anywhere on the page', async (context) => {
  const { page, close } = await openPage();
  context.after(close);
  const text = JSON.stringify(RUN);
  const hand = (type, property) =>
    page.evaluate(
      ([type, property, text]) => {
        const data = new DataTransfer();
        if (type === 'paste') data.setData('text/plain', text);
        else data.items.add(new File([text], 'dropped.json'));
        const Kind = type === 'paste' ? ClipboardEvent : DragEvent;
        document.body.dispatchEvent(new Kind(type, { [property]: data, bubbles: true, cancelable: true }));
      },
      [type, property, text],
    );
  await hand('dragover', 'dataTransfer');
  assert.equal(await page.locator('#drop').isVisible(), true);
  await hand('drop', 'dataTransfer');
  await page.getByText('dropped.json', { exact: true }).waitFor();
  assert.equal(await page.locator('#drop').isVisible(), false);
  await hand('paste', 'clipboardData');
  await page.locator('#source').filter({ hasText: 'the pasted text' }).waitFor();
  assert.equal((await rowsOf(page)).length, 3);
});

test('a reload reopens the recording at its position, with the view as it was', async (context) => {
  const { page, complaints, close } = await openPage();
  context.after(close);
  await openRunAt(page, 9_000);
  await page.getByRole('searchbox', { name: 'Filter the VMs' }).fill('web');
  const before = [await rowsOf(page), await tableOf(page)];
  await page.reload();
  await page.locator('#source').filter({ hasText: 'run.json' }).waitFor();
  assert.equal(await position(page), 9_000);
  assert.deepEqual([await rowsOf(page), await tableOf(page)], before);
  assert.deepEqual(complaints, []);
});

test('a link reopens source, position, filter, sort, selection and theme, with a small recording inside', async (context) => {
  const { page, close, url } = await openPage();
  context.after(close);
  await openRunAt(page, 9_000);
  await page.locator('details.menu > summary', { hasText: 'More' }).click();
  await page.locator('#theme').selectOption('dark');
  await page.evaluate(() =>
    Object.assign(document.querySelector('#view'), { sort: '-name', selected: 'vm-1', details: true, filter: '-' }),
  );
  await page.getByRole('button', { name: 'Save…' }).click();
  await page.waitForFunction(() => (document.querySelector('#link')?.value ?? '') !== '');
  const link = await page.locator('#link').inputValue();
  assert.ok(link.startsWith(url), link);
  assert.equal(await page.locator('#link-note').textContent(), 'The recording is inside the link.');
  const [table, rows] = [await tableOf(page), await rowsOf(page)];

  const other = await openPage(link.slice(url.length));
  context.after(other.close);
  assert.deepEqual([await tableOf(other.page), await rowsOf(other.page)], [table, rows]);
  assert.equal(await position(other.page), 9_000);
  const view = await other.page.evaluate(() => {
    const { sort, selected, details, filter } = document.querySelector('#view');
    return { sort, selected, details, filter, theme: document.documentElement.dataset.theme };
  });
  await scrub(other.page, 4_000);
  await other.page.waitForURL(/[#&]at=4000&/);
  assert.match(other.page.url(), /&rec=/);
  assert.deepEqual(view, { sort: '-name', selected: 'vm-1', details: true, filter: '-', theme: 'dark' });
  assert.deepEqual(other.complaints, []);
});

test('a link to a recording too large for one asks for its file', async (context) => {
  const { page, close, url } = await openPage();
  context.after(close);
  const many = Array.from({ length: 3_000 }, (_, i) => ({
    ...event(i, 'vm-1', 'VmGuestRebootEvent', 0),
    fullFormattedMessage: `${Math.sin(i)}`,
  }));
  const large = { ...RUN, steps: [{ atMs: 0, events: many, complete: false }, ...RUN.steps] };
  await open(page, asFile('large.json', JSON.stringify(large)));
  await opened(page);
  await pause(page);
  await scrub(page, 9_000);
  await page.getByRole('button', { name: 'Save…' }).click();
  await page.waitForFunction(() => (document.querySelector('#link')?.value ?? '') !== '');
  const link = await page.locator('#link').inputValue();
  assert.match(await page.locator('#link-note').textContent(), /too large for a link: send large\.json along/);
  const other = await openPage(link.slice(url.length));
  context.after(other.close);
  assert.match(await other.page.locator('#file-wanted').textContent(), /“large\.json”: choose that file/);
  await other.page.locator('#files').setInputFiles([asFile('large.json', JSON.stringify(large))]);
  await opened(other.page);
  assert.equal(await position(other.page), 9_000);
});

test('a damaged link says so, and shows something all the same', async (context) => {
  const { page, complaints, close } = await openPage('#rec=AAAA&at=5');
  context.after(close);
  assert.match(await page.locator('#error').textContent(), /^the recording in the link cannot be read: /);
  await page.getByRole('heading', { name: 'What do you want to see?' }).waitFor();
  assert.deepEqual(complaints, []);
});

test('recording and report are saved: whole, and safe to open in a spreadsheet', async (context) => {
  const { page, close } = await openPage();
  context.after(close);
  await openRunAt(page, 10 ** 9);
  await page.getByRole('button', { name: 'Save…' }).click();
  const save = async (name) => {
    const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name }).click()]);
    return { name: download.suggestedFilename(), text: readFileSync(await download.path(), 'utf8') };
  };
  const recording = await save('Recording (JSON)');
  assert.equal(recording.name, 'customization-20260301T100000.recording.json');
  assert.deepEqual(JSON.parse(recording.text), RUN);
  const report = await save('Report (JSON)');
  assert.deepEqual(JSON.parse(report.text), JSON.parse(replay(JSON.stringify(RUN))));
  const { name, text } = await save('Report (CSV)');
  assert.equal(name, 'customization-20260301T100000.report.csv');
  const lines = text.split('\r\n');
  assert.match(lines[0], /^\uFEFFvm,name,customizationStatus,conclusion,attempt,/);
  assert.match(lines[1], /^vm-1,web-1,CustomizationSucceeded,completed,1,2026-03-01T09:59:58\.000Z,/);
  assert.match(lines[2], /^vm-2,<img src=x onerror=alert\(1\)>,CustomizationFailed,/);
  assert.ok(lines[2].includes(`,CustomizationFailed,"'@SUM(A1)\n""x"",y",'-log,`), lines[2]);
  assert.match(lines[3], /^vm-3,'=2\+3,VmNotStarted,notStarted,0,/);
  assert.deepEqual(lines.slice(4), ['']);
});

test('a live run is rewound, goes on meanwhile, and is saved as it was', async (context) => {
  const { page, complaints, close } = await openPage('#speed=5');
  context.after(close);
  await page.waitForFunction(() => document.querySelector('#view').model.row('vm-105').attempt === 2);
  await page.getByRole('button', { name: 'Rewind' }).click();
  await page.locator('#player').waitFor();
  const end = await position(page);
  await scrub(page, 0);
  const early = await rowsOf(page);
  assert.ok(early.every(({ customizationStatus }) => customizationStatus !== 'CustomizationSucceeded'));
  await page.getByRole('button', { name: 'Save…' }).click();
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('button', { name: 'Recording (JSON)' }).click(),
  ]);
  const recording = JSON.parse(readFileSync(await download.path(), 'utf8'));
  await page.getByRole('button', { name: 'Close' }).click();
  await scrub(page, end);
  assert.deepEqual((await rowsOf(page)).map(told), rowsAt(recording, end));
  await page.getByRole('button', { name: 'Back to live' }).click();
  await page.waitForFunction(
    () => document.querySelector('#view').model.row('vm-104').customizationStatus === 'CustomizationFailed',
  );
  assert.equal(await page.locator('#player').isVisible(), false);
  assert.deepEqual(complaints, []);
});
