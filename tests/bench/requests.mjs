/**
 * Requests and bytes of ten minutes of waiting: this package against the script's own procedure, through a proxy that
 * counts. A wait is made of parts that repeat; each is measured once, in a bit more than a minute, and multiplied.
 *
 *   node tests/bench/requests.mjs
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { startProxy } from '../simulators/proxy.mjs';
import { logIn, queryEvents } from '../simulators/raw-soap.mjs';
import { startSimulator } from '../simulators/simulator.mjs';
import { bytes, machine, table, write } from './lib/report.mjs';
import { ours } from './lib/watchers.mjs';

const NUMBERS = [1, 10, 100, 500];
const MINUTES = 10;
const PASS_S = 15;
const SAFETY_READ_S = 60;
const LONG_POLL_S = 50;
const FIRST_SAFETY_READ_MS = (SAFETY_READ_S + 5) * 1000;
const EVENT_EVERY_MS = 60;

/** Requests and bytes both ways. */
const sum = (exchanges) =>
  exchanges.reduce(
    (total, { requestBytes, responseBytes }) => ({
      requests: total.requests + 1,
      bytes: total.bytes + requestBytes + responseBytes,
    }),
    { requests: 0, bytes: 0 },
  );
const times = ({ requests, bytes }, factor) => ({ requests: requests * factor, bytes: bytes * factor });
const plus = (...parts) =>
  parts.reduce((total, part) => ({ requests: total.requests + part.requests, bytes: total.bytes + part.bytes }));

/** What went through since the last call. */
function counter(proxy) {
  let from = 0;
  return (wanted = () => true) => {
    const part = proxy.exchanges.slice(from).filter(wanted);
    from = proxy.exchanges.length;
    return sum(part);
  };
}

/** The script: at its start a query per VM, and in each pass another, for the one step that the VM has next. */
async function script(server, vms) {
  const proxy = await startProxy(server.url);
  const client = await logIn({ ...server, url: proxy.url });
  const counted = counter(proxy);
  for (const { vm } of vms) await client(queryEvents(vm, ['VmStartingEvent']));
  const start = counted();
  for (const { vm } of vms) await client(queryEvents(vm, ['CustomizationStartedEvent']));
  const pass = counted();
  await client(logoutText());
  await proxy.stop();
  return plus(start, times(pass, (MINUTES * 60) / PASS_S));
}

const logoutText = () =>
  '<?xml version="1.0" encoding="UTF-8"?><soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/"><soap:Body>' +
  '<Logout xmlns="urn:vim25"><_this type="SessionManager">SessionManager</_this></Logout></soap:Body></soap:Envelope>';

/** The parts of a wait of this package. */
async function parts(server, vms) {
  const proxy = await startProxy(server.url);
  const counted = counter(proxy);
  const watcher = await ours({ ...server, url: proxy.url, vms }, { push: true });
  await sleep(1000);
  const start = counted();
  await sleep(FIRST_SAFETY_READ_MS - 1000);
  const isPoll = ({ method }) => method === 'WaitForUpdatesEx';
  const rest = proxy.exchanges.slice(start.requests);
  const longPoll = sum(rest.filter(isPoll).slice(0, 1));
  const read = sum(rest.filter((exchange) => !isPoll(exchange)));
  counted();
  return {
    start,
    longPoll,
    read,
    /** Every VM's start and result, each by itself. */
    events: async (post) => {
      for (const event of ['CustomizationStartedEvent', 'CustomizationSucceeded']) {
        for (const { vm } of vms) {
          await Promise.all([post(vm, event), sleep(EVENT_EVERY_MS)]);
        }
      }
      await sleep(1000);
      return counted(isPoll);
    },
    end: async () => {
      await watcher.stop();
      await sleep(200);
      const end = counted();
      await proxy.stop();
      return end;
    },
  };
}

/** A vCenter with so many VMs, all just powered on. */
async function withVms(number) {
  const server = await startSimulator({ args: ['-vms', String(number)] });
  await server.do({ do: 'postAll', posts: server.vms.map(({ vm }) => ({ event: 'VmStartingEvent', vm })) });
  return server;
}

const rows = [];
const servers = await Promise.all(NUMBERS.map(withVms));
try {
  const measured = await Promise.all(servers.map((server) => parts(server, server.vms)));
  for (const [index, of] of measured.entries()) {
    const server = servers[index];
    const number = server.vms.length;
    const scripted = await script(server, server.vms);
    const events = await of.events((vm, event) => server.do({ do: 'post', vm, event }));
    const end = await of.end();
    const seconds = MINUTES * 60;
    const quiet = plus(
      of.start,
      times(of.longPoll, seconds / LONG_POLL_S),
      times(of.read, seconds / SAFETY_READ_S),
      end,
    );
    const busy = plus(quiet, events);
    const polled = plus(of.start, times(of.read, seconds / PASS_S), end);
    const ratio = (part) => `${Math.round(scripted.requests / part.requests)} ×`;
    rows.push([
      number,
      `${scripted.requests}, ${bytes(scripted.bytes)}`,
      `${quiet.requests}, ${bytes(quiet.bytes)}`,
      ratio(quiet),
      `${busy.requests}, ${bytes(busy.bytes)}`,
      ratio(busy),
      `${polled.requests}, ${bytes(polled.bytes)}`,
      ratio(polled),
    ]);
    console.log(
      number,
      JSON.stringify({ start: of.start, longPoll: of.longPoll, read: of.read, events, end, scripted }),
    );
  }
} finally {
  await Promise.all(servers.map((server) => server.stop()));
}

write(
  'requests',
  `
## Requests and bytes of ten minutes of waiting

${table(
  [
    'VMs',
    'the script',
    'this package, nothing happens',
    'fewer',
    'every VM starts and ends, each alone',
    'fewer',
    'reads alone',
    'fewer',
  ],
  rows,
)}

${machine()}. Requests and the bytes of their bodies both ways, log-in and look-up included for this package and left out for the
script. The script asks for each VM's power-on once, and in each pass of ${PASS_S} s once more for every VM: for the start, or after that for the result. One pass
was measured, and ${(MINUTES * 60) / PASS_S} are counted: no VM finishes before the time is up, and it is compared with that in every column. Of this package the start, one long poll of ${LONG_POLL_S} s, one safety read after ${SAFETY_READ_S} s and the end were measured
over ${FIRST_SAFETY_READ_MS / 1000} s of real time, and are counted as often as they come in ten minutes. Where every VM starts and ends, ${EVENT_EVERY_MS} ms or more lie between two events, so that
each of them is an answer of its own: the most there can be. Reads alone (\`--no-push\`) are one read every ${PASS_S} s.
`,
);
