/** What counts as the answer to a call: of every call of the client, over either wire, and whatever else may come. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { SteppedClock } from '../dist/testing.js';
import { internal } from './internal.mjs';

const { CertificateError, ConnectionError, LoginError, SoapCodec, VimClient, ViJsonCodec } = await internal(
  'vsphere/client/vim-client',
  'vsphere/soap/codec',
  'vsphere/vijson/codec',
  'errors',
  'core/wasm/loader',
  'core/wasm/glue',
);

const signal = new AbortController().signal;
const context = { signal };
const ref = (type) => ({ _typeName: 'ManagedObjectReference', type, value: type });
const PARTS = { rootFolder: 'Folder', propertyCollector: 'PropertyCollector', viewManager: 'ViewManager' };
const MANAGERS = { ...PARTS, sessionManager: 'SessionManager', eventManager: 'EventManager' };
const EVENT = { _typeName: 'VmStartingEvent', key: 1, createdTime: '2026-03-01T10:00:00Z' };
const TIME = '2026-03-01T10:00:00Z';
const ABOUT = { _typeName: 'AboutInfo', apiType: 'VirtualCenter', apiVersion: '8.0.3.0' };
const CONTENT = {
  _typeName: 'ServiceContent',
  about: ABOUT,
  ...Object.fromEntries(Object.entries(MANAGERS).map(([name, type]) => [name, ref(type)])),
};
const PAGE = { _typeName: 'RetrieveResult', objects: [{ _typeName: 'ObjectContent', obj: ref('VirtualMachine') }] };
const QUERY = { sets: [], objects: [], maxObjects: 1 };
const SESSION = { _typeName: 'UserSession', key: 'k' };

/** By name: how it is made, what it is answered with as VI JSON (undefined for nothing), and what else may be an answer. */
const CALLS = {
  RetrieveServiceContent: [(client) => client.serviceContent(context), CONTENT],
  Login: [(client) => client.login({ user: 'u', password: 'p' }, context), SESSION],
  CloneSession: [(client) => client.cloneSession('ticket', context), SESSION],
  CurrentTime: [(client) => client.currentTime(context), TIME],
  QueryEvents: [(client) => client.queryEvents({ types: ['T'] }, context), [EVENT], 'twice'],
  CreateCollectorForEvents: [
    (client) => client.createCollectorForEvents({ types: ['T'] }, context),
    ref('EventHistoryCollector'),
  ],
  ReadNextEvents: [(client) => client.readNextEvents(ref('EventHistoryCollector'), 10, context), [EVENT], 'twice'],
  DestroyCollector: [(client) => client.destroyCollector(ref('EventHistoryCollector'), context), undefined],
  CreatePropertyCollector: [(client) => client.createPropertyCollector(context), ref('PropertyCollector')],
  CreateFilter: [
    (client) => client.createFilter(ref('PropertyCollector'), { ref: ref('Folder'), paths: ['a'] }, context),
    ref('PropertyFilter'),
  ],
  WaitForUpdatesEx: [
    (client) => client.waitForUpdatesEx(ref('PropertyCollector'), '', { maxWaitSeconds: 1 }, context),
    { _typeName: 'UpdateSet', version: '1' },
    'once',
  ],
  CancelWaitForUpdates: [(client) => client.cancelWaitForUpdates(ref('PropertyCollector'), context), undefined],
  DestroyPropertyCollector: [(client) => client.destroyPropertyCollector(ref('PropertyCollector'), context), undefined],
  CreateContainerView: [
    (client) => client.createContainerView(ref('Folder'), ['VirtualMachine'], context),
    ref('ContainerView'),
  ],
  DestroyView: [(client) => client.destroyView(ref('ContainerView'), context), undefined],
  RetrievePropertiesEx: [(client) => client.retrieveProperties(QUERY, context), PAGE, 'twice'],
  ContinueRetrievePropertiesEx: [(client) => client.continueRetrieveProperties('token', context), PAGE],
};

const envelope = (inner) =>
  `<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><e:Body>${inner}</e:Body></e:Envelope>`;

/** A value of VI JSON as SOAP has it. */
function xml(name, value) {
  if (Array.isArray(value)) return value.map((item) => xml(name, item)).join('');
  if (typeof value !== 'object') return `<${name}>${value}</${name}>`;
  const { _typeName, ...members } = value;
  if (_typeName === 'ManagedObjectReference') return `<${name} type="${members.type}">${members.value}</${name}>`;
  const inner = Object.entries(members).map(([member, item]) => xml(member, item));
  return `<${name}${name === 'returnval' && _typeName.endsWith('Event') ? ` xsi:type="${_typeName}"` : ''}>${inner.join('')}</${name}>`;
}

const WIRES = {
  soap: {
    codec: () => new SoapCodec('/sdk'),
    answer: (method, value) =>
      envelope(
        `<${method}Response xmlns="urn:vim25">${value === undefined ? '' : xml('returnval', value)}</${method}Response>`,
      ),
    session: { cookies: ['vmware_soap_session=key'] },
    fault: (type) => envelope(`<e:Fault><faultstring/><detail><${type}Fault xsi:type="${type}"/></detail></e:Fault>`),
  },
  'vi-json': {
    codec: () => new ViJsonCodec('/sdk', '8.0.3.0'),
    answer: (_, value) => (value === undefined ? '' : JSON.stringify(value)),
    session: { header: (name) => (name === 'vmware-api-session-id' ? 'key' : undefined) },
    fault: (type) => JSON.stringify({ _typeName: type }),
  },
};

const encoder = new TextEncoder();
const response = (status, text, more = {}) => ({
  status,
  header: () => undefined,
  cookies: [],
  body: encoder.encode(text),
  ...more,
});

/** A client of a server that answers each call as it should, but those that `broken` has an answer for. */
function clientOf(wire, broken = {}) {
  const asked = [];
  const { answer, session, codec } = WIRES[wire];
  const transport = {
    host: 'vc',
    path: '/sdk',
    close: () => undefined,
    send: async ({ operation }) => {
      asked.push(operation);
      const made = broken[operation]?.(asked.filter((each) => each === operation).length);
      if (made instanceof Error) throw made;
      const isLogIn = operation === 'Login' || operation === 'CloneSession';
      return made ?? response(200, answer(operation, CALLS[operation]?.[1]), isLogIn ? session : {});
    },
  };
  return { client: new VimClient(transport, codec(), new SteppedClock()), asked };
}

const isEmpty = (body) => ['', 'null'].includes(body);

for (const [wire, { answer, fault }] of Object.entries(WIRES)) {
  const others = Object.entries(CALLS).map(([method, [, value]]) => answer(method, value));
  const foreign = {
    'nothing at all': '',
    'an empty envelope': '<Envelope/>',
    'an envelope with an empty body': envelope(''),
    'a page': '<!DOCTYPE html><html><body>Sign in</body></html>',
    null: 'null',
    'an object that does not say what it is': '{}',
    'an object of something else': '{"_typeName":"Task","key":"1"}',
    'a text': '"ok"',
    'a list': '[1]',
  };

  describe(`over ${wire}`, { concurrency: true }, () => {
    for (const [method, [call, value, nothing]] of Object.entries(CALLS)) {
      const right = answer(method, value);

      test(`${method} takes its own answer`, async () => {
        const { client, asked } = clientOf(wire);
        await call(client);
        assert.equal(asked.at(-1), method);
      });

      for (const [what, body] of [...Object.entries(foreign), ...others.entries()]) {
        // What it is right in answering, and lists and texts where the core, or a date, is what tells more.
        const isOwn =
          body === right || (wire === 'vi-json' && isEmpty(body) && (nothing !== undefined || isEmpty(right)));
        const isOfKind = wire === 'vi-json' && Array.isArray(value) && body.startsWith('[');
        const isSameKind =
          wire === 'vi-json' && others.some((other, index) => other === body && sameKind(index, method));
        const name = typeof what === 'number' ? `the answer to ${Object.keys(CALLS)[what]}` : what;
        if (isOwn || isOfKind || isSameKind) continue;

        test(`${method} that is answered with ${name} has failed for now`, async () => {
          const { client, asked } = clientOf(wire, { [method]: () => response(200, body) });
          await assert.rejects(call(client), (error) => {
            assert.ok(error instanceof ConnectionError, error);
            assert.deepEqual([error.code, error.kind], ['badAnswer', 'transient'], error.message);
            assert.match(error.message, new RegExp(`^vc: (the answer to )?${method} `));
            return true;
          });
          assert.equal(asked.filter((each) => each === method).length, 1);
        });
      }

      test(`${method} that is never answered fails after its time`, async () => {
        const { client } = clientOf(wire, { [method]: () => new Promise(() => undefined) });
        await assert.rejects(client.clock.drive(call(client)), (error) => {
          assert.ok(error instanceof ConnectionError, error);
          assert.deepEqual([error.code, error.kind], ['timeout', 'transient']);
          return new RegExp(`^vc: ${method}: no whole answer within 3[01] s$`).test(error.message);
        });
        assert.equal(client.clock.pending, 0);
      });

      if (nothing !== undefined && wire === 'vi-json') {
        test(`${method} that is answered with nothing is asked ${nothing}`, async () => {
          for (const made of [response(200, ''), response(200, 'null'), response(204, '')]) {
            const { client, asked } = clientOf(wire, { [method]: () => made });
            await call(client);
            assert.equal(asked.filter((each) => each === method).length, nothing === 'twice' ? 2 : 1);
          }
        });
      }
    }

    /** Whether VI JSON has no way to tell two answers apart. */
    function sameKind(index, method) {
      const [, one] = Object.values(CALLS)[index];
      const [, other] = CALLS[method];
      return JSON.stringify(one) === JSON.stringify(other) || (Array.isArray(one) && Array.isArray(other));
    }

    for (const before of [true, false]) {
      const when = before ? 'after a call has worked' : 'where nothing has worked';
      const FOREIGN = {
        'HTTP 302': () => response(302, ''),
        'HTTP 400': () => response(400, 'no'),
        'HTTP 403': () => response(403, '<html>'),
        'HTTP 404': () => response(404, '{}'),
        'HTTP 407': () => response(407, ''),
        'another certificate': () => new CertificateError('not the one given', 'AA'),
        'a proxy that refuses': () => new ConnectionError('CONNECT: 403', { code: 'proxy', kind: 'fatal' }),
      };
      for (const [what, made] of Object.entries(FOREIGN)) {
        test(`${what} ${before ? 'passes' : 'is final'} ${when}`, async () => {
          for (const method of ['CurrentTime', 'Login']) {
            const { client } = clientOf(wire, { [method]: (count) => (before && count === 1 ? undefined : made()) });
            if (before) {
              await client.login({ user: 'u', password: 'p' }, context);
              await client.currentTime(context);
            }
            await assert.rejects(CALLS[method][0](client), (error) => {
              assert.equal(error.kind, before ? 'transient' : 'fatal');
              if (before) assert.match(error.message, /it has answered as a vCenter before/);
              if (what === 'another certificate') assert.equal(error.thumbprint, 'AA');
              return true;
            });
          }
        });
      }

      test(`HTTP 401 to a log-in ${before ? 'passes' : 'refuses it'} ${when}`, async () => {
        const { client } = clientOf(wire, { Login: () => response(401, '') });
        if (before) await client.currentTime(context);
        await assert.rejects(client.login({ user: 'u', password: 'p' }, context), (error) => {
          assert.equal(error instanceof LoginError, !before);
          return error.kind === (before ? 'transient' : 'fatal');
        });
      });

      test(`a fault of the server's own means the same ${when}`, async () => {
        for (const [type, kind] of Object.entries({
          NotAuthenticated: 'notAuthenticated',
          NoPermission: 'noPermission',
          ManagedObjectNotFound: 'notFound',
          SystemError: 'transient',
        })) {
          for (const status of wire === 'soap' ? [500, 200, 403] : [500, 403]) {
            const { client } = clientOf(wire, {
              CurrentTime: (count) => (before && count === 1 ? undefined : response(status, fault(type))),
            });
            if (before) await client.currentTime(context);
            await assert.rejects(client.currentTime(context), { fault: type, kind });
          }
        }
        const { client } = clientOf(wire, { Login: () => response(500, fault('InvalidLogin')) });
        if (before) await client.currentTime(context);
        await assert.rejects(client.login({ user: 'u', password: 'p' }, context), {
          name: 'LoginError',
          kind: 'fatal',
        });
      });
    }

    test('a server that did what was asked a moment ago, and refuses it, may do it again', async () => {
      for (const type of ['NotSupported', 'MethodNotFound', 'InvalidRequest', 'InvalidArgument', 'RestrictedVersion']) {
        const refusal = (count) => (count === 2 ? response(500, fault(type)) : undefined);
        const { client } = clientOf(wire, { CurrentTime: refusal, QueryEvents: () => response(500, fault(type)) });
        await client.currentTime(context);
        await assert.rejects(client.currentTime(context), { fault: type, kind: 'transient' });
        await assert.rejects(client.queryEvents({ types: [] }, context), { kind: 'fatal' });
      }
    });

    test('properties that are all missing for want of a session are that it has ended', async () => {
      const missing =
        wire === 'soap'
          ? answer('RetrievePropertiesEx', PAGE).replace(
              '</objects>',
              '<missingSet><path>name</path><fault><fault xsi:type="NotAuthenticated"/></fault></missingSet></objects>',
            )
          : JSON.stringify({
              ...PAGE,
              objects: [
                {
                  ...PAGE.objects[0],
                  missingSet: [{ path: 'name', fault: { fault: { _typeName: 'NotAuthenticated' } } }],
                },
              ],
            });
      const { client } = clientOf(wire, { RetrievePropertiesEx: () => response(200, missing) });
      await client.login({ user: 'u', password: 'p' }, context);
      await assert.rejects(client.retrieveProperties(QUERY, context), {
        kind: 'notAuthenticated',
        fault: 'NotAuthenticated',
      });
      assert.equal(client.isSessionLost, true);
    });

    test('a call that nobody here has cancelled was cancelled with its session', async () => {
      const { client } = clientOf(wire, { CurrentTime: () => response(500, fault('RequestCanceled')) });
      await client.login({ user: 'u', password: 'p' }, context);
      await assert.rejects(client.currentTime(context), { name: 'ReadError', kind: 'notAuthenticated' });
      assert.equal(client.isSessionLost, true);
      const controller = new AbortController();
      const { client: other } = clientOf(wire, {
        CurrentTime: () => {
          controller.abort(new Error('enough'));
          return response(500, fault('RequestCanceled'));
        },
      });
      await other.login({ user: 'u', password: 'p' }, context);
      await assert.rejects(other.currentTime({ signal: controller.signal }));
      assert.equal(other.isSessionLost, false);
    });

    test('a session that a log-in has opened is closed, though its answer was none', async () => {
      for (const [more, logOuts] of [
        [WIRES[wire].session, 1],
        [{}, 0],
      ]) {
        const { client, asked } = clientOf(wire, { Login: () => response(200, '"odd"', more) });
        await assert.rejects(client.login({ user: 'u', password: 'p' }, context), { code: 'badAnswer' });
        assert.equal(client.sessionCount, 0);
        await client.logout(context).catch(() => undefined);
        assert.equal(asked.filter((operation) => operation === 'Logout').length, logOuts);
      }
    });

    test('what a server lets grow is not sent back to it', async () => {
      const long = 'x'.repeat(5_000);
      const growing = {
        CreateCollectorForEvents: { ...ref('EventHistoryCollector'), value: long },
        WaitForUpdatesEx: { _typeName: 'UpdateSet', version: long },
        RetrievePropertiesEx: { ...PAGE, token: long },
      };
      for (const [method, value] of Object.entries(growing)) {
        const { client } = clientOf(wire, { [method]: () => response(200, answer(method, value)) });
        await assert.rejects(CALLS[method][0](client), { code: 'badAnswer' });
      }
    });
  });
}
