/** What the client makes of answers that a simulator does not give: guests that cannot be asked, pushes that break, a wire that does not fit. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { internal } from './internal.mjs';

const {
  GuestInfoReader,
  OpenCollectors,
  clientFor,
  contentOf,
  queryEvents,
  SoapCodec,
  ViJsonCodec,
  SteppedClock,
  VimFaultError,
} = await internal(
  'vsphere/client/guest-info',
  'vsphere/client/open-collectors',
  'vsphere/client/protocol',
  'vsphere/client/answers',
  'vsphere/client/event-query',
  'vsphere/soap/codec',
  'vsphere/vijson/codec',
  'testing/stepped-clock',
  'errors',
  'core/wasm/loader',
  'core/wasm/glue',
);

const signal = new AbortController().signal;
const context = { signal };

describe('guests', () => {
  const FIRST = [
    'guest.customizationInfo',
    'config.tools.pendingCustomization',
    'runtime.powerState',
    'runtime.bootTime',
  ];
  const READINESS = ['guest.toolsRunningStatus', 'guest.guestOperationsReady'];

  /** A server whose VMs have these properties: a text, or the fields of an object. Of others it does not know. */
  function server(properties, missing = []) {
    const asked = [];
    const api = {
      host: 'vc',
      retrieveProperties: async ({ sets, objects }) => {
        const paths = sets.flatMap((set) => set.paths);
        asked.push(paths);
        // Which of them a release has is asked of one VM.
        if (paths.length === 1) assert.equal(objects.length, 1);
        if (paths.some((path) => !(path in properties)))
          throw new VimFaultError('transient', 'InvalidProperty', 'no such');
        const values = paths.filter((path) => properties[path] !== undefined).map((path) => [path, properties[path]]);
        const found = new Map(
          values.map(([path, value]) => [path, typeof value === 'string' ? { text: value } : { fields: value }]),
        );
        return { objects: objects.map((ref) => ({ ref, missing, properties: found })) };
      },
    };
    return { reader: new GuestInfoReader(api), asked };
  }
  const all = (more) => Object.fromEntries([...FIRST, ...READINESS].map((path) => [path, more[path]]));

  test('are read with what is set, and no more where readiness is not asked for', async () => {
    const { reader, asked } = server(
      all({
        'guest.customizationInfo': { customizationStatus: 'TOOLSDEPLOYPKG_RUNNING', startTime: 's', errorMsg: '' },
        'config.tools.pendingCustomization': 'x',
        'runtime.powerState': 'poweredOn',
        'runtime.bootTime': 't',
        'guest.toolsRunningStatus': 'guestToolsRunning',
        'guest.guestOperationsReady': 'true',
      }),
    );
    const info = { customizationStatus: 'TOOLSDEPLOYPKG_RUNNING', startTime: 's', endTime: null, errorMsg: null };
    const first = { vm: 'vm-1', ...info, pendingCustomization: true, powerState: 'poweredOn', bootTime: 't' };
    assert.deepEqual(await reader.read(['vm-1'], false, context), [first]);
    const ready = { ...first, toolsRunningStatus: 'guestToolsRunning', guestOperationsReady: true };
    assert.deepEqual(await reader.read(['vm-1'], true, context), [ready]);
    assert.deepEqual(asked, [FIRST, [...FIRST, ...READINESS]]);
    const over = { ...info, endTime: 'e', errorMsg: 'm' };
    const { reader: later } = server(all({ 'guest.customizationInfo': over }));
    assert.deepEqual(await later.read(['vm-1'], false, context), [
      { vm: 'vm-1', ...over, pendingCustomization: false },
    ]);
    assert.deepEqual(await reader.read([], true, context), []);
    assert.equal(asked.length, 2);
    const bare = server(all({ 'guest.guestOperationsReady': 'false' }));
    const nothing = { vm: 'vm-1', pendingCustomization: false, guestOperationsReady: false };
    assert.deepEqual(await bare.reader.read(['vm-1'], true, context), [nothing]);
  });

  test('of an older release are asked for what it has, from then on', async () => {
    const { reader, asked } = server({ [FIRST[2]]: 'poweredOff', [FIRST[3]]: undefined });
    for (let time = 0; time < 2; time += 1) {
      assert.deepEqual(await reader.read(['vm-1'], false, context), [{ vm: 'vm-1', powerState: 'poweredOff' }]);
    }
    assert.deepEqual(
      asked.map((paths) => paths.length),
      [4, 3, 2, 2],
    );
    const none = server({});
    assert.deepEqual(await none.reader.read(['vm-1'], false, context), []);
    assert.deepEqual(await none.reader.read(['vm-1'], false, context), []);
    assert.equal(none.asked.length, 4);
  });

  test('that are waited for to be ready are not waited for where the release does not tell that', async () => {
    for (const path of READINESS) {
      const { [path]: _, ...properties } = all({});
      await assert.rejects(server(properties).reader.read(['vm-1', 'vm-2'], true, context), {
        name: 'OptionsError',
        code: 'notTold',
        message: `ready cannot be used with vc, whose VMs have no property ${path}: leave \`ready\` out`,
      });
    }
    const { [FIRST[0]]: _, ...properties } = all({});
    const { reader } = server(properties);
    assert.deepEqual(await reader.read(['vm-1'], true, context), [{ vm: 'vm-1', pendingCustomization: false }]);
  });

  test('that may not be read are told where readiness is asked for, and left out else', async () => {
    const noPermission =
      'whether the guest is ready cannot be read: the account needs the privilege System.Read on the VM or on a parent';
    for (const [missing, readiness, told] of [
      [['NoPermission'], true, [{ vm: 'vm-1', noPermission }]],
      [['NoPermission'], false, []],
      [['SystemError'], true, []],
    ]) {
      assert.deepEqual(await server(all({}), missing).reader.read(['vm-1'], readiness, context), told);
    }
  });

  test('that cannot be read for another reason are told with that, whichever question meets it', async () => {
    for (const failing of [1, 2]) {
      const error = new VimFaultError('transient', 'SystemError', 'no');
      let calls = 0;
      const api = {
        host: 'vc',
        retrieveProperties: async () => {
          calls += 1;
          throw calls === failing ? error : new VimFaultError('transient', 'InvalidProperty', 'no such');
        },
      };
      await assert.rejects(new GuestInfoReader(api).read(['vm-1'], true, context), error);
      assert.equal(calls, failing);
    }
  });
});

describe('a push of events', () => {
  const ref = { type: 'T', value: 'v' };
  const PAGE = { version: '1', truncated: false, body: new Uint8Array() };

  function pushing(answers) {
    const clock = new SteppedClock();
    const api = {
      host: 'vc',
      clock,
      sessionCount: 1,
      serviceContent: async () => ({ apiVersion: '8.0.3.0' }),
      createCollectorForEvents: async () => ref,
      createPropertyCollector: async () => ref,
      createFilter: async () => ref,
      waitForUpdatesEx: async () => PAGE,
      cancelWaitForUpdates: async () => undefined,
      destroyCollector: async () => undefined,
      destroyPropertyCollector: async () => undefined,
      ...answers,
    };
    const collectors = new OpenCollectors(api);
    const scopes = async function* () {
      yield { ref, recursion: 'all' };
    };
    const push = (outer = signal) => collectors.begin({ scopes, types: [], since: '' }, outer);
    const failure = async () => {
      const { events } = push();
      const read = (async () => {
        for await (const _ of events);
      })();
      return clock.drive(read).then(
        () => assert.fail('it has ended well'),
        (error) => error,
      );
    };
    return { clock, collectors, push, failure };
  }
  const bytes = (text) => new TextEncoder().encode(text);

  test('fails where its collector has gone, which an answer without an event says, but the first', async () => {
    let polls = 0;
    const error = await pushing({
      waitForUpdatesEx: async () => {
        polls += 1;
        return PAGE;
      },
    }).failure();
    assert.deepEqual([error.kind, error.message, polls >= 2], ['transient', 'vc: the event collector has gone', true]);
  });

  test('fails for now with what cannot be read, and says why', async () => {
    const error = await pushing({ waitForUpdatesEx: async () => ({ ...PAGE, body: bytes('{"half') }) }).failure();
    assert.equal(error.kind, 'transient');
    assert.match(error.message, /^vc: what was pushed could not be read: ./);
  });

  test('is not to be had where the server has no collector left, does not know the call, or was signed out of', async () => {
    const full =
      'vc has no event collector left for us (InvalidState): others hold all that its option event.maxCollectors allows';
    for (const [fault, kind, code, message] of [
      ['InvalidState', 'transient', 'pushUnavailable', full],
      ['NotSupported', 'fatal', 'pushUnavailable', 'no'],
      ['SystemError', 'transient', 'vimFault', 'no'],
    ]) {
      for (const method of ['createCollectorForEvents', 'createPropertyCollector', 'createFilter']) {
        const cause = new VimFaultError(kind, fault, 'no');
        const error = await pushing({ [method]: () => Promise.reject(cause) }).failure();
        assert.deepEqual([error.code, error.message], [code, message], method);
        assert.equal(error === cause || error.cause === cause, true);
      }
    }
    const closed = pushing({});
    assert.equal(await closed.collectors.close(signal), true);
    const error = await closed.failure();
    assert.deepEqual([error.code, error.message], ['pushUnavailable', 'vc: the session was closed']);
  });

  test('ends with the session that it is of, as one that is lost', async () => {
    const hang = (_, __, ___, call) =>
      new Promise((_, reject) => call.signal.addEventListener('abort', () => reject(call.signal.reason)));
    const { clock, collectors, push } = pushing({ waitForUpdatesEx: hang });
    const next = push().events.next();
    next.catch(() => undefined);
    await new Promise((resolve) => setImmediate(resolve));
    collectors.loseSession();
    await assert.rejects(clock.drive(next), {
      kind: 'notAuthenticated',
      message: 'vc: the session of the event collector is lost',
    });
  });
});

describe('a question for events', () => {
  test('that no number of questions can tell apart gives up after 256', async () => {
    const page = JSON.stringify(
      Array.from({ length: 2 }, (_, key) => ({
        _typeName: 'VmStartingEvent',
        key,
        createdTime: '2026-03-01T10:00:00Z',
      })),
    );
    let queries = 0;
    const api = {
      host: 'vc',
      serviceContent: async () => ({ apiVersion: '8.0.3.0' }),
      currentTime: async () => new Date('2026-03-01T11:00:00Z'),
      queryEvents: async ({ beginTime, endTime }) => {
        queries += 1;
        // Full but where it is about a millisecond.
        const short = endTime !== undefined && Date.parse(endTime) - Date.parse(beginTime) <= 1;
        return new TextEncoder().encode(short ? '[]' : page.padEnd(300));
      },
    };
    const query = { entity: {}, recursion: 'all', types: [], since: '2026-03-01T10:00:00.000Z', maxCount: 2 };
    await assert.rejects(queryEvents(api, query, context), {
      name: 'OverflowError',
      kind: 'transient',
      code: 'tooManyEvents',
      message:
        'vc: more events since 2026-03-01T10:00:00.000Z than 256 queries for 2 can tell apart: look back less far, or watch fewer VMs at a time',
    });
    assert.equal(queries, 256);
  });
});

describe('a wire', () => {
  test('that does not go with the way to sign in is refused before anything is asked', async () => {
    const transport = { host: 'vc', path: '/sdk', send: () => assert.fail('asked') };
    for (const [protocol, how, message] of [
      ['vi-json', { token: '<a/>' }, 'a SAML token is for soap, not for vi-json: leave `protocol` out'],
      ['vi-json', { session: { cookie: 'c' } }, 'the session given is for soap, not for vi-json: leave `protocol` out'],
      [
        'soap',
        { session: { apiSessionId: 'i' } },
        'the session given is for vi-json, not for soap: leave `protocol` out',
      ],
    ]) {
      const made = clientFor(transport, protocol, how, new SteppedClock(), context);
      await assert.rejects(made, { name: 'OptionsError', code: 'invalidProtocol', message });
    }
    for (const how of [{ token: '<a/>' }, { session: { cookie: 'c' } }]) {
      for (const protocol of ['auto', 'soap']) {
        assert.equal((await clientFor(transport, protocol, how, new SteppedClock(), context)).wire, 'soap');
      }
    }
  });

  test('takes a session of its own alone, and forgets it', () => {
    const soap = new SoapCodec('/sdk');
    assert.equal(soap.use({ cookie: 'c' }), 'c');
    assert.equal(soap.hasSession, true);
    soap.forget();
    assert.equal(soap.hasSession, false);
    assert.throws(() => soap.use({ apiSessionId: 'i' }), {
      code: 'invalidSession',
      message: 'a session of VI JSON cannot be used over SOAP: give its cookie',
    });
    const json = new ViJsonCodec('/sdk', '8.0.3.0');
    assert.equal(json.use({ apiSessionId: 'i' }), 'i');
    assert.throws(() => json.use({ cookie: 'c' }), {
      code: 'invalidSession',
      message: 'the cookie of a SOAP session cannot be used over VI JSON: give its vmware-api-session-id',
    });
    assert.throws(
      () =>
        json.write({ self: { type: 'T', value: 'v' }, method: 'm', arguments: {}, apiVersion: undefined, token: 't' }),
      { code: 'invalidProtocol', message: 'a SAML token has no place in VI JSON: sign in with it over SOAP' },
    );
  });

  test('of a server that lacks a part of a vCenter names that', () => {
    const get = (names) => (name) =>
      names.includes(name) ? { ref: { type: name, value: name }, get: () => undefined } : undefined;
    const parts = ['rootFolder', 'propertyCollector', 'viewManager', 'sessionManager', 'eventManager'];
    const answer = (names) => ({ type: 'ServiceContent', get: get(['about', ...names]) });
    assert.equal(contentOf(answer(parts), 'vc').eventManager.value, 'eventManager');
    for (const part of parts) {
      const others = parts.filter((name) => name !== part);
      assert.throws(() => contentOf(answer(others), 'vc'), {
        name: 'UnsupportedServerError',
        message: `vc has no ${part}: is it a vCenter?`,
      });
    }
  });
});
