/**
 * A simulated vCenter: its event history over SOAP and over VI JSON, for what
 * govmomi's simulator cannot show (another clock, keys that wrap, back-dated
 * events, permissions, the JSON protocol), and for machines without Go.
 */
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import http from 'node:http';
import https from 'node:https';
import { machineClock } from './clock.mjs';
import { Commands } from './commands.mjs';
import { EventCollectors } from './event-collector.mjs';
import { EventHistory } from './events.mjs';
import { Inventory } from './inventory.mjs';
import { hasJson } from './releases.mjs';
import { answerTo, route } from './routes.mjs';
import { Service } from './service.mjs';
import { Sessions } from './sessions.mjs';

/**
 * @typedef {object} FakeOptions
 * @property {number} [vms] VMs to begin with
 * @property {boolean} [autostart] power these VMs on
 * @property {string} [user]
 * @property {string} [password]
 * @property {number} [sessionTimeoutMs] idle sessions end after this; 0: never
 * @property {boolean} [esx] a stand-alone host: it has no QueryEvents
 * @property {string} [apiVersion]
 * @property {number} [clockOffsetMs] how far the server's clock is ahead of this machine's
 * @property {number} [firstKey] the first event's key; keys wrap to negative after 2147483647
 * @property {boolean} [matchBaseTypes] whether an eventTypeId finds subclasses: not documented, so either must do
 * @property {'newestFirst'|'oldestFirst'|'shuffled'} [pageOrder] of the events in every answer; by itself a query and a
 *   latest page begin with the newest, and a page read on with the oldest
 * @property {number} [propertyPageSize] objects in one answer of RetrievePropertiesEx
 * @property {boolean} [collectors] whether there are EventHistoryCollectors
 * @property {number} [maxCollectors] how many at a time, for all sessions
 * @property {boolean} [leakCollectors] whether a collector that was not destroyed keeps its place when its session ends
 * @property {boolean} [queriesNeedSlot] whether QueryEvents fails too when all places are taken
 * @property {number} [initDelayMs] how long a collector made with `delayedInit` has an empty page
 * @property {'each'|'coalesced'} [updates] whether WaitForUpdatesEx tells each change of an object, or the last state only
 * @property {number} [maxUpdates] of objects in one answer of WaitForUpdatesEx
 * @property {number} [updateDelayMs] how long changes gather before a waiting call is answered
 * @property {boolean} [viJson] whether VI JSON is served when the version has it
 * @property {string} [versionName] what vimServiceVersions.xml calls the newest version
 * @property {'first'|'last'|'shuffled'} [typeNamePlace] where `_typeName` stands in a JSON object
 * @property {boolean} [boxObjects] whether JSON objects in the place of an Any are boxed as simple values are
 * @property {'list'|'null'|'nothing'} [emptyAnswers] what a JSON method answers that has nothing to tell: `[]` (or null
 *   where no list belongs), null, or no body
 * @property {'soap'|'always'|'never'} [faultStrings] which faults have a text: by itself those of SOAP
 * @property {import('./clock.mjs').Clock} [clock] what it waits by, and counts its own time with; by itself the machine's
 * @property {string} [certificate] PEM text; with `key` the server speaks HTTPS
 * @property {string} [key] PEM text
 */

/**
 * Makes a server without a connection.
 *
 * @param {FakeOptions} [options]
 */
export function fakeVCenter(options = {}) {
  const {
    vms = 4,
    autostart = false,
    user = 'administrator@vsphere.local',
    password = 'VMware1!',
    sessionTimeoutMs = 0,
    esx = false,
    apiVersion = '8.0.3.0',
    viJson = true,
    clock = machineClock,
  } = options;
  let clockOffsetMs = options.clockOffsetMs ?? 0;
  const now = () => BigInt(Math.round((performance.timeOrigin + clock.now() + clockOffsetMs) * 1000)) * 1000n;

  const watchers = new Set();
  const look = (onlyEvents) => {
    for (const watcher of watchers) watcher.look(onlyEvents);
  };
  const changed = () => look(false);
  const inventory = new Inventory({ vms, esx });
  const sessions = new Sessions({ user, password, timeoutMs: sessionTimeoutMs, now, clock });
  const { firstKey, matchBaseTypes, pageOrder } = options;
  const events = new EventHistory({ now, firstKey, matchBaseTypes, pageOrder, posted: () => look(true) });
  const { maxCollectors = 32, leakCollectors = true, initDelayMs = 50 } = options;
  const eventCollectors = new EventCollectors({
    events,
    max: maxCollectors,
    leak: leakCollectors,
    initDelayMs,
    clock,
    changed,
  });
  const state = {
    inventory,
    sessions,
    events,
    eventCollectors,
    requests: {},
    watchers,
    changed,
    now,
    clock,
    esx,
    apiVersion,
    /** Paths of properties that this server's release does not have. */
    lacking: new Set(),
    hasJson: viJson && !esx && hasJson(apiVersion),
    versionName: options.versionName,
    propertyPageSize: options.propertyPageSize ?? 100,
    collectors: options.collectors ?? true,
    queriesNeedSlot: options.queriesNeedSlot ?? false,
    updates: options.updates ?? 'each',
    maxUpdates: options.maxUpdates ?? 100,
    updateDelayMs: options.updateDelayMs ?? 1,
    typeNamePlace: options.typeNamePlace ?? 'first',
    boxObjects: options.boxObjects ?? false,
    emptyAnswers: options.emptyAnswers ?? 'list',
    faultStrings: options.faultStrings ?? 'soap',
    setClockOffset: (ms) => {
      clockOffsetMs = ms;
    },
    find: (session, ref) => service.find(session, ref),
    isSingleton: (ref) => service.isSingleton(ref),
    collecting: ({ session, version }) => ({
      session,
      version,
      denied: sessions.denied,
      unreadable: sessions.unreadable,
      lacking: state.lacking,
      get: (ref) => service.find(session, ref),
    }),
  };
  const service = new Service(state, aboutOf(esx, apiVersion));

  const commands = new Commands(state);
  if (autostart) for (const vm of inventory.vms()) commands.powerOn({ vm: vm.ref.value });
  const pending = new Set();
  const stopping = new AbortController();
  const perform = async (command) => {
    if (command.afterMs > 0) await clock.sleep(command.afterMs, stopping.signal);
    stopping.signal.throwIfAborted();
    return { ok: true, ...commands.run(command) };
  };
  return {
    state,
    user,
    password,
    vms: commands.listVms().vms,
    /** Answers a request: see `answerTo`. */
    answer: (request, text) => answerTo(state, { socket: {}, ...request }, text),
    /**
     * Runs one command of the control protocol, after its `afterMs`; one
     * without happens before `do` returns. Rejects when it cannot be done.
     */
    do: (command) => {
      const promise = perform(command);
      pending.add(promise);
      const forget = () => pending.delete(promise);
      promise.then(forget, forget);
      return promise;
    },
    end: () => {
      // Who stops the server is done with the commands it left open.
      for (const promise of pending) promise.catch(() => {});
      stopping.abort();
      // Calls that wait end with their sessions, and their timers with them.
      sessions.endAll();
    },
  };
}

/**
 * Starts a server on a free port of 127.0.0.1.
 *
 * @param {FakeOptions} [options]
 */
export async function startFakeVCenter(options = {}) {
  const { certificate, key } = options;
  const { state, user, password, vms, do: run, end } = fakeVCenter(options);
  const handler = (request, response) => {
    route(state, request, response).catch((error) => response.destroy(error));
  };
  const server = key ? https.createServer({ cert: certificate, key }, handler) : http.createServer(handler);
  server.on('tlsClientError', () => {});
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `${key ? 'https' : 'http'}://127.0.0.1:${server.address().port}/sdk`,
    user,
    password,
    vms,
    do: run,
    stop: async () => {
      if (!server.listening) return;
      end();
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

function aboutOf(esx, apiVersion) {
  const name = esx ? 'VMware ESXi' : 'VMware vCenter Server';
  return {
    name,
    fullName: `${name} ${apiVersion} (simulated)`,
    vendor: 'VMware, Inc.',
    version: apiVersion.split('.').slice(0, 3).join('.'),
    build: '0',
    osType: 'linux-x64',
    productLineId: esx ? 'embeddedEsx' : 'vpx',
    apiType: esx ? 'HostAgent' : 'VirtualCenter',
    apiVersion,
    instanceUuid: esx ? undefined : randomUUID(),
  };
}
