/** What a server repeats to us of what is secret. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { inspect } from 'node:util';
import { VCenter } from '../dist/node.js';
import { internal } from './internal.mjs';

const SECRET = `T0p&<secret> "ü" it's/+`;
const xml = (text) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
const FORMS = {
  'as it is': SECRET,
  'escaped for XML': xml(SECRET),
  'escaped for XML with its quotes': xml(SECRET).replaceAll('"', '&quot;').replaceAll("'", '&apos;'),
  'escaped for XML by numbers': xml(SECRET).replaceAll('"', '&#34;').replaceAll("'", '&#39;'),
  'escaped for JSON': JSON.stringify({ password: SECRET }),
  'escaped for a URL': `?p=${encodeURIComponent(SECRET)}`,
  'sent as a form': new URLSearchParams({ p: SECRET }).toString().replaceAll('%27', "'"),
  'in base64': btoa(unescape(encodeURIComponent(SECRET))),
  'in base64 for a URL': Buffer.from(SECRET).toString('base64url'),
  'in base64 behind one character more': Buffer.from(`a:${SECRET}`).toString('base64'),
  'in base64 behind two characters more': Buffer.from(`ab:${SECRET}:b`).toString('base64'),
};

const encoder = new TextEncoder();
const answer = (status, body, headers = {}) => ({
  status,
  header: (name) => headers[name],
  cookies: [],
  body: encoder.encode(body),
});
const ref = (type) => ({ _typeName: 'ManagedObjectReference', type, value: type });
const PARTS = ['rootFolder', 'propertyCollector', 'viewManager', 'sessionManager', 'eventManager'];
const JSON_CONTENT = JSON.stringify({
  _typeName: 'ServiceContent',
  about: { fullName: 'A server', apiType: 'VirtualCenter', apiVersion: '8.0.3.0' },
  ...Object.fromEntries(PARTS.map((part) => [part, ref(part)])),
});
const envelope = (body) =>
  `<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Body>${body}</e:Body></e:Envelope>`;
const SOAP_CONTENT = envelope(
  `<RetrieveServiceContentResponse xmlns="urn:vim25"><returnval>${PARTS.map((part) => `<${part} type="T">${part}</${part}>`).join('')}` +
    '<about><apiType>VirtualCenter</apiType><apiVersion>8.0.3.0</apiVersion></about></returnval></RetrieveServiceContentResponse>',
);

/** Answers each call but the first questions, and those in `fine`, with a fault that repeats the request as `form` has it. */
function echoing(wire, form, fine = {}) {
  const send = async ({ operation, body, headers }) => {
    if (operation === 'hello') return answer(200, '{"api_release":"8.0.3.0"}');
    if (operation === 'RetrieveServiceContent') return answer(200, wire === 'soap' ? SOAP_CONTENT : JSON_CONTENT);
    if (fine[operation] !== undefined) return fine[operation];
    const text = `bad request: ${form ?? `${body} ${JSON.stringify(headers)}`}`;
    return wire === 'soap'
      ? answer(
          500,
          envelope(
            `<e:Fault><faultcode>Client</faultcode><faultstring>${xml(text)}</faultstring><detail><InvalidRequestFault><obj>${xml(text)}</obj></InvalidRequestFault></detail></e:Fault>`,
          ),
        )
      : answer(
          500,
          JSON.stringify({ _typeName: 'InvalidRequest', faultstring: text, obj: { type: 'T', value: text } }),
        );
  };
  return { host: 'vc', path: '/sdk', close: () => undefined, send };
}

const everything = (error) => `${inspect(error, { depth: 9 })}${error.stack}${error.message}${inspect(error.cause)}`;

describe('what is secret', () => {
  for (const [how, form] of Object.entries(FORMS)) {
    test(`is taken out of a text: ${how}`, async () => {
      const { Secrets } = await internal('vsphere/api/secrets');
      const secrets = new Secrets();
      secrets.keep(SECRET);
      const redacted = secrets.redact(`before ${form} after`);
      assert.match(redacted, /^before .*\[redacted\].* after$/);
      assert.doesNotMatch(redacted, /T0p|secret|UMHA|c2VjcmV0/);
    });
  }

  test('is forgotten with the oldest session, and what is too short to be one is left', async () => {
    const { Secrets } = await internal('vsphere/api/secrets');
    const secrets = new Secrets();
    secrets.keep('abc');
    for (let index = 0; index < 40; index++) secrets.keep(`session-${index}-`);
    assert.equal(secrets.redact('abc session-39- session-1-'), 'abc [redacted] session-1-');
  });

  for (const wire of ['soap', 'vi-json']) {
    const ways = {
      'a password': { user: 'me', password: SECRET },
      'a clone ticket': { cloneTicket: SECRET },
      ...(wire === 'soap' ? { 'a token': { token: '<saml:Assertion>T0p secret</saml:Assertion>' } } : {}),
    };
    for (const [what, how] of Object.entries(ways)) {
      test(`is not told when the log-in's fault over ${wire} repeats it: ${what}`, async () => {
        const error = await VCenter.connect(echoing(wire), how, { protocol: wire }).catch((caught) => caught);
        assert.match(error.message, /^vc: \w+: InvalidRequest: the server does not take the request/);
        assert.doesNotMatch(everything(error), /T0p|bad request/);
      });
    }

    test(`is not told when a later fault over ${wire} repeats it`, async () => {
      const login =
        wire === 'soap'
          ? {
              ...answer(
                200,
                envelope('<LoginResponse xmlns="urn:vim25"><returnval><key>k</key></returnval></LoginResponse>'),
              ),
              cookies: ['vmware_soap_session="k3y-of-the-session"; Path=/'],
            }
          : answer(200, '{"_typeName":"UserSession"}', { 'vmware-api-session-id': 'k3y-of-the-session' });
      for (const form of [...Object.values(FORMS), 'k3y-of-the-session', undefined]) {
        const vcenter = await VCenter.connect(
          echoing(wire, form, { Login: login }),
          { user: 'me', password: SECRET },
          { protocol: wire },
        );
        const error = await vcenter.serverTime().catch((caught) => caught);
        assert.match(error.message, /bad request: /);
        assert.match(everything(error), /\[redacted\]/);
        assert.doesNotMatch(everything(error), /T0p|k3y-of|UMHA|c2VjcmV0/);
      }
    });
  }
});
