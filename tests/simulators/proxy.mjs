/**
 * An HTTPS proxy in front of a simulator that makes things go wrong on
 * purpose: faults for one VM, dead connections, answers that are none.
 */
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import { makeCertificate } from './certificate.mjs';
import { faultEnvelope, faultParts, methodOf } from './soap.mjs';
import { blankReference, dropEvents, hideObject, markUnreadable } from './soap-rewrite.mjs';

const XML = { 'content-type': 'text/xml; charset=utf-8' };
const JSON_TYPE = { 'content-type': 'application/json' };
const EVENT_READS = ['QueryEvents', 'CreateCollectorForEvents'];
const EVENT_ANSWERS = ['QueryEvents', 'ReadNextEvents', 'WaitForUpdatesEx'];
const LOOK_UPS = ['FindByInventoryPath', 'FindByUuid', 'FindByDnsName', 'FindChild'];

/**
 * What a rule does with a request it matches. `delayMs` goes with any; the first of the others that is there counts.
 * @typedef {object} Action
 * @property {number} [delayMs] wait before anything else
 * @property {boolean} [reset] reset the connection
 * @property {boolean} [hang] answer nothing, ever
 * @property {boolean} [endless] begin an answer that never ends
 * @property {boolean} [garbage] answer bytes that are neither XML nor JSON, as what was asked for
 * @property {number} [status] answer this HTTP status, with an HTML page unless `body` is given
 * @property {string} [body]
 * @property {Record<string, string>} [headers]
 * @property {string} [fault] answer a fault of this class: NoPermission, ManagedObjectNotFound, NotAuthenticated …
 * @property {{type: string, value: string}} [object] what the fault is about
 * @property {boolean} [half] ask the server, send half of its answer and close
 * @property {(text: string) => string} [rewrite] ask the server and change its answer
 */

/**
 * Which requests a rule is for: all that fit every member given.
 * @typedef {object} Match
 * @property {string|string[]} [method] methods, and properties read over VI JSON
 * @property {string} [mentions] a managed object id in the request
 * @property {(request: {method: string|undefined, text: string}) => boolean} [when]
 * @property {number} [skip] let this many pass first
 * @property {number} [times] then act on this many only
 */

/**
 * Starts the proxy.
 *
 * @param {string} targetUrl the simulator's
 * @param {{certificate?: string, key?: string}} [tls] paths of PEM files to present; without them the proxy makes its own certificate
 */
export async function startProxy(targetUrl, tls = {}) {
  let target = new URL(targetUrl);
  let identity =
    tls.certificate && tls.key
      ? { certificate: readFileSync(tls.certificate, 'utf8'), key: readFileSync(tls.key, 'utf8') }
      : makeCertificate({ commonName: 'proxy' });
  const transport = target.protocol === 'https:' ? https : http;
  // The proxy stands for the server in a test, and the server's certificate is not what is tested.
  const agent = new transport.Agent({ keepAlive: true, rejectUnauthorized: false });
  const sockets = new Set();
  const rules = [];
  const exchanges = [];
  const secrets = new Set();
  let server;
  let port = 0;

  const forward = (request, body) =>
    new Promise((resolve, reject) => {
      const { host: _, connection: __, 'accept-encoding': ___, ...headers } = request.headers;
      const outgoing = transport.request(
        {
          agent,
          host: target.hostname,
          port: target.port,
          path: request.url,
          method: request.method,
          headers: { ...headers, host: target.host, 'content-length': body.length },
        },
        async (response) => {
          const answer = await readAll(response).catch(reject);
          for (const cookie of response.headers['set-cookie'] ?? []) secrets.add(/="?([^";]*)/.exec(cookie)[1]);
          const sessionId = response.headers['vmware-api-session-id'];
          if (sessionId !== undefined) secrets.add(sessionId);
          const { 'transfer-encoding': _chunked, connection: _connection, ...kept } = response.headers;
          if (answer) resolve({ status: response.statusCode, headers: kept, body: answer });
        },
      );
      outgoing.on('error', reject);
      outgoing.end(body);
    });

  // Only the socket below TLS can be reset; it has the same remote port. While TLS ends, Node 20 takes a
  // reset for done that the system has refused, and waits for the socket without an end when the process exits.
  const reset = (secured) => {
    for (const socket of sockets) {
      if (socket.remotePort !== secured?.remotePort) continue;
      if (secured.writableEnded) socket.destroy();
      else socket.resetAndDestroy();
    }
  };

  const handle = async (request, response) => {
    const body = await readAll(request);
    const text = body.toString('utf8');
    const json = /\/vim25\/[^/]+\/[^/]+\/[^/]+\/(\w+)$/.exec(request.url)?.[1];
    const method = json ?? methodOf(text);
    const exchange = { method, request: text, requestBytes: body.length, status: undefined, responseBytes: 0 };
    exchanges.push(exchange);
    const send = (status, headers, answer) => {
      exchange.status = status;
      exchange.responseBytes = answer.length;
      response.writeHead(status, { ...headers, 'content-length': answer.length });
      response.end(answer);
    };

    const active = rules.filter((rule) => applies(rule, { method, text }));
    for (const { action } of active) if (action.delayMs) await delay(action.delayMs, response);
    const action = active.find(({ action }) =>
      Object.keys(action).some((key) => key !== 'delayMs' && key !== 'rewrite'),
    );
    const is = action?.action ?? {};

    if (is.reset) return reset(response.socket);
    if (is.hang) return;
    if (is.endless) return trickle(response);
    if (is.garbage) return send(200, json ? JSON_TYPE : XML, Buffer.from('\u0000\u0001<<<&&& not xml >\ufffd'));
    if (is.status) {
      const page = is.body ?? `<html><body><h1>${is.status} Service Unavailable</h1></body></html>`;
      return send(is.status, { 'content-type': 'text/html', ...is.headers }, Buffer.from(page));
    }
    if (is.fault && json) return send(500, JSON_TYPE, Buffer.from(JSON.stringify(jsonFault(is))));
    if (is.fault) {
      const { message, inner } = faultParts(is.fault, is.object);
      return send(500, XML, Buffer.from(faultEnvelope(is.fault, message, inner)));
    }

    const answer = await forward(request, body);
    if (is.half) {
      exchange.status = answer.status;
      response.writeHead(answer.status, { ...answer.headers, 'content-length': answer.body.length });
      response.write(answer.body.subarray(0, answer.body.length >> 1), () => response.destroy());
      return;
    }
    let rewritten = answer.body;
    for (const { action } of active) {
      if (action.rewrite) rewritten = Buffer.from(action.rewrite(rewritten.toString('utf8')));
    }
    send(answer.status, answer.headers, rewritten);
  };

  const open = async () => {
    if (server) return;
    server = https.createServer({ cert: identity.certificate, key: identity.key }, (request, response) => {
      handle(request, response).catch((error) => {
        // Either side may go away at any time; the client then sees a dead connection too.
        if (error.code === 'ECONNREFUSED' && !response.headersSent) response.writeHead(502).end();
        else response.destroy();
      });
    });
    server.on('connection', (socket) => {
      sockets.add(socket);
      socket.on('error', () => {});
      socket.on('close', () => sockets.delete(socket));
    });
    server.on('tlsClientError', () => {});
    // A test that has failed is to end all the same.
    server.listen(port, '127.0.0.1').unref();
    await once(server, 'listening');
    port = server.address().port;
  };

  /** The server is gone: nobody listens, and the connections are dead. */
  const close = async () => {
    if (!server) return;
    const closing = server;
    server = undefined;
    closing.close();
    for (const socket of sockets) socket.destroy();
    await once(closing, 'close');
  };

  /** @param {Match & Action} rule @returns {{hits: number, remove: () => void}} */
  const add = ({ method, mentions, when, skip = 0, times = Number.POSITIVE_INFINITY, ...action }) => {
    const methods = method === undefined ? undefined : [method].flat();
    const rule = { methods, mentions, when, skip, times, action, hits: 0, remove };
    function remove() {
      const at = rules.indexOf(rule);
      if (at >= 0) rules.splice(at, 1);
    }
    rules.push(rule);
    return rule;
  };
  const together = (added) => ({
    remove: () => {
      for (const rule of added) rule.remove();
    },
  });

  await open();
  return {
    url: `https://127.0.0.1:${port}${target.pathname}`,
    port,
    thumbprint: identity.thumbprint,
    /** The PEM text it presents. */
    certificate: identity.certificate,
    /** Values of the sessions that went through: whoever has one needs no password. */
    secrets,
    /** Another server from here on, as after a restart. */
    retarget: (url) => {
      target = new URL(url);
    },
    /** The certificate it presents, and its key. */
    get identity() {
      return identity;
    },
    /** Presents this one from the next `open` on. */
    present: (other) => {
      identity = other;
    },
    /** Presents another certificate from the next `open` on. */
    renewCertificate: () => {
      identity = makeCertificate({ commonName: 'proxy' });
      return identity;
    },
    /** All that was asked: method, request text, bytes both ways, status (undefined: no answer). */
    exchanges,
    /** Counts by method. */
    get requests() {
      const counts = {};
      for (const { method = '(none)', requestBytes, responseBytes } of exchanges) {
        counts[method] ??= { count: 0, requestBytes: 0, responseBytes: 0 };
        const of = counts[method];
        of.count += 1;
        of.requestBytes += requestBytes;
        of.responseBytes += responseBytes;
      }
      return counts;
    },
    add,
    clear: () => {
      rules.length = 0;
    },
    /**
     * The account may not read this VM, or (ManagedObjectNotFound) it is gone.
     * `lookUp` is what reading its properties gives: `missingSet` as a real
     * vCenter for an object named in the request, `fault`, `hidden` as in a
     * view, or `allowed` when only its events are refused.
     */
    refuseVm: (vm, { fault = 'NoPermission', lookUp = 'missingSet' } = {}) => {
      const object = { type: 'VirtualMachine', value: vm };
      const added = [add({ method: EVENT_READS, mentions: vm, fault, object })];
      // A common parent's events lack those of a VM that may not be seen; those of a deleted one are still there.
      if (fault === 'NoPermission') added.push(add({ method: EVENT_ANSWERS, rewrite: (text) => dropEvents(text, vm) }));
      if (lookUp === 'fault') {
        added.push(add({ method: ['RetrieveProperties', 'RetrievePropertiesEx'], mentions: vm, fault, object }));
      } else if (lookUp !== 'allowed') {
        const change = lookUp === 'hidden' ? hideObject : markUnreadable;
        added.push(
          add({
            method: ['RetrieveProperties', 'RetrievePropertiesEx', 'ContinueRetrievePropertiesEx'],
            rewrite: (text) => change(text, vm, fault),
          }),
        );
      }
      if (lookUp === 'hidden') added.push(add({ method: LOOK_UPS, rewrite: (text) => blankReference(text, vm) }));
      return together(added);
    },
    /** The account may read VMs but not what is above them: event reads of any other entity, or of none. */
    refuseParent: ({ fault = 'NoPermission' } = {}) =>
      add({
        method: EVENT_READS,
        when: ({ text }) => !/<entity\b[^>]*type="VirtualMachine"|"entity":\{[^{}]*"type":"VirtualMachine"/.test(text),
        fault,
      }),
    open,
    close,
    stop: async () => {
      await close();
      agent.destroy();
    },
  };
}

function jsonFault({ fault, object }) {
  const named = fault === 'ManagedObjectNotFound' ? 'obj' : 'object';
  const about = object && { [named]: { _typeName: 'ManagedObjectReference', ...object } };
  return { _typeName: fault, faultMessage: [], ...about };
}

function applies(rule, { method, text }) {
  if (rule.methods && !rule.methods.includes(method)) return false;
  if (rule.mentions && !new RegExp(`>\\s*${rule.mentions}\\s*<`).test(text)) return false;
  if (rule.when && !rule.when({ method, text })) return false;
  if (rule.skip > 0) {
    rule.skip -= 1;
    return false;
  }
  if (rule.hits >= rule.times) return false;
  rule.hits += 1;
  return true;
}

async function readAll(stream) {
  const chunks = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks);
}

function delay(ms, response) {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    response.on('close', () => {
      clearTimeout(timer);
      resolve();
    });
  });
}

function trickle(response) {
  response.writeHead(200, XML);
  response.write(
    '<?xml version="1.0" encoding="UTF-8"?>\n<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"><soapenv:Body><QueryEventsResponse xmlns="urn:vim25">',
  );
  const timer = setInterval(() => response.write('<returnval></returnval>'), 50);
  response.on('close', () => clearInterval(timer));
}
