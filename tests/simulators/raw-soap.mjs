/** SOAP as plain text, for the tests of the simulators: no client in between. */
import assert from 'node:assert/strict';
import http from 'node:http';
import https from 'node:https';
import { escapeXml } from './soap.mjs';

/** A request's whole text; `on` is the kind of object it is called on. */
export function request(method, content, on, id = on === 'PropertyCollector' ? 'propertyCollector' : on) {
  return (
    `<?xml version="1.0" encoding="UTF-8"?><soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/"` +
    ` xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><soap:Body><${method} xmlns="urn:vim25">` +
    `<_this type="${on}">${id}</_this>${content}</${method}></soap:Body></soap:Envelope>`
  );
}

/** A request of the session's beginning. */
export function login(user, password) {
  return request(
    'Login',
    `<userName>${escapeXml(user)}</userName><password>${escapeXml(password)}</password>`,
    'SessionManager',
  );
}

/** A request for the events of an entity and all inside it; `more` is what comes after the types in the filter. */
export function queryEvents(entity, types, more = '', kind = 'VirtualMachine') {
  const ids = types.map((type) => `<eventTypeId>${type}</eventTypeId>`).join('');
  return request(
    'QueryEvents',
    `<filter><entity><entity type="${kind}">${entity}</entity><recursion>all</recursion></entity>${ids}${more}</filter>`,
    'EventManager',
  );
}

/** A request for properties of VMs: of the object named, or of those reached from it by the path `through`. */
export function retrieve(kind, id, paths, through) {
  const select = through
    ? `<skip>true</skip><selectSet xsi:type="TraversalSpec"><type>${kind}</type><path>${through}</path></selectSet>`
    : '';
  const set = paths.map((path) => `<pathSet>${path}</pathSet>`).join('');
  return request(
    'RetrievePropertiesEx',
    `<specSet><propSet><type>VirtualMachine</type>${set}</propSet>` +
      `<objectSet><obj type="${kind}">${id}</obj>${select}</objectSet></specSet><options></options>`,
    'PropertyCollector',
  );
}

/** Sends one request; certificates are checked in the tests that are about them. */
export function call({ url }, body, headers = {}, signal, tls = { rejectUnauthorized: false }) {
  return new Promise((resolve, reject) => {
    const transport = url.startsWith('https:') ? https : http;
    const outgoing = transport.request(
      url,
      {
        method: 'POST',
        agent: false,
        signal,
        headers: { 'content-type': 'text/xml; charset=utf-8', soapaction: '"urn:vim25/8.0.1.0"', ...headers },
        ...tls,
      },
      (response) => {
        let text = '';
        response.setEncoding('utf8');
        response.on('data', (chunk) => {
          text += chunk;
        });
        response.on('error', reject);
        response.on('end', () => resolve({ status: response.statusCode, headers: response.headers, text }));
      },
    );
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}

/** Logs in, and gives back a function that calls within this session; `base` headers go with each call. */
export async function logIn(server, change = (text) => text, base = {}) {
  const answer = await call(server, change(login(server.user, server.password)), base);
  assert.equal(answer.status, 200, answer.text);
  const cookie = answer.headers['set-cookie'][0].split(';')[0];
  return (body, headers, signal) => call(server, body, { ...base, cookie, ...headers }, signal);
}

/** The events of an answer, in its order. */
export function eventsOf({ status, text }) {
  assert.equal(status, 200, text);
  return [...text.matchAll(/<returnval\b[^>]*?\btype="(\w+)">([\s\S]*?)<\/returnval>/g)].map(([, type, fields]) => ({
    type,
    key: Number(/<key>(-?\d+)<\/key>/.exec(fields)[1]),
    vm: /<vm type="VirtualMachine">(.*?)<\/vm>/.exec(fields)?.[1],
    text: fields,
  }));
}
