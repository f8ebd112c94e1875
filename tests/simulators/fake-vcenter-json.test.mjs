import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { until } from '../until.mjs';
import { startFakeVCenter } from './fake-vcenter/server.mjs';
import { logInJson, reference, send, typed } from './raw-json.mjs';
import { call, logIn, request, retrieve } from './raw-soap.mjs';
import { startSimulator } from './simulator.mjs';

const STARTED = 'CustomizationStartedEvent';
const EVENTS = 'EventManager/EventManager';
const PROPERTIES = 'PropertyCollector/propertyCollector';
const HELLO = '/api/vcenter/system?action=hello';
const CONTENT = (release) => `/sdk/vim25/${release}/ServiceInstance/ServiceInstance/content`;

async function fake(options, use) {
  const server = await startFakeVCenter({ vms: 2, ...options });
  try {
    return await use(server, server.vms[0].vm);
  } finally {
    await server.stop();
  }
}

const path = ({ type, value }) => `${type}/${encodeURIComponent(value)}`;
const post = (server, vm, fields) => server.do({ do: 'post', event: STARTED, vm, fields });
const filterOf = (vm, more) =>
  typed('EventFilterSpec', {
    entity: typed('EventFilterSpecByEntity', { entity: reference('VirtualMachine', vm), recursion: 'self' }),
    eventTypeId: [STARTED],
    ...more,
  });
const propertySpec = (type, id, paths) =>
  typed('PropertyFilterSpec', {
    propSet: [typed('PropertySpec', { type, pathSet: paths })],
    objectSet: [typed('ObjectSpec', { obj: reference(type, id) })],
  });
const retrieveJson = (vm, paths) => ({
  specSet: [propertySpec('VirtualMachine', vm, paths)],
  options: typed('RetrieveOptions', {}),
});

function assertFault(answer, type) {
  assert.equal(answer.status, 500, answer.text);
  assert.equal(answer.headers['content-type'], 'application/json');
  assert.equal(answer.json._typeName, type, answer.text);
  assert.equal(answer.json.faultstring, '');
}

describe('negotiation', () => {
  test('lists all versions, the newest first, also on a host and under a name of its own', async () => {
    for (const [options, newest, prior] of [
      [{ apiVersion: '8.0.2.0' }, '8.0.2.0', '8.0.1.0'],
      [{ apiVersion: '6.7', esx: true }, '6.7', '6.5'],
      [{ apiVersion: '8.0.2.0', versionName: 'uA046D008' }, 'uA046D008', '8.0.2.0'],
    ]) {
      await fake(options, async (server) => {
        const { status, text } = await send(server, '/sdk/vimServiceVersions.xml');
        assert.equal(status, 200);
        const begin = `<name>urn:vim25</name><version>${newest}</version><priorVersions><version>${prior}</version>`;
        assert.ok(text.includes(begin), text);
      });
    }
  });

  test('agrees on the first release of the list that the server has', () =>
    fake({ apiVersion: '8.0.2.0' }, async (server) => {
      const hello = (body) => send(server, HELLO, { method: 'POST', body });
      const releases = { api_releases: ['9.0.0.0', '8.0.1.0', '8.0.2.0'] };
      assert.deepEqual((await hello(releases)).json, { api_release: '8.0.1.0' });
      assert.deepEqual((await hello({ api_releases: ['9.0.0.0'] })).json, { api_release: '' });
      for (const body of [
        {},
        { api_releases: [] },
        { api_releases: [1] },
        { api_releases: ['8.0.2.0'], more: 1 },
        '{',
      ]) {
        assert.equal((await hello(body)).status, 400, JSON.stringify(body));
      }
    }));

  test('has no such call before 8.0.2.0', () =>
    fake({ apiVersion: '8.0.1.0' }, async (server) => {
      assert.equal((await send(server, HELLO, { method: 'POST', body: { api_releases: ['8.0.1.0'] } })).status, 404);
      assert.equal((await send(server, CONTENT('8.0.1.0'))).status, 200);
    }));

  test('is not there on an older server, on a host, and where it is switched off', async () => {
    for (const options of [{ apiVersion: '8.0.0.2' }, { esx: true }, { viJson: false }]) {
      await fake(options, async (server) => {
        const release = options.apiVersion ?? '8.0.3.0';
        assert.equal((await send(server, CONTENT(release))).status, 404);
        assert.equal((await send(server, HELLO, { method: 'POST', body: { api_releases: [release] } })).status, 404);
      });
    }
  });

  test('has no release that is newer than the server, unknown or before 7.0', () =>
    fake({ apiVersion: '8.0.2.0' }, async (server) => {
      assert.equal((await send(server, CONTENT('7.0.0.0'))).status, 200);
      for (const release of ['8.0.3.0', '8.0.2.7', '6.7', 'latest']) {
        const answer = await send(server, CONTENT(release));
        assert.equal(answer.status, 404, release);
        assert.match(answer.headers['content-type'], /html/);
      }
    }));
});

describe('a VI JSON session', () => {
  test('begins with a header that every other call must carry', () =>
    fake({}, async (server) => {
      const content = await send(server, CONTENT('8.0.3.0'));
      assert.equal(content.json._typeName, 'ServiceContent');
      assert.equal(content.json.about.apiVersion, '8.0.3.0');
      assert.deepEqual(content.json.sessionManager, reference('SessionManager', 'SessionManager'));
      const { session, login, call: ask, get } = await logInJson(server);
      assert.equal(login.json._typeName, 'UserSession');
      assert.notEqual(login.json.key, session['vmware-api-session-id']);
      const now = await ask('ServiceInstance/ServiceInstance', 'CurrentTime');
      assert.match(now.json, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?Z$/);
      assert.equal((await get('SessionManager/SessionManager', 'currentSession')).json.key, login.json.key);
      const bare = { method: 'POST', body: { filter: typed('EventFilterSpec', {}) } };
      const query = `/sdk/vim25/8.0.3.0/${EVENTS}/QueryEvents`;
      assertFault(await send(server, query, bare), 'NotAuthenticated');
      const cookie = `vmware_soap_session="${session['vmware-api-session-id']}"`;
      assertFault(await send(server, query, { ...bare, headers: { cookie } }), 'NotAuthenticated');
      const logout = await ask('SessionManager/SessionManager', 'Logout');
      assert.deepEqual([logout.status, logout.text, logout.headers['content-type']], [204, '', undefined]);
      assertFault(await ask(EVENTS, 'QueryEvents', bare.body), 'NotAuthenticated');
    }));

  test('is refused with a fault, which has a text where the server is told so', async () => {
    const wrong = { method: 'POST', body: { userName: 'a', password: 'b' } };
    const login = '/sdk/vim25/8.0.3.0/SessionManager/SessionManager/Login';
    await fake({}, async (server) => assertFault(await send(server, login, wrong), 'InvalidLogin'));
    await fake({ faultStrings: 'always' }, async (server) => {
      assert.match((await send(server, login, wrong)).json.faultstring, /^Cannot complete login/);
    });
  });

  test('is made from a SOAP session, whose cookie is its header, and from a clone ticket', () =>
    fake({}, async (server) => {
      const soap = await call(
        server,
        request(
          'Login',
          `<userName>${server.user}</userName><password>${server.password}</password>`,
          'SessionManager',
        ),
      );
      const token = /vmware_soap_session="(.*?)"/.exec(soap.headers['set-cookie'][0])[1];
      const manager = '/sdk/vim25/8.0.3.0/SessionManager/SessionManager';
      const headers = { 'vmware-api-session-id': token };
      const ticket = await send(server, `${manager}/AcquireCloneTicket`, { method: 'POST', headers });
      const clone = { method: 'POST', body: { cloneTicket: ticket.json } };
      const cloned = await send(server, `${manager}/CloneSession`, clone);
      assert.equal(cloned.json.userName, server.user);
      assert.match(cloned.headers['vmware-api-session-id'], /^[0-9a-f]{40}$/);
      assertFault(await send(server, `${manager}/CloneSession`, clone), 'InvalidLogin');
      const terminate = { method: 'POST', body: { sessionId: [cloned.json.key] }, headers };
      assert.equal((await send(server, `${manager}/TerminateSession`, terminate)).status, 204);
      assertFault(await send(server, `${manager}/TerminateSession`, terminate), 'NotFound');
    }));

  test('cannot be had for a SAML token: JSON has no place for one', () =>
    fake({}, async (server) => {
      const manager = '/sdk/vim25/8.0.3.0/SessionManager/SessionManager';
      assertFault(await send(server, `${manager}/LoginByToken`, { method: 'POST', body: {} }), 'InvalidLogin');
    }));
});

describe('a VI JSON request', () => {
  test('is refused when it is not as the schema has it', () =>
    fake({}, async (server, vm) => {
      const { call: ask } = await logInJson(server);
      const good = filterOf(vm, { time: typed('EventFilterSpecByTime', { beginTime: '2026-03-01T10:00:00+02:00' }) });
      assert.equal((await ask(EVENTS, 'QueryEvents', { filter: good })).status, 200);
      const { _typeName, ...untyped } = good;
      for (const [what, body] of [
        ['no body', undefined],
        ['no JSON', '{"filter":'],
        ['an empty body', {}],
        ['an array', []],
        ['an unknown parameter', { filter: good, more: 1 }],
        ['a data object without its type', { filter: untyped }],
        ['another type', { filter: { ...good, _typeName: 'TaskFilterSpec' } }],
        ['an unknown member', { filter: { ...good, nonsense: 1 } }],
        ['a null', { filter: { ...good, maxCount: null } }],
        ['no array', { filter: { ...good, eventTypeId: STARTED } }],
        ['a number as text', { filter: { ...good, maxCount: '5' } }],
        ['a fraction', { filter: { ...good, maxCount: 1.5 } }],
        ['no time', { filter: { ...good, time: typed('EventFilterSpecByTime', { beginTime: '2026-03-01' }) } }],
        [
          'a time without an offset',
          { filter: { ...good, time: typed('EventFilterSpecByTime', { beginTime: '2026-03-01T10:00:00' }) } },
        ],
        ['a missing member', { filter: { ...good, entity: typed('EventFilterSpecByEntity', { recursion: 'self' }) } }],
        [
          'a reference without its type',
          {
            filter: {
              ...good,
              entity: typed('EventFilterSpecByEntity', {
                entity: { type: 'VirtualMachine', value: vm },
                recursion: 'self',
              }),
            },
          },
        ],
      ]) {
        const refused = await ask(EVENTS, 'QueryEvents', body);
        assertFault(refused, 'InvalidRequest');
        assert.ok(refused.json.faultMessage[0].message, what);
      }
      const wait = await ask(PROPERTIES, 'WaitForUpdatesEx', undefined);
      assertFault(wait, 'InvalidRequest');
      const empty = await ask(PROPERTIES, 'RetrievePropertiesEx', {
        specSet: [],
        options: typed('RetrieveOptions', {}),
      });
      assertFault(empty, 'InvalidRequest');
      assertFault(await ask(EVENTS, 'NoSuchMethod', {}), 'MethodNotFound');
      assertFault(await ask(EVENTS, 'Logout', {}), 'MethodNotFound');
      assertFault(await ask('EventManager/other', 'QueryEvents', { filter: good }), 'ManagedObjectNotFound');
    }));

  test('is read by the release in its address', () =>
    fake({}, async (server, vm) => {
      const { call: ask } = await logInJson(server, '8.0.2.0');
      assertFault(await ask(EVENTS, 'QueryEvents', { filter: filterOf(vm, { delayedInit: true }) }), 'InvalidRequest');
      const old = await logInJson(server, '7.0.1.0');
      const info = retrieveJson(vm, ['guest.customizationInfo']);
      assertFault(await old.call(PROPERTIES, 'RetrievePropertiesEx', info), 'InvalidProperty');
    }));

  test('has the content type of JSON, and the HTTP method of what it is about', () =>
    fake({}, async (server, vm) => {
      const { session, get } = await logInJson(server);
      const at = `/sdk/vim25/8.0.3.0/${EVENTS}/QueryEvents`;
      const headers = { ...session, 'content-type': 'text/xml' };
      assertFault(
        await send(server, at, { method: 'POST', body: { filter: filterOf(vm) }, headers }),
        'InvalidRequest',
      );
      assertFault(await get(EVENTS, 'QueryEvents'), 'InvalidProperty');
      assert.equal((await send(server, at, { method: 'PUT', body: {}, headers })).status, 405);
    }));
});

describe('a VI JSON answer', () => {
  test('holds events as the samples have them', () =>
    fake({}, async (server, vm) => {
      const { call: ask } = await logInJson(server);
      await post(server, vm, { createdTime: '2023-05-04T07:34:17.5Z', logLocation: '/var/log/x' });
      await post(server, vm, { createdTime: '2023-05-04T07:34:18.123456789Z' });
      const { json } = await ask(EVENTS, 'QueryEvents', { filter: filterOf(vm) });
      assert.deepEqual(
        json.map(({ createdTime }) => createdTime),
        ['2023-05-04T07:34:18.123456Z', '2023-05-04T07:34:17.5Z'],
      );
      const { fullFormattedMessage, datacenter, computeResource, host, ...event } = json[1];
      assert.deepEqual(event, {
        _typeName: STARTED,
        key: 1,
        chainId: 1,
        createdTime: '2023-05-04T07:34:17.5Z',
        userName: '',
        vm: typed('VmEventArgument', { name: 'DC0_H0_VM0', vm: reference('VirtualMachine', vm) }),
        template: false,
        logLocation: '/var/log/x',
      });
      assert.equal(datacenter.datacenter.type, 'Datacenter');
      await server.do({ do: 'deny', entity: vm });
      assertFault(await ask(EVENTS, 'QueryEvents', { filter: filterOf(vm) }), 'NoPermission');
    }));

  test('has its types anywhere among the members', async () => {
    for (const [typeNamePlace, at] of [
      ['first', 0],
      ['last', -1],
    ]) {
      await fake({ typeNamePlace }, async (server) => {
        assert.equal(Object.keys((await send(server, CONTENT('8.0.3.0'))).json).at(at), '_typeName');
      });
    }
    await fake({ typeNamePlace: 'shuffled' }, async (server) => {
      const places = new Set();
      for (let i = 0; i < 20; i += 1) {
        const { json } = await send(server, CONTENT('8.0.3.0'));
        places.add(Object.keys(json).indexOf('_typeName'));
      }
      assert.ok(places.size > 1);
    });
  });

  test('says in several ways that there is nothing', async () => {
    for (const [emptyAnswers, list, one] of [
      ['list', '[]', 'null'],
      ['null', 'null', 'null'],
      ['nothing', '', ''],
    ]) {
      await fake({ emptyAnswers }, async (server, vm) => {
        const { call: ask } = await logInJson(server);
        const query = await ask(EVENTS, 'QueryEvents', { filter: filterOf(vm) });
        assert.deepEqual([query.status, query.text], [200, list]);
        const spec = { spec: propertySpec('VirtualMachine', vm, ['name']), partialUpdates: false };
        await ask(PROPERTIES, 'CreateFilter', spec);
        const first = await ask(PROPERTIES, 'WaitForUpdatesEx', {});
        const options = typed('WaitOptions', { maxWaitSeconds: 0 });
        const none = await ask(PROPERTIES, 'WaitForUpdatesEx', { version: first.json.version, options });
        assert.deepEqual([none.status, none.text], [200, one]);
      });
    }
  });

  test('boxes what stands for anything, objects only when told so', async () => {
    for (const boxObjects of [false, true]) {
      await fake({ boxObjects }, async (server, vm) => {
        const { call: ask } = await logInJson(server);
        await server.do({ do: 'customize', vm });
        const paths = ['name', 'config.template', 'runtime.powerState', 'parent', 'guest.customizationInfo'];
        const { json } = await ask(PROPERTIES, 'RetrievePropertiesEx', retrieveJson(vm, paths));
        assert.equal(json._typeName, 'RetrieveResult');
        const values = Object.fromEntries(json.objects[0].propSet.map(({ name, val }) => [name, val]));
        assert.deepEqual(values.name, { _typeName: 'string', _value: 'DC0_H0_VM0' });
        assert.deepEqual(values['config.template'], { _typeName: 'boolean', _value: false });
        assert.deepEqual(values['runtime.powerState'], { _typeName: 'VirtualMachinePowerState', _value: 'poweredOff' });
        assert.equal((boxObjects ? values.parent._value : values.parent).type, 'Folder');
        const info = values['guest.customizationInfo'];
        assert.equal(info._typeName, 'GuestInfoCustomizationInfo');
        assert.equal((boxObjects ? info._value : info).customizationStatus, 'TOOLSDEPLOYPKG_PENDING');
      });
    }
  });

  test('comes a page at a time, through a view', () =>
    fake({ vms: 3, propertyPageSize: 2 }, async (server) => {
      const { call: ask } = await logInJson(server);
      const container = { container: reference('Folder', 'group-d1'), type: ['VirtualMachine'], recursive: true };
      const view = (await ask('ViewManager/ViewManager', 'CreateContainerView', container)).json;
      const traverse = typed('TraversalSpec', { type: 'ContainerView', path: 'view', skip: false });
      const specSet = [
        typed('PropertyFilterSpec', {
          propSet: [typed('PropertySpec', { type: 'VirtualMachine', pathSet: ['name'] })],
          objectSet: [typed('ObjectSpec', { obj: view, skip: true, selectSet: [traverse] })],
        }),
      ];
      const first = await ask(PROPERTIES, 'RetrievePropertiesEx', { specSet, options: typed('RetrieveOptions', {}) });
      assert.equal(first.json.objects.length, 2);
      const rest = await ask(PROPERTIES, 'ContinueRetrievePropertiesEx', { token: first.json.token });
      assert.deepEqual([rest.json.objects.length, rest.json.token], [1, undefined]);
      assert.equal((await ask(path(view), 'DestroyView')).status, 204);
      assertFault(await ask(path(view), 'DestroyView'), 'ManagedObjectNotFound');
    }));

  test('tells what may not be read', () =>
    fake({}, async (server, vm) => {
      const { call: ask } = await logInJson(server);
      await server.do({ do: 'deny', entity: vm });
      const { json } = await ask(PROPERTIES, 'RetrievePropertiesEx', retrieveJson(vm, ['name']));
      assert.equal(json.objects[0].propSet, undefined);
      const [{ path: missing, fault }] = json.objects[0].missingSet;
      assert.deepEqual(
        [missing, fault._typeName, fault.fault._typeName],
        ['name', 'LocalizedMethodFault', 'NoPermission'],
      );
    }));
});

describe('push over VI JSON', () => {
  test('rings with the latest page, which the collector is read on for', () =>
    fake({}, async (server, vm) => {
      const { call: ask, get } = await logInJson(server);
      await post(server, vm);
      const own = (await ask(EVENTS, 'CreateCollectorForEvents', { filter: filterOf(vm, { maxCount: 5 }) })).json;
      assert.equal(own._typeName, 'ManagedObjectReference');
      const keys = ({ json }) => json.map(({ key }) => key);
      assert.deepEqual(keys(await get(path(own), 'latestPage')), [1]);
      const collector = (await ask(PROPERTIES, 'CreatePropertyCollector')).json;
      const spec = { spec: propertySpec(own.type, own.value, ['latestPage']), partialUpdates: false };
      const filter = (await ask(path(collector), 'CreateFilter', spec)).json;
      const wait = (version, maxWaitSeconds = 5) =>
        ask(path(collector), 'WaitForUpdatesEx', { version, options: typed('WaitOptions', { maxWaitSeconds }) });
      const first = (await wait('')).json;
      assert.equal(first._typeName, 'UpdateSet');
      assert.deepEqual(first.filterSet[0].filter, filter);
      const waiting = wait(first.version);
      await server.do({ do: 'post', event: STARTED, vm, afterMs: 50 });
      const second = (await waiting).json;
      const [change] = second.filterSet[0].objectSet[0].changeSet;
      assert.deepEqual([change.name, change.op, change.val._typeName], ['latestPage', 'assign', 'ArrayOfEvent']);
      assert.deepEqual(
        change.val._value.map(({ _typeName, key }) => [_typeName, key]),
        [
          [STARTED, 2],
          [STARTED, 1],
        ],
      );
      assert.deepEqual(keys(await ask(path(own), 'ReadNextEvents', { maxCount: 100 })), [1, 2]);
      assert.deepEqual(keys(await ask(path(own), 'ReadPreviousEvents', { maxCount: 1 })), [2]);
      for (const method of ['RewindCollector', 'ResetCollector']) {
        assert.equal((await ask(path(own), method)).status, 204);
      }
      assert.equal((await ask(path(own), 'SetCollectorPageSize', { maxCount: 1 })).status, 204);
      assertFault(await wait('nonsense'), 'InvalidCollectorVersion');
      // The smaller page is news as well.
      const third = (await wait(second.version)).json;
      const open = wait(third.version, 600);
      await until(async () => (await server.do({ do: 'waits' })).count > 0);
      assert.equal((await ask(path(collector), 'CancelWaitForUpdates')).status, 204);
      assertFault(await open, 'RequestCanceled');
      assert.equal((await ask(path(filter), 'DestroyPropertyFilter')).status, 204);
      assert.equal((await ask(path(collector), 'DestroyPropertyCollector')).status, 204);
      assert.equal((await ask(path(own), 'DestroyCollector')).status, 204);
      assertFault(await get(path(own), 'latestPage'), 'ManagedObjectNotFound');
      assert.equal((await server.do({ do: 'collectors' })).count, 0);
    }));

  test('has one state with SOAP', () =>
    fake({}, async (server, vm) => {
      const soap = await logIn(server);
      const json = await logInJson(server);
      await server.do({ do: 'rename', vm, name: 'renamed' });
      assert.match((await soap(retrieve('VirtualMachine', vm, ['name']))).text, />renamed</);
      const { json: answer } = await json.call(PROPERTIES, 'RetrievePropertiesEx', retrieveJson(vm, ['name']));
      assert.equal(answer.objects[0].propSet[0].val._value, 'renamed');
      const { count } = await server.do({ do: 'requests' });
      assert.deepEqual([count.Login, count.RetrievePropertiesEx], [2, 2]);
    }));
});

describe('the program', () => {
  test('takes the options of the server as flags', async () => {
    const flags = [
      '-vms',
      '1',
      '-api-version',
      '8.0.2.0',
      '-max-collectors',
      '1',
      '-empty-answers=null',
      '-box-objects',
    ];
    const server = await startSimulator({ kind: 'fake', args: flags });
    try {
      const { call: ask } = await logInJson(server, '8.0.2.0');
      assert.equal((await ask(EVENTS, 'QueryEvents', { filter: filterOf(server.vms[0].vm) })).text, 'null');
      await ask(EVENTS, 'CreateCollectorForEvents', { filter: typed('EventFilterSpec', {}) });
      const refused = await ask(EVENTS, 'CreateCollectorForEvents', { filter: typed('EventFilterSpec', {}) });
      assertFault(refused, 'InvalidState');
    } finally {
      await server.stop();
    }
    await assert.rejects(startSimulator({ kind: 'fake', args: ['-updates', 'some'] }), /-updates some: must be one of/);
  });
});
