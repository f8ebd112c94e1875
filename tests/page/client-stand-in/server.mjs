/**
 * Stands in for what a vCenter has beside its API when there is a remote plug-in: the vSphere Client, the script of its
 * SDK, tickets for the plug-in's server, and the proxy that brings the plug-in's server to the Client's origin. The API
 * itself is a simulator's.
 */
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import { connectVCenter } from '../../../bindings/dist/node.js';
import { makeCertificate } from '../../simulators/certificate.mjs';
import { logIn, request as soap } from '../../simulators/raw-soap.mjs';

const PLUGIN = '/plugins/com.example.vm-customization~0.1.0';
const CLONE_TICKET = '/api/ui/vcenter/session/clone-ticket';

const file = (name) => readFileSync(new URL(name, import.meta.url));
const FILES = {
  '/ui/': ['text/html', file('client.html')],
  '/ui/client.js': ['text/javascript', file('client.js')],
  '/api/ui/htmlClientSdk.js': ['text/javascript', file('sdk.js')],
};

/**
 * @param {import('../../simulators/simulator.mjs').Simulator} simulator
 * @param {{field?: string}} [options] `field` is what the ticket's request has to name the vCenter by
 */
export async function startClient(simulator, { field = 'vc-guid' } = {}) {
  const identity = makeCertificate({ commonName: 'vCenter with a Client' });
  const vcGuid = await guidOf(simulator);
  /** What must never be seen in the plug-in's output. */
  const secrets = new Set();
  const requests = { tickets: 0, refused: 0 };
  let user;
  let token;
  let state;

  const ticket = async (request, response) => {
    requests.tickets += 1;
    const content = JSON.parse(await textOf(request));
    const { headers } = request;
    const isJson = headers['content-type'] === 'application/json' && headers.accept === 'application/json';
    const refuse = (status) => {
      requests.refused += 1;
      response.writeHead(status, { 'content-type': 'application/json' }).end('{"error_type":"refused"}');
    };
    const isIssued = headers['vmware-api-session-id'] === token;
    if (!isIssued && client.isSilentToOthers) return undefined;
    if (request.method !== 'POST' || !isIssued) return refuse(401);
    if (!isJson || Object.keys(content).join() !== field || content[field] !== vcGuid) return refuse(400);
    const answer = await user(soap('AcquireCloneTicket', '', 'SessionManager'));
    const found = />([^<>]+)<\/returnval>/.exec(answer.text)?.[1];
    // The session of the user has ended.
    if (found === undefined) return refuse(401);
    secrets.add(found);
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ session_clone_ticket: found }));
  };

  const client = {
    vcGuid,
    secrets,
    requests,
    thumbprint: identity.thumbprint,
    /** Whether requests with another token than the user's are left without an answer. */
    isSilentToOthers: false,
    /** Where the plug-in's server is. */
    plugin: undefined,
    /** The user's session on vCenter, and the Client's token for it. */
    async logIn() {
      user = await logIn(simulator);
      token = randomBytes(16).toString('hex');
      secrets.add(token);
    },
    /** What `htmlClientSdk` tells of, for the next page. */
    show(changes) {
      state = { ...state, ...changes };
    },
    urn: (vm, guid = vcGuid) => `urn:vmomi:VirtualMachine:${vm}:${guid}`,
    /** A token that vCenter has not issued. */
    forgeToken: () => {
      token = undefined;
    },
  };

  const answer = async (request, response) => {
    const [path] = request.url.split('?');
    const [type, content] = FILES[path] ?? [];
    if (content !== undefined) return response.writeHead(200, { 'content-type': type }).end(content);
    if (path === '/ui/state') return response.end(JSON.stringify(state));
    if (path === '/ui/session') return response.end(JSON.stringify({ sessionToken: token ?? 'f0rged' }));
    if (path === CLONE_TICKET) return ticket(request, response);
    if (path.startsWith(`${PLUGIN}/`)) return pass(request, response, client.plugin, request.url.slice(PLUGIN.length));
    if (path.startsWith('/sdk') || path === '/api/vcenter/system')
      return pass(request, response, simulator.url, request.url);
    return response.writeHead(404).end();
  };
  const server = https.createServer({ cert: identity.certificate, key: identity.key }, (request, response) => {
    answer(request, response).catch((error) => response.destroy(error));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const origin = `https://127.0.0.1:${server.address().port}`;
  state = {
    context: [],
    endpoint: `${origin}/api/ui?locale=en#top`,
    theme: 'light',
    version: '8.0.3.0',
    old: false,
    view: `${PLUGIN}/vm-customization/plugin.html`,
  };
  await client.logIn();
  return Object.assign(client, {
    origin,
    page: `${origin}/ui/`,
    view: `${origin}${state.view}`,
    async stop() {
      server.close();
      server.closeAllConnections();
    },
  });
}

async function guidOf({ url, user, password }) {
  const vcenter = await connectVCenter({ server: url, user, password, insecure: true, environment: {} });
  await vcenter.close();
  return vcenter.instanceUuid;
}

/** Hands a request on, and its answer back as it comes. */
function pass(request, response, target, path) {
  const url = new URL(path, target);
  const outgoing = (url.protocol === 'https:' ? https : http).request(url, {
    method: request.method,
    headers: { ...request.headers, host: url.host },
    rejectUnauthorized: false,
  });
  outgoing.on('response', (incoming) => {
    response.writeHead(incoming.statusCode, incoming.headers);
    incoming.pipe(response);
    incoming.on('error', () => response.destroy());
  });
  outgoing.on('error', () => (response.headersSent ? response.destroy() : response.writeHead(502).end()));
  response.on('close', () => outgoing.destroy());
  request.pipe(outgoing);
}

async function textOf(stream) {
  const chunks = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}
