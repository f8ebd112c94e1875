/** What each call of the client says and on what, whatever the wire: against a codec that says nothing of how it is written. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { internal } from './internal.mjs';

const { SteppedClock, VimClient, ConnectionError, WireError, VimFaultError } = await internal(
  'vsphere/client/vim-client',
  'testing/stepped-clock',
  'errors',
);

const { signal } = new AbortController();
const context = { signal };
const ref = (type, value = type) => ({ type, value });
const PARTS = ['rootFolder', 'propertyCollector', 'viewManager', 'sessionManager', 'eventManager'];
const EVENTS = new TextEncoder().encode('[{}]');
const NO_EVENTS = new TextEncoder().encode('[]');

/** A value of a wire, out of what it has by name. */
function value({ _typeName: type, _ref, _text: text, ...members }) {
  const of = (name) => (members[name] === undefined ? [] : [members[name]].flat());
  return {
    type,
    text,
    ref: _ref,
    get: (name) => (members[name] === undefined ? undefined : value(of(name)[0])),
    list: (name) => of(name).map(value),
  };
}
const CONTENT = value({
  _typeName: 'ServiceContent',
  about: { apiType: { _text: 'VirtualCenter' }, apiVersion: { _text: '8.0.3.0' } },
  ...Object.fromEntries(PARTS.map((name) => [name, { _ref: ref(name) }])),
});
const SESSION = value({ _typeName: 'UserSession' });
const page = (...missing) =>
  value({
    _typeName: 'RetrieveResult',
    objects: {
      obj: { _ref: ref('VirtualMachine', 'vm-1') },
      missingSet: missing.map((type) => ({ fault: { fault: { _typeName: type } } })),
    },
  });

/**
 * A client of a server whose answers are by the call: a value, null for nothing, undefined for what is none, an error to be
 * thrown in reading it, or a function of how often it was asked. `faults` are what the answers with a fault hold.
 */
function clientOf(answers = {}, { opens = true, faults = {}, statuses = {}, send } = {}) {
  const clock = new SteppedClock();
  const written = [];
  const sent = [];
  const forgotten = [];
  const kept = [];
  const times = new Map();
  const answerTo = (method) => {
    const given = method in answers ? answers[method] : { RetrieveServiceContent: CONTENT, Login: SESSION }[method];
    const answer = typeof given === 'function' ? given(times.get(method)) : given;
    if (answer instanceof Error) throw answer;
    return answer;
  };
  const codec = {
    wire: 'soap',
    sessionKey: 'cookie',
    hasSession: false,
    write: (call) => {
      written.push(call);
      times.set(call.method, (times.get(call.method) ?? 0) + 1);
      return { method: 'POST', path: '/sdk', headers: {}, body: call.method };
    },
    read: answerTo,
    readEvents: answerTo,
    fault: ({ body }) => {
      const fault = faults[new TextDecoder().decode(body)];
      if (fault instanceof Error) throw fault;
      return fault;
    },
    keep: (response) => {
      kept.push(response.status);
      return ['s3cret-of-session'];
    },
    opened: () => {
      codec.hasSession = opens;
      return opens;
    },
    use: () => 'given-key',
    forget: () => {
      forgotten.push(written.length);
      codec.hasSession = false;
    },
  };
  const transport = {
    host: 'vc',
    path: '/sdk',
    close: () => undefined,
    send: async (request) => {
      sent.push(request);
      await send?.(request);
      return {
        status: statuses[request.operation] ?? 200,
        header: () => undefined,
        cookies: [],
        body: new TextEncoder().encode(request.body),
      };
    },
  };
  const client = new VimClient(transport, codec, clock);
  const asked = () => written.map(({ method }) => method);
  return { client, written, asked, sent, codec, forgotten, kept, clock };
}

describe('a client', () => {
  const COLLECTOR = ref('EventHistoryCollector', 'c');
  const POLLER = ref('PropertyCollector', 'p');
  const VIEW = ref('ContainerView', 'v');
  const made = (type) => value({ _ref: ref(type, 'x') });
  const FILTER = { _typeName: 'EventFilterSpec', entity: undefined, time: undefined, disableFullMessage: false };
  const INSTANCE = ref('ServiceInstance');

  for (const [method, call, self, given, answer, result] of [
    [
      'CurrentTime',
      (client) => client.currentTime(context),
      INSTANCE,
      {},
      value({ _text: '2026-03-01T10:00:00Z' }),
      new Date('2026-03-01T10:00:00Z'),
    ],
    [
      'QueryEvents',
      (client) => client.queryEvents({ types: ['T'] }, context),
      ref('eventManager'),
      { filter: { ...FILTER, eventTypeId: ['T'], maxCount: undefined } },
      EVENTS,
      EVENTS,
    ],
    [
      'CreateCollectorForEvents',
      (client) => client.createCollectorForEvents({ types: ['T'] }, context),
      ref('eventManager'),
      { filter: { ...FILTER, eventTypeId: ['T'], maxCount: undefined } },
      made('EventHistoryCollector'),
      ref('EventHistoryCollector', 'x'),
    ],
    [
      'ReadNextEvents',
      (client) => client.readNextEvents(COLLECTOR, 9, context),
      COLLECTOR,
      { maxCount: 9 },
      EVENTS,
      EVENTS,
    ],
    ['DestroyCollector', (client) => client.destroyCollector(COLLECTOR, context), COLLECTOR, {}, null, undefined],
    [
      'CreatePropertyCollector',
      (client) => client.createPropertyCollector(context),
      ref('propertyCollector'),
      {},
      made('PropertyCollector'),
      ref('PropertyCollector', 'x'),
    ],
    ['CancelWaitForUpdates', (client) => client.cancelWaitForUpdates(POLLER, context), POLLER, {}, null, undefined],
    [
      'DestroyPropertyCollector',
      (client) => client.destroyPropertyCollector(POLLER, context),
      POLLER,
      {},
      null,
      undefined,
    ],
    [
      'CreateContainerView',
      (client) => client.createContainerView(ref('Folder'), ['T'], context),
      ref('viewManager'),
      { container: ref('Folder'), type: ['T'], recursive: true },
      made('ContainerView'),
      ref('ContainerView', 'x'),
    ],
    ['DestroyView', (client) => client.destroyView(VIEW, context), VIEW, {}, null, undefined],
  ]) {
    test(`calls ${method} on its object, and answers what that answered`, async () => {
      const { client, written, asked } = clientOf({ [method]: answer });
      await client.serviceContent(context);
      assert.deepEqual(await call(client), result);
      assert.deepEqual(written.at(-1), { self, method, arguments: given, apiVersion: '8.0.3.0', token: undefined });
      assert.deepEqual(asked(), ['RetrieveServiceContent', method]);
    });
  }

  test('watches properties and waits for what changes, with the body as it came', async () => {
    const set = value({ _typeName: 'UpdateSet', version: { _text: '7' } });
    const { client, written, clock } = clientOf({
      CreateFilter: made('PropertyFilter'),
      WaitForUpdatesEx: (time) => (time === 1 ? set : null),
    });
    await client.createFilter(POLLER, { ref: COLLECTOR, paths: ['latestPage'] }, context);
    assert.deepEqual([written[0].self, written[0].arguments.partialUpdates], [POLLER, false]);
    const wait = () => client.waitForUpdatesEx(POLLER, '6', { maxWaitSeconds: 50 }, context);
    assert.deepEqual(await wait(), {
      version: '7',
      truncated: false,
      body: new TextEncoder().encode('WaitForUpdatesEx'),
    });
    assert.deepEqual(written[1].arguments, { version: '6', options: { _typeName: 'WaitOptions', maxWaitSeconds: 50 } });
    assert.equal(written[1].apiVersion, undefined);
    assert.equal(await wait(), undefined);
    assert.equal(clock.pending, 0);
  });

  test('gives a wait its own time and 30 s for the way, but where it is told how much', async () => {
    const hang = () => new Promise(() => undefined);
    for (const [more, seconds] of [
      [{}, 80],
      [{ timeoutMs: 7_000 }, 7],
    ]) {
      const { client, clock } = clientOf({}, { send: hang });
      const wait = client.waitForUpdatesEx(POLLER, '', { maxWaitSeconds: 50 }, { ...context, ...more });
      await assert.rejects(clock.drive(wait), {
        code: 'timeout',
        message: `vc: WaitForUpdatesEx: no whole answer within ${seconds} s`,
      });
    }
  });

  test('asks again where it was answered nothing, once, and takes that for nothing then', async () => {
    const query = { sets: [], objects: [], maxObjects: 9 };
    for (const [method, call, none] of [
      ['QueryEvents', (client) => client.queryEvents({ types: [] }, context), NO_EVENTS],
      ['ReadNextEvents', (client) => client.readNextEvents(COLLECTOR, 1, context), NO_EVENTS],
      [
        'RetrievePropertiesEx',
        (client) => client.retrieveProperties(query, context),
        { objects: [], token: undefined },
      ],
    ]) {
      const { client, asked } = clientOf({ [method]: null });
      assert.deepEqual(await call(client), none);
      assert.equal(asked().filter((each) => each === method).length, 2);
      const second = clientOf({
        [method]: (time) => (time === 1 ? null : method === 'RetrievePropertiesEx' ? page() : EVENTS),
      });
      const answer = await call(second.client);
      assert.notDeepEqual(answer, none);
    }
  });

  test('reads properties page by page, and takes all that are missing for want of a session for its end', async () => {
    const { client, written } = clientOf({
      RetrievePropertiesEx: page(),
      ContinueRetrievePropertiesEx: page('NoPermission'),
    });
    const { objects } = await client.retrieveProperties({ sets: [], objects: [], maxObjects: 9 }, context);
    assert.equal(objects[0].ref.value, 'vm-1');
    assert.deepEqual(written[1].arguments.options, { _typeName: 'RetrieveOptions', maxObjects: 9 });
    const next = await client.continueRetrieveProperties('t', context);
    assert.deepEqual(next.objects[0].missing, ['NoPermission']);
    assert.deepEqual(
      [written[2].method, written[2].self, written[2].arguments],
      ['ContinueRetrievePropertiesEx', ref('propertyCollector'), { token: 't' }],
    );
    const lost = clientOf({
      RetrievePropertiesEx: page('NoPermission', 'NotAuthenticated'),
      ContinueRetrievePropertiesEx: page('NotAuthenticated'),
    });
    for (const read of [
      () => lost.client.retrieveProperties({ sets: [], objects: [], maxObjects: 9 }, context),
      () => lost.client.continueRetrieveProperties('t', context),
    ]) {
      await assert.rejects(read(), { fault: 'NotAuthenticated', kind: 'notAuthenticated' });
      assert.equal(lost.client.isSessionLost, true);
      lost.client.confirmSession();
    }
  });

  test('asks once what the server is, and tells it the version that it speaks from then on', async () => {
    const { client, written, asked } = clientOf({ CurrentTime: value({ _text: '2026-03-01T10:00:00Z' }) });
    await client.currentTime(context);
    const content = await client.serviceContent(context);
    assert.equal(await client.serviceContent(context), content);
    await client.currentTime(context);
    assert.deepEqual(
      written.map(({ apiVersion }) => apiVersion),
      [undefined, undefined, '8.0.3.0'],
    );
    assert.deepEqual(asked(), ['CurrentTime', 'RetrieveServiceContent', 'CurrentTime']);
    assert.deepEqual([client.host, client.wire, content.rootFolder], ['vc', 'soap', ref('rootFolder')]);
  });

  test('logs in by what it was given, after it has asked what the server is, and forgets the key before', async () => {
    for (const [method, logIn, given, token] of [
      [
        'Login',
        (client) => client.login({ user: 'u', password: 'pass' }, context),
        { userName: 'u', password: 'pass' },
      ],
      ['LoginByToken', (client) => client.loginByToken(' <x/> ', context), {}, ' <x/> '],
      ['CloneSession', (client) => client.cloneSession('ticket', context), { cloneTicket: 'ticket' }],
    ]) {
      const { client, written, asked, forgotten, sent } = clientOf({ [method]: SESSION });
      await logIn(client);
      assert.deepEqual(asked(), ['RetrieveServiceContent', method]);
      const { self, arguments: args, token: sentToken } = written[1];
      assert.deepEqual([self, args, sentToken, forgotten], [ref('sessionManager'), given, token, [1]]);
      assert.deepEqual([sent[0].once, sent[1].once, client.sessionCount], [undefined, true, 1]);
    }
  });

  test('has no session by a log-in that is answered without its key, which is final before a call has worked', async () => {
    const message = 'vc: Login answered no session: does a proxy take its cookie away?';
    const logIn = (client) => client.login({ user: 'u', password: 'pass' }, context);
    const { client, asked } = clientOf({}, { opens: false });
    await assert.rejects(logIn(client), { name: 'ConnectionError', kind: 'fatal', message });
    const time = value({ _text: '2026-03-01T10:00:00Z' });
    const known = clientOf({ CurrentTime: time }, { opens: false });
    await known.client.currentTime(context);
    await assert.rejects(logIn(known.client), { kind: 'transient', message });
    // Nothing is there to be closed.
    await client.logout(context);
    assert.deepEqual(asked(), ['RetrieveServiceContent', 'Login']);
    assert.equal(client.sessionCount, 0);
  });

  test('closes a session that a failed log-in has opened all the same', async () => {
    const { client, asked, codec } = clientOf({
      Login: () => {
        codec.hasSession = true;
        return new WireError('wireTruncated', 'cut off');
      },
      Logout: null,
    });
    await assert.rejects(client.login({ user: 'u', password: 'pass' }, context), { code: 'badAnswer' });
    await client.logout(context);
    assert.equal(asked().at(-1), 'Logout');
  });

  test('asks nothing once its session was closed, and closes it on the session manager', async () => {
    const { client, written, asked } = clientOf({ Logout: null });
    await client.login({ user: 'u', password: 'pass' }, context);
    await client.logout(context);
    assert.deepEqual([written.at(-1).method, written.at(-1).self], ['Logout', ref('sessionManager')]);
    await assert.rejects(client.currentTime(context), {
      name: 'VimFaultError',
      kind: 'notAuthenticated',
      fault: 'NotAuthenticated',
      message: 'vc: CurrentTime: the session was closed',
    });
    assert.equal(asked().at(-1), 'Logout');
  });

  test('leaves a session that it was given, and closes one that it has adopted', async () => {
    const given = clientOf({ Logout: null });
    given.client.useSession({ cookie: 'given-key' });
    await given.client.logout(context);
    assert.deepEqual(given.asked(), []);
    const adopted = clientOf({ Logout: null });
    adopted.client.adoptSession();
    await adopted.client.logout(context);
    assert.deepEqual(adopted.asked(), ['RetrieveServiceContent', 'Logout']);
  });

  test('tells no secret: what it logs in with, the keys of its sessions, and those it was given', async () => {
    const secrets = ['pass', '<x/>', 'ticket', 'given-key', 's3cret-of-session'];
    const fault = { type: 'SystemError', text: `no ${secrets.join(' ')}` };
    const faults = { QueryEvents: fault };
    const { client } = clientOf({ LoginByToken: SESSION, CloneSession: SESSION, QueryEvents: undefined }, { faults });
    client.useSession({ cookie: 'given-key' });
    await client.login({ user: 'u', password: 'pass' }, context);
    await client.loginByToken(' <x/> ', context);
    await client.cloneSession('ticket', context);
    await assert.rejects(client.queryEvents({ types: [] }, context), ({ message }) => {
      for (const secret of secrets) assert.ok(!message.includes(secret), `${secret} in ${message}`);
      return true;
    });
  });

  test('takes as an answer what has the status of one, and a fault where there is no answer', async () => {
    const time = value({ _text: '2026-03-01T10:00:00Z' });
    const broken = new WireError('wireTruncated', 'cut off here');
    for (const [status, answer, fault, error] of [
      [200, time],
      [204, time],
      [201, time, undefined, { code: 'http', message: /^vc: CurrentTime was answered with HTTP 201/ }],
      [500, time, { type: 'SystemError', text: 'no' }, { name: 'VimFaultError', fault: 'SystemError' }],
      [200, undefined, { type: 'SystemError', text: 'no' }, { name: 'VimFaultError', fault: 'SystemError' }],
      [200, undefined, undefined, { code: 'badAnswer', message: /^vc: CurrentTime was answered with something else/ }],
      [
        200,
        broken,
        undefined,
        { code: 'badAnswer', message: /^vc: the answer to CurrentTime could not be read: cut off here/ },
      ],
      [200, undefined, broken, { code: 'badAnswer', message: /could not be read: cut off here/ }],
      [500, time, broken, { code: 'http', message: /HTTP 500/ }],
    ]) {
      const { client, kept } = clientOf(
        { CurrentTime: answer },
        { statuses: { CurrentTime: status }, faults: { CurrentTime: fault } },
      );
      if (error === undefined) await client.currentTime(context);
      else await assert.rejects(client.currentTime(context), error);
      assert.deepEqual(kept, [status]);
    }
    const mine = new TypeError('mine');
    await assert.rejects(clientOf({ CurrentTime: mine }).client.currentTime(context), mine);
  });

  test('knows that a call has worked by an answer alone', async () => {
    const time = value({ _text: '2026-03-01T10:00:00Z' });
    const refusing = { statuses: { DestroyView: 404 } };
    const { client } = clientOf({ CurrentTime: time }, refusing);
    await assert.rejects(client.destroyView(VIEW, context), { kind: 'fatal' });
    await assert.rejects(client.destroyView(VIEW, context), { kind: 'fatal' });
    await client.currentTime(context);
    await assert.rejects(client.destroyView(VIEW, context), { kind: 'transient' });
    const lost = new ConnectionError('another certificate', { kind: 'fatal' });
    const failing = clientOf(
      { CurrentTime: time },
      {
        send: ({ operation }) => operation === 'DestroyView' && Promise.reject(lost),
      },
    );
    await assert.rejects(failing.client.destroyView(VIEW, context), lost);
    await failing.client.currentTime(context);
    await assert.rejects(failing.client.destroyView(VIEW, context), { kind: 'transient' });
  });

  test('notes that its session is lost by what a call is answered, unless another was opened since', async () => {
    const fault = { type: 'NotAuthenticated', text: 'no' };
    for (const [type, isLost] of [
      ['NotAuthenticated', true],
      ['RequestCanceled', true],
      ['SystemError', false],
    ]) {
      const { client } = clientOf({ CurrentTime: undefined }, { faults: { CurrentTime: { ...fault, type } } });
      await assert.rejects(client.currentTime(context));
      assert.equal(client.isSessionLost, isLost, type);
    }
    const canceled = clientOf(
      { CurrentTime: undefined },
      { faults: { CurrentTime: { ...fault, type: 'RequestCanceled' } } },
    );
    const error = await canceled.client.currentTime(context).catch((caught) => caught);
    assert.deepEqual([error.name, error.kind], ['ReadError', 'notAuthenticated']);
    assert.ok(error.cause instanceof VimFaultError);
    assert.equal(error.message, error.cause.message);
    let answer;
    const late = clientOf(
      { CurrentTime: undefined },
      {
        faults: { CurrentTime: fault },
        send: ({ operation }) => operation === 'CurrentTime' && new Promise((resolve) => (answer = resolve)),
      },
    );
    const asked = late.client.currentTime(context);
    asked.catch(() => undefined);
    await late.client.login({ user: 'u', password: 'pass' }, context);
    answer();
    await assert.rejects(asked, { kind: 'notAuthenticated' });
    assert.equal(late.client.isSessionLost, false);
  });
});
