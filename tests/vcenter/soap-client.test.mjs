/** The vCenter client of the package: look-up, log-in, events, TLS and proxies, against both simulators, over both wires. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import http from 'node:http';
import net from 'node:net';
import { after, before, describe, test } from 'node:test';
import {
  CertificateError,
  ConnectionError,
  connectVCenter,
  LoginError,
  LookupError,
  OptionsError,
  UnsupportedServerError,
  VimFaultError,
  waitForCustomization,
} from '../../bindings/dist/node.js';
import { internal } from '../../bindings/test/internal.mjs';
import { startConnectProxy } from '../simulators/connect-proxy.mjs';
import { startProxy } from '../simulators/proxy.mjs';
import { logIn, request, retrieve } from '../simulators/raw-soap.mjs';
import { startSimulator } from '../simulators/simulator.mjs';
import { SOON_MS, until } from '../until.mjs';

const { Labels, sanitizeForTerminal } = await internal('messages', 'util/visible');
const NO_PROXIES = {};

function connect({ url, user, password }, options = {}) {
  return connectVCenter({ server: url, user, password, insecure: true, environment: NO_PROXIES, ...options });
}

/** Uses a session, and ends it. */
async function session(server, use, options) {
  const vcenter = await connect(server, options);
  try {
    return await use(vcenter);
  } finally {
    await vcenter.close();
  }
}

const types = [
  'VmStartingEvent',
  'VmPoweredOnEvent',
  'VmRemovedEvent',
  'CustomizationStartedEvent',
  'CustomizationSucceeded',
];
const query = (vms, since, more = {}) => ({
  vms,
  since,
  types,
  maxCount: 1000,
  reason: 'start',
  timeoutMs: null,
  ...more,
});
const signal = new AbortController().signal;

/** Waits until it is so. */
async function eventually(test) {
  for (let tries = 0; !(await test()); tries += 1) {
    assert.ok(tries < 100, `still not: ${test}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** Keys of the events in a page, as often as they occur. */
const keysOf = ({ events, more = [] }) =>
  [events, ...more].flatMap((document) =>
    [
      ...Buffer.from(document)
        .toString()
        .matchAll(/<key>(-?\d+)<\/key>|"key":(-?\d+)/g),
    ].map(([, soap, json]) => Number(soap ?? json)),
  );

for (const [kind, protocol] of [
  ['vcsim', 'auto'],
  ['fake', 'soap'],
  ['fake', 'vi-json'],
]) {
  describe(`the client with the ${kind} simulator, protocol ${protocol}`, () => {
    let server;
    let template;
    before(async () => {
      server = await startSimulator({ kind, args: ['-vms', '3'] });
      template = server.vms[0].name;
    });
    after(async () => {
      const { count } = await server.do({ do: 'sessions' });
      await server.stop();
      assert.equal(count, 0);
    });
    const inSession = (where, use) => session(where, use, { protocol });
    const clone = async (name, folder) => {
      const { vm } = await server.do({ do: 'clone', template, name, ...(folder ? { folder } : {}) });
      return vm;
    };
    const uuidsOf = async (vm) => {
      const call = await logIn(server);
      const paths = ['config.instanceUuid', 'config.uuid'];
      const { text } = await call(retrieve('VirtualMachine', vm, paths));
      await call(request('Logout', '', 'SessionManager'));
      return paths.map((path) => new RegExp(`<name>${path}</name><val[^>]*>([^<]+)`).exec(text)[1]);
    };
    const find = (...inputs) => inSession(server, async (vcenter) => (await vcenter.findVms(inputs)).vms);
    const problemsOf = async (...inputs) => {
      const error = await find(...inputs).then(
        () => assert.fail('found'),
        (reason) => reason,
      );
      assert.ok(error instanceof LookupError, error);
      assert.equal(error.code, 'lookup');
      return error.problems;
    };

    test('tells what the server is, and its time', () =>
      inSession(server, async (vcenter) => {
        assert.match(vcenter.fullName, /vCenter/);
        assert.match(vcenter.host, /^127\.0\.0\.1:\d+$/);
        const { time } = await server.do({ do: 'serverTime' });
        assert.ok(Math.abs((await vcenter.serverTime()).getTime() - Date.parse(time)) < 5000);
      }));

    test('finds VMs by name, id, path and pattern, each once and in the order asked', async () => {
      await server.do({ do: 'createFolder', path: '/DC0/vm/prod' });
      const web10 = await clone('web-10');
      const web2 = await clone('web-2', '/DC0/vm/prod');
      const [first] = server.vms;
      assert.deepEqual(await find('web-10'), [{ vm: web10, name: 'web-10' }]);
      assert.deepEqual(await find(web2), [{ vm: web2, name: 'web-2' }]);
      assert.deepEqual(await find(`VirtualMachine:${web2}`), [{ vm: web2, name: 'web-2' }]);
      for (const path of ['/DC0/vm/prod/web-2', 'DC0/vm/prod/web-2', '/DC0/vm/*/web-?', '/DC0/vm/prod/*']) {
        assert.deepEqual(await find(path), [{ vm: web2, name: 'web-2' }], path);
      }
      const names = async (...inputs) => (await find(...inputs)).map(({ name }) => name);
      assert.deepEqual(await names('web-*'), ['web-2', 'web-10']);
      assert.deepEqual(await names(first.name, 'web-*', web10, 'web-10'), [first.name, 'web-2', 'web-10']);
      assert.deepEqual(await names('/DC0/vm/web-*'), ['web-10']);
    });

    test('finds names that look like something else', async () => {
      const slash = await clone('a/b');
      assert.deepEqual(await find('a%2fb'), [{ vm: slash, name: 'a/b' }]);
      assert.deepEqual(await find('/DC0/vm/a%2Fb'), [{ vm: slash, name: 'a/b' }]);
      const likeAnId = await clone('vm-99999');
      assert.deepEqual(await find('vm-99999'), [{ vm: likeAnId, name: 'vm-99999' }]);
      const markup = await clone('<b>&"x"');
      assert.deepEqual(await find('<b>&"x"'), [{ vm: markup, name: '<b>&"x"' }]);
      const [, { vm: id, path }] = server.vms;
      const other = await clone(id);
      const [problem] = await problemsOf(id);
      assert.equal(problem.kind, 'ambiguous');
      assert.deepEqual(problem.message.split('\n'), [
        `'${id}' fits 2 VMs; give the path or VirtualMachine:${id} for the id of the one that is meant:`,
        `  ${path} (${id})`,
        `  /DC0/vm/${id} (${other})`,
      ]);
      assert.deepEqual((await find(`VirtualMachine:${id}`))[0].vm, id);
      assert.deepEqual((await find(`/DC0/vm/${id}`))[0].vm, other);
      assert.match((await problemsOf('A/B'))[0].message, /did you mean 'a%2fb'\?/);
    });

    test('finds a VM by whatever is shown of it: its name, the label beside a namesake, its id, its UUIDs', async () => {
      await server.do({ do: 'createFolder', path: '/DC0/vm/namesakes' });
      for (const name of ['c/d', '50% \u202Efdp\u0085x', 'back\\slash', '日本 (1)']) {
        const vm = await clone(name);
        const [found] = await find(vm);
        assert.deepEqual(found, { vm, name });
        assert.deepEqual(await find(name, sanitizeForTerminal(name)), [found]);
        const namesake = await clone(name, '/DC0/vm/namesakes');
        assert.equal((await problemsOf(name))[0].kind, 'ambiguous');
        const labels = new Labels([found, { vm: namesake, name }]);
        assert.deepEqual(await find(labels.of(vm)), [found]);
        assert.deepEqual(await find(sanitizeForTerminal(labels.of(namesake))), [{ vm: namesake, name }]);
      }
      const [{ vm, name }] = server.vms;
      assert.deepEqual(await find(`vim.VirtualMachine:${vm}`), [{ vm, name }]);
      assert.equal((await problemsOf(`someone else (${vm})`))[0].kind, 'notFound');
      const [instance, bios] = await uuidsOf(vm);
      assert.notEqual(bios, instance);
      for (const uuid of [bios, instance, instance.toUpperCase()]) assert.deepEqual(await find(uuid), [{ vm, name }]);
      assert.equal((await problemsOf('00000000-0000-4000-8000-000000000000'))[0].kind, 'notFound');
    });

    test('says of each name that cannot be told why, and finds nothing then', async () => {
      const folder = '/DC0/vm/other';
      await server.do({ do: 'createFolder', path: folder });
      const twins = [await clone('twin'), await clone('twin', folder)];
      const problems = await problemsOf('twin', 'nobody', template, 'TWIN', '/DC0/twin');
      assert.deepEqual(
        problems.map(({ input, kind: what }) => [input, what]),
        [
          ['twin', 'ambiguous'],
          ['nobody', 'notFound'],
          ['TWIN', 'notFound'],
          ['/DC0/twin', 'notFound'],
        ],
      );
      assert.match(problems[0].message, new RegExp(`/DC0/vm/twin \\(${twins[0]}\\)`));
      assert.match(problems[0].message, new RegExp(`/DC0/vm/other/twin \\(${twins[1]}\\)`));
      assert.match(problems[1].message, /\d+ VMs searched/);
      assert.match(problems[2].message, /did you mean 'twin'\?/);
      assert.match(problems[3].message, /from the datacenter down/);
      // A pattern may fit many; that is what it is for.
      assert.equal((await find('twi?')).length, 2);
    });

    test('reads the events of one VM, of several at once, and one by one where it must', async () => {
      const vms = [await clone('events-1'), await clone('events-2')];
      for (const vm of vms) await server.do({ do: 'powerOn', vm });
      const since = new Date(Date.now() - 60_000).toISOString();
      await inSession(server, async (vcenter) => {
        const source = vcenter.events();
        const together = keysOf(await source.readEvents(query(vms, since), { signal }));
        assert.equal(new Set(together).size, 4);
        assert.deepEqual(keysOf(await source.readEvents(query([vms[0]], since), { signal })).length, 2);
        const later = new Date(Date.now() + 60_000).toISOString();
        assert.deepEqual(keysOf(await source.readEvents(query(vms, later), { signal })), []);
      });
      const proxy = await startProxy(server.url);
      try {
        proxy.refuseParent();
        await inSession({ ...server, url: proxy.url }, async (vcenter) => {
          const warnings = [];
          const source = vcenter.events((message) => warnings.push(message));
          for (let times = 1; times <= 2; times += 1) {
            const apart = keysOf(await source.readEvents(query(vms, since), { signal }));
            assert.equal(new Set(apart).size, 4);
            // The root folder and the datacenter are asked for once.
            assert.equal(proxy.requests.QueryEvents.count, 2 + 2 * times);
          }
          assert.equal(warnings.length, 1);
          assert.match(warnings[0], /reading them VM by VM/);
        });
      } finally {
        await proxy.stop();
      }
    });

    test('reads on where a page is as full as was asked for, and loses nothing', async () => {
      const vm = await clone('busy');
      await server.do({ do: 'powerOn', vm });
      for (let count = 0; count < 60; count += 1) {
        await server.do({ do: 'post', vm, event: 'CustomizationStartedEvent' });
        // Events of one millisecond cannot be told apart by any query.
        await new Promise((resolve) => setTimeout(resolve, 1));
      }
      const since = new Date(Date.now() - 300_000).toISOString();
      await inSession(server, async (vcenter) => {
        const source = vcenter.events();
        const page = await source.readEvents(query([vm], since, { maxCount: 7 }), { signal });
        assert.equal(new Set(keysOf(page)).size, 62);
        assert.ok(page.more.length > 8);
      });
    });

    test('refuses a wrong password with an error that does not hold it', async () => {
      await assert.rejects(connect({ ...server, password: 's3cret-typo' }, { protocol }), (error) => {
        assert.ok(error instanceof LoginError);
        assert.equal(error.code, 'login');
        assert.equal(error.kind, 'fatal');
        assert.doesNotMatch(`${error.message}${error.stack}${JSON.stringify(error)}`, /s3cret-typo/);
        return true;
      });
    });

    test('decides by the type of a fault: a lost session, also where the answer is 200', async () => {
      await inSession(server, async (vcenter) => {
        const [{ vm }] = server.vms;
        const source = vcenter.events();
        await server.do({ do: 'expireSessions' });
        const lost = (error) => error instanceof VimFaultError && error.kind === 'notAuthenticated';
        await assert.rejects(source.readEvents(query([vm], new Date().toISOString()), { signal }), lost);
        // A look-up opens another.
        assert.equal((await vcenter.findVms([vm])).vms.length, 1);
        await source.readEvents(query([vm], new Date().toISOString()), { signal });
      });
    });

    test('waits for the VMs of a look-up', () =>
      inSession(server, async (vcenter) => {
        await server.do({ do: 'clone', template, name: 'wait-1', customize: true, powerOn: true });
        const found = await vcenter.findVms(['wait-1']);
        const report = await waitForCustomization(vcenter.events(), found.vms);
        assert.equal(report.vms[0].customizationStatus, 'CustomizationSucceeded');
      }));

    test('ends a call at once when its signal is aborted, and leaves no session of an aborted log-in', async () => {
      const proxy = await startProxy(server.url);
      try {
        const front = { ...server, url: proxy.url };
        const rule = proxy.add({ method: 'Login', delayMs: 150 });
        const reason = new Error('enough');
        const controller = new AbortController();
        const connecting = connect(front, { protocol, signal: controller.signal });
        await until(() => rule.hits > 0);
        const before = (await server.do({ do: 'requests' })).count.Logout ?? 0;
        controller.abort(reason);
        await assert.rejects(connecting, reason);
        // The log-in is undone when its answer has come.
        await eventually(async () => {
          const { count } = await server.do({ do: 'requests' });
          return count.Logout > before && (await server.do({ do: 'sessions' })).count === 0;
        });
        rule.remove();
        proxy.add({ method: 'CurrentTime', hang: true });
        await inSession(front, async (vcenter) => {
          const abort = AbortSignal.timeout(50);
          const asked = performance.now();
          await assert.rejects(vcenter.serverTime({ signal: abort }), { name: 'TimeoutError' });
          assert.ok(performance.now() - asked < SOON_MS);
        });
      } finally {
        await proxy.stop();
      }
    });
  });
}

describe('a log-in', { concurrency: 2 }, () => {
  const setUp = async (context) => {
    const server = await startSimulator({ kind: 'fake', args: ['-vms', '2'] });
    context.after(() => server.stop());
    const proxy = await startProxy(server.url);
    context.after(() => proxy.stop());
    return { server, proxy, front: { ...server, url: proxy.url } };
  };
  const sessions = async (server) => (await server.do({ do: 'sessions' })).count;

  for (const protocol of ['soap', 'vi-json']) {
    test(`is sent once, whatever becomes of its connection: ${protocol}`, async (context) => {
      const { proxy, front, server } = await setUp(context);
      proxy.add({ method: 'Login', reset: true, times: 1 });
      await assert.rejects(connect(front, { protocol }), (error) => {
        assert.ok(error instanceof ConnectionError, error);
        assert.match(error.message, /Login: the server cannot be reached: the connection was reset/);
        return true;
      });
      assert.equal(proxy.requests.Login.count, 1);
      assert.equal(await sessions(server), 0);
    });

    test(`that is aborted and not answered in time is not sent again: ${protocol}`, async (context) => {
      const { proxy, front } = await setUp(context);
      const rule = proxy.add({ method: 'Login', hang: true });
      const controller = new AbortController();
      const connecting = connect(front, { protocol, signal: controller.signal });
      await eventually(() => rule.hits > 0);
      controller.abort(new Error('enough'));
      await assert.rejects(connecting, /enough/);
      await new Promise((resolve) => setTimeout(resolve, 1100));
      assert.equal(proxy.requests.Login.count, 1);
    });

    test(`in place of a session closes that: ${protocol}`, async (context) => {
      const { proxy, front, server } = await setUp(context);
      const vcenter = await connect(front, { protocol });
      const source = vcenter.events();
      // Refused by something on the way: the server knows nothing of it.
      const rule = proxy.add({ method: 'QueryEvents', status: 401 });
      const asked = query(
        server.vms.map(({ vm }) => vm),
        new Date().toISOString(),
      );
      for (let times = 0; times < 3; times += 1) {
        await assert.rejects(source.readEvents(asked, { signal }), { kind: 'notAuthenticated' });
        await source.logIn({ signal });
        assert.equal(await sessions(server), 1);
      }
      // One that cannot be closed keeps nobody from logging in.
      proxy.add({ method: 'Logout', status: 401, times: 1 });
      await assert.rejects(source.readEvents(asked, { signal }), { kind: 'notAuthenticated' });
      await source.logIn({ signal });
      rule.remove();
      await vcenter.close();
    });
  }
});

describe('what a server answers amiss', () => {
  let server;
  let proxy;
  let front;
  before(async () => {
    server = await startSimulator({ kind: 'fake', args: ['-vms', '3'] });
    proxy = await startProxy(server.url);
    front = { ...server, url: proxy.url };
  });
  after(async () => {
    await proxy.stop();
    await server.stop();
  });
  const failing = async (rule) => {
    const added = proxy.add({ method: 'CurrentTime', ...rule });
    try {
      return await session(front, (vcenter) =>
        vcenter.serverTime().then(
          () => undefined,
          (error) => error,
        ),
      );
    } finally {
      added.remove();
    }
  };

  test('may work in a while: dead connections, half answers, garbage, pages of a proxy in front', async () => {
    for (const rule of [{ reset: true }, { half: true }, { garbage: true }, { status: 503 }, { status: 500 }]) {
      const error = await failing(rule);
      assert.ok(error instanceof ConnectionError, JSON.stringify(rule));
      assert.equal(error.kind, 'transient', JSON.stringify(rule));
      assert.match(error.message, /^127\.0\.0\.1:\d+/);
    }
  });

  test('may work in a while once a log-in has: a page of something else, a redirect', async () => {
    const page = await failing({ status: 404 });
    assert.equal(page.kind, 'transient');
    assert.match(page.message, /HTTP 404: it has answered as a vCenter before/);
    const redirect = await failing({ status: 302, headers: { location: 'https://elsewhere/' } });
    assert.equal(redirect.kind, 'transient');
    assert.match(redirect.message, /wants to redirect to elsewhere\/; it has answered as a vCenter before/);
  });

  test('costs nothing when it only closed an idle connection', () =>
    session(front, async (vcenter) => {
      await vcenter.serverTime();
      await proxy.close();
      await proxy.open();
      assert.ok((await vcenter.serverTime()) instanceof Date);
    }));

  test('reads a large inventory a page at a time', async () => {
    const large = await startSimulator({ kind: 'fake', args: ['-vms', '600'] });
    try {
      const found = await session(large, (vcenter) => vcenter.findVms(['*']));
      assert.equal(found.vms.length, 600);
    } finally {
      await large.stop();
    }
  });
});

describe('TLS', () => {
  let server;
  before(async () => {
    server = await startSimulator({ kind: 'fake', args: ['-vms', '1'] });
  });
  after(() => server.stop());
  const strict = (options) => session(server, () => true, { insecure: false, ...options });

  test('refuses a certificate that is not trusted, and tells its thumbprint', async () => {
    await assert.rejects(strict({}), (error) => {
      assert.ok(error instanceof CertificateError);
      assert.equal(error.code, 'certificate');
      assert.equal(error.thumbprint, server.thumbprint);
      assert.ok(error.message.includes(server.thumbprint));
      return true;
    });
    assert.equal((await server.do({ do: 'requests' })).count.Login ?? 0, 0);
  });

  test('accepts the certificate whose thumbprint was given, in any spelling, and no other', async () => {
    for (const thumbprint of [server.thumbprint, server.thumbprint.replaceAll(':', '').toLowerCase()]) {
      assert.ok(await strict({ thumbprint }));
    }
    // A thumbprint is checked even where any certificate would do.
    await assert.rejects(strict({ thumbprint: 'AB'.repeat(32), insecure: true }), CertificateError);
    await assert.rejects(strict({ thumbprint: 'AB:CD' }), OptionsError);
  });

  test('accepts a certificate of the authority given, for its own name only', async () => {
    const ca = readFileSync(server.certificate, 'utf8');
    assert.ok(await strict({ ca }));
    const byName = { ...server, url: server.url.replace('127.0.0.1', 'localhost') };
    const trusted = await session(byName, () => true, { insecure: false, ca }).catch((error) => error);
    // Whether the simulator's certificate names localhost too is its own affair.
    assert.ok(trusted === true || /made out for another name/.test(trusted.message), trusted);
  });

  test('is not given up for http:// without being asked', async () => {
    const plain = { ...server, url: 'http://127.0.0.1:9/sdk' };
    await assert.rejects(connect(plain, { insecure: false }), OptionsError);
    await assert.rejects(connect({ ...server, url: 'https://u:p@127.0.0.1/sdk' }), OptionsError);
  });
});

describe('proxies', () => {
  let server;
  before(async () => {
    server = await startSimulator({ kind: 'fake', args: ['-vms', '1'] });
  });
  after(() => server.stop());

  test('are gone through by CONNECT, with their own credentials, and the server is still verified', async () => {
    const proxy = await startConnectProxy({ user: 'us:er', password: 'p@ss' });
    try {
      const { host } = new URL(proxy.url);
      const environment = { HTTPS_PROXY: `http://us%3Aer:p%40ss@${host}` };
      assert.ok(await session(server, () => true, { insecure: false, thumbprint: server.thumbprint, environment }));
      assert.ok(proxy.connections.length >= 1);
      assert.deepEqual([...new Set(proxy.connections)], [new URL(server.url).host]);
      await assert.rejects(connect(server, { insecure: false, environment }), CertificateError);
      const wrong = { HTTPS_PROXY: `http://us:wr0ng@${host}` };
      await assert.rejects(connect(server, { environment: wrong }), (error) => {
        assert.match(
          error.message,
          /^127\.0\.0\.1:\d+: RetrieveServiceContent: the proxy \S+ answered 407 .*user and a password/,
        );
        assert.doesNotMatch(error.message, /wr0ng/);
        return error.kind === 'fatal';
      });
    } finally {
      await proxy.stop();
    }
  });

  test('that refuse to connect where that has worked before may do it again', async () => {
    const proxy = await startConnectProxy();
    const environment = { HTTPS_PROXY: proxy.url };
    try {
      await session(
        server,
        async (vcenter) => {
          assert.ok(await vcenter.serverTime());
          for (const status of [302, 403, 407, 429, 503]) {
            proxy.refuse(status);
            await assert.rejects(vcenter.serverTime(), (error) => {
              assert.deepEqual([error.code, error.kind], ['proxy', 'transient'], error.message);
              return new RegExp(`answered ${status} to CONNECT`).test(error.message);
            });
          }
          proxy.refuse();
          assert.ok(await vcenter.serverTime());
        },
        { environment },
      );
      proxy.refuse(403);
      await assert.rejects(connect(server, { environment }), { code: 'proxy', kind: 'fatal' });
    } finally {
      await proxy.stop();
    }
  });

  test('are left aside for the servers of NO_PROXY', async () => {
    const environment = { https_proxy: 'http://127.0.0.1:9', no_proxy: '127.0.0.0/8' };
    assert.ok(await session(server, () => true, { environment }));
    await assert.rejects(
      connect(server, { environment: { https_proxy: 'http://127.0.0.1:9' } }),
      /the proxy 127\.0\.0\.1:9 cannot be used/,
    );
  });
});

describe('servers that are no vCenter', () => {
  test('one that speaks plain http is told as that', async () => {
    const plain = http.createServer((_, response) => response.end()).listen(0, '127.0.0.1');
    await once(plain, 'listening');
    try {
      const url = `127.0.0.1:${plain.address().port}`;
      await assert.rejects(connect({ url, user: 'u', password: 'p' }), (error) => {
        assert.match(error.message, /does not speak TLS .*is it a port for plain http:\/\/\?/);
        assert.doesNotMatch(error.message, /routines|\.c:/);
        return true;
      });
    } finally {
      plain.close();
    }
  });

  test('an authority that is no certificate is refused before anything is asked', async () => {
    await assert.rejects(connect({ url: '127.0.0.1:9', user: 'u', password: 'p' }, { ca: 'PEM' }), {
      code: 'invalidCa',
      message: /the CA given holds no certificate/,
    });
  });

  test('one that accepts connections and says nothing keeps nobody waiting who gives up', async () => {
    const silent = net.createServer((socket) => socket.on('error', () => undefined).resume());
    await new Promise((resolve) => silent.listen(0, '127.0.0.1', resolve));
    try {
      const url = `https://127.0.0.1:${silent.address().port}/sdk`;
      const asked = performance.now();
      const signal = AbortSignal.timeout(50);
      await assert.rejects(connect({ url, user: 'u', password: 'p' }, { signal }), { name: 'TimeoutError' });
      assert.ok(performance.now() - asked < SOON_MS);
    } finally {
      silent.close();
    }
    // Its connections were ended too, or this would wait for ever.
    await once(silent, 'close');
  });

  test('an ESXi host is refused before the password is sent', async () => {
    const host = await startSimulator({ args: ['-esx'] });
    try {
      await assert.rejects(connect(host), (error) => {
        assert.ok(error instanceof UnsupportedServerError);
        return /ESXi host .*give the vCenter that manages it/.test(error.message);
      });
      assert.equal((await host.do({ do: 'requests' })).count.Login ?? 0, 0);
    } finally {
      await host.stop();
    }
  });

  test('an answer that never ends is given up', async () => {
    const server = http.createServer((_, response) => {
      const chunk = Buffer.alloc(1 << 20, ' ');
      const more = () => {
        while (!response.destroyed && response.write(chunk));
      };
      response.on('drain', more);
      more();
    });
    await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
    try {
      const url = `http://127.0.0.1:${server.address().port}/sdk`;
      await assert.rejects(connect({ url, user: 'u', password: 'p' }), /more than 64 MiB/);
    } finally {
      server.closeAllConnections();
      server.close();
    }
  });
});
