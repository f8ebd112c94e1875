/** `<vm-customization-status>` in a real Chromium, on a page under a strict Content-Security-Policy. */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { describe, it } from 'node:test';
import Ajv from 'ajv';
import { contrast } from './lib/contrast.mjs';
import { openElement } from './lib/element-page.mjs';

const axe = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** Opens the page for one test, which must leave nothing in the console. */
function onPage(name, test, options) {
  it(name, async (context) => {
    const opened = await openElement(options);
    try {
      await test(opened, context);
      assert.deepEqual(opened.complaints, []);
    } finally {
      await opened.close();
    }
  });
}

const names = (rows) => rows.map(({ name }) => name.replace(/vm-\d+$/, ''));
const attribute = (page, name) => page.evaluate((name) => view.getAttribute(name), name);

describe('the table', () => {
  onPage('shows every status by shape, text and colour', async ({ page, mixed, rows }) => {
    await mixed();
    assert.deepEqual(
      (await rows()).map(({ name, status, attempt, elapsed }) => [name, status, attempt, elapsed]),
      [
        ['web-1vm-101', 'Succeeded', '1', '03:01'],
        ['web-2vm-102', 'Customizing', '1', '03:55'],
        ['db-1vm-103', 'Failed', '1', '03:08'],
        ['batch-1vm-104', 'Not started', '2', '01:30'],
        ['spare-1vm-105', 'No power-on seen, timed out', '–', '–'],
      ],
    );
    const icons = await page.evaluate(() =>
      [...view.shadowRoot.querySelectorAll('.row:not([hidden]) .icon')].map((icon) => [
        icon.firstChild.getAttribute('d'),
        getComputedStyle(icon).color,
      ]),
    );
    assert.equal(new Set(icons.map(([shape]) => shape)).size, 5);
    assert.equal(new Set(icons.map(([, colour]) => colour)).size, 5);
  });

  onPage('says in one column what failed, or why it gets no further', async ({ mixed, rows }) => {
    await mixed();
    const [web1, web2, db1, batch1, spare1] = await rows();
    assert.deepEqual([web1.reason, web2.reason], ['', '']);
    assert.equal(db1.reason, 'Sysprep 10.0.20348 does not fit the guest’s Windows 10.0.20348.1');
    assert.equal(batch1.reason, 'VMware Tools do not start the customization');
    assert.equal(spare1.reason, 'The VM was not powered on');
  });

  onPage('has what needs attention first: failed, stuck, timed out, unreadable, under way, done', async (opened) => {
    const { page, mixed, rows } = opened;
    await mixed();
    await page.evaluate(() => {
      view.sort = '';
      const failed = view.model.row('vm-103');
      const later = { ...failed, vm: 'vm-101', finishedAt: '2026-03-01T09:03:10.001Z' };
      const unreadable = {
        ...view.model.row('vm-102'),
        conclusion: 'unobservable',
        error: { kind: 'notFound', message: '' },
      };
      view.model.update({ atMs: 250_000, ended: false, reset: false, rows: [later, unreadable], transitions: [] });
    });
    // Of two failures the newer one.
    const vms = (await rows()).map(({ name }) => /vm-\d+/.exec(name)[0]);
    assert.deepEqual(vms, ['vm-101', 'vm-103', 'vm-104', 'vm-105', 'vm-102']);
    const rails = await page.evaluate(() =>
      [...view.shadowRoot.querySelectorAll('.row:not([hidden])')]
        .sort((a, b) => a.ariaRowIndex - b.ariaRowIndex)
        .map((row) => [row.dataset.need, getComputedStyle(row).boxShadow.split(') ')[0]]),
    );
    assert.deepEqual(
      rails.map(([need]) => need),
      ['failed', 'failed', 'stuck', 'timedOut', 'unreadable'],
    );
    assert.equal(rails[2][1], 'rgb(176, 111, 0', 'an amber rail');
    assert.notEqual(rails[0][1], rails[2][1]);
  });

  onPage('counts the stuck ones in a chip, and shows them alone', async ({ page, mixed, rows }) => {
    await mixed();
    const stuck = page.getByRole('button', { name: '1 Stuck' });
    await stuck.click();
    assert.deepEqual(names(await rows()), ['batch-1']);
    assert.equal(await attribute(page, 'status'), 'stuck');
    await stuck.click();
    assert.equal((await rows()).length, 5);
  });

  onPage('a VM that has timed out keeps its bar and its elapsed time', async ({ page, mixed, rows }) => {
    await mixed();
    const barOf = () =>
      page.evaluate(() =>
        Number(view.shadowRoot.querySelectorAll('.row:not([hidden]) .running')[1].getAttribute('width')),
      );
    const before = [(await rows())[1].elapsed, await barOf()];
    await page.evaluate(() => {
      const row = { ...view.model.row('vm-102'), conclusion: 'timedOut' };
      view.model.update({ atMs: 240_000, ended: true, reset: false, rows: [row], transitions: [] });
    });
    assert.deepEqual([(await rows())[1].elapsed, await barOf()], before);
    assert.equal(before[0], '03:55');
    assert.ok(before[1] > 0);
  });

  onPage('a result of before the run is dimmed, with its date, and counted apart', async ({ page, mixed, rows }) => {
    await mixed();
    await page.evaluate(() => {
      const row = {
        ...view.model.row('vm-103'),
        poweredOnAt: '2026-02-28T17:00:00Z',
        startedAt: null,
        finishedAt: '2026-02-28T17:03:00Z',
      };
      view.model.update({ atMs: 240_000, ended: false, reset: false, rows: [row], transitions: [] });
    });
    assert.equal((await rows())[2].status, 'Failed, 28 Feb, 17:03');
    assert.equal(await page.getByRole('button', { name: 'Failed' }).textContent(), '0 Failed+ 1 earlier');
    const colour = (name) =>
      page.getByRole('row', { name }).evaluate((row) => [getComputedStyle(row).color, row.dataset.need]);
    assert.notEqual((await colour('db-1'))[0], (await colour('web-1'))[0]);
    assert.equal((await colour('db-1'))[1], undefined);
    await page.evaluate(() => {
      view.sort = '';
    });
    assert.deepEqual(names(await rows()), ['batch-1', 'spare-1', 'db-1', 'web-2', 'web-1']);
  });

  for (const reducedMotion of ['no-preference', 'reduce']) {
    onPage(
      `a changed row flashes once, ${reducedMotion === 'reduce' ? 'not where motion is to be reduced' : 'and then no more'}`,
      async ({ page, mixed, drawn }) => {
        await mixed();
        const flashes = await page.evaluate(async () => {
          const seen = [];
          const { animate } = Element.prototype;
          Element.prototype.animate = function (...how) {
            seen.push(this.querySelector('.name bdi').textContent);
            return animate.apply(this, how);
          };
          const row = { ...view.model.row('vm-102'), customizationStatus: 'CustomizationSucceeded' };
          const step = {
            vm: 'vm-102',
            from: 'CustomizationStarted',
            to: 'CustomizationSucceeded',
            atMs: 1,
            attempt: 1,
          };
          const frames = () => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
          view.model.update({ atMs: 250_000, ended: false, reset: false, rows: [row], transitions: [step] });
          await frames();
          view.model.tick(251_000);
          await frames();
          return seen;
        });
        await drawn();
        assert.deepEqual(flashes, reducedMotion === 'reduce' ? [] : ['web-2']);
      },
      { reducedMotion },
    );
  }

  onPage('sorts by its headers, and says so', async ({ page, mixed, rows }) => {
    await mixed();
    const header = page.getByRole('columnheader', { name: 'Elapsed' });
    await header.getByRole('button').click();
    assert.deepEqual(names(await rows()), ['batch-1', 'web-1', 'db-1', 'web-2', 'spare-1']);
    assert.equal(await header.getAttribute('aria-sort'), 'ascending');
    assert.equal(await attribute(page, 'sort'), 'elapsed');
    await header.getByRole('button').click();
    assert.deepEqual(names(await rows()), ['web-2', 'db-1', 'web-1', 'batch-1', 'spare-1']);
    assert.equal(await header.getAttribute('aria-sort'), 'descending');
    await header.getByRole('button').click();
    assert.deepEqual(
      names(await rows()),
      ['db-1', 'batch-1', 'spare-1', 'web-2', 'web-1'],
      'what needs attention first',
    );
    assert.equal(await header.getAttribute('aria-sort'), null);
    assert.equal(await attribute(page, 'sort'), null);
  });

  onPage('sorts names as people count, whatever their case and length', async ({ page, drawn, rows }) => {
    const given = [
      'z',
      'c-01',
      'c-1',
      'b-10',
      'ba',
      'B2',
      'long-name-1',
      '9',
      'b-02',
      'Äpfel',
      'b-2',
      'B-10a',
      'a-100',
    ];
    await page.evaluate((names) => {
      view.sort = 'name';
      view.model.begin(
        '2026-03-01T10:00:00Z',
        names.map((name, i) => ({ vm: `vm-${i}`, name })),
      );
    }, given);
    await drawn();
    assert.deepEqual(
      (await rows()).map(({ name }) => name.replace(/vm-\d+$/, '')),
      // Those that count the same stand as they were asked for.
      ['9', 'a-100', 'Äpfel', 'b-02', 'b-2', 'b-10', 'B-10a', 'B2', 'ba', 'c-01', 'c-1', 'long-name-1', 'z'],
    );
  });

  onPage('keeps its order while rows change', async ({ page, mixed, rows }) => {
    await mixed();
    await page.evaluate(() => {
      view.sort = 'status';
    });
    await rows();
    await page.evaluate(() => {
      const row = { ...view.model.row('vm-102'), customizationStatus: 'CustomizationSucceeded' };
      view.model.update({ atMs: 250_000, ended: false, reset: false, rows: [row], transitions: [] });
    });
    assert.deepEqual(names(await rows()), ['spare-1', 'batch-1', 'web-1', 'web-2', 'db-1']);
  });

  onPage('a row stays under the pointer that was moved to it, and goes to its place afterwards', async (opened) => {
    const { page, mixed, rows } = opened;
    await mixed();
    await page.evaluate(() => {
      view.sort = '';
    });
    await rows();
    await page.getByRole('row', { name: 'web-2' }).hover();
    const fail = () =>
      page.evaluate(() => {
        const row = {
          ...view.model.row('vm-101'),
          customizationStatus: 'CustomizationFailed',
          finishedAt: '2026-03-01T09:05:00Z',
        };
        view.model.update({ atMs: 310_000, ended: false, reset: false, rows: [row], transitions: [] });
      });
    await fail();
    const held = await rows();
    assert.deepEqual(names(held), ['db-1', 'batch-1', 'spare-1', 'web-2', 'web-1']);
    assert.equal(held[4].status, 'Failed', 'what it says is that of now');
    await page.mouse.move(0, 0);
    await page.waitForFunction(() =>
      view.shadowRoot.querySelector('[aria-rowindex="2"].row .name').textContent.startsWith('web-1'),
    );
  });

  onPage('filters by a text in name, id, status and reason, and by status', async ({ page, mixed, rows }) => {
    await mixed();
    const filter = page.getByRole('searchbox', { name: 'Filter the VMs' });
    for (const [text, expected] of [
      ['WEB', ['web-1', 'web-2']],
      ['vm-103', ['db-1']],
      ['customizing', ['web-2']],
      ['userdefinedscript', ['db-1']],
      ['nothing like it', []],
    ]) {
      await filter.fill(text);
      assert.deepEqual(names(await rows()), expected, text);
    }
    assert.equal(await page.getByText('No VM matches the filter').isVisible(), true);
    await filter.fill('');
    const failed = page.getByRole('button', { name: 'Failed' });
    await failed.click();
    assert.deepEqual(names(await rows()), ['db-1']);
    assert.equal(await failed.getAttribute('aria-pressed'), 'true');
    assert.equal(await attribute(page, 'status'), 'CustomizationFailed');
    await failed.click();
    assert.equal((await rows()).length, 5);
  });

  onPage('is told by attributes what to show, and tells what the user changes', async ({ page, mixed, rows }) => {
    await mixed();
    await page.evaluate(() => {
      window.changes = [];
      view.addEventListener('viewchange', ({ detail }) => window.changes.push(detail));
      view.setAttribute('filter', 'web');
      view.setAttribute('sort', '-name');
      view.setAttribute('selected', 'vm-101');
    });
    assert.deepEqual(names(await rows()), ['web-2', 'web-1']);
    assert.deepEqual(await page.evaluate(() => window.changes), []);
    const row = page.getByRole('row', { name: 'web-2' });
    await row.click();
    assert.equal(await attribute(page, 'selected'), 'vm-102');
    const shown = {
      ...{ filter: 'web', status: '', sort: '-name', selected: 'vm-102', details: true },
      ...{ cursor: null, time: 'clock', range: '' },
    };
    assert.deepEqual(await page.evaluate(() => window.changes), [shown], 'one act is told once, with all of the view');
    await row.click();
    assert.equal((await page.evaluate(() => window.changes)).length, 1, 'an act that changes nothing is none');
    await page.getByRole('button', { name: 'Close details' }).click();
    assert.deepEqual(await page.evaluate(() => window.changes.at(-1)), { ...shown, details: false });
  });

  onPage('has the columns that it is told to have, in any width', async ({ page, mixed, drawn }) => {
    await mixed();
    const columns = () =>
      page.evaluate(() =>
        ['.head', '.row:not([hidden])'].map((line) =>
          [...view.shadowRoot.querySelector(line).children]
            .filter((cell) => getComputedStyle(cell).display !== 'none')
            .map((cell) => cell.classList[1])
            .join(' '),
        ),
      );
    assert.deepEqual(await columns(), [
      'name status attempt elapsed reason line',
      'name status attempt elapsed reason line',
    ]);
    for (const [told, expected] of [
      ['status  elapsed', 'name status elapsed'],
      ['line name', 'name line'],
      ['actions reason', 'name reason actions'],
    ]) {
      await page.evaluate((told) => {
        view.columns = told;
      }, told);
      assert.equal(await attribute(page, 'columns'), told);
      for (const width of [1_900, 1_400, 1_000, 700, 360]) {
        await page.setViewportSize({ width, height: 700 });
        await drawn();
        const [head, row] = await columns();
        assert.deepEqual([head, row], [expected, expected], `${told}, ${width} px`);
        const free = await page.evaluate(() => {
          const box = (element) => element.getBoundingClientRect();
          const row = view.shadowRoot.querySelector('.row:not([hidden])');
          const cells = [...row.querySelectorAll('.cell')].filter((cell) => cell.offsetParent !== null).map(box);
          return {
            right: Math.round(box(row).right - Math.max(...cells.map(({ right }) => right))),
            under: Math.round(box(row).bottom - Math.max(...cells.map(({ bottom }) => bottom))),
          };
        });
        assert.ok(free.right <= 1 && free.under <= 8, `${told}, ${width} px: ${JSON.stringify(free)}`);
      }
    }
    await page.evaluate(() => view.setAttribute('columns', 'nothing known'));
    await page.setViewportSize({ width: 1_900, height: 700 });
    await drawn();
    assert.equal((await columns())[0], 'name status attempt elapsed reason line');
    // A run that waits for guests to be ready has one more, as soon as one is.
    await page.evaluate(() => {
      const [first, ...others] = view.model.entries.map(({ row }) => row);
      const vms = [{ ...first, readyAt: '2026-03-01T10:00:30.000Z' }, ...others];
      view.report = { format: 'vm-customization-report/1', endedAtMs: 1, vms, transitions: [] };
    });
    await drawn();
    assert.equal((await columns())[0], 'name status attempt elapsed ready reason line');
    assert.match(await page.locator('.row:not([hidden]) .cell.ready').first().innerText(), /^\d{1,2}:\d{2}/);
    await page.setViewportSize({ width: 1_000, height: 700 });
    await drawn();
    assert.ok(!(await columns())[0].includes('ready'), 'where there is no room the details have it');
  });

  onPage('shows what a page puts into its slots', async ({ page, drawn, rows }) => {
    await page.evaluate(() => {
      window.acts = [];
      const slots = { empty: 'Add', details: 'Open', 'actions-vm-103': 'Retry', 'actions-vm-1100': 'Far' };
      for (const [slot, textContent] of Object.entries(slots)) {
        view.append(Object.assign(document.createElement('button'), { slot, textContent }));
      }
      view.addEventListener('click', ({ target }) => window.acts.push(target.slot));
    });
    await page.getByRole('button', { name: 'Add' }).click();
    await page.evaluate(() => {
      runs.fill(view.model, runs.mixedRun());
      view.columns = 'status actions';
    });
    await drawn();
    /** Whether a button stands in the row of a VM, as far as eyes go. */
    const isIn = async (button, row) => {
      const [inner, outer] = [await page.getByRole('button', { name: button }).boundingBox(), await row.boundingBox()];
      return inner.y >= outer.y && inner.y + inner.height <= outer.y + outer.height;
    };
    assert.ok(await isIn('Retry', page.getByRole('row', { name: 'db-1' })));
    await page.getByRole('button', { name: 'Retry' }).click();
    assert.equal(await attribute(page, 'selected'), null, 'what is in a row acts for itself');
    await page.getByRole('row', { name: 'db-1' }).click({ position: { x: 10, y: 10 } });
    await page.getByRole('button', { name: 'Open' }).click();
    assert.equal(await attribute(page, 'selected'), 'vm-103');
    assert.deepEqual(await page.evaluate(() => window.acts), ['empty', 'actions-vm-103', '', 'details']);
    assert.equal(await page.getByRole('button', { name: 'Add' }).isVisible(), false);
    await page.evaluate(() => {
      view.details = false;
      runs.fill(view.model, runs.largeRun(5_000));
      view.selected = 'vm-1100';
    });
    await rows();
    await page.getByRole('button', { name: 'Far' }).waitFor();
    assert.ok(await isIn('Far', page.getByRole('row', { name: 'vm-1100' })));
    await page.evaluate(() => {
      view.filter = 'nothing like it';
    });
    await page.getByText('No VM matches the filter').waitFor();
    assert.equal(await page.getByRole('button', { name: /Add|Far|Retry/ }).count(), 0);
  });
});

describe('names', () => {
  // In ems: what a 1366, 1600, 1920 or 3840 px screen has for the table, on a desk and on a wall.
  for (const ems of [25, 29, 52, 75, 87, 97, 106, 133, 237]) {
    onPage(
      `are told apart in a table of ${ems} em, and no heading runs into another`,
      async ({ page, drawn }) => {
        const names = ['001', '002', 'of-32-characters'].map((end) => `prd-fra-k8s-node-${end}`.slice(0, 32));
        await page.evaluate((names) => {
          const vms = names.map((name, i) => ({ vm: `vm-${i}`, name, customizationStatus: 'VmNotStarted' }));
          view.report = { format: 'vm-customization-report/1', endedAtMs: 1, vms, transitions: [] };
        }, names);
        await drawn();
        const { cells, headings } = await page.evaluate(() => {
          const root = view.shadowRoot;
          const box = (element) => element.getBoundingClientRect();
          return {
            cells: [...root.querySelectorAll('.row:not([hidden]) .name')].map((cell) => ({
              label: cell.ariaLabel,
              text: cell.querySelector('bdi').textContent,
              isCut: cell.querySelector('.begin').scrollWidth > cell.querySelector('.begin').clientWidth,
              endShown: box(cell.querySelector('.end')).right <= box(cell).right + 1,
            })),
            headings: [...root.querySelectorAll('.head button')]
              .filter((button) => button.offsetParent !== null)
              .map((button) => box(button).toJSON()),
          };
        });
        for (const [i, { label, text, isCut, endShown }] of cells.entries()) {
          assert.deepEqual([label, text, endShown], [`${names[i]} vm-${i}`, names[i], true]);
          assert.equal(isCut && ems >= 70, false, `${text} is cut`);
        }
        for (const a of headings) {
          for (const b of headings) {
            assert.ok(a === b || a.right <= b.left || b.right <= a.left || a.bottom <= b.top || b.bottom <= a.top);
          }
        }
      },
      { viewport: { width: Math.round(ems * 13), height: 700 } },
    );
  }
});

describe('the keyboard', () => {
  onPage('moves the selection, opens the details and closes them', async ({ page, mixed, table, drawn }) => {
    await mixed();
    await table.focus();
    const selected = async () => {
      await drawn();
      const row = await page.evaluate(() => {
        const id = view.shadowRoot.querySelector('.table').getAttribute('aria-activedescendant');
        return view.shadowRoot.getElementById(id)?.querySelector('.name bdi').textContent;
      });
      return row;
    };
    for (const [key, expected] of [
      ['ArrowDown', 'web-1'],
      ['ArrowDown', 'web-2'],
      ['ArrowUp', 'web-1'],
      ['ArrowUp', 'web-1'],
      ['End', 'spare-1'],
      ['ArrowDown', 'spare-1'],
      ['Home', 'web-1'],
      ['PageDown', 'spare-1'],
      ['PageUp', 'web-1'],
    ]) {
      await page.keyboard.press(key);
      assert.equal(await selected(), expected, key);
    }
    await page.keyboard.press('Enter');
    const details = page.getByRole('region', { name: 'web-1' });
    await details.waitFor();
    assert.equal(await page.evaluate(() => view.shadowRoot.activeElement.className), 'details');
    await page.keyboard.press('Escape');
    await details.waitFor({ state: 'hidden' });
    assert.equal(await page.evaluate(() => view.shadowRoot.activeElement.className), 'table');
  });

  onPage('moves the cursor on the time axis', async ({ page, mixed, drawn }) => {
    await mixed();
    const axis = page.getByRole('slider', { name: 'Cursor on the time axis' });
    await axis.focus();
    assert.equal(await axis.getAttribute('aria-valuetext'), 'none');
    await page.keyboard.press('Home');
    const first = Number(await attribute(page, 'cursor'));
    await page.keyboard.press('PageUp');
    await drawn();
    await page.keyboard.press('PageUp');
    await drawn();
    assert.ok(Number(await attribute(page, 'cursor')) > first);
    assert.match(await axis.getAttribute('aria-valuetext'), /^2026-03-01 09:0/);
    const lines = await page.evaluate(() =>
      [...view.shadowRoot.querySelectorAll('.row:not([hidden]) path.cursor')].map((path) => path.getAttribute('d')),
    );
    assert.equal(new Set(lines).size, 1);
    assert.match(lines[0], /^M[\d.]+-99V99$/);
    await page.keyboard.press('Delete');
    await drawn();
    assert.equal(await attribute(page, 'cursor'), null);
  });
});

/** The details of a VM, with all its fields unfolded. */
async function detailsOf(page, name) {
  await page.getByRole('row', { name }).click();
  const details = page.getByRole('region', { name });
  await details.locator('details').evaluate((fields) => {
    fields.open = true;
  });
  return details.innerText();
}

describe('the details', () => {
  onPage('are an answer: what, why, what to do, what happened', async ({ page, mixed }) => {
    await mixed();
    await page.getByRole('row', { name: 'db-1' }).click();
    const details = page.getByRole('region', { name: 'db-1' });
    const text = (await details.innerText()).replace(/\s+/g, ' ');
    assert.match(
      text,
      new RegExp(
        '^Customization failed db-1 · 09:03:10 today, 3 min 8 s after power-on .*' +
          'Sysprep 10\\.0\\.20348 does not fit the guest’s Windows 10\\.0\\.20348\\.1 .*' +
          'vCenter says: “An error occurred while customizing VM db-1\\.” ' +
          'What to do .*C:\\\\Windows\\\\Temp\\\\vmware-imc\\\\guestcust\\.log Copy.*' +
          'What happened 09:00:02 Powered on 09:00:40 Customization started after 38 s 09:03:10 Failed after 2 min 30 s ' +
          'Copy for a ticket All fields \\(\\d+\\)$',
      ),
    );
    const { width } = await details.boundingBox();
    assert.ok(width >= 480 && width <= 520, `${width} px`);
  });

  onPage('say what is still to come, and for how long it has not', async ({ page, mixed, drawn }) => {
    await mixed();
    for (const [name, headline, open] of [
      ['web-2', 'Customizing', 'No result yet for 2 min'],
      ['batch-1', 'Customization does not start', 'Not started yet for 1 min 30 s'],
    ]) {
      await page.getByRole('row', { name }).click();
      const text = (await page.getByRole('region', { name }).innerText()).replace(/\s+/g, ' ');
      assert.ok(text.startsWith(headline) && text.includes(open), text);
    }
    await page.evaluate(() => view.model.tick(241_000));
    await drawn();
    assert.match(await page.getByRole('region', { name: 'batch-1' }).innerText(), /for 1 min 31 s/);
  });

  onPage('have all fields folded, and all that the row has in them', async ({ page, mixed }) => {
    await mixed();
    await page.getByRole('row', { name: 'db-1' }).click();
    assert.equal(await page.getByText('4711').isVisible(), false);
    const text = await detailsOf(page, 'db-1');
    for (const part of [
      'CustomizationFailed',
      'completed',
      'vm-103',
      '2026-03-01 09:00:02',
      'userDefinedScriptDisabled',
      'C:\\Windows\\Temp\\vmware-imc\\guestcust.log',
      '10.0.20348.1',
      'An error occurred while customizing VM db-1.',
      '4711',
      'CustomizationSysprepFailed',
      'Customizing → Failed',
    ]) {
      assert.ok(text.includes(part), `${part} in ${text}`);
    }
    assert.doesNotMatch(text, /Conclusion|inferred|Attempt/i);
  });

  onPage('say where the guest keeps its log when the event does not, and what a hint means', async (opened) => {
    const { page, mixed } = opened;
    await mixed();
    await page.evaluate(() => {
      const row = view.model.row('vm-103');
      const failure = { ...row.failure, type: 'CustomizationFailed', reason: null, logLocation: null };
      view.model.update({
        atMs: 250_000,
        ended: false,
        reset: false,
        rows: [{ ...row, revised: true, guestInfoDisagrees: true, failure }],
        transitions: [],
      });
    });
    const failed = await detailsOf(page, 'db-1');
    assert.match(failed, /Linux:\s+\/var\/log\/vmware-imc\/toolsDeployPkg\.log/);
    assert.match(failed, /Windows:\s+C:\\Windows/);
    assert.match(failed, /a later event revised it/);
    assert.match(failed, /another result/);
    assert.match(await detailsOf(page, 'batch-1'), /open-vm-tools is installed/);
    const spare = await detailsOf(page, 'spare-1');
    assert.match(spare, /The VM was not powered on\s+Customization begins with the first power-on/);
    assert.doesNotMatch(spare, / --\w/, 'options of the command are not for a page');
  });

  for (const clipboard of ['allowed', 'not there']) {
    onPage(`copy a log path, and all that a ticket needs, where the clipboard is ${clipboard}`, async (opened) => {
      const { page, context, mixed } = opened;
      await context.grantPermissions(['clipboard-read', 'clipboard-write']);
      await mixed();
      await page.evaluate((clipboard) => {
        window.read = () => navigator.clipboard.readText();
        if (clipboard === 'not there') {
          const { clipboard: there } = navigator;
          window.read = () => there.readText();
          Object.defineProperty(navigator, 'clipboard', { value: undefined });
        }
      }, clipboard);
      await page.getByRole('row', { name: 'db-1' }).click();
      await page.getByRole('button', { name: /^Copy C:/ }).click();
      await page
        .getByRole('button', { name: /^Copy C:/ })
        .filter({ hasText: 'Copied' })
        .waitFor();
      assert.equal(await page.evaluate(() => read()), 'C:\\Windows\\Temp\\vmware-imc\\guestcust.log');
      await page.getByRole('button', { name: 'Copy for a ticket' }).click();
      await page.getByRole('button', { name: 'Copied', exact: true }).waitFor();
      const ticket = await page.evaluate(() => read());
      for (const part of [
        /^Customization failed: db-1 \(vm-103\)\n09:03:10 today, 3 min 8 s after power-on\nSysprep 10\.0/,
        /\nvCenter says: “An error occurred while customizing VM db-1\.”\n/,
        /\nCustomizationSysprepFailed, reason userDefinedScriptDisabled, event key 4711\n/,
        /\nWhat happened \(server time, UTC\):\n- 2026-03-01 09:00:02 Powered on\n/,
        /\nWhat to do:\n1\. [\s\S]*guestcust\.log\n/,
      ]) {
        assert.match(ticket, part);
      }
    });
  }

  onPage('of one VM stand alone where they are asked for so', async ({ page, mixed, drawn }) => {
    await mixed();
    await page.evaluate(() => {
      view.card = true;
    });
    await drawn();
    await page.getByRole('region', { name: 'web-1' }).waitFor();
    assert.equal(await page.getByRole('grid').isVisible(), false);
    assert.equal(await page.getByRole('button', { name: 'Close details' }).isVisible(), false);
    await page.evaluate(() => {
      view.selected = 'vm-103';
    });
    await page.getByRole('region', { name: 'db-1' }).waitFor();
    await page.evaluate(() => {
      view.card = false;
    });
    await page.getByRole('grid').waitFor();
  });
});

describe('the timelines', () => {
  const texts = (page, kind) =>
    page.evaluate(
      (kind) =>
        [...view.shadowRoot.querySelectorAll(`.row:not([hidden]) ${kind}`)].map(({ textContent }) => textContent),
      kind,
    );

  onPage('say how long it took in a bar of 48 px or more', async ({ page, mixed, drawn }) => {
    await mixed();
    for (const width of [1_600, 900, 700, 500]) {
      await page.setViewportSize({ width, height: 700 });
      await drawn();
      const bars = await page.evaluate(() =>
        [...view.shadowRoot.querySelectorAll('.row:not([hidden]) .timeline')].map((line) => ({
          width: line.querySelector('.running').getBBox().width,
          text: line.querySelector('.took').textContent,
          label: line.querySelector('.took').getBBox().width,
        })),
      );
      const shown = bars.filter(({ text }) => text !== '');
      assert.ok(shown.length > 0 && shown.every(({ width, label }) => width >= 48 && label < width), `${width} px`);
      assert.ok(
        bars.every(({ width, text }) => width < 60 || text !== ''),
        JSON.stringify(bars),
      );
    }
    assert.deepEqual(await texts(page, '.took'), ['02:17', '02:59', '02:30', '', '']);
  });

  for (const width of [1_920, 1_600, 1_280, 900, 760]) {
    onPage(
      `have at least 35 % of the width: ${width} px`,
      async ({ page, mixed }) => {
        await mixed();
        const [line, row] = await page.evaluate(() => {
          const row = view.shadowRoot.querySelector('.row:not([hidden])');
          return [row.querySelector('.line'), row].map((box) => box.getBoundingClientRect().width);
        });
        assert.ok(line >= 0.34 * row, `${line} of ${row} px`);
      },
      { viewport: { width, height: 700 } },
    );
  }

  onPage('begin at the power-on of each VM, or are of the day, as chosen', async ({ page, mixed, drawn }) => {
    await mixed();
    const powerOns = () =>
      page.evaluate(() =>
        [...view.shadowRoot.querySelectorAll('.row:not([hidden]) .waiting')].map((bar) =>
          Number(bar.getAttribute('x')),
        ),
      );
    assert.equal(new Set((await powerOns()).slice(0, 4)).size, 4);
    await page.getByRole('combobox', { name: 'Times' }).selectOption('Since power-on');
    await drawn();
    assert.equal(new Set((await powerOns()).slice(0, 4)).size, 1);
    assert.equal(await attribute(page, 'time'), 'elapsed');
    const labels = await page.evaluate(() =>
      [...view.shadowRoot.querySelectorAll('.axis text')].map(({ textContent }) => textContent),
    );
    assert.ok(labels[0] === '0' && labels.includes('1 min'), labels.join());
    await page.getByRole('combobox', { name: 'Times' }).selectOption('Time of day, UTC');
    assert.equal(await attribute(page, 'time'), null);
  });

  onPage('say what lies before their range', async ({ page, mixed, drawn }) => {
    await mixed();
    await page.evaluate(() => view.model.tick(45 * 60_000));
    await drawn();
    assert.deepEqual(await texts(page, '.beyond'), ['', '', '', '', '']);
    await page.getByRole('combobox', { name: 'Range of time' }).selectOption('30 min');
    await drawn();
    assert.deepEqual(await texts(page, '.beyond'), ['◂ 08:59', '◂ 09:00', '◂ 09:00', '◂ 09:02', '']);
    assert.equal(await attribute(page, 'range'), '30m');
    await page.evaluate(() => {
      view.time = 'elapsed';
    });
    await drawn();
    assert.deepEqual(await texts(page, '.beyond'), ['', '44 min 55 s ▸', '', '42 min 30 s ▸', '']);
  });

  onPage('tell all of it to who points at them, and what the signs mean in one line', async ({ page, mixed }) => {
    await mixed();
    const [title] = await texts(page, '.timeline > title');
    assert.equal(
      title,
      'Powered on 08:59:40\nCustomization started 09:00:24\nGuest rebooted 09:01:30\nSucceeded 09:02:41\n3 min 1 s in all',
    );
    const { height } = await page.getByText('vCenter read').boundingBox();
    const legend = await page.evaluate(() => view.shadowRoot.querySelector('.legend').getBoundingClientRect().height);
    assert.ok(legend < 2.5 * height, `${legend} px`);
  });

  for (const colorScheme of ['light', 'dark']) {
    onPage(
      `of what is done can be told from what is behind them, 3 to 1: ${colorScheme}`,
      async ({ page, mixed }) => {
        await mixed();
        const { behind, colours } = await page.evaluate(() => {
          const root = view.shadowRoot;
          const style = (part) => getComputedStyle(root.querySelector(part));
          return {
            behind: getComputedStyle(view).backgroundColor,
            colours: [
              ...[...root.querySelectorAll('.row:not([hidden]) :is(.running, .waiting)')].map(
                (bar) => getComputedStyle(bar).fill,
              ),
              style('.filter').borderTopColor,
              style('.head select').borderTopColor,
            ],
          };
        });
        const contrasts = colours.map((colour) => contrast(colour, behind));
        assert.ok(contrasts.length > 8 && contrasts.every((each) => each >= 3), contrasts.join(' '));
      },
      { colorScheme },
    );
  }
});

describe('the end of a VM', () => {
  for (const [conclusion, removedAt, expected] of [
    ['vmRemoved', '2026-03-01T09:03:00.000Z', '02:55'],
    ['vmRemoved', null, '–'],
    ['unobservable', null, '–'],
    ['cancelled', null, '–'],
  ]) {
    onPage(`its elapsed time does not run on: ${conclusion}${removedAt ? ', with its event' : ''}`, async (opened) => {
      const { page, mixed, rows } = opened;
      await mixed();
      await page.evaluate(
        ([conclusion, createdTime]) => {
          const row = { ...view.model.row('vm-102'), conclusion };
          view.model.update({ atMs: 250_000, ended: false, reset: false, rows: [row], transitions: [] });
          if (createdTime !== null) {
            view.model.events([
              { vm: 'vm-102', name: null, key: 20, createdTime, type: 'VmRemovedEvent', kind: 'removed' },
            ]);
          }
        },
        [conclusion, removedAt],
      );
      for (const nowMs of [260_000, 3_600_000]) {
        await page.evaluate((nowMs) => view.model.tick(nowMs), nowMs);
        assert.equal((await rows())[1].elapsed, expected);
      }
      assert.match(await detailsOf(page, 'web-2'), new RegExp(`Elapsed\\s+${expected}\\s`));
    });
  }

  onPage('a result without a power-on does not count, and the details say so', async ({ page, mixed }) => {
    await mixed();
    await page.evaluate(() => {
      const createdTime = '2026-03-01T09:01:00.000Z';
      const event = {
        vm: 'vm-105',
        name: null,
        key: 20,
        createdTime,
        type: 'CustomizationSucceeded',
        kind: 'succeeded',
      };
      view.model.events([event]);
    });
    for (const [name, told] of [
      ['spare-1', true],
      ['web-1', false],
    ]) {
      await page.getByRole('row', { name }).click();
      const details = await page.getByRole('region', { name }).innerText();
      assert.equal(details.includes('A result without a power-on in the time looked at does not count.'), told, name);
    }
  });
});

describe('hostile texts', () => {
  const hostile = [
    '<img src=x onerror="window.pwned = 1">',
    '\u202Egnp.exe\u202D rtl',
    'a'.repeat(5_000),
    '👩‍👩‍👧‍👦🏴‍☠️ ﷽﷽﷽ Z̷̢̨̛͖̘̦͚̬̈́͗̀͝a̸l̶g̷o̶',
    'line\nbreak\ttab',
    '',
  ];

  onPage('stay texts and break nothing', async ({ page, drawn, rows }) => {
    await page.evaluate((names) => {
      const text = (name) => name.slice(0, 4_000);
      view.report = {
        format: 'vm-customization-report/1',
        endedAtMs: 1,
        vms: names.map((name, i) => ({
          vm: `vm-${i}`,
          name,
          customizationStatus: 'CustomizationFailed',
          conclusion: 'completed',
          poweredOnAt: '2026-03-01T09:00:00.000Z',
          failure: {
            type: text(name),
            reason: text(name),
            logLocation: text(name),
            sysprepVersion: text(name),
            systemVersion: text(name),
            message: text(name),
            eventKey: i,
          },
        })),
        transitions: [],
      };
      view.details = true;
    }, hostile);
    const shown = await rows();
    assert.equal(shown[0].name, `${hostile[0]}vm-0`);
    for (let i = 0; i < hostile.length; i += 1) {
      await page.evaluate((vm) => {
        view.selected = vm;
      }, `vm-${i}`);
      await drawn();
      const layout = await page.evaluate(() => {
        const root = view.shadowRoot;
        const rows = [...root.querySelectorAll('.row:not([hidden])')];
        return {
          wide: document.documentElement.scrollWidth > innerWidth,
          scrolls: ['.table', '.details', '.details-content'].some((name) => {
            const { scrollWidth, clientWidth } = root.querySelector(name);
            return scrollWidth > clientWidth;
          }),
          heights: [...new Set(rows.map(({ offsetHeight }) => offsetHeight))].length,
          images: root.querySelectorAll('img').length,
        };
      });
      assert.deepEqual(layout, { wide: false, scrolls: false, heights: 1, images: 0 }, `name ${i}`);
    }
    assert.equal(await page.evaluate(() => window.pwned), undefined);
  });
});

describe('5,000 rows', () => {
  onPage('has the rows in sight only, and reaches all', async ({ page, rows, table }) => {
    await page.evaluate(() => runs.fill(view.model, runs.largeRun(5_000)));
    const first = await rows();
    assert.ok(first.length < 40, `${first.length} rows exist`);
    assert.equal(await table.getAttribute('aria-rowcount'), '5001');
    await table.focus();
    await page.keyboard.press('End');
    assert.equal((await rows()).at(-1).name, 'node-4999vm-5999');
    assert.equal(
      await page.evaluate(() => view.shadowRoot.querySelector('.row[aria-selected="true"]').ariaRowIndex),
      '5001',
    );
    await page.keyboard.press('Home');
    assert.equal((await rows())[0].name, 'node-0vm-1000');
  });

  onPage('draws an update of 100 rows in little time', async ({ page }, test) => {
    const times = await page.evaluate(async () => {
      const run = runs.largeRun(5_000);
      runs.fill(view.model, run);
      view.sort = 'name';
      let drawing = 0;
      const ask = window.requestAnimationFrame.bind(window);
      window.requestAnimationFrame = (draw) =>
        ask((time) => {
          const begin = performance.now();
          draw(time);
          drawing += performance.now() - begin;
        });
      const frame = () => new Promise((resolve) => ask(() => setTimeout(resolve)));
      await frame();
      const statuses = ['CustomizationStarted', 'CustomizationSucceeded'];
      const turns = [];
      for (let turn = 0; turn < 60; turn += 1) {
        const rows = Array.from({ length: 100 }, (_, i) => {
          const row = run.rows[(turn * 100 + i * 49) % 5_000];
          return { ...row, attempt: turn + 2, customizationStatus: statuses[turn % 2] };
        });
        drawing = 0;
        const begin = performance.now();
        view.model.update({ atMs: 300_000 + turn * 1_000, ended: false, reset: false, rows, transitions: [] });
        const updated = performance.now() - begin;
        await frame();
        turns.push({ updated, drawn: drawing });
      }
      const median = (key) => turns.map((time) => time[key]).sort((a, b) => a - b)[turns.length / 2];
      return { updated: median('updated'), drawn: median('drawn') };
    });
    test.diagnostic(`100 of 5,000 rows: model ${times.updated.toFixed(2)} ms, drawing ${times.drawn.toFixed(2)} ms`);
    assert.ok(times.updated + times.drawn < 16, JSON.stringify(times));
  });
});

describe('accessibility', () => {
  async function violations({ page, drawn }) {
    await drawn();
    // As an extension does it: the page's own policy lets nothing in.
    const session = await page.context().newCDPSession(page);
    await session.send('Runtime.evaluate', { expression: axe });
    const { result, exceptionDetails } = await session.send('Runtime.evaluate', {
      expression: `axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] })
        .then(({ violations, passes }) => JSON.stringify({ passes: passes.length,
          violations: violations.map(({ id, nodes }) => [id, nodes.map(({ html, failureSummary }) => html.slice(0, 200) + failureSummary)]) }))`,
      awaitPromise: true,
      returnByValue: true,
    });
    assert.equal(exceptionDetails, undefined);
    const { passes, violations } = JSON.parse(result.value);
    assert.ok(passes > 20, `${passes} passes`);
    return violations;
  }

  for (const colorScheme of ['light', 'dark']) {
    for (const [width, height] of [
      [1600, 700],
      [900, 700],
      [360, 640],
    ]) {
      for (const details of [false, true]) {
        onPage(
          `axe finds nothing, ${colorScheme}, ${width} px${details ? ', with details' : ''}`,
          async (opened) => {
            await opened.mixed();
            await opened.page.evaluate((details) => {
              Object.assign(view, { selected: 'vm-103', details, cursor: 90_000, sort: '-status' });
            }, details);
            assert.deepEqual(await violations(opened), []);
          },
          { colorScheme, viewport: { width, height } },
        );
      }
    }
  }

  onPage('axe finds nothing in an empty table', async (opened) => {
    assert.deepEqual(await violations(opened), []);
  });

  onPage(
    'nothing is cut off or scrolls sideways at 320 px',
    async ({ page, mixed }) => {
      await mixed();
      const overflow = await page.evaluate(() =>
        [document.documentElement, ...view.shadowRoot.querySelectorAll('.root, .toolbar, .table, .main')]
          .filter(({ scrollWidth, clientWidth }) => scrollWidth > clientWidth)
          .map(({ className }) => className),
      );
      assert.deepEqual(overflow, []);
    },
    { viewport: { width: 320, height: 640 } },
  );

  onPage(
    'names each failure at once, and sums the rest up every 15 s',
    async ({ page, mixed }) => {
      await page.clock.install({ time: 0 });
      await mixed();
      await page.clock.pauseAt(3_600_000);
      const status = page.getByRole('status');
      assert.equal(await status.textContent(), '');
      const tell = (...steps) =>
        page.evaluate((steps) => {
          const transitions = steps.map(([vm, to]) => ({ vm, from: 'CustomizationStarted', to, atMs: 1, attempt: 1 }));
          view.model.update({ atMs: 250_000, ended: false, reset: false, rows: [], transitions });
        }, steps);
      await tell(['vm-103', 'CustomizationFailed'], ['vm-102', 'CustomizationSucceeded']);
      const failed = "Customization for VM 'db-1' has failed";
      assert.equal(await status.textContent(), failed);
      await page.clock.runFor(14_999);
      assert.equal(await status.textContent(), failed);
      await page.clock.runFor(1);
      assert.equal(await status.textContent(), "Customization for VM 'web-2' has successfully completed");
      await tell(...Array.from({ length: 3_000 }, () => ['vm-102', 'CustomizationSucceeded']), [
        'vm-101',
        'CustomizationStarted',
      ]);
      await page.clock.runFor(15_000);
      assert.equal(await status.textContent(), '3001 changes: 1 customizing, 3000 succeeded');
      await tell(...Array.from({ length: 7 }, () => ['vm-103', 'CustomizationFailed']));
      assert.match(await status.textContent(), /^(Customization for VM 'db-1' has failed\. ){5}2 more have failed$/);
    },
    { isAlone: true },
  );

  onPage('axe finds nothing in rows with actions', async (opened) => {
    await opened.mixed();
    await opened.page.evaluate(() => {
      view.columns = 'status line actions';
      const retry = Object.assign(document.createElement('button'), { slot: 'actions-vm-103', textContent: 'Retry' });
      retry.style.minHeight = '24px';
      view.append(retry);
    });
    assert.deepEqual(await violations(opened), []);
  });

  onPage('tells transitions as it is told to', async ({ page, mixed, drawn }) => {
    await mixed();
    const status = page.getByRole('status');
    for (const [told, live] of [
      ['assertive', 'assertive'],
      ['loud', 'polite'],
      ['off', 'off'],
    ]) {
      await page.evaluate((told) => view.setAttribute('announce', told), told);
      await drawn();
      assert.deepEqual(
        [await page.evaluate(() => view.announce), await status.getAttribute('aria-live')],
        [live, live],
      );
    }
    const step = { vm: 'vm-102', from: 'CustomizationStarted', to: 'CustomizationFailed', atMs: 1, attempt: 1 };
    const tell = () =>
      page.evaluate((step) => {
        view.model.update({ atMs: 250_000, ended: false, reset: false, rows: [], transitions: [step] });
      }, step);
    await tell();
    assert.equal(await status.textContent(), '');
    await page.evaluate(() => {
      view.announce = 'polite';
    });
    await drawn();
    await tell();
    assert.equal(await status.textContent(), "Customization for VM 'web-2' has failed");
  });

  onPage('follows the theme attribute over the page', async ({ page, drawn }) => {
    const background = async (theme) => {
      await page.evaluate((theme) => view.setAttribute('theme', theme), theme);
      await drawn();
      return page.evaluate(() => getComputedStyle(view).backgroundColor);
    };
    assert.equal(await background('light'), 'rgb(255, 255, 255)');
    assert.equal(await background('dark'), 'rgb(18, 22, 27)');
  });
});

describe('what it is fed with', () => {
  onPage('a report, again whenever it changed', async ({ page, rows }) => {
    const show = (customizationStatus) =>
      page.evaluate((customizationStatus) => {
        view.report = {
          format: 'vm-customization-report/1',
          endedAtMs: null,
          vms: [{ vm: 'vm-1', name: 'one', customizationStatus }],
          transitions: [],
        };
      }, customizationStatus);
    await show('CustomizationStarted');
    assert.equal((await rows())[0].status, 'Customizing');
    await show('CustomizationSucceeded');
    assert.equal((await rows())[0].status, 'Succeeded');
    await page.evaluate(() => {
      view.report = null;
    });
    assert.deepEqual(await rows(), []);
  });

  onPage('undefined for any property, as when it is left out', async ({ page }) => {
    const [before, after] = await page.evaluate(() => {
      const names = [...view.constructor.observedAttributes, 'report'];
      const read = () => [view.attributes.length, ...names.map((name) => String(view[name]))];
      const first = document.createElement('vm-customization-status');
      const before = [0, ...names.map((name) => String(first[name]))];
      view.removeAttribute('sort');
      for (const name of [...names, 'model']) {
        view[name] = undefined;
      }
      return [before, read()];
    });
    assert.deepEqual(after, before);
  });

  onPage('a report, which can be read again until something else is shown', async ({ page }) => {
    const read = await page.evaluate(async () => {
      const report = { format: 'vm-customization-report/1', endedAtMs: null, vms: [], transitions: [] };
      const read = [view.report];
      view.report = report;
      read.push(view.report === report);
      view.model.begin('2026-03-01T09:00:00Z', [{ vm: 'vm-1' }]);
      read.push(view.report);
      await view.follow(
        (async function* () {
          yield report;
        })(),
      );
      read.push(view.report === report);
      view.model.update({ atMs: 1, ended: false, reset: false, rows: [], transitions: [] });
      read.push(view.report);
      view.report = report;
      view.report = null;
      return [...read, view.report];
    });
    assert.deepEqual(read, [null, true, null, true, null, null]);
  });

  onPage('a report of a run that goes on: elapsed times run on by this computer’s clock', async ({ page, rows }) => {
    const elapsed = async (startedAt, endedAtMs) => {
      await page.evaluate(
        ([startedAt, endedAtMs]) => {
          window.nowMs = Date.parse('2026-03-01T09:02:00Z');
          Date.now = () => window.nowMs;
          const row = { vm: 'vm-1', name: 'one', customizationStatus: 'CustomizationStarted', startedAt };
          const vms = [{ ...row, poweredOnAt: '2026-03-01T09:00:00Z' }];
          view.report = null;
          view.report = { format: 'vm-customization-report/1', endedAtMs, vms, transitions: [] };
        },
        [startedAt, endedAtMs],
      );
      const [{ elapsed: first }] = await rows();
      await page.evaluate(() => {
        window.nowMs += 5_000;
      });
      // Longer than a second, after which it is drawn anew.
      await page.waitForTimeout(1_200);
      const [{ elapsed: last }] = await rows();
      return [first, last];
    };
    assert.deepEqual(await elapsed('2026-03-01T09:00:30Z', null), ['02:00', '02:05']);
    // This computer's clock is behind what the report knows.
    assert.deepEqual(await elapsed('2026-03-01T09:03:00Z', null), ['03:00', '03:05']);
    assert.deepEqual(await elapsed('2026-03-01T09:00:30Z', 90_000), ['00:30', '00:30']);
  });

  onPage('nothing, and what is no report or model', async ({ page, mixed, rows }) => {
    for (const [property, value] of [
      ['report', undefined],
      ['report', null],
      ['model', undefined],
      ['model', null],
    ]) {
      await mixed();
      assert.equal((await rows()).length, 5);
      await page.evaluate(
        ([property, value]) => {
          view[property] = value;
        },
        [property, value],
      );
      assert.equal((await rows()).length, 0, `${property} = ${value}`);
    }
    const thrown = (property, value) =>
      page.evaluate(
        ([property, value]) => {
          try {
            view[property] = value;
            return '';
          } catch (error) {
            return String(error);
          }
        },
        [property, value],
      );
    const report = /^TypeError: `report` must be a report, or null for nothing: /;
    for (const [value, wrong] of [
      [{}, /`vms` must be an array such as \[\{ vm: 'vm-101' }]$/],
      ['{"vms":[]}', /`vms` must be an array such as/],
      [{ vms: [] }, /its `transitions` is no array$/],
      [{ vms: [null], transitions: [] }, /`vms` must be/],
      [{ vms: [{ vm: 'vm-1', name: 5, customizationStatus: 'VmNotStarted' }], transitions: [] }, /`vms` must be/],
      [{ vms: [{ vm: 'vm-1', customizationStatus: 'Done' }], transitions: [] }, /no known `customizationStatus`$/],
    ]) {
      const message = await thrown('report', value);
      assert.match(message, report);
      assert.match(message, wrong);
    }
    assert.equal(await thrown('model', {}), 'TypeError: `model` must be a RunModel, or null for nothing');
  });

  onPage('properties set before the element was defined', async ({ page }) => {
    const shown = await page.evaluate(async () => {
      // An element that nobody has defined yet, as a framework would find it.
      const early = document.createElement('vm-early');
      early.report = {
        format: 'vm-customization-report/1',
        endedAtMs: null,
        vms: [{ vm: 'vm-1', name: 'one', customizationStatus: 'CustomizationStarted' }],
        transitions: [],
      };
      early.filter = 'one';
      view.replaceWith(early);
      customElements.define('vm-early', class extends element.VmCustomizationStatusElement {});
      await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
      return [early.getAttribute('filter'), early.shadowRoot.querySelector('.row .status').textContent];
    });
    assert.deepEqual(shown, ['one', 'Customizing']);
  });

  onPage('a stream of reports, until the element is removed', async ({ page, rows }) => {
    const result = await page.evaluate(async () => {
      const state = { ended: false };
      let next = () => undefined;
      async function* reports() {
        try {
          for (const customizationStatus of ['CustomizationStarted', 'CustomizationFailed']) {
            yield {
              format: 'vm-customization-report/1',
              endedAtMs: null,
              vms: [{ vm: 'vm-1', name: 'one', customizationStatus }],
              transitions: [],
            };
          }
          await new Promise((resolve) => {
            next = resolve;
          });
          yield null;
        } finally {
          state.ended = true;
        }
      }
      const following = view.follow(reports());
      window.removed = async () => {
        const parent = view.parentNode;
        view.remove();
        await following;
        next();
        await new Promise((resolve) => setTimeout(resolve));
        parent.append(view);
        return state.ended;
      };
    });
    assert.equal(result, undefined);
    assert.equal((await rows())[0].status, 'Failed');
    assert.equal(await page.evaluate(() => window.removed()), true);
    assert.equal((await rows())[0].status, 'Failed');
  });

  onPage('what is no stream is refused, and what is shown stays', async ({ page, mixed, rows }) => {
    await mixed();
    const refusals = await page.evaluate(() =>
      Promise.all([undefined, null, 5, [], {}].map((given) => view.follow(given).then(String, String))),
    );
    const refusal = 'TypeError: `reports` must be an AsyncIterable';
    assert.deepEqual(new Set(refusals), new Set([refusal]));
    assert.equal((await rows()).length, 5);
  });

  onPage('what cannot be watched is refused with what to give', async ({ page }) => {
    const refusals = await page.evaluate(async () => {
      const source = { serverTime: async () => new Date(), readEvents: async () => ({ events: [] }) };
      const vms = [{ vm: 'vm-1' }];
      const said = (error) => `${error.name}: ${error.message}`;
      const watched = async (...given) => (await view.watch(...given)).report.then(() => 'nothing', said);
      return [
        await watched(),
        await watched(source, null),
        await watched(source, ['vm-1']),
        await watched(source, vms, null),
      ];
    });
    assert.deepEqual(refusals, [
      'OptionsError: the source is undefined: pass an EventSource',
      "OptionsError: the VMs are null: pass an array such as [{ vm: 'vm-101' }]",
      "OptionsError: vms[0] is the text 'vm-1': give { vm: 'vm-1' }",
      'OptionsError: the options are null: pass an object, or nothing',
    ]);
  });

  onPage('what is no list of VMs is refused before anything of it is drawn', async ({ page, rows }) => {
    const refusals = await page.evaluate(async () => {
      const source = { serverTime: async () => new Date(), readEvents: async () => ({ events: [] }) };
      const start = '2026-03-01T09:00:00Z';
      const refusals = [];
      for (const vms of [
        undefined,
        5,
        'vm-1',
        [null],
        ['vm-1'],
        [{}],
        [{ vm: 5 }],
        [{ vm: '' }],
        [{ vm: 'vm-1', name: 5 }],
      ]) {
        view.model.begin(start, [{ vm: 'vm-1' }]);
        for (const call of [() => view.model.setVms(vms), () => view.model.begin(start, vms)]) {
          try {
            refusals.push(call());
          } catch (error) {
            refusals.push(String(error));
          }
        }
        const { report } = await view.watch(source, vms);
        await new Promise(requestAnimationFrame);
        refusals.push((await report.catch(String)).split(':')[0], view.model.size);
      }
      return refusals;
    });
    const ofModel = "TypeError: `vms` must be an array such as [{ vm: 'vm-101' }]";
    assert.deepEqual(refusals, Array(9).fill([ofModel, ofModel, 'OptionsError', 0]).flat());
    assert.deepEqual(await rows(), []);
  });

  /** Runs in the page: a source of a few lines, whose events are told as they are put in. */
  const beginWatch = async () => {
    const start = Date.now();
    window.reads = 0;
    window.events = [
      {
        _typeName: 'VmStartingEvent',
        key: 1,
        createdTime: new Date(start - 1_000).toISOString(),
        vm: { name: 'one', vm: { _typeName: 'ManagedObjectReference', type: 'VirtualMachine', value: 'vm-1' } },
      },
    ];
    const source = {
      serverTime: async () => new Date(),
      readEvents: async ({ types }) => {
        window.types = types;
        window.reads += 1;
        return { events: window.events };
      },
    };
    window.told = [];
    view.addEventListener('transition', ({ detail }) => window.told.push(detail.to));
    window.watching = await view.watch(source, [{ vm: 'vm-1' }, { vm: 'vm-2', name: 'two' }], {
      pollIntervalSeconds: 1,
      timeoutSeconds: null,
      waitForPowerOn: true,
    });
  };

  onPage('a source of events: rows, marks and transitions as they come', async ({ page, rows }) => {
    await page.evaluate(beginWatch);
    await page.waitForFunction(() => view.model.row('vm-1')?.customizationStatus === 'CustomizationNotStarted');
    assert.deepEqual(names(await rows()), ['one', 'two']);
    await page.evaluate(() => {
      const [first] = window.events;
      window.events = [
        first,
        { ...first, _typeName: 'CustomizationStartedEvent', key: 2, createdTime: new Date().toISOString() },
      ];
    });
    await page.waitForFunction(() => view.model.row('vm-1').customizationStatus === 'CustomizationStarted');
    assert.equal((await rows())[0].status, 'Customizing');
    assert.deepEqual(await page.evaluate(() => window.told), ['CustomizationNotStarted', 'CustomizationStarted']);
    assert.deepEqual(await page.evaluate(() => view.model.marks('vm-1').map(({ type }) => type)), [
      'VmStartingEvent',
      'CustomizationStartedEvent',
    ]);
    assert.ok(await page.evaluate(() => view.model.reads.length >= 2));
  });

  onPage('a source of events: what only timelines want to see, and VMs that come and go', async ({ page, rows }) => {
    await page.evaluate(beginWatch);
    await page.waitForFunction(() => view.model.row('vm-1')?.customizationStatus === 'CustomizationNotStarted');
    assert.ok(await page.evaluate(() => window.types.includes('VmGuestRebootEvent')));
    await page.evaluate(() => {
      const [first] = window.events;
      window.events.push({
        ...first,
        _typeName: 'VmGuestRebootEvent',
        key: 3,
        createdTime: new Date().toISOString(),
      });
    });
    await page.waitForFunction(() => view.model.marks('vm-1').some(({ kind }) => kind === 'reboot'));
    assert.match(await page.locator('.row .timeline').first().getAttribute('aria-label'), /Guest rebooted/);
    await page.evaluate(() => window.watching.setVms([{ vm: 'vm-3', name: 'three' }, { vm: 'vm-1' }]));
    await page.waitForFunction(() => view.model.row('vm-3') !== undefined);
    const shown = await rows();
    assert.deepEqual(names(shown), ['three', 'one']);
    assert.equal(shown[1].status, 'Not started');
    await page.evaluate(() => window.watching.cancel());
    await page.waitForFunction(() => view.model.ended);
    assert.equal((await rows())[1].status, 'Not started, cancelled');
  });

  onPage('removal ends its own watch and lets go of what it drew; re-adding works', async ({ page, rows, drawn }) => {
    await page.evaluate(beginWatch);
    await page.waitForFunction(() => view.model.row('vm-1')?.customizationStatus === 'CustomizationNotStarted');
    await page.evaluate(() => {
      const main = view.parentNode;
      // Moving it is no end.
      main.prepend(view);
    });
    await drawn();
    assert.equal(await page.evaluate(() => view.shadowRoot.children.length), 1);
    const conclusions = await page.evaluate(async () => {
      window.main = view.parentNode;
      view.remove();
      const { vms } = await window.watching.report;
      return vms.map(({ conclusion }) => conclusion);
    });
    assert.deepEqual(conclusions, ['cancelled', 'cancelled']);
    assert.equal(await page.evaluate(() => view.shadowRoot.children.length), 0);
    await page.evaluate(() => window.main.append(view));
    assert.equal((await rows()).length, 2);
    await page.evaluate(beginWatch);
    await page.waitForFunction(() => view.model.row('vm-1')?.customizationStatus === 'CustomizationNotStarted');
    await page.evaluate(() => window.watching.cancel());
  });

  onPage('a removal while the core is loaded ends the watch too, and its end can be read', async ({ page }) => {
    await page.evaluate(() => {
      const source = { serverTime: async () => new Date(), readEvents: async () => ({ events: [] }) };
      window.watching = view.watch(source, [{ vm: 'vm-1' }], { timeoutSeconds: null });
      view.remove();
    });
    const [row] = await page.evaluate(async () => (await (await window.watching).report).vms);
    assert.equal(row.conclusion, 'cancelled');
    assert.equal(await page.evaluate(() => view.report.vms[0].conclusion), 'cancelled');
  });

  onPage("a page's own model, shown twice", async ({ page, mixed, drawn }) => {
    await mixed();
    await page.evaluate(() => {
      const other = document.createElement('vm-customization-status');
      other.model = view.model;
      view.after(other);
      window.other = other;
    });
    await drawn();
    await page.evaluate(() => view.remove());
    await page.evaluate(() => {
      const row = { ...window.other.model.row('vm-102'), customizationStatus: 'CustomizationSucceeded' };
      window.other.model.update({ atMs: 250_000, ended: false, reset: false, rows: [row], transitions: [] });
    });
    await drawn();
    const texts = await page.evaluate(() =>
      [...window.other.shadowRoot.querySelectorAll('.row .status')].map(({ textContent }) => textContent),
    );
    assert.ok(!texts.includes('Customizing'), texts.join());
  });
});

describe('the manifest for editors', () => {
  const dist = new URL('../../bindings/dist/', import.meta.url);
  const readManifest = async () => JSON.parse(await readFile(new URL('custom-elements.json', dist), 'utf8'));
  const require = createRequire(import.meta.url);

  it('is one, where package.json says', async () => {
    const { customElements } = require('../../bindings/package.json');
    assert.equal(new URL(customElements, new URL('../', dist)).href, new URL('custom-elements.json', dist).href);
    const validate = new Ajv({ strict: false }).compile(require('custom-elements-manifest/schema.json'));
    assert.ok(validate(await readManifest()), JSON.stringify(validate.errors));
  });

  onPage('says what the element has, all of it and nothing else', async ({ page, mixed, drawn }) => {
    const [{ declarations }] = (await readManifest()).modules;
    const [declared] = declarations;
    const named = (list) => list.map(({ name }) => name).sort();
    for (const list of ['attributes', 'members', 'events', 'slots', 'cssParts', 'cssProperties']) {
      assert.ok(
        declared[list].every(({ description }) => description.length > 0),
        `${list} have descriptions`,
      );
    }
    await mixed();
    await page.getByRole('row', { name: 'db-1' }).click();
    await drawn();
    const there = await page.evaluate(() => {
      const { prototype, observedAttributes } = view.constructor;
      const all = (name) => [...view.shadowRoot.querySelectorAll(`[${name}]`)].map((part) => part.getAttribute(name));
      const properties = Object.entries(Object.getOwnPropertyDescriptors(prototype));
      return {
        attributes: [...observedAttributes],
        members: properties
          .filter(([name, { set, value }]) => set ?? (value && !/^constructor$|Callback$/.test(name)))
          .map(([name]) => name),
        parts: all('part').flatMap((names) => names.split(' ')),
        slots: [...view.shadowRoot.querySelectorAll('slot')].map(({ name }) => name.replace(/vm-\d+$/, 'ID')),
      };
    });
    const once = (names) => [...new Set(names)].sort();
    assert.deepEqual(named(declared.attributes), there.attributes.sort());
    assert.deepEqual(named(declared.members), there.members.sort());
    assert.deepEqual(named(declared.cssParts), once(there.parts));
    assert.deepEqual(named(declared.slots), once(there.slots));
    const css = await readFile(new URL('../src/element/styles.css', dist), 'utf8');
    assert.deepEqual(named(declared.cssProperties), once(css.match(/--vmc-[\w-]+/g)));
    const script = await readFile(new URL('../src/element/element.ts', dist), 'utf8');
    const events = [...script.matchAll(/new CustomEvent\('(\w+)'/g)].map(([, name]) => name);
    assert.deepEqual(named(declared.events), events.sort());
  });
});

describe('while a run goes on', () => {
  onPage('nothing jumps', async ({ page, mixed, drawn }) => {
    await mixed();
    const boxes = () =>
      page.evaluate(() =>
        [...view.shadowRoot.querySelectorAll('.head .cell, .row:not([hidden]) .cell, .chip')].map((cell) => {
          const { x, y, width, height } = cell.getBoundingClientRect();
          return [x, y, width, height].join();
        }),
      );
    const before = await boxes();
    await page.evaluate(() => {
      const row = {
        ...view.model.row('vm-105'),
        name: 'a name that is much longer than the one before',
        customizationStatus: 'CustomizationNotStarted',
        attempt: 12_345,
      };
      view.model.update({ atMs: 36_000_000, ended: false, reset: false, rows: [row], transitions: [] });
    });
    await drawn();
    assert.deepEqual(await boxes(), before);
  });

  onPage('many changes are one drawing', async ({ page, mixed, drawn }) => {
    await mixed();
    const count = await page.evaluate(async () => {
      let drawings = 0;
      const observer = new MutationObserver(() => {
        drawings += 1;
      });
      observer.observe(view.shadowRoot, { subtree: true, childList: true, attributes: true, characterData: true });
      for (let i = 0; i < 500; i += 1) {
        const row = { ...view.model.row('vm-102'), attempt: i + 2 };
        view.model.update({ atMs: 250_000 + i, ended: false, reset: false, rows: [row], transitions: [] });
      }
      await new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)));
      observer.disconnect();
      return drawings;
    });
    assert.equal(count, 1);
    await drawn();
  });
});
