/**
 * A simulated vCenter: its event history over SOAP, for what govmomi's
 * simulator cannot show (another clock, keys that wrap, back-dated events,
 * permissions), and for machines without Go.
 */
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import http from 'node:http';
import https from 'node:https';
import { setTimeout as sleep } from 'node:timers/promises';
import { ENVELOPE, envelope, faultEnvelope, faultParts } from '../lib/soap.mjs';
import { notFound } from './collector.mjs';
import { Commands } from './commands.mjs';
import { EventHistory } from './events.mjs';
import { Fault, invalidRequest } from './fault.mjs';
import { Inventory } from './inventory.mjs';
import { answers, open, singletons } from './methods.mjs';
import { methods, reaches, readRequest } from './requests.mjs';
import { Sessions } from './sessions.mjs';
import { parseXml, XmlError } from './xml.mjs';

const MAX_REQUEST_BYTES = 16 * 1024 * 1024;
/** What a client gets that names no version: the API of VI 3.5. */
const OLDEST_VERSION = '2.5';

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
 * @property {'newestFirst'|'oldestFirst'|'shuffled'} [pageOrder] of the events in an answer
 * @property {number} [propertyPageSize] objects in one answer of RetrievePropertiesEx
 * @property {string} [certificate] PEM text; with `key` the server speaks HTTPS
 * @property {string} [key] PEM text
 */

/**
 * Starts a server on a free port of 127.0.0.1.
 *
 * @param {FakeOptions} [options]
 */
export async function startFakeVCenter(options = {}) {
  const {
    vms = 4,
    autostart = false,
    user = 'administrator@vsphere.local',
    password = 'VMware1!',
    sessionTimeoutMs = 0,
    esx = false,
    apiVersion = '8.0.3.0',
    firstKey,
    matchBaseTypes,
    pageOrder,
    propertyPageSize = 100,
    certificate,
    key,
  } = options;
  let clockOffsetMs = options.clockOffsetMs ?? 0;
  const now = () => BigInt(Math.round((performance.timeOrigin + performance.now() + clockOffsetMs) * 1000)) * 1000n;

  const inventory = new Inventory({ vms, esx });
  const sessions = new Sessions({ user, password, timeoutMs: sessionTimeoutMs, now });
  const events = new EventHistory({ now, firstKey, matchBaseTypes, pageOrder });
  const requests = {};
  const state = {
    inventory,
    sessions,
    events,
    requests,
    now,
    esx,
    propertyPageSize,
    about: {
      name: esx ? 'VMware ESXi' : 'VMware vCenter Server',
      fullName: `${esx ? 'VMware ESXi' : 'VMware vCenter Server'} ${apiVersion} (simulated)`,
      vendor: 'VMware, Inc.',
      version: apiVersion.split('.').slice(0, 3).join('.'),
      build: '0',
      osType: 'linux-x64',
      productLineId: esx ? 'embeddedEsx' : 'vpx',
      apiType: esx ? 'HostAgent' : 'VirtualCenter',
      apiVersion,
      ...(esx ? {} : { instanceUuid: randomUUID() }),
    },
    setClockOffset: (ms) => {
      clockOffsetMs = ms;
    },
    collecting: (session) => ({
      session,
      denied: sessions.denied,
      get: (ref) => inventory.get(ref) ?? ofSession(session, ref),
    }),
  };

  const handler = (request, response) => {
    serve(state, request, response).catch((error) => response.destroy(error));
  };
  const server = key ? https.createServer({ cert: certificate, key }, handler) : http.createServer(handler);
  server.on('tlsClientError', () => {});
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');

  const commands = new Commands(state);
  if (autostart) for (const vm of inventory.vms()) commands.powerOn({ vm: vm.ref.value });
  const pending = new Set();
  const stopping = new AbortController();
  const perform = async (command) => {
    if (command.afterMs > 0) await sleep(command.afterMs, undefined, { signal: stopping.signal });
    return { ok: true, ...commands.run(command) };
  };
  return {
    url: `${key ? 'https' : 'http'}://127.0.0.1:${server.address().port}/sdk`,
    user,
    password,
    vms: commands.listVms().vms,
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
    stop: async () => {
      if (!server.listening) return;
      // Who stops the server is done with the commands it left open.
      for (const promise of pending) promise.catch(() => {});
      stopping.abort();
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

function ofSession(session, ref) {
  const object = session?.objects.get(ref.value);
  return object?.ref?.type === ref.type ? object : undefined;
}

async function serve(state, request, response) {
  if (request.url !== '/sdk' && request.url !== '/sdk/') {
    response.writeHead(404, { 'content-type': 'text/html' }).end('<html><body>404 Not Found</body></html>');
    return;
  }
  if (request.method !== 'POST') {
    response.writeHead(405, { allow: 'POST' }).end();
    return;
  }
  const chunks = [];
  let size = 0;
  for await (const chunk of request) {
    size += chunk.length;
    if (size > MAX_REQUEST_BYTES) return response.destroy();
    chunks.push(chunk);
  }
  const headers = { 'content-type': 'text/xml; charset=utf-8' };
  const send = (status, text) => {
    const body = Buffer.from(text);
    response.writeHead(status, { ...headers, 'content-length': body.length }).end(body);
  };
  try {
    const loggedIn = (session) => {
      const secure = request.socket.encrypted ? '; Secure' : '';
      headers['set-cookie'] = `vmware_soap_session="${session.key}"; Path=/; HttpOnly${secure}`;
    };
    send(200, envelope(answer(state, request.headers, Buffer.concat(chunks).toString('utf8'), loggedIn)));
  } catch (error) {
    if (error instanceof Fault) send(500, faultEnvelope(error.type, error.message, error.inner));
    else send(500, faultEnvelope('SystemError', '', `<reason>${error.message.replace(/[<&]/g, ' ')}</reason>`));
    if (!(error instanceof Fault)) process.stderr.write(`${error.stack}\n`);
  }
}

/** Reads a request, finds who asks, and has it answered. */
function answer(state, headers, text, loggedIn) {
  const element = readEnvelope(headers, text);
  const version = versionOf(headers.soapaction, state.about.apiVersion);
  state.requests[element.name] = (state.requests[element.name] ?? 0) + 1;
  const call = readRequest(element, version);
  const session = state.sessions.find(headers.cookie);

  const on =
    singletons(state.esx)[call.on.type] === call.on.value ? { ref: call.on } : state.collecting(session).get(call.on);
  const known = Object.hasOwn(methods, call.method) ? methods[call.method] : undefined;
  // Who is not logged in learns nothing, not even which methods there are.
  if (!session && !open.has(call.method)) {
    const { message, inner } = faultParts('NotAuthenticated', call.on);
    throw new Fault('NotAuthenticated', message, inner);
  }
  if (!on) throw notFound(call.on);
  if (!known || known.on !== on.ref.type || !reaches(version, known.since)) {
    throw new Fault(
      'MethodNotFound',
      `Unable to resolve WSDL method name ${call.method} for ${call.on.type}`,
      `<receiver type="${on.ref.type}">${on.ref.value}</receiver><method>${call.method}</method>`,
    );
  }
  const content = answers[call.method](state, { ...call, session, loggedIn, userAgent: headers['user-agent'] ?? '' });
  return `<${call.method}Response xmlns="urn:vim25">${content}</${call.method}Response>`;
}

function readEnvelope(headers, text) {
  if (!/^text\/xml\b/i.test(headers['content-type'] ?? '')) throw invalidRequest('the content type must be text/xml');
  let root;
  try {
    root = parseXml(text);
  } catch (error) {
    if (error instanceof XmlError) throw invalidRequest(`XML: ${error.message}`);
    throw error;
  }
  const body = root.children.find(({ name, namespace }) => name === 'Body' && namespace === ENVELOPE);
  if (root.name !== 'Envelope' || root.namespace !== ENVELOPE || body?.children.length !== 1) {
    throw invalidRequest('must be a SOAP 1.1 envelope with one element in its body');
  }
  return body.children[0];
}

/** The API version a SOAPAction such as "urn:vim25/8.0.2.0" names. */
function versionOf(action, newest) {
  const named = /^"?urn:vim25(?:\/(\d+(?:\.\d+)*))?"?$/.exec(action ?? '')?.[1] ?? OLDEST_VERSION;
  if (!reaches(newest, named)) throw invalidRequest(`unsupported version URI "urn:vim25/${named}"`);
  return named;
}
