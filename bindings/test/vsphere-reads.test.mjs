/** What the client asks a vCenter for and how far it goes on: each part that decides it, by itself, against an API of a few lines. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { internal } from './internal.mjs';

const {
  SteppedClock,
  VimEventSource,
  queryEvents,
  pageSize,
  readAllVms,
  readObjects,
  readVms,
  textOf,
  referenceOf,
  mayHaveJson,
  negotiate,
  contentOf,
  sessionOf,
  nothing,
  referenceTo,
  timeOf,
  updatesOf,
  pageOf,
  nextPageOf,
  eventFilter,
  propertyFilter,
  propertyQuery,
  waitOptions,
  MAX_REPEATED_LENGTH,
  VimFaultError,
} = await internal(
  'vsphere/client/events',
  'vsphere/client/event-query',
  'vsphere/client/properties',
  'vsphere/client/releases',
  'vsphere/client/answers',
  'vsphere/client/arguments',
  'vsphere/api/codec',
  'testing/stepped-clock',
  'errors',
  'core/wasm/loader',
  'core/wasm/glue',
);

const { signal } = new AbortController();
const context = { signal };
const bytes = (text) => new TextEncoder().encode(text);
const text = (body) => new TextDecoder().decode(body);

describe('a question for events', () => {
  const SINCE = '2026-03-01T10:00:00.000Z';
  const at = (ms) => new Date(Date.parse(SINCE) + ms).toISOString();
  const query = {
    entity: { type: 'Folder', value: 'group-d1' },
    recursion: 'all',
    types: ['T'],
    since: SINCE,
    maxCount: 2,
  };
  /** A page of so many events, as long as it is said to be. */
  const page = (count, length = 0) => {
    const event = { _typeName: 'VmStartingEvent', key: 1, createdTime: SINCE };
    return bytes(JSON.stringify(Array(count).fill(event)).padEnd(length));
  };

  /** A server whose answers are by the time asked for, in milliseconds after `since`; it is 1,000 ms after that. */
  function server(answer, { now = 1_000, apiVersion = '8.0.3.0' } = {}) {
    const asked = [];
    const api = {
      host: 'vc',
      serviceContent: async () => ({ apiVersion }),
      currentTime: async () => new Date(Date.parse(SINCE) + now),
      queryEvents: async (filter, given) => {
        assert.equal(given, context);
        asked.push(filter);
        const ms = (time) => time && Date.parse(time) - Date.parse(SINCE);
        return answer(ms(filter.beginTime), ms(filter.endTime));
      },
    };
    return { api, asked };
  }

  test('is one where the answer has room left', async () => {
    for (const body of [page(1, 300), page(2).subarray(0, 199), bytes('x'.repeat(199))]) {
      const { api, asked } = server(() => body);
      assert.deepEqual(await queryEvents(api, query, context), [body]);
      const entity = { ref: query.entity, recursion: 'all' };
      assert.deepEqual(asked, [{ entity, beginTime: SINCE, types: ['T'], maxCount: 2 }]);
    }
  });

  for (const [full, length] of [
    [page(2, 200), 200],
    [page(3, 300), 300],
  ]) {
    test(`of ${length} bytes that is as full as it may be is asked for each half of the time, oldest first`, async () => {
      const { api, asked } = server((from, to) => (to === undefined && from === 0 ? full : bytes(`${from}-${to}`)));
      assert.deepEqual((await queryEvents(api, query, context)).map(text), ['0-500', '500-undefined']);
      assert.deepEqual(
        asked.map(({ beginTime, endTime }) => [beginTime, endTime]),
        [
          [at(0), undefined],
          [at(0), at(500)],
          [at(500), undefined],
        ],
      );
      assert.equal('endTime' in asked[2], false);
    });
  }

  test('is split until no answer is full, each half by itself', async () => {
    const { api, asked } = server((from, to = 1_000) => (to - from > 250 ? page(2, 200) : bytes(`${from}-${to}`)));
    const pages = (await queryEvents(api, query, context)).map(text);
    assert.deepEqual(pages, ['0-250', '250-500', '500-750', '750-1000']);
    assert.equal(asked.length, 7);
    assert.equal('endTime' in asked[6], false);
  });

  test('is not split within a millisecond, which no question can tell apart', async () => {
    const { api, asked } = server((from, to = 3) => (to - from > 1 ? page(2, 200) : bytes(`${from}-${to}`)), {
      now: 3,
    });
    assert.deepEqual((await queryEvents(api, query, context)).map(text), ['0-1', '1-2', '2-3']);
    assert.equal(asked.length, 5);
    for (const now of [1, 0, -5]) {
      const all = server(() => page(2, 200), { now });
      await assert.rejects(queryEvents(all.api, query, context), {
        name: 'OverflowError',
        kind: 'transient',
        code: 'tooManyEvents',
        message: `vc: more than 2 events within a millisecond of ${SINCE}, which no query can tell apart`,
      });
      assert.equal(all.asked.length, 1);
    }
  });

  test('is given up after 256 of them, and not before', async () => {
    // So many of one millisecond each, with the wider ones above them, are 255 and 257.
    for (const [leaves, passes] of [
      [128, true],
      [129, false],
    ]) {
      const answer = (from, to = leaves) => (to - from > 1 ? page(2, 200) : bytes('[]'));
      const { api, asked } = server(answer, { now: leaves });
      const pages = queryEvents(api, query, context);
      if (passes) assert.equal((await pages).length, leaves);
      else {
        await assert.rejects(pages, {
          name: 'OverflowError',
          message: `vc: more events since ${SINCE} than 256 queries for 2 can tell apart: look back less far, or watch fewer VMs at a time`,
        });
      }
      assert.equal(asked.length, passes ? 255 : 256);
    }
  });

  test('says how many it takes where the server knows that, from 6.5 on', async () => {
    for (const [apiVersion, knows] of [
      ['5.9', false],
      ['6', false],
      ['6.0', false],
      ['6.4.9', false],
      ['6.5', true],
      ['6.10.1', true],
      ['7.0.0.0', true],
      ['8.0.3.0', true],
      ['', false],
      ['x', false],
    ]) {
      const { api } = server(() => page(0), { apiVersion });
      assert.deepEqual(await pageSize(api, 9, context), knows ? { maxCount: 9 } : {}, apiVersion);
    }
  });
});

describe('properties', () => {
  const ref = (value, type = 'VirtualMachine') => ({ type, value });
  const object = (value, type) => ({ ref: ref(value, type), properties: new Map() });

  /** A server that answers these pages, the last again and again; a page is objects, and goes on but for the last. */
  function server(pages, { goesOn = false, more = {} } = {}) {
    const calls = [];
    const left = [...pages];
    const next = () => {
      const objects = left.length > 1 ? left.shift() : left[0];
      if (objects instanceof Error) throw objects;
      const isLast = !goesOn && left.length === 1 && objects === left[0];
      return { objects, token: isLast ? undefined : `after ${objects.length}` };
    };
    const call =
      (name, answer) =>
      async (...given) => {
        assert.equal(given.pop(), context);
        calls.push([name, ...given]);
        return (more[name] ?? answer)(...given);
      };
    const api = {
      host: 'vc',
      serviceContent: call('serviceContent', () => ({ rootFolder: ref('group-d1', 'Folder') })),
      createContainerView: call('createContainerView', () => ref('view-1', 'ContainerView')),
      destroyView: call('destroyView', () => undefined),
      retrieveProperties: call('retrieveProperties', next),
      continueRetrieveProperties: call('continueRetrieveProperties', next),
    };
    return { api, calls };
  }

  test('of all VMs are read by a view, which is removed however it goes', async () => {
    const query = {
      sets: [{ type: 'VirtualMachine', paths: ['name'] }],
      objects: { view: ref('view-1', 'ContainerView') },
      maxObjects: 1_000,
    };
    const calls = [
      ['serviceContent'],
      ['createContainerView', ref('group-d1', 'Folder'), ['VirtualMachine']],
      ['retrieveProperties', query],
      ['destroyView', ref('view-1', 'ContainerView')],
    ];
    const fails = () => {
      throw new Error('no');
    };
    for (const more of [{}, { destroyView: fails }, { retrieveProperties: fails }]) {
      const all = server([[object('vm-1')]], { more });
      const read = readAllVms(all.api, ['name'], context);
      if (more.retrieveProperties) await assert.rejects(read, { message: 'no' });
      else assert.deepEqual(await read, [object('vm-1')]);
      assert.deepEqual(all.calls, calls);
    }
  });

  test('come in pages, each object once, as it was said last', async () => {
    const again = { ...object('vm-1'), missing: ['x'] };
    const folder = object('vm-1', 'Folder');
    const { api, calls } = server([[object('vm-1'), object('vm-2')], [again, folder], [object('vm-3')]]);
    const sets = [{ type: 'VirtualMachine', paths: ['name'] }];
    const found = await readObjects(api, [ref('vm-1')], sets, context);
    assert.deepEqual(found, [again, object('vm-2'), folder, object('vm-3')]);
    assert.deepEqual(calls, [
      ['retrieveProperties', { sets, objects: [ref('vm-1')], maxObjects: 1_000 }],
      ['continueRetrieveProperties', 'after 2'],
      ['continueRetrieveProperties', 'after 2'],
    ]);
  });

  test('that go on with nothing new, or for ever, are an error that asking again does not mend', async () => {
    const endless = (what) => ({ code: 'endlessAnswer', message: `vc: RetrievePropertiesEx answers ${what}` });
    const same = server([[object('vm-1')]], { goesOn: true });
    await assert.rejects(readObjects(same.api, [], [], context), endless('the same objects again and again'));
    assert.equal(same.calls.length, 2);
    const empty = server([[]], { goesOn: true });
    await assert.rejects(readObjects(empty.api, [], [], context), endless('the same objects again and again'));
    let place = 0;
    const one = () => {
      place += 1;
      return { objects: [object(`vm-${place}`)], token: 't' };
    };
    const long = server([], { more: { retrieveProperties: one, continueRetrieveProperties: one } });
    await assert.rejects(readObjects(long.api, [], [], context), endless('more than 2000 pages'));
    assert.equal(long.calls.length, 2_000);
  });

  test('of VMs some of which are gone are those of the others', async () => {
    const gone = (vm) => new VimFaultError('notFound', 'ManagedObjectNotFound', 'gone', vm);
    const { api, calls } = server([gone('vm-2'), gone('vm-1'), [object('vm-3')]]);
    assert.deepEqual(await readVms(api, ['vm-1', 'vm-2', 'vm-3'], ['name'], context), {
      objects: [object('vm-3')],
      gone: ['vm-2', 'vm-1'],
    });
    const sets = [{ type: 'VirtualMachine', paths: ['name'] }];
    assert.deepEqual(
      calls.map(([, query]) => query),
      [['vm-1', 'vm-2', 'vm-3'], ['vm-1', 'vm-3'], ['vm-3']].map((vms) => ({
        sets,
        objects: vms.map((vm) => ref(vm)),
        maxObjects: 1_000,
      })),
    );
    const all = server([gone('vm-1')]);
    assert.deepEqual(await readVms(all.api, ['vm-1'], [], context), { objects: [], gone: ['vm-1'] });
    const none = server([[]]);
    assert.deepEqual(await readVms(none.api, [], [], context), { objects: [], gone: [] });
    assert.deepEqual(none.calls, []);
  });

  test('of VMs fail with what says nothing of one of them', async () => {
    for (const error of [
      new VimFaultError('notFound', 'ManagedObjectNotFound', 'gone'),
      new VimFaultError('notFound', 'ManagedObjectNotFound', 'gone', 'session-1'),
      new VimFaultError('noPermission', 'NoPermission', 'no', 'vm-1'),
      Object.assign(new Error('mine'), { kind: 'notFound', object: 'vm-1' }),
    ]) {
      const { api, calls } = server([error]);
      await assert.rejects(readVms(api, ['vm-1'], [], context), error);
      assert.equal(calls.length, 1);
    }
  });

  test('are text or a reference, where they are there', () => {
    const parent = ref('group-v1', 'Folder');
    const properties = new Map([
      ['name', { text: 'web-1' }],
      ['parent', { ref: parent }],
    ]);
    const both = (path) => [textOf({ properties }, path), referenceOf({ properties }, path)];
    assert.deepEqual(
      [both('name'), both('parent'), both('x')],
      [
        ['web-1', undefined],
        [undefined, parent],
        [undefined, undefined],
      ],
    );
  });
});

describe('the release of the API', () => {
  const NEWEST = ['9.1.1.0', '9.1.0.0', '9.0.0.0', '8.0.3.1', '8.0.3.0', '8.0.2.0', '8.0.1.0'];
  const namespaces = (...spaces) => `<namespaces version="1.0">${spaces.join('')}</namespaces>`;
  const namespace = (name, version, prior = []) =>
    `<namespace><name>${name}</name><version>${version}</version><priorVersions>` +
    `${prior.map((each) => `<version>${each}</version>`).join('')}</priorVersions></namespace>`;

  /** Asks a server that has these answers, by the call: a status and a body. */
  async function ask({ hello = [404, ''], versions = [404, ''] }, path = '/sdk') {
    const requests = [];
    const transport = {
      host: 'vc',
      path,
      send: async ({ signal: _, once: __, ...request }) => {
        requests.push(request);
        const [status, body] = request.operation === 'hello' ? hello : versions;
        return { status, body: bytes(body), header: () => undefined, cookies: [] };
      },
    };
    const clock = new SteppedClock();
    const release = await clock.drive(negotiate(transport, clock, context)).catch((error) => error);
    return { release, requests };
  }
  const hello = (release) => [200, JSON.stringify({ api_release: release })];

  test('may be one with VI JSON from 8.0.1 on', () => {
    for (const [version, may] of [
      ['', false],
      ['x', false],
      ['6.9.9', false],
      ['7.9.9', false],
      ['7.0.3.0', false],
      ['8', false],
      ['8.0', false],
      ['8.0.0', false],
      ['8.0.0.9', false],
      ['8.0.1', true],
      ['8.0.1.0', true],
      ['8.0.2', true],
      ['8.1', true],
      ['8.1.0', true],
      ['9', true],
      ['9.0.0.0', true],
      ['10.0', true],
    ]) {
      assert.equal(mayHaveJson(version), may, version);
    }
  });

  test('is the one that the server says of those that are known', async () => {
    for (const known of NEWEST) {
      const { release, requests } = await ask({ hello: hello(known) });
      assert.equal(release, known);
      assert.deepEqual(requests, [
        {
          operation: 'hello',
          method: 'POST',
          path: '/api/vcenter/system?action=hello',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify({ api_releases: NEWEST }),
        },
      ]);
    }
    const { requests } = await ask({ hello: hello('9.0.0.0') }, '/proxied/vc/sdk');
    assert.equal(requests[0].path, '/proxied/vc/api/vcenter/system?action=hello');
  });

  test('is the newest known of the list of versions where the server does not say', async () => {
    const list = namespaces(
      namespace('urn:other', '9.1.1.0', ['9.1.1.0']),
      '<namespace><version>9.1.1.0</version></namespace>',
      namespace('urn:vim25', '9.9.9.9', ['8.0.1.0', '8.0.3.0', '8.0.2.0']),
    );
    for (const said of [
      [404, JSON.stringify({ api_release: '9.0.0.0' })],
      hello('9.9.9.9'),
      hello(undefined),
      [200, 'null'],
      [200, '<html>'],
      [200, ''],
    ]) {
      const { release, requests } = await ask({ hello: said, versions: [200, list] });
      assert.equal(release, '8.0.3.0');
      assert.deepEqual(requests[1], {
        operation: 'vimServiceVersions',
        method: 'GET',
        path: '/sdk/vimServiceVersions.xml',
        headers: {},
        body: undefined,
      });
    }
    // Also the version itself, and without any before it.
    const own = namespaces('<namespace><name>urn:vim25</name><version>8.0.2.0</version></namespace>');
    assert.equal((await ask({ versions: [200, own] })).release, '8.0.2.0');
    for (const nothing of [
      namespaces(),
      namespaces(namespace('urn:vim25', '7.0.3.0'), namespace('urn:vim', '9.0.0.0')),
    ])
      assert.equal((await ask({ versions: [200, nothing] })).release, undefined);
  });

  test('is asked by the list alone where a proxy has put the API elsewhere', async () => {
    const { release, requests } = await ask(
      { hello: hello('9.0.0.0'), versions: [200, namespaces(namespace('urn:vim25', '8.0.1.0'))] },
      '/sdk/vc',
    );
    assert.equal(release, '8.0.1.0');
    assert.deepEqual(
      requests.map(({ path }) => path),
      ['/sdk/vc/vimServiceVersions.xml'],
    );
  });

  test('is not to be had where something of our own goes wrong, which is told as it is', async () => {
    const mine = new Error('mine');
    const body = () => {
      throw mine;
    };
    const send = async () => Object.defineProperty({ status: 200 }, 'body', { get: body });
    const clock = new SteppedClock();
    await assert.rejects(clock.drive(negotiate({ host: 'vc', path: '/sdk', send }, clock, context)), mine);
  });

  test('is not to be had of what has no list of versions', async () => {
    const { release } = await ask({ versions: [404, ''] });
    assert.deepEqual([release.code, release.kind], ['http', 'fatal']);
    assert.match(release.message, /^vc: vimServiceVersions was answered with HTTP 404/);
    const { release: busy } = await ask({ versions: [503, namespaces()] });
    assert.deepEqual([busy.code, busy.kind], ['http', 'transient']);
    for (const body of ['<html></html>', 'x', '']) {
      const { release: other } = await ask({ versions: [200, body] });
      assert.deepEqual([other.code, other.kind], ['badAnswer', 'fatal']);
      assert.match(other.message, /^vc: vimServiceVersions was answered with something else: is it a vCenter/);
    }
  });
});

describe('the arguments of a call, in the order of the schema, are', () => {
  const FOLDER = { type: 'Folder', value: 'group-d1' };
  // As text, which has the order.
  const same = (given, expected) => assert.equal(JSON.stringify(given), JSON.stringify(expected));

  test('which events: of what, when, of which types, and how many', () => {
    const entity = { ref: FOLDER, recursion: 'all' };
    const spec = (more) => ({ filter: { _typeName: 'EventFilterSpec', ...more } });
    const of = { _typeName: 'EventFilterSpecByEntity', entity: FOLDER, recursion: 'all' };
    for (const time of [{ beginTime: 'b', endTime: 'e' }, { beginTime: 'b' }, { endTime: 'e' }]) {
      same(
        eventFilter({ entity, ...time, types: ['T'], maxCount: 9 }),
        spec({
          entity: of,
          time: { _typeName: 'EventFilterSpecByTime', ...time },
          disableFullMessage: false,
          eventTypeId: ['T'],
          maxCount: 9,
        }),
      );
    }
    same(eventFilter({ types: [] }), spec({ disableFullMessage: false, eventTypeId: [] }));
  });

  test('what is watched, from which version on, and how long', () => {
    same(propertyFilter({ ref: FOLDER, paths: ['a', 'b'] }), {
      spec: {
        _typeName: 'PropertyFilterSpec',
        propSet: [{ _typeName: 'PropertySpec', type: 'Folder', all: false, pathSet: ['a', 'b'] }],
        objectSet: [{ _typeName: 'ObjectSpec', obj: FOLDER, skip: false }],
      },
      partialUpdates: false,
    });
    same(waitOptions('7', { maxWaitSeconds: 50 }), {
      version: '7',
      options: { _typeName: 'WaitOptions', maxWaitSeconds: 50 },
    });
  });

  test('which properties of which objects, or of the members of a view', () => {
    const query = (objects) =>
      propertyQuery({
        sets: [
          { type: 'T', paths: ['a'] },
          { type: 'U', paths: [] },
        ],
        objects,
        maxObjects: 9,
      });
    const spec = (objectSet) => ({
      specSet: [
        {
          _typeName: 'PropertyFilterSpec',
          propSet: [
            { _typeName: 'PropertySpec', type: 'T', all: false, pathSet: ['a'] },
            { _typeName: 'PropertySpec', type: 'U', all: false, pathSet: [] },
          ],
          objectSet,
        },
      ],
      options: { _typeName: 'RetrieveOptions', maxObjects: 9 },
    });
    const other = { type: 'Folder', value: 'group-d2' };
    same(query([FOLDER, other]), spec([FOLDER, other].map((obj) => ({ _typeName: 'ObjectSpec', obj, skip: false }))));
    const traversal = { _typeName: 'TraversalSpec', type: 'ContainerView', path: 'view', skip: false };
    same(query({ view: FOLDER }), spec([{ _typeName: 'ObjectSpec', obj: FOLDER, skip: true, selectSet: [traversal] }]));
  });
});

describe('an answer', () => {
  /** A value of a wire: text, a reference as [type, value], a list, or an object, with its type as `_typeName`. */
  function value(of) {
    if (Array.isArray(of))
      return { type: 'ManagedObjectReference', ref: { type: of[0], value: of[1] }, ...members({}) };
    if (typeof of === 'string') return { text: of, ...members({}) };
    const { _typeName: type, ...rest } = of;
    return { type, ...members(rest) };
  }
  const isList = (of) => Array.isArray(of) && typeof of[0] !== 'string';
  const members = (of) => ({
    get: (name) => {
      const member = isList(of[name]) ? of[name][0] : of[name];
      return member === undefined ? undefined : value(member);
    },
    list: (name) => {
      if (of[name] === undefined) return [];
      return (isList(of[name]) ? of[name] : [of[name]]).map(value);
    },
  });
  const REFS = ['rootFolder', 'propertyCollector', 'viewManager', 'sessionManager', 'eventManager'];
  const refs = Object.fromEntries(REFS.map((name) => [name, ['T', name]]));
  const longest = 'v'.repeat(MAX_REPEATED_LENGTH);

  test('says what the server is', () => {
    const about = { fullName: 'vCenter', apiType: 'VirtualCenter', apiVersion: '8.0.3.0', instanceUuid: 'uuid' };
    const parts = Object.fromEntries(REFS.map((name) => [name, { type: 'T', value: name }]));
    for (const type of ['ServiceContent', undefined]) {
      const content = contentOf(value({ ...refs, about, _typeName: type }), 'vc');
      assert.deepEqual(content, { ...about, ...parts });
    }
    assert.deepEqual(contentOf(value({ ...refs, about: {} }), 'vc'), {
      fullName: 'unknown',
      apiType: '',
      apiVersion: '',
      instanceUuid: undefined,
      ...parts,
    });
    for (const other of [null, value(refs), value({ ...refs, about, _typeName: 'Other' })])
      assert.equal(contentOf(other, 'vc'), undefined);
    for (const name of REFS) {
      const { [name]: _, ...rest } = refs;
      const message = `vc has no ${name}: is it a vCenter?`;
      assert.throws(() => contentOf(value({ ...rest, about }), 'vc'), { name: 'UnsupportedServerError', message });
    }
  });

  test('is a session, nothing, or a time, and nothing else', () => {
    const session = value({ _typeName: 'UserSession', key: 'k' });
    assert.equal(sessionOf(session), session);
    assert.equal(sessionOf(value({ _typeName: 'Other' })), undefined);
    assert.equal(sessionOf(null), undefined);
    assert.deepEqual([nothing(null), nothing(session)], [true, undefined]);
    assert.deepEqual(timeOf(value('2026-03-01T10:00:00Z')), new Date('2026-03-01T10:00:00Z'));
    for (const none of [value('soon'), value({}), null]) assert.equal(timeOf(none), undefined);
  });

  test('is a reference to an object of the type that was made, which can be sent back', () => {
    const folder = referenceTo('Folder');
    assert.deepEqual(folder(value(['Folder', longest])), { type: 'Folder', value: longest });
    for (const other of [null, value('x'), value(['Other', 'v']), value(['Folder', `${longest}v`])])
      assert.equal(folder(other), undefined);
  });

  test('is what changed, with the version to go on from', () => {
    const set = (more) => value({ _typeName: 'UpdateSet', version: '7', ...more });
    assert.equal(updatesOf(null), null);
    for (const [truncated, is] of [
      [undefined, false],
      ['false', false],
      ['0', false],
      ['', false],
      ['true', true],
      ['1', true],
    ]) {
      assert.deepEqual(updatesOf(set({ truncated })), { version: '7', truncated: is });
    }
    assert.equal(updatesOf(set({ version: longest })).version, longest);
    for (const other of [{ version: `${longest}v` }, { version: undefined }, { _typeName: 'Other' }])
      assert.equal(updatesOf(set(other)), undefined);
  });

  test('is a page of objects with what may be read of them', () => {
    const result = (more) => value({ _typeName: 'RetrieveResult', ...more });
    const name = { name: 'name', val: 'web-1' };
    const objects = [
      {
        obj: ['VirtualMachine', 'vm-1'],
        propSet: [name, { name: 'runtime.x' }, { val: 'y' }],
        missingSet: [
          { path: 'z', fault: { fault: { _typeName: 'NoPermission' } } },
          { fault: { fault: {} } },
          { fault: {} },
          {},
        ],
      },
      { obj: ['VirtualMachine', 'vm-2'] },
    ];
    for (const read of [pageOf, nextPageOf]) {
      const page = read(result({ objects, token: 't' }));
      assert.equal(page.token, 't');
      assert.deepEqual(
        page.objects.map(({ ref: { value: vm }, properties, missing }) => [
          vm,
          [...properties].map(([path, { text: own }]) => [path, own]),
          missing,
        ]),
        [
          ['vm-1', [['name', 'web-1']], ['NoPermission']],
          ['vm-2', [], []],
        ],
      );
      for (const token of [undefined, '']) assert.deepEqual(read(result({ token })), { objects: [], token: undefined });
      assert.equal(read(result({ token: longest })).token, longest);
      for (const other of [
        result({ token: `${longest}v` }),
        result({ objects: [{ obj: ['T', 'v'] }, { obj: 'x' }] }),
        result({ objects: [{}] }),
        value({ _typeName: 'Other', objects }),
      ]) {
        assert.equal(read(other), undefined);
      }
    }
    assert.deepEqual([pageOf(null), nextPageOf(null)], [null, undefined]);
  });
});

describe('a source of events', () => {
  const SINCE = '2026-03-01T10:00:00.000Z';
  const ROOT = { type: 'Folder', value: 'root' };
  const DATACENTER = { type: 'Datacenter', value: 'dc-1' };
  const settle = () => new Promise((resolve) => setImmediate(resolve));
  const refusal = (object) => new VimFaultError('noPermission', 'NoPermission', 'no', object);
  const query = (...vms) => ({ vms, since: SINCE, types: ['T'], maxCount: 2, reason: 'start', timeoutMs: null });
  const page = bytes('[]');
  /** As full as it may be, within one millisecond. */
  const full = bytes(
    JSON.stringify(Array(2).fill({ _typeName: 'VmStartingEvent', key: 1, createdTime: SINCE })).padEnd(200),
  );

  /** A source on a server where all VMs are in one datacenter; `answer` is by the object whose events are asked for. */
  function reading(answer = () => page, { missing = {}, forMany } = {}) {
    const [asked, warnings, renewals, pushes] = [[], [], [], []];
    const properties = (object) =>
      new Map([
        ['name', { text: object.value }],
        ['parent', { ref: object.value === 'dc-1' ? ROOT : DATACENTER }],
      ]);
    const api = {
      host: 'vc',
      clock: new SteppedClock(),
      serviceContent: async () => ({ apiVersion: '8.0.3.0', rootFolder: ROOT }),
      currentTime: async () => new Date(SINCE),
      queryEvents: async (filter, call) => {
        asked.push({ ...filter, signal: call.signal });
        return answer(filter.entity.ref.value, call.signal);
      },
      retrieveProperties: async ({ objects }) => ({
        objects: objects.map((ref) => ({ ref, missing: missing[ref.value] ?? [], properties: properties(ref) })),
      }),
    };
    const source = new VimEventSource(api, {
      renewal: { renew: async (call) => renewals.push(call) },
      openCollectors: {
        begin: (collected, until) => {
          const scope =
            forMany === 'none' ? Promise.resolve(undefined) : Promise.resolve({ ref: ROOT, recursion: 'all' });
          pushes.push({ ...collected, until });
          return { events: 'events', scope };
        },
      },
      ...(forMany === true && { forMany }),
      warn: (message) => warnings.push(message),
    });
    const objects = () => asked.map(({ entity: { ref, recursion } }) => `${ref.value} ${recursion}`);
    return {
      source,
      asked,
      objects,
      warnings,
      renewals,
      pushes,
      read: (...vms) => source.readEvents(query(...vms), { signal }),
    };
  }

  test('tells the time, logs in again, and gives each read two minutes', async () => {
    const { source, renewals } = reading();
    assert.deepEqual(await source.serverTime({ signal }), new Date(SINCE));
    await source.logIn({ signal });
    assert.deepEqual([renewals, source.readTimeoutMs], [[{ signal }], 120_000]);
  });

  test('asks guests whether they are ready only where that is wanted', async () => {
    const { source } = reading(undefined, { missing: { 'vm-1': ['NoPermission'] } });
    const read = (more) => source.readGuestInfo(['vm-1'], { signal, ...more });
    assert.deepEqual([await read(), await read({ readiness: false })], [[], []]);
    assert.deepEqual(
      (await read({ readiness: true })).map(({ vm }) => vm),
      ['vm-1'],
    );
  });

  test('reads the events of one VM by themselves, and of none nothing', async () => {
    const { read, asked, warnings } = reading();
    assert.deepEqual(await read('vm-1'), { events: page, more: [], failures: [] });
    const [{ signal: _, ...filter }] = asked;
    const entity = { ref: { type: 'VirtualMachine', value: 'vm-1' }, recursion: 'self' };
    assert.deepEqual(filter, { entity, beginTime: SINCE, types: ['T'], maxCount: 2 });
    assert.deepEqual(await read(), { events: [], more: [], failures: [] });
    assert.deepEqual([asked.length, warnings], [1, []]);
  });

  test('reads the events of several with one question, and looks which of them may be read', async () => {
    const { read, asked, objects } = reading(undefined, { missing: { 'vm-2': ['NoPermission'] } });
    const message = 'vc: the account may not read vm-2: it needs the privilege System.View on it';
    assert.deepEqual(await read('vm-1', 'vm-2'), {
      events: page,
      more: [],
      failures: [{ kind: 'noPermission', vm: 'vm-2', message }],
    });
    assert.deepEqual([objects(), asked[0].signal, asked[0].types], [['root all'], signal, ['T']]);
  });

  test('asks for less where that is refused, at last VM by VM, and says so once', async () => {
    const some = reading((object) => (object === 'root' ? Promise.reject(refusal('root')) : page));
    await some.read('vm-1', 'vm-2');
    assert.deepEqual([some.objects(), some.warnings], [['root all', 'dc-1 all'], []]);
    const none = reading((object) => (object.startsWith('vm') ? bytes(object) : Promise.reject(refusal(object))));
    for (let time = 0; time < 2; time += 1) {
      const { events, more, failures } = await none.read('vm-1', 'vm-2', 'vm-3');
      assert.deepEqual([[events, ...more].map(text), failures], [['vm-1', 'vm-2', 'vm-3'], []]);
    }
    assert.deepEqual(none.warnings, ['the events of all VMs at once may not be read on vc: reading them VM by VM']);
    assert.deepEqual(none.objects().slice(0, 5), ['root all', 'dc-1 all', 'vm-1 self', 'vm-2 self', 'vm-3 self']);
  });

  test('reads VM by VM too what is too much at once, which is no refusal', async () => {
    const { read, objects, warnings } = reading((object) => (object === 'root' ? full : bytes(object)));
    assert.deepEqual(text((await read('vm-1', 'vm-2')).events), 'vm-1');
    assert.deepEqual([objects(), warnings], [['root all', 'vm-1 self', 'vm-2 self'], []]);
  });

  test('fails with what is no refusal, and asks nothing more then', async () => {
    for (const fails of ['root', 'vm-1']) {
      const error = new Error('reset');
      const { read, objects } = reading((object) => (object === fails ? Promise.reject(error) : page));
      await assert.rejects(fails === 'root' ? read('vm-1', 'vm-2') : read('vm-1'), error);
      assert.equal(objects().length, 1);
    }
  });

  test('tells of each VM by itself that its events may not be read', async () => {
    const refused = {
      'vm-1': refusal('vm-1'),
      'vm-3': new VimFaultError('notFound', 'ManagedObjectNotFound', 'gone'),
    };
    const { read } = reading((object) =>
      object.startsWith('vm-2') ? bytes(object) : Promise.reject(refused[object] ?? refusal()),
    );
    const { events, failures } = await read('vm-1', 'vm-2', 'vm-3');
    assert.deepEqual(
      [text(events), failures],
      [
        'vm-2',
        [
          { kind: 'noPermission', vm: 'vm-1', message: 'no' },
          { kind: 'notFound', vm: 'vm-3', message: 'gone' },
        ],
      ],
    );
    // Of something else nothing follows for the VM.
    const other = new VimFaultError('notFound', 'ManagedObjectNotFound', 'gone', 'session-1');
    const { read: fails } = reading(() => Promise.reject(other));
    await assert.rejects(fails('vm-1'), {
      name: 'VimFaultError',
      kind: 'transient',
      fault: 'ManagedObjectNotFound',
      message: 'gone',
      object: 'session-1',
    });
  });

  test('asks for four VMs at a time, in their order, and ends the others where one fails', async () => {
    const answers = [];
    const { read, asked } = reading((object) =>
      object.startsWith('vm')
        ? new Promise((answer, fail) => answers.push({ object, answer, fail }))
        : Promise.reject(refusal(object)),
    );
    const vms = Array.from({ length: 6 }, (_, place) => `vm-${place}`);
    const reads = read(...vms);
    await settle();
    assert.deepEqual(
      answers.map(({ object }) => object),
      vms.slice(0, 4),
    );
    answers[2].answer(bytes('third'));
    answers[0].answer(bytes('first'));
    await settle();
    assert.equal(answers.length, 6);
    for (const { answer, object } of answers) answer(bytes(object));
    const { events, more } = await reads;
    assert.deepEqual([events, ...more].map(text), ['first', 'vm-1', 'third', 'vm-3', 'vm-4', 'vm-5']);
    answers.length = 0;
    const failing = read(...vms);
    failing.catch(() => undefined);
    await settle();
    const { signal: own } = asked.at(-1);
    assert.equal(own.aborted, false);
    answers[1].fail(new Error('reset'));
    await assert.rejects(failing, { message: 'reset' });
    assert.equal(own.aborted, true);
  });

  test('ends with who asks', async () => {
    const controller = new AbortController();
    const { source } = reading(
      (_, own) => new Promise((__, fail) => own.addEventListener('abort', () => fail(own.reason))),
    );
    const reads = source.readEvents(query('vm-1'), { signal: controller.signal });
    await settle();
    controller.abort(new Error('mine'));
    await assert.rejects(reads, { message: 'mine' });
  });

  test('pushes the events of what its VMs are below; of one alone by itself, but where it is for many', async () => {
    for (const [vms, forMany, expected] of [
      [['vm-1'], undefined, ['vm-1 self']],
      [['vm-1'], true, ['root all', 'dc-1 all', 'vm-1 self']],
      [['vm-1', 'vm-2'], undefined, ['root all', 'dc-1 all']],
      [['vm-1', 'vm-2'], true, ['root all', 'dc-1 all']],
      [[], undefined, ['root all']],
    ]) {
      const { source, pushes } = reading(undefined, { forMany });
      const push = source.pushEvents(query(...vms), { signal });
      assert.equal(push[Symbol.asyncIterator](), 'events');
      const [{ scopes, until, ...collected }] = pushes;
      assert.deepEqual([collected, until], [{ types: ['T'], since: SINCE }, signal]);
      const found = [];
      for await (const { ref, recursion } of scopes(context)) found.push(`${ref.value} ${recursion}`);
      assert.deepEqual(found, expected);
    }
  });

  test('takes other VMs into its push where that is of something above them', async () => {
    const { source } = reading();
    assert.equal(await source.pushEvents(query('vm-1'), { signal }).setVms(['vm-2'], { signal }), true);
    const none = reading(undefined, { forMany: 'none' });
    assert.equal(await none.source.pushEvents(query('vm-1'), { signal }).setVms(['vm-2'], { signal }), false);
  });
});
