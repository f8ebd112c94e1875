/** VI JSON by bare HTTP, for the tests of the simulator: no client in between. */
import assert from 'node:assert/strict';
import http from 'node:http';
import https from 'node:https';

/**
 * Sends one request.
 *
 * @param {{url: string}} server
 * @param {string} path
 * @param {{method?: string, body?: any, headers?: Record<string, string>, signal?: AbortSignal}} [request] a `body` that is
 *   a string goes as it is
 * @returns {Promise<{status: number, headers: Record<string, string>, text: string, json: any}>} `json` is undefined for
 *   what is none
 */
export function send({ url }, path, { method = 'GET', body, headers = {}, signal } = {}) {
  return new Promise((resolve, reject) => {
    const transport = url.startsWith('https:') ? https : http;
    const type = body === undefined ? {} : { 'content-type': 'application/json' };
    const outgoing = transport.request(
      new URL(path, url),
      { method, agent: false, signal, headers: { ...type, ...headers }, rejectUnauthorized: false },
      (response) => {
        const chunks = [];
        response.on('data', (chunk) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () => {
          const text = Buffer.concat(chunks).toString('utf8');
          const isJson = text !== '' && response.headers['content-type'] === 'application/json';
          const json = isJson ? JSON.parse(text) : undefined;
          resolve({ status: response.statusCode, headers: response.headers, text, json });
        });
      },
    );
    outgoing.on('error', reject);
    outgoing.end(typeof body === 'string' || body === undefined ? body : JSON.stringify(body));
  });
}

/** A typed data object. */
export const typed = (type, members) => ({ _typeName: type, ...members });

/** A reference to an object. */
export const reference = (type, value) => typed('ManagedObjectReference', { type, value });

/** Logs in, and gives back a function that calls a method, or with no body reads a property, within this session. */
export async function logInJson(server, release = '8.0.3.0') {
  const sdk = `/sdk/vim25/${release}`;
  const body = { userName: server.user, password: server.password };
  const login = await send(server, `${sdk}/SessionManager/SessionManager/Login`, { method: 'POST', body });
  assert.equal(login.status, 200, login.text);
  const session = { 'vmware-api-session-id': login.headers['vmware-api-session-id'] };
  return {
    session,
    login,
    call: (on, method, parameters, signal) =>
      send(server, `${sdk}/${on}/${method}`, { method: 'POST', body: parameters, headers: session, signal }),
    get: (on, property) => send(server, `${sdk}/${on}/${property}`, { headers: session }),
  };
}
