/**
 * What people see at a terminal, from the first line to the last: of each session the screen after each thing that happens is
 * recorded, and compared with the file of its name in `terminal/`. `UPDATE=1` writes these.
 */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { startSimulator } from '../simulators/simulator.mjs';
import { startAtTerminal } from './terminal.mjs';

const SESSIONS = new URL('./terminal/', import.meta.url);
const RECORDINGS = fileURLToPath(new URL('../conformance/recordings/', import.meta.url));
const UPDATE = process.env.UPDATE === '1';

const folder = mkdtempSync(join(tmpdir(), 'vm-customization-terminal-'));
after(() => rmSync(folder, { recursive: true }));

/** A screen without what is of the day: seconds, and the port. */
const normalised = (text) =>
  text.replaceAll(/\b(\d\d):\d\d\b/g, '$1:··').replaceAll(/127\.0\.0\.1:\d+/g, 'vc.example.com');

function compare(name, screens) {
  const session = `${screens.map(normalised).join(`\n${'═'.repeat(20)}\n`)}\n`;
  const file = new URL(`${name}.txt`, SESSIONS);
  if (UPDATE) {
    mkdirSync(SESSIONS, { recursive: true });
    writeFileSync(file, session);
  }
  assert.equal(session, readFileSync(file, 'utf8'), 'what is on the screen; UPDATE=1 writes the file');
}

/** A vCenter with two VMs of long names, one with wide characters; nothing has happened yet. */
async function simulator(context) {
  const server = await startSimulator({ kind: 'fake', args: ['-vms', '2'] });
  context.after(() => server.stop());
  const [{ vm: first }, { vm: second }] = server.vms;
  const names = ['production-web-frontend-01.example.com', '測試-db-02'];
  await server.do({ do: 'rename', vm: first, name: names[0] });
  await server.do({ do: 'rename', vm: second, name: names[1] });
  return { server, first, second, names, post: (vm, event, fields) => server.do({ do: 'post', vm, event, fields }) };
}

const WAIT = ['--wait-for-power-on', '--timeout', '10m30s'];
const FAILURE = { reason: 'customizationDisabled', logLocation: '/var/log/vmware-imc/toolsDeployPkg.log' };

describe('at a terminal', { concurrency: 2 }, () => {
  for (const columns of [120, 80, 40]) {
    test(`of ${columns} columns a VM succeeds and another fails`, async (context) => {
      const { server, first, second, names, post } = await simulator(context);
      const { done, shows } = startAtTerminal([...WAIT, ...names], { columns, server });
      const screens = [await shows(/^waiting/), await shows(/left; 2 VMs: 2 no power-on seen/)];
      await post(first, 'VmStartingEvent');
      screens.push(await shows(/1 powered on/));
      await post(first, 'CustomizationStartedEvent');
      screens.push(await shows(/1 started/));
      await post(second, 'VmStartingEvent');
      screens.push(await shows(/1 started, 1 powere/));
      await server.do({ do: 'setClock', offsetMs: 7 * 60_000 });
      await post(second, 'CustomizationFailed', FAILURE);
      screens.push(await shows(/1 failed, 1 started/));
      await post(first, 'CustomizationSucceeded');
      const { status, text } = await done;
      assert.equal(status, 1);
      compare(`success-and-failure-${columns}`, [...screens, text]);
    });
  }

  test('a wait is interrupted, and goes on with its times', async (context) => {
    const { server, first, second, names, post } = await simulator(context);
    const at = { columns: 80, server, cwd: folder };
    const begun = startAtTerminal([...WAIT, '--state', 'run.state', ...names], at);
    const screens = [await begun.shows(/2 no power-on seen/)];
    await post(first, 'VmStartingEvent');
    screens.push(await begun.shows(/1 powered on/));
    begun.type('\u0003');
    const left = await begun.done;
    assert.equal(left.status, 2);
    compare('interrupted-80', [...screens, left.text]);

    await post(first, 'CustomizationStartedEvent');
    await server.do({ do: 'setClock', offsetMs: 3 * 60_000 });
    const { done, shows } = startAtTerminal(['--state', 'run.state'], at);
    const after = [await shows(/left; 2 VMs: 1 started, 1 no/)];
    await post(second, 'VmStartingEvent');
    after.push(await shows(/1 started, 1 powere/));
    await post(second, 'CustomizationSucceeded');
    after.push(await shows(/1 started, 1 succeeded/));
    await post(first, 'CustomizationSucceeded');
    const { status, text } = await done;
    assert.equal(status, 0);
    compare('resumed-80', [...after, text]);
  });

  test('a success is taken back, and the failure is told with its reason', async (context) => {
    const { server, first, names, post } = await simulator(context);
    const args = [...WAIT, '--attempts', 'reopen', names[0]];
    const { done, shows, type } = startAtTerminal(args, { columns: 80, server });
    await shows(/1 no power-on seen/);
    await post(first, 'VmStartingEvent');
    await shows(/1 powered on/);
    await post(first, 'CustomizationSucceeded');
    const screens = [await shows(/1 succeeded/)];
    await post(first, 'CustomizationFailed', FAILURE);
    screens.push(await shows(/1 failed/));
    type('\u0003');
    const { status, text } = await done;
    assert.equal(status, 1);
    compare('revised-80', [...screens, text]);
  });

  test('a recording is played as a table', async () => {
    const args = ['replay', 'D04-result-without-started.recording.json'];
    const { status, text } = await startAtTerminal(args, { columns: 80, cwd: RECORDINGS }).done;
    assert.equal(status, 0);
    compare('replay-80', [text]);
  });

  test('events are played as a table too, with a sentence that says so', async () => {
    const at = { columns: 80, cwd: fileURLToPath(new URL('../wire/samples/', import.meta.url)) };
    const { status, text } = await startAtTerminal(['replay', 'vijson_events_all_classes.json'], at).done;
    assert.equal(status, 0);
    compare('replay-events-80', [text]);
  });
});
