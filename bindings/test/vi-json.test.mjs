/** VI JSON against a server of a few lines: how it is found, and what is made of answers that are out of the ordinary. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ConnectionError, LoginError, UnsupportedServerError, VCenter, VimFaultError } from '../dist/node.js';

const encoder = new TextEncoder();
const answer = (status, body, headers = {}) => ({
  status,
  header: (name) => headers[name],
  cookies: [],
  body: encoder.encode(typeof body === 'string' ? body : JSON.stringify(body)),
});
const html = (status) =>
  answer(status, `<html><body><h1>${status}</h1></body></html>`, { 'content-type': 'text/html' });

const ref = (type, value = type) => ({ _typeName: 'ManagedObjectReference', type, value });
const CONTENT = {
  rootFolder: ref('Folder', 'group-d1'),
  propertyCollector: ref('PropertyCollector', 'propertyCollector'),
  viewManager: ref('ViewManager'),
  about: { fullName: 'A server', apiType: 'VirtualCenter', apiVersion: '8.0.3.0', _typeName: 'AboutInfo' },
  sessionManager: ref('SessionManager'),
  eventManager: ref('EventManager'),
  _typeName: 'ServiceContent',
};
const SESSION = { _typeName: 'UserSession', key: 'key' };
const soap = (method, content) =>
  answer(
    200,
    `<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Body><${method}Response xmlns="urn:vim25">${content}` +
      `</${method}Response></e:Body></e:Envelope>`,
  );
const soapContent = (version) => {
  const part = (name) => `<${name} type="T">${name}</${name}>`;
  const parts = ['rootFolder', 'propertyCollector', 'viewManager', 'sessionManager', 'eventManager'].map(part).join('');
  const about = `<about><apiType>VirtualCenter</apiType><apiVersion>${version}</apiVersion></about>`;
  return soap('RetrieveServiceContent', `<returnval>${parts}${about}</returnval>`);
};

/** A server by its addresses; what is not there is 404. Every log-in of either wire succeeds. */
function server(routes, path = '/sdk') {
  const requests = [];
  return {
    requests,
    transport: {
      host: 'vc',
      path,
      close: () => undefined,
      send: async ({ method, path: asked, headers, body }) => {
        requests.push({ method, path: asked, headers, body });
        const found = routes[asked] ?? routes[asked.replace(/^.*\/vim25\/[^/]+\//, '')];
        const made = typeof found === 'function' ? found({ method, headers, body }) : found;
        if (made !== undefined) return made;
        if (asked.endsWith('/Login')) return answer(200, SESSION, { 'vmware-api-session-id': 'key' });
        if (asked.endsWith('/Logout')) return answer(204, '');
        if (asked === path && body.includes('<Login ')) return soap('Login', '<returnval><key>key</key></returnval>');
        return html(404);
      },
    },
  };
}

const HELLO = '/api/vcenter/system?action=hello';
const VERSIONS = '/sdk/vimServiceVersions.xml';
const LOGIN = { user: 'u', password: 'p' };
const content = { 'ServiceInstance/ServiceInstance/content': answer(200, CONTENT) };
const json = { ...content, [HELLO]: answer(200, { api_release: '8.0.3.0' }) };
const versions = (newest, ...prior) =>
  answer(
    200,
    '<?xml version="1.0" encoding="UTF-8" ?><namespaces version="1.0"><namespace><name>urn:other</name><version>9.0.0.0</version>' +
      `</namespace><namespace><name>urn:vim25</name><version>${newest}</version><priorVersions>` +
      `${prior.map((one) => `<version>${one}</version>`).join('')}</priorVersions></namespace></namespaces>`,
  );

/** Connects; answers what is spoken, and the release in the addresses. */
async function connect(routes, protocol, path) {
  const { transport, requests } = server(routes, path);
  const vcenter = await VCenter.connect(transport, LOGIN, { protocol, patienceSeconds: 0 });
  const release = requests.map(({ path: asked }) => /\/vim25\/([^/]+)\//.exec(asked)?.[1]).find(Boolean);
  return { vcenter, requests, release, protocol: vcenter.protocol };
}

describe('VI JSON is found', () => {
  test('by hello, which is offered the releases that are known, the newest first', async () => {
    const { requests, release } = await connect(json, 'vi-json');
    assert.equal(release, '8.0.3.0');
    const { api_releases: offered } = JSON.parse(requests[0].body);
    assert.equal(offered[0], '9.1.1.0');
    assert.equal(offered.at(-1), '8.0.1.0');
  });

  test('by the list of versions where there is no hello, whatever a build calls its newest', async () => {
    for (const [list, expected] of [
      [versions('8.0.1.0', '8.0.0.0', '7.0.3.0'), '8.0.1.0'],
      [versions('uA046D008', '9.0.0.0', '8.0.3.0'), '9.0.0.0'],
      [versions('10.0.0.0', '9.1.1.0', '9.1.0.0'), '9.1.1.0'],
    ]) {
      assert.equal((await connect({ ...content, [VERSIONS]: list }, 'vi-json')).release, expected);
    }
  });

  test('below the address of a proxy, where hello is out of reach', async () => {
    const routes = { ...content, '/vc/vimServiceVersions.xml': versions('8.0.3.0') };
    const { requests } = await connect(routes, 'vi-json', '/vc');
    assert.ok(requests.every(({ path }) => path.startsWith('/vc/')));
    const nested = { ...content, '/proxy/api/vcenter/system?action=hello': answer(200, { api_release: '8.0.3.0' }) };
    assert.equal((await connect(nested, 'vi-json', '/proxy/sdk')).release, '8.0.3.0');
  });

  test('by auto, where it is served; the password is sent over one wire only', async () => {
    const { protocol, requests } = await connect({ ...json, '/sdk': soapContent('8.0.3.0') }, 'auto');
    assert.equal(protocol, 'vi-json');
    assert.equal(requests.filter(({ body }) => body?.includes('password')).length, 1);
  });

  test('by nobody on an older server, which auto does not even ask', async () => {
    const routes = {
      [VERSIONS]: versions('7.0.3.0', '6.7'),
      '/sdk': ({ body }) => (body.includes('<Login ') ? undefined : soapContent('7.0.3.0')),
    };
    const { protocol, requests } = await connect(routes, 'auto');
    assert.equal(protocol, 'soap');
    assert.ok(requests.every(({ path }) => path === '/sdk'));
    await assert.rejects(connect(routes, 'vi-json'), (error) => {
      assert.ok(error instanceof UnsupportedServerError);
      return /serves no VI JSON that is known here .*: use SOAP/.test(error.message);
    });
  });

  test('by nobody for now where nothing is ready, which is not to say that it is not served', async () => {
    for (const hello of [html(404), html(503)]) {
      await assert.rejects(connect({ [HELLO]: hello, [VERSIONS]: html(503) }, 'vi-json'), (error) => {
        assert.ok(error instanceof ConnectionError);
        assert.equal(error.kind, 'transient');
        return /^vc: vimServiceVersions was answered with HTTP 503: the server is not ready/.test(error.message);
      });
    }
    const { release } = await connect({ ...json, [HELLO]: html(503), [VERSIONS]: versions('8.0.2.0') }, 'vi-json');
    assert.equal(release, '8.0.2.0');
  });

  test('by nobody to be seen where something else answers, which is told as what it is', async () => {
    const redirect = answer(302, '', { location: 'https://portal.example.com/login?next=secret' });
    for (const [name, made, message] of [
      [
        'a proxy that wants a log-in',
        html(407),
        /HTTP 407: a proxy on the way wants a user and a password: .*NO_PROXY/,
      ],
      ['a proxy that refuses', html(403), /HTTP 403: .*has a proxy on the way answered in its place\?$/],
      ['another server', html(404), /HTTP 404: is it a vCenter.*has a proxy/],
      [
        'a portal that redirects',
        redirect,
        /HTTP 302: it wants to redirect to portal\.example\.com\/login; .*portal's page/,
      ],
      ['a page', html(200), /was answered with something else: is it a vCenter, or has a proxy/],
      ['a page that is XML', answer(200, '<html><body/></html>'), /was answered with something else/],
      ['nothing', answer(200, ''), /was answered with something else/],
    ]) {
      await assert.rejects(connect({ [HELLO]: made, [VERSIONS]: made }, 'vi-json'), (error) => {
        assert.ok(error instanceof ConnectionError && error.kind === 'fatal', name);
        assert.match(error.message, /^vc: vimServiceVersions was answered/, name);
        assert.match(error.message, message, name);
        assert.doesNotMatch(error.message, /serves no VI JSON|secret/, name);
        return true;
      });
    }
  });

  test('or else auto takes SOAP, whatever goes wrong on the way', async () => {
    const old = { '/sdk': ({ body }) => (body.includes('<Login ') ? undefined : soapContent('8.0.3.0')) };
    const content404 = { [HELLO]: answer(200, { api_release: '8.0.3.0' }) };
    for (const routes of [
      old,
      { ...old, [HELLO]: html(503), [VERSIONS]: html(503) },
      { ...old, [HELLO]: answer(200, { api_release: '' }) },
      { ...old, [HELLO]: answer(200, 'null'), [VERSIONS]: answer(200, 'no XML') },
      { ...old, ...content404 },
      { ...old, ...content404, 'ServiceInstance/ServiceInstance/content': html(503) },
      { ...old, ...content404, 'ServiceInstance/ServiceInstance/content': answer(200, []) },
    ]) {
      assert.equal((await connect(routes, 'auto')).protocol, 'soap');
    }
  });
});

describe('an answer over VI JSON', () => {
  const TIME = 'ServiceInstance/ServiceInstance/CurrentTime';
  const failing = async (made) => {
    const { vcenter } = await connect({ ...json, [TIME]: made }, 'vi-json');
    return vcenter.serverTime().then(
      () => assert.fail('answered'),
      (error) => error,
    );
  };

  test('carries the session from then on', async () => {
    const { vcenter, requests } = await connect(
      { ...json, [TIME]: answer(200, '"2026-03-01T10:00:00.123456Z"') },
      'vi-json',
    );
    assert.equal((await vcenter.serverTime()).toISOString(), '2026-03-01T10:00:00.123Z');
    await vcenter.close();
    const sent = requests.map(({ path, headers }) => [path.split('/').at(-1), headers['vmware-api-session-id']]);
    assert.deepEqual(sent.slice(1), [
      ['content', undefined],
      ['Login', undefined],
      ['CurrentTime', 'key'],
      ['Logout', 'key'],
    ]);
  });

  test('that is a fault is told by its type, wherever that stands, and whatever the status', async () => {
    for (const status of [500, 400, 401]) {
      const error = await failing(answer(status, { faultstring: '', _typeName: 'NotAuthenticated' }));
      assert.ok(error instanceof VimFaultError);
      assert.deepEqual([error.kind, error.fault], ['notAuthenticated', 'NotAuthenticated']);
      assert.equal(error.message, 'vc: CurrentTime: NotAuthenticated: the session has ended');
    }
    const gone = await failing(answer(500, { obj: ref('VirtualMachine', 'vm-1'), _typeName: 'ManagedObjectNotFound' }));
    assert.deepEqual([gone.kind, gone.object], ['notFound', 'vm-1']);
  });

  test('that is a fault says what to do, whether the server has a text for it or not', async () => {
    for (const [fault, advice] of [
      ['NotAuthenticated', /the session has ended$/],
      ['NoPermission', /needs the privilege System\.View/],
      ['ManagedObjectNotFound', /does not exist/],
      ['PasswordExpired', /set a new one$/],
      ['NotImplemented', /is it a vCenter/],
      ['NotSupported', /is it a vCenter/],
      ['MethodNotFound', /is it a vCenter/],
      ['InvalidArgument', /report this/],
      ['InvalidRequest', /report this/],
      ['InvalidType', /report this/],
      ['RestrictedVersion', /give a vCenter with a full licence$/],
      ['SomethingNew', /its vpxd\.log may$/],
    ]) {
      for (const faultstring of ['', 'As the server says it.']) {
        const error = await failing(answer(500, { faultstring, _typeName: fault }));
        assert.ok(error instanceof VimFaultError);
        if (fault !== 'SomethingNew' || faultstring === '') assert.match(error.message, advice);
        assert.ok(error.message.startsWith(`vc: CurrentTime: ${fault}: ${faultstring.replace('.', '')}`));
      }
    }
  });

  test('of a proxy in front may pass, or says that the session has ended', async () => {
    for (const [made, kind] of [
      [html(503), 'transient'],
      [html(500), 'transient'],
      [answer(500, ''), 'transient'],
      [answer(503, { error: 'no healthy upstream' }), 'transient'],
      [html(401), 'notAuthenticated'],
      [html(404), 'transient'],
      [answer(200, '<html>'), 'transient'],
      [answer(200, '{"half'), 'transient'],
      [answer(200, '"soon"'), 'transient'],
      [answer(204, ''), 'transient'],
    ]) {
      const error = await failing(made);
      assert.ok(error instanceof ConnectionError, error);
      assert.equal(error.kind, kind, error.message);
      assert.match(error.message, /^vc: /);
    }
  });

  test('of a proxy in front is no end where a call has worked before', async () => {
    for (const status of [400, 403, 404, 302]) {
      const answers = [answer(200, '"2026-03-01T10:00:00Z"'), answer(status, '', { location: '/login?key=value' })];
      const { vcenter } = await connect({ ...json, [TIME]: () => answers.shift() }, 'vi-json');
      await vcenter.serverTime();
      const error = await vcenter.serverTime().catch((caught) => caught);
      assert.equal(error.kind, 'transient');
      assert.match(error.message, /redirect to vc\/login; it has answered as a vCenter before/);
    }
  });

  test('that there is no such call is no end where the call has worked before', async () => {
    const refusal = answer(500, { _typeName: 'NotSupported' });
    const answers = [answer(200, '"2026-03-01T10:00:00Z"'), refusal];
    const { vcenter } = await connect({ ...json, [TIME]: () => answers.shift() }, 'vi-json');
    await vcenter.serverTime();
    await assert.rejects(vcenter.serverTime(), { fault: 'NotSupported', kind: 'transient' });
    assert.equal((await failing(refusal)).kind, 'fatal');
  });

  test('to the very first question that wants a log-in is of something in front', async () => {
    const routes = { ...json, 'ServiceInstance/ServiceInstance/content': html(401) };
    const { transport } = server(routes);
    await assert.rejects(VCenter.connect(transport, LOGIN, { protocol: 'vi-json' }), (error) => {
      assert.equal(error.kind, 'fatal');
      return /HTTP 401 before there was any log-in: .*give the vCenter's own address$/.test(error.message);
    });
  });

  test('that lets VI JSON be read and not asked makes auto take SOAP', async () => {
    for (const status of [403, 404]) {
      const routes = { ...json, '/sdk': ({ body }) => (body.includes('<Login ') ? undefined : soapContent('8.0.3.0')) };
      const refusing = { ...routes, 'SessionManager/SessionManager/Login': html(status) };
      assert.equal((await connect(refusing, 'auto')).protocol, 'soap');
      await assert.rejects(connect(refusing, 'vi-json'), /Login was answered with HTTP/);
    }
  });

  test('that there is no room for a collector says who may have it', async () => {
    const made = answer(500, { _typeName: 'InvalidState', faultstring: 'Too many event collectors.' });
    const { vcenter } = await connect({ ...json, 'EventManager/EventManager/QueryEvents': made }, 'vi-json');
    const query = { vms: ['vm-1'], since: '2026-03-01T10:00:00.000Z', types: ['VmStartingEvent'], maxCount: 10 };
    await assert.rejects(vcenter.events().readEvents(query, { signal: new AbortController().signal }), {
      kind: 'transient',
      message: /Too many event collectors; others may hold all .* event\.maxCollectors allows$/,
    });
  });

  test('that refuses the log-in says so', async () => {
    for (const made of [answer(500, { _typeName: 'InvalidLogin', faultstring: 'no' }), html(401)]) {
      const { transport } = server({ ...json, 'SessionManager/SessionManager/Login': made });
      await assert.rejects(VCenter.connect(transport, LOGIN, { protocol: 'vi-json' }), LoginError);
    }
    const { transport } = server({ ...json, 'SessionManager/SessionManager/Login': answer(200, SESSION) });
    await assert.rejects(
      VCenter.connect(transport, LOGIN, { protocol: 'vi-json' }),
      /answered no session: does a proxy take its header vmware-api-session-id away\?$/,
    );
  });

  test('to a log-in over SOAP has to be a session', async () => {
    for (const [made, message, kind] of [
      [html(200), /^vc: (the answer to Login could not be read|Login was answered with something else)/, 'transient'],
      [soap('Login', '<returnval/>'), /^vc: Login answered no session: does a proxy take its cookie/, 'fatal'],
    ]) {
      const routes = { '/sdk': ({ body }) => (body.includes('<Login ') ? made : soapContent('7.0.3.0')) };
      const { transport } = server(routes);
      await assert.rejects(VCenter.connect(transport, LOGIN, { protocol: 'soap' }), (error) => {
        assert.match(error.message, message);
        return error.kind === kind;
      });
    }
  });

  test('that holds no events may be an empty list, null, or nothing at all', async () => {
    const query = { vms: ['vm-1'], since: '2026-03-01T10:00:00.000Z', types: ['VmStartingEvent'], maxCount: 10 };
    const nothing = [answer(200, 'null'), answer(200, ''), answer(204, '')];
    const boxed = answer(200, { _typeName: 'ArrayOfEvent', _value: [] });
    for (const [first, second] of [
      [answer(200, '[]')],
      [answer(200, '\n [ ]')],
      [boxed],
      // Nothing in place of a list is asked for once more: it may be lost on the way.
      ...nothing.map((made) => [made, made]),
      ...nothing.map((made) => [made, boxed]),
    ]) {
      const made = [first, second];
      const { vcenter, requests } = await connect(
        { ...json, 'EventManager/EventManager/QueryEvents': () => made.shift() },
        'vi-json',
      );
      const { events } = await vcenter.events().readEvents(query, { signal: new AbortController().signal });
      const queries = requests.filter(({ path }) => path.endsWith('/QueryEvents'));
      assert.equal(queries.length, second === undefined ? 1 : 2);
      const last = second ?? first;
      assert.equal(Buffer.from(events).toString(), nothing.includes(last) ? '[]' : Buffer.from(last.body).toString());
    }
  });

  test('may have its properties in boxes, or bare', async () => {
    const vm = (value, name, template, parent) => ({
      _typeName: 'ObjectContent',
      obj: ref('VirtualMachine', value),
      propSet: [
        { name: 'name', val: name },
        { name: 'config.template', val: template },
        { name: 'parent', val: parent },
      ],
    });
    const boxed = (type, _value) => ({ _value, _typeName: type });
    const root = { type: 'Folder', value: 'group-d1' };
    const page = {
      _typeName: 'RetrieveResult',
      objects: [
        vm('vm-1', 'web-1', false, ref('Folder', 'group-d1')),
        vm('vm-2', boxed('string', 'web-2'), boxed('boolean', false), boxed('ManagedObjectReference', root)),
        vm('vm-3', boxed('string', 'web-3'), boxed('boolean', true), ref('Folder', 'group-d1')),
      ],
    };
    const { vcenter } = await connect(
      {
        ...json,
        'ViewManager/ViewManager/CreateContainerView': answer(200, ref('ContainerView', 'session[1]view')),
        'ContainerView/session%5B1%5Dview/DestroyView': answer(204, ''),
        'PropertyCollector/propertyCollector/RetrievePropertiesEx': answer(200, page),
      },
      'vi-json',
    );
    const { vms } = await vcenter.findVms(['/web-*']);
    assert.deepEqual(vms, [
      { vm: 'vm-1', name: 'web-1' },
      { vm: 'vm-2', name: 'web-2' },
    ]);
  });
});
