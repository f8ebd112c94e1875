import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { until } from '../until.mjs';
import { startFakeVCenter } from './fake-vcenter/server.mjs';
import { call, eventsOf, logIn, queryEvents, request, retrieve } from './raw-soap.mjs';

const STARTED = 'CustomizationStartedEvent';

async function fake(options, use) {
  const server = await startFakeVCenter({ vms: 2, ...options });
  try {
    return await use(server, await logIn(server), server.vms[0].vm);
  } finally {
    await server.stop();
  }
}

/** A session of a version of the API. */
const logInAs = (server, version) => logIn(server, undefined, { soapaction: `"urn:vim25/${version}"` });

const post = (server, vm, event = STARTED) => server.do({ do: 'post', event, vm });
const fault = (answer) => {
  assert.equal(answer.status, 500, answer.text);
  return /<detail><(\w+)Fault xmlns="urn:vim25" xsi:type="\1">/.exec(answer.text)?.[1];
};
const returned = (answer) => {
  assert.equal(answer.status, 200, answer.text);
  return /<returnval\b[^>]*>([\s\S]*)<\/returnval>/.exec(answer.text)?.[1];
};
const keysOf = (answer) => eventsOf(answer).map(({ key }) => key);

async function collector(ask, filter = `<eventTypeId>${STARTED}</eventTypeId>`) {
  const id = returned(await ask(request('CreateCollectorForEvents', `<filter>${filter}</filter>`, 'EventManager')));
  const on = (method, content = '') => ask(request(method, content, 'EventHistoryCollector', id));
  return {
    id,
    next: async (count) => keysOf(await on('ReadNextEvents', `<maxCount>${count}</maxCount>`)),
    previous: async (count) => keysOf(await on('ReadPreviousEvents', `<maxCount>${count}</maxCount>`)),
    on,
  };
}

/** A PropertyCollector of its own, with a filter on a property. */
async function watcher(ask, kind, id, path, partial = false) {
  const own = returned(await ask(request('CreatePropertyCollector', '', 'PropertyCollector')));
  const on = (method, content = '', signal) =>
    ask(request(method, content, 'PropertyCollector', own), undefined, signal);
  const spec =
    `<spec><propSet><type>${kind}</type><pathSet>${path}</pathSet></propSet>` +
    `<objectSet><obj type="${kind}">${id}</obj></objectSet></spec><partialUpdates>${partial}</partialUpdates>`;
  const made = await on('CreateFilter', spec);
  const wait = (version, options = '<maxWaitSeconds>5</maxWaitSeconds>', signal) =>
    on('WaitForUpdatesEx', `<version>${version}</version><options>${options}</options>`, signal);
  return { own, on, made, filter: made.status === 200 ? returned(made) : undefined, wait };
}

function updatesOf(answer) {
  const text = returned(answer);
  if (text === undefined) return undefined;
  return {
    version: /<version>(.*?)<\/version>/.exec(text)[1],
    truncated: text.includes('<truncated>true</truncated>'),
    objects: [...text.matchAll(/<objectSet><kind>(\w+)<\/kind>([\s\S]*?)<\/objectSet>/g)].map(([, kind, rest]) => ({
      kind,
      changes: [...rest.matchAll(/<changeSet><name>(.*?)<\/name><op>(\w+)<\/op>/g)].map(
        ([, name, op]) => `${op} ${name}`,
      ),
      keys: [...rest.matchAll(/<key>(-?\d+)<\/key>/g)].map(([, key]) => Number(key)),
    })),
  };
}

describe('an EventHistoryCollector', () => {
  test('reads on from the oldest event, and later what has come since', () =>
    fake({}, async (server, ask, vm) => {
      for (let i = 0; i < 3; i += 1) await post(server, vm);
      await post(server, vm, 'VmResettingEvent');
      const own = await collector(ask);
      assert.deepEqual(await own.next(2), [1, 2]);
      assert.deepEqual(await own.next(2), [3]);
      assert.deepEqual(await own.next(2), []);
      await post(server, vm);
      assert.deepEqual(await own.next(2), [5]);
      assert.deepEqual(await own.previous(2), [5, 3]);
      await own.on('RewindCollector');
      assert.deepEqual(await own.next(1000), [1, 2, 3, 5]);
    }));

  test('is set back to before its latest page, whose size can be set', () =>
    fake({}, async (server, ask, vm) => {
      for (let i = 0; i < 6; i += 1) await post(server, vm);
      const own = await collector(ask, '<maxCount>2</maxCount>');
      await own.on('ResetCollector');
      assert.deepEqual(await own.previous(1), [4]);
      await own.on('SetCollectorPageSize', '<maxCount>4</maxCount>');
      await own.on('ResetCollector');
      assert.deepEqual(await own.next(10), [3, 4, 5, 6]);
      for (const [method, count] of [
        ['SetCollectorPageSize', 0],
        ['SetCollectorPageSize', 1001],
        ['ReadNextEvents', 0],
        ['ReadPreviousEvents', 1001],
      ]) {
        const refused = await own.on(method, `<maxCount>${count}</maxCount>`);
        assert.equal(fault(refused), 'InvalidArgument', method);
        assert.match(refused.text, /<invalidProperty>maxCount</);
      }
    }));

  test('has one of a fixed number of places, which an ended session leaves taken', () =>
    fake({ maxCollectors: 3 }, async (server, ask, vm) => {
      const gone = await logIn(server);
      await collector(gone);
      await gone(request('Logout', '', 'SessionManager'));
      const first = await collector(ask);
      await collector(ask);
      assert.deepEqual(await server.do({ do: 'collectors' }), { ok: true, count: 3, leaked: 1 });
      const create = request('CreateCollectorForEvents', '<filter></filter>', 'EventManager');
      assert.equal(fault(await ask(create)), 'InvalidState');
      assert.equal((await ask(queryEvents(vm, [STARTED]))).status, 200);
      await first.on('DestroyCollector');
      assert.equal(fault(await first.on('DestroyCollector')), 'ManagedObjectNotFound');
      await collector(ask);
    }));

  test('gives its place back, or keeps QueryEvents out as well, when the server is told so', () =>
    fake({ maxCollectors: 1, leakCollectors: false, queriesNeedSlot: true }, async (server, ask, vm) => {
      await collector(ask);
      assert.equal(fault(await ask(queryEvents(vm, [STARTED]))), 'InvalidState');
      await server.do({ do: 'expireSessions' });
      assert.equal((await server.do({ do: 'collectors' })).count, 0);
    }));

  test('belongs to its session and ends with it', () =>
    fake({}, async (server, ask) => {
      const own = await collector(ask);
      const other = await logIn(server);
      const read = request('ReadNextEvents', '<maxCount>1</maxCount>', 'EventHistoryCollector', own.id);
      assert.equal(fault(await other(read)), 'ManagedObjectNotFound');
      await server.do({ do: 'expireSessions' });
      assert.equal(fault(await ask(read)), 'NotAuthenticated');
      assert.equal(fault(await (await logIn(server))(read)), 'ManagedObjectNotFound');
    }));

  test('answers a page that is short where events may not be seen', () =>
    fake({}, async (server, ask, vm) => {
      for (const one of [vm, vm, server.vms[1].vm]) await post(server, one);
      await server.do({ do: 'deny', entity: vm });
      const own = await collector(ask);
      assert.deepEqual(await own.next(2), []);
      assert.deepEqual(await own.next(2), [3]);
      const filter = `<entity><entity type="VirtualMachine">${vm}</entity><recursion>self</recursion></entity>`;
      const refused = await ask(request('CreateCollectorForEvents', `<filter>${filter}</filter>`, 'EventManager'));
      assert.equal(fault(refused), 'NoPermission');
    }));

  test('fills its page later when the filter says so, from 8.0.3 on', () =>
    fake({ initDelayMs: 500 }, async (server, _, vm) => {
      await post(server, vm);
      const ask = await logInAs(server, '8.0.3.0');
      const own = await collector(ask, '<delayedInit>true</delayedInit>');
      const bell = await watcher(ask, 'EventHistoryCollector', own.id, 'latestPage');
      const first = updatesOf(await bell.wait(''));
      assert.deepEqual(first.objects[0].keys, []);
      assert.deepEqual(updatesOf(await bell.wait(first.version)).objects[0].keys, [1]);
      const old = await logInAs(server, '8.0.2.0');
      const filter = '<filter><delayedInit>true</delayedInit></filter>';
      assert.equal(fault(await old(request('CreateCollectorForEvents', filter, 'EventManager'))), 'InvalidRequest');
    }));

  test('is not there when the server has none', () =>
    fake({ collectors: false }, async (_, ask) => {
      const refused = await ask(request('CreateCollectorForEvents', '<filter></filter>', 'EventManager'));
      assert.equal(fault(refused), 'NotSupported');
    }));
});

describe('WaitForUpdatesEx', () => {
  test('tells the page at first and then each event, an object for each', () =>
    fake({ updateDelayMs: 50 }, async (server, ask, vm) => {
      await post(server, vm);
      const own = await collector(ask);
      const bell = await watcher(ask, 'EventHistoryCollector', own.id, 'latestPage');
      const first = updatesOf(await bell.wait(''));
      assert.deepEqual(first.objects, [{ kind: 'enter', changes: ['assign latestPage'], keys: [1] }]);
      const waiting = bell.wait(first.version);
      await until(async () => (await server.do({ do: 'waits' })).count === 1);
      await Promise.all([post(server, vm), post(server, vm), post(server, vm, 'VmResettingEvent')]);
      const second = updatesOf(await waiting);
      assert.deepEqual(
        second.objects.map(({ kind, keys }) => [kind, keys]),
        [
          ['modify', [2, 1]],
          ['modify', [3, 2, 1]],
        ],
      );
      // A version may be asked from again, as after an answer that got lost.
      assert.deepEqual(updatesOf(await bell.wait(first.version)).objects, second.objects);
    }));

  test('tells the last state only where the server brings changes together', () =>
    fake({ updates: 'coalesced' }, async (server, ask, vm) => {
      const own = await collector(ask);
      const bell = await watcher(ask, 'EventHistoryCollector', own.id, 'latestPage');
      const { version } = updatesOf(await bell.wait(''));
      await post(server, vm);
      await post(server, vm);
      assert.deepEqual(updatesOf(await bell.wait(version)).objects, [
        { kind: 'modify', changes: ['assign latestPage'], keys: [2, 1] },
      ]);
    }));

  test('tells single events by key where partial updates were asked for', () =>
    fake({}, async (server, ask, vm) => {
      const own = await collector(ask, '<maxCount>1</maxCount>');
      const bell = await watcher(ask, 'EventHistoryCollector', own.id, 'latestPage', true);
      const { version } = updatesOf(await bell.wait(''));
      await post(server, vm);
      await post(server, vm);
      const answer = await bell.wait(version);
      assert.deepEqual(
        updatesOf(answer).objects.map(({ changes }) => changes),
        [['add latestPage[1]'], ['add latestPage[2]', 'remove latestPage[1]']],
      );
      assert.match(answer.text, /<op>add<\/op><val xsi:type="CustomizationStartedEvent"><key>1</);
    }));

  test('cuts an answer short at a limit, and goes on with the version it gave, once', () =>
    fake({ maxUpdates: 3 }, async (server, ask, vm) => {
      const own = await collector(ask);
      const bell = await watcher(ask, 'EventHistoryCollector', own.id, 'latestPage');
      const { version } = updatesOf(await bell.wait(''));
      for (let i = 0; i < 5; i += 1) await post(server, vm);
      const first = updatesOf(await bell.wait(version, '<maxObjectUpdates>2</maxObjectUpdates>'));
      assert.deepEqual([first.truncated, first.objects.length], [true, 2]);
      const second = updatesOf(await bell.wait(first.version));
      assert.deepEqual([second.truncated, second.objects.length], [true, 3]);
      const last = updatesOf(await bell.wait(second.version));
      assert.deepEqual([last.truncated, last.objects.length], [false, 0]);
      assert.equal(fault(await bell.wait(first.version)), 'InvalidCollectorVersion');
    }));

  test('answers nothing when its time is over, and at once when it has none', () =>
    fake({}, async (_, ask) => {
      const own = await collector(ask);
      const bell = await watcher(ask, 'EventHistoryCollector', own.id, 'latestPage');
      const { version } = updatesOf(await bell.wait(''));
      const asked = performance.now();
      assert.equal(updatesOf(await bell.wait(version, '<maxWaitSeconds>0</maxWaitSeconds>')), undefined);
      assert.ok(performance.now() - asked < 900);
      const answer = await bell.wait(version, '<maxWaitSeconds>1</maxWaitSeconds>');
      assert.doesNotMatch(answer.text, /returnval/);
      assert.ok(performance.now() - asked >= 1000);
    }));

  test('refuses versions and limits that are none', () =>
    fake({}, async (_, ask) => {
      const own = await collector(ask);
      const bell = await watcher(ask, 'EventHistoryCollector', own.id, 'latestPage');
      assert.equal(fault(await bell.wait('-')), 'InvalidCollectorVersion');
      for (const options of ['<maxWaitSeconds>-1</maxWaitSeconds>', '<maxObjectUpdates>0</maxObjectUpdates>']) {
        assert.equal(fault(await bell.wait('', options)), 'InvalidArgument');
      }
      const order = '<maxObjectUpdates>1</maxObjectUpdates><maxWaitSeconds>1</maxWaitSeconds>';
      assert.equal(fault(await bell.wait('', order)), 'InvalidRequest');
    }));

  test('ends with RequestCanceled: by a call, with its collector and with its session', () =>
    fake({}, async (server, ask) => {
      const other = await logIn(server);
      for (const end of [
        (bell) => bell.on('CancelWaitForUpdates'),
        (bell) => bell.on('DestroyPropertyCollector'),
        async () => {
          const list = await other(
            request(
              'RetrievePropertiesEx',
              '<specSet><propSet><type>SessionManager</type><pathSet>sessionList</pathSet></propSet>' +
                '<objectSet><obj type="SessionManager">SessionManager</obj></objectSet></specSet><options></options>',
              'PropertyCollector',
            ),
          );
          const [key] = /<key>(.*?)<\/key>/.exec(list.text).slice(1);
          const ended = await other(request('TerminateSession', `<sessionId>${key}</sessionId>`, 'SessionManager'));
          assert.equal(ended.status, 200, ended.text);
        },
      ]) {
        const own = await collector(ask);
        const bell = await watcher(ask, 'EventHistoryCollector', own.id, 'latestPage');
        const { version } = updatesOf(await bell.wait(''));
        const waiting = bell.wait(version, '<maxWaitSeconds>600</maxWaitSeconds>');
        await until(async () => (await server.do({ do: 'waits' })).count === 1);
        await end(bell);
        assert.equal(fault(await waiting), 'RequestCanceled');
      }
    }));

  test('goes on waiting when its client went away', () =>
    fake({}, async (server, ask) => {
      const own = await collector(ask);
      const bell = await watcher(ask, 'EventHistoryCollector', own.id, 'latestPage');
      const { version } = updatesOf(await bell.wait(''));
      const away = new AbortController();
      const waiting = bell.wait(version, '<maxWaitSeconds>600</maxWaitSeconds>', away.signal);
      await until(async () => (await server.do({ do: 'waits' })).count === 1);
      away.abort();
      await assert.rejects(waiting, /abort/i);
      await sleep(20);
      assert.equal((await server.do({ do: 'waits' })).count, 1);
      await bell.on('CancelWaitForUpdates');
      assert.equal((await server.do({ do: 'waits' })).count, 0);
    }));

  test('tells VMs that change and that go, and nothing of a filter that was destroyed', () =>
    fake({}, async (server, ask, vm) => {
      const power = await watcher(ask, 'VirtualMachine', vm, 'runtime.powerState');
      let { version } = updatesOf(await power.wait(''));
      await server.do({ do: 'powerOn', vm });
      const on = updatesOf(await power.wait(version));
      assert.deepEqual(on.objects[0].changes, ['assign runtime.powerState']);
      await server.do({ do: 'powerOff', vm });
      await server.do({ do: 'destroy', vm });
      const gone = updatesOf(await power.wait(on.version));
      assert.deepEqual(
        gone.objects.map(({ kind }) => kind),
        ['modify', 'leave'],
      );
      version = gone.version;
      assert.equal((await ask(request('DestroyPropertyFilter', '', 'PropertyFilter', power.filter))).status, 200);
      assert.equal(updatesOf(await power.wait(version, '<maxWaitSeconds>0</maxWaitSeconds>')), undefined);
      const missing = await watcher(ask, 'VirtualMachine', vm, 'name');
      assert.equal(fault(missing.made), 'ManagedObjectNotFound');
      const nonsense = await watcher(ask, 'VirtualMachine', server.vms[1].vm, 'nonsense');
      assert.equal(fault(nonsense.made), 'InvalidProperty');
    }));

  test('keeps its session from being idle', () =>
    fake({ sessionTimeoutMs: 500 }, async (server, ask, vm) => {
      const own = await collector(ask);
      const bell = await watcher(ask, 'EventHistoryCollector', own.id, 'latestPage');
      const { version } = updatesOf(await bell.wait(''));
      const late = server.do({ do: 'post', event: STARTED, vm, afterMs: 900 });
      const waiting = bell.wait(version);
      await late;
      assert.equal(updatesOf(await waiting).objects.length, 1);
      await until(async () => (await server.do({ do: 'sessions' })).count === 0);
      assert.equal(fault(await bell.wait(version)), 'NotAuthenticated');
    }));

  test('has a default collector for each session, which cannot be destroyed', () =>
    fake({}, async (_, ask) => {
      assert.equal(fault(await ask(request('DestroyPropertyCollector', '', 'PropertyCollector'))), 'NotSupported');
    }));
});

describe('what a VM tells of its customization', () => {
  const INFO = ['guest.customizationInfo', 'config.tools.pendingCustomization'];
  const read = async (ask, vm) => {
    const { text } = await ask(retrieve('VirtualMachine', vm, INFO));
    return {
      status: /<customizationStatus>TOOLSDEPLOYPKG_(\w+)</.exec(text)?.[1],
      pending: text.includes('<name>config.tools.pendingCustomization</name>'),
      text,
    };
  };

  test('follows the customization', () =>
    fake({}, async (server, ask, vm) => {
      assert.doesNotMatch((await read(ask, vm)).text, /propSet/);
      await server.do({ do: 'customize', vm });
      const pending = await read(ask, vm);
      assert.deepEqual([pending.status, pending.pending], ['PENDING', true]);
      await server.do({ do: 'powerOn', vm });
      const done = await read(ask, vm);
      assert.deepEqual([done.status, done.pending], ['SUCCEEDED', false]);
      assert.match(done.text, /<startTime>.*Z<\/startTime><endTime>.*Z<\/endTime>/);
    }));

  test('can be set', () =>
    fake({}, async (server, ask, vm) => {
      const times = { startTime: '2026-03-01T10:00:00Z', endTime: '2026-03-01T10:00:05.5Z' };
      const info = { status: 'TOOLSDEPLOYPKG_FAILED', ...times, errorMsg: 'a < b', pending: true };
      await server.do({ do: 'guestInfo', vm, ...info });
      const failed = await read(ask, vm);
      assert.deepEqual([failed.status, failed.pending], ['FAILED', true]);
      assert.match(failed.text, /<endTime>2026-03-01T10:00:05\.500000Z<\/endTime><errorMsg>a &lt; b<\/errorMsg>/);
      await server.do({ do: 'guestInfo', vm, status: null, pending: false });
      assert.doesNotMatch((await read(ask, vm)).text, /propSet/);
      await assert.rejects(
        server.do({ do: 'guestInfo', vm, status: 'x', endTime: 'soon' }),
        /endTime "soon" is no time/,
      );
    }));

  test('is not known before 7.0.2.0: by the server, and by the version asked for', async () => {
    const server = await startFakeVCenter({ vms: 1, apiVersion: '7.0.1.0' });
    try {
      const refused = await (await logInAs(server, '7.0.1.0'))(retrieve('VirtualMachine', server.vms[0].vm, INFO));
      assert.equal(fault(refused), 'InvalidProperty');
      assert.match(refused.text, /<name>guest\.customizationInfo<\/name>/);
    } finally {
      await server.stop();
    }
    await fake({}, async (newer, _, vm) => {
      const old = await logInAs(newer, '7.0.1.0');
      assert.equal(fault(await old(retrieve('VirtualMachine', vm, INFO))), 'InvalidProperty');
    });
  });

  test('is told with the reason of a failure from 7.0 on', () =>
    fake({}, async (server, _, vm) => {
      await server.do({ do: 'post', event: 'CustomizationUnknownFailure', vm, fields: { reason: 'because' } });
      for (const [version, told] of [
        ['6.9.1', false],
        ['7.0.0.0', true],
      ]) {
        const [event] = eventsOf(
          await (await logInAs(server, version))(queryEvents(vm, ['CustomizationUnknownFailure'])),
        );
        assert.equal(event.text.includes('<reason>because</reason>'), told, version);
      }
    }));
});

describe('the SessionManager', () => {
  const SECURITY = 'http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd';
  const UTILITY = 'http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd';
  const inMinutes = (minutes) => new Date(Date.now() + minutes * 60_000).toISOString();

  function byToken(change = (text) => text) {
    const signature = '<ds:Signature xmlns:ds="http://www.w3.org/2000/09/xmldsig#"/>';
    const assertion =
      `<saml2:Assertion xmlns:saml2="urn:oasis:names:tc:SAML:2.0:assertion" ID="_1" IssueInstant="${inMinutes(-1)}" Version="2.0">` +
      `<saml2:Issuer>https://sso.example.com</saml2:Issuer>${signature}<saml2:Subject><saml2:NameID>web@vsphere.local</saml2:NameID>` +
      '<saml2:SubjectConfirmation Method="urn:oasis:names:tc:SAML:2.0:cm:bearer"/></saml2:Subject>' +
      `<saml2:Conditions NotBefore="${inMinutes(-1)}" NotOnOrAfter="${inMinutes(60)}"/></saml2:Assertion>`;
    const header =
      `<soap:Header><wsse:Security xmlns:wsse="${SECURITY}"><wsu:Timestamp xmlns:wsu="${UTILITY}"><wsu:Created>${inMinutes(0)}` +
      `</wsu:Created><wsu:Expires>${inMinutes(1)}</wsu:Expires></wsu:Timestamp>${assertion}</wsse:Security></soap:Header>`;
    return change(request('LoginByToken', '', 'SessionManager').replace('<soap:Body>', `${header}<soap:Body>`));
  }

  test('lets in who has a SAML token of the right form', () =>
    fake({}, async (server) => {
      const answer = await call(server, byToken());
      assert.match(returned(answer), /<userName>web@vsphere\.local<\/userName>/);
      const cookie = answer.headers['set-cookie'][0].split(';')[0];
      assert.equal((await call(server, request('CurrentTime', '', 'ServiceInstance'), { cookie })).status, 200);
      for (const [what, change] of [
        ['no header', () => request('LoginByToken', '', 'SessionManager')],
        ['no signature', (text) => text.replace(/<ds:Signature[^>]*>/, '')],
        ['no time stamp', (text) => text.replace(/<wsu:Timestamp.*<\/wsu:Timestamp>/, '')],
        ['run out', (text) => text.replace(/NotOnOrAfter="[^"]*"/, 'NotOnOrAfter="2020-01-01T00:00:00Z"')],
        ['another namespace', (text) => text.replace(SECURITY, 'urn:other')],
        ['a key that is not proved', (text) => text.replace('cm:bearer', 'cm:holder-of-key')],
      ]) {
        assert.equal(fault(await call(server, byToken(change))), 'InvalidLogin', what);
      }
    }));

  test('opens one more session for a clone ticket, once, while the first one lives', () =>
    fake({}, async (server, ask) => {
      const ticket = async () => returned(await ask(request('AcquireCloneTicket', '', 'SessionManager')));
      const clone = (text) => request('CloneSession', `<cloneTicket>${text}</cloneTicket>`, 'SessionManager');
      const first = await ticket();
      const answer = await call(server, clone(first));
      assert.ok(returned(answer).includes(`<userName>${server.user}</userName>`));
      assert.match(answer.headers['set-cookie'][0], /^vmware_soap_session=/);
      assert.equal((await server.do({ do: 'sessions' })).count, 2);
      assert.equal(fault(await call(server, clone(first))), 'InvalidLogin');
      const second = await ticket();
      await ask(request('Logout', '', 'SessionManager'));
      assert.equal(fault(await call(server, clone(second))), 'InvalidLogin');
    }));

  test('ends other sessions, not its own, and gives nobody their secrets', () =>
    fake({}, async (server, ask) => {
      const login = await call(
        server,
        request(
          'Login',
          `<userName>${server.user}</userName><password>${server.password}</password>`,
          'SessionManager',
        ),
      );
      const key = /<key>(.*?)<\/key>/.exec(login.text)[1];
      assert.ok(!login.headers['set-cookie'][0].includes(key));
      const terminate = (id) => request('TerminateSession', `<sessionId>${id}</sessionId>`, 'SessionManager');
      const cookie = login.headers['set-cookie'][0].split(';')[0];
      assert.equal(fault(await call(server, terminate(key), { cookie })), 'InvalidArgument');
      assert.equal((await ask(terminate(key))).status, 200);
      assert.equal(fault(await ask(terminate(key))), 'NotFound');
      assert.equal(fault(await call(server, terminate(key), { cookie })), 'NotAuthenticated');
    }));
});
