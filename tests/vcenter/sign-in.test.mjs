/** Coming by a session without a password: one that is there already, a clone ticket, a SAML token. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { connectVCenter, LoginError, OptionsError, waitForCustomization } from '../../bindings/dist/node.js';
import { runCommand } from '../command/command.mjs';
import { logInJson } from '../simulators/raw-json.mjs';
import { call, request } from '../simulators/raw-soap.mjs';
import { startSimulator } from '../simulators/simulator.mjs';

const MANAGER = 'SessionManager';
const inMinutes = (minutes) => new Date(Date.now() + minutes * 60_000).toISOString();

/** A bearer token as a token service issues it, but for its signature. */
const token = (user = 'web@vsphere.local', expires = inMinutes(60)) =>
  '<?xml version="1.0" encoding="UTF-8"?>\n' +
  `<saml2:Assertion xmlns:saml2="urn:oasis:names:tc:SAML:2.0:assertion" ID="_s3cret" IssueInstant="${inMinutes(-1)}" Version="2.0">` +
  '<saml2:Issuer>https://sso.example.com</saml2:Issuer><ds:Signature xmlns:ds="http://www.w3.org/2000/09/xmldsig#"/>' +
  `<saml2:Subject><saml2:NameID>${user}</saml2:NameID>` +
  '<saml2:SubjectConfirmation Method="urn:oasis:names:tc:SAML:2.0:cm:bearer"/></saml2:Subject>' +
  `<saml2:Conditions NotBefore="${inMinutes(-1)}" NotOnOrAfter="${expires}"/></saml2:Assertion>\n`;

const connect = (server, options) =>
  connectVCenter({ server: server.url, insecure: true, environment: {}, ...options });
const sessions = async (server) => (await server.do({ do: 'sessions' })).count;

/** A session of someone else: what there is to go on in it, and to get a ticket from. */
const OTHERS = {
  async soap(server) {
    const answer = await call(
      server,
      request('Login', `<userName>${server.user}</userName><password>${server.password}</password>`, MANAGER),
    );
    const [pair] = answer.headers['set-cookie'][0].split(';');
    const ask = (method) => call(server, request(method, '', MANAGER), { cookie: pair });
    return {
      session: { cookie: pair.slice('vmware_soap_session='.length) },
      text: pair,
      ticket: async () => />([^<>]+)<\/returnval>/.exec((await ask('AcquireCloneTicket')).text)[1],
      logOut: () => ask('Logout'),
    };
  },
  async 'vi-json'(server) {
    const { session, call: ask } = await logInJson(server);
    const apiSessionId = session['vmware-api-session-id'];
    return {
      session: { apiSessionId },
      text: apiSessionId,
      ticket: async () => (await ask(`${MANAGER}/${MANAGER}`, 'AcquireCloneTicket')).json,
      logOut: () => ask(`${MANAGER}/${MANAGER}`, 'Logout'),
    };
  },
};

for (const [kind, protocol] of [
  ['vcsim', 'soap'],
  ['fake', 'soap'],
  ['fake', 'vi-json'],
]) {
  describe(`without a password, with the ${kind} simulator over ${protocol}`, () => {
    let server;
    let other;
    before(async () => {
      server = await startSimulator({ kind, args: ['-vms', '1'] });
      await server.do({ do: 'clone', template: server.vms[0].name, name: 'web-1', customize: true, powerOn: true });
    });
    after(async () => {
      assert.equal(await sessions(server), 0);
      await server.stop();
    });
    const withOther = async (use) => {
      other = await OTHERS[protocol](server);
      try {
        await use();
      } finally {
        await other.logOut();
      }
    };
    const waits = async (vcenter) => {
      const found = await vcenter.findVms(['web-1']);
      const report = await waitForCustomization(vcenter.events(), found.vms);
      assert.equal(report.vms[0].customizationStatus, 'CustomizationSucceeded');
    };

    test('a session that is there is used, and left open', () =>
      withOther(async () => {
        const vcenter = await connect(server, { session: other.session });
        assert.equal(vcenter.protocol, protocol);
        await waits(vcenter);
        await vcenter.close();
        assert.equal(await sessions(server), 1);
      }));

    test('a session that is none is refused at once, and is in no error', async () => {
      const session = protocol === 'soap' ? { cookie: '"s3cret"' } : { apiSessionId: 's3cret' };
      await assert.rejects(connect(server, { session }), (error) => {
        assert.ok(error instanceof LoginError, error);
        assert.match(error.message, /does not know the session given/);
        assert.doesNotMatch(`${error.message}${error.stack}${JSON.stringify(error)}`, /s3cret/);
        return true;
      });
    });

    test('a session that ends in the middle ends the wait, and says why', async () => {
      const { session } = await OTHERS[protocol](server);
      const vcenter = await connect(server, { session });
      const found = await vcenter.findVms(['web-1']);
      await server.do({ do: 'expireSessions' });
      const report = await waitForCustomization(vcenter.events(), found.vms);
      assert.equal(report.vms[0].conclusion, 'unobservable');
      assert.match(report.vms[0].error.message, /the session given has ended.*start again with a new one/);
      await vcenter.close();
    });

    test('a clone ticket opens a session of our own, once', () =>
      withOther(async () => {
        const cloneTicket = await other.ticket();
        const vcenter = await connect(server, { cloneTicket, protocol });
        await waits(vcenter);
        assert.equal(await sessions(server), 2);
        await vcenter.close();
        assert.equal(await sessions(server), 1);
        await assert.rejects(connect(server, { cloneTicket, protocol }), (error) => {
          assert.ok(error instanceof LoginError, error);
          assert.match(error.message, /a clone ticket serves once/);
          return !`${error.message}${error.stack}`.includes(cloneTicket);
        });
      }));

    test('a SAML token opens a session over SOAP, and another one when that is lost', async () => {
      const vcenter = await connect(server, { token: token() });
      assert.equal(vcenter.protocol, 'soap');
      assert.deepEqual((await server.do({ do: 'sessions' })).users, ['web@vsphere.local']);
      const found = await vcenter.findVms(['web-1']);
      await server.do({ do: 'expireSessions' });
      const report = await waitForCustomization(vcenter.events(), found.vms);
      assert.equal(report.vms[0].customizationStatus, 'CustomizationSucceeded');
      await vcenter.close();
    });

    test('a token that is not accepted is in no error', async () => {
      for (const refused of [token(''), ...(kind === 'fake' ? [token('a', inMinutes(-30))] : [])]) {
        await assert.rejects(connect(server, { token: refused }), (error) => {
          assert.ok(error instanceof LoginError, error);
          assert.match(error.message, /InvalidLogin\): the token may have expired/);
          return !/s3cret|Assertion/.test(`${error.message}${error.stack}${JSON.stringify(error)}`);
        });
      }
    });

    test('the command takes each of them from a file or the environment, and shows none of them', () =>
      withOther(async () => {
        const folder = mkdtempSync(join(tmpdir(), 'vm-customization-'));
        try {
          const run = async (args, env) => {
            const all = ['--server', server.url, '--insecure', ...args, 'web-1'];
            const { status, stdout, stderr } = await runCommand(all, { env });
            assert.equal(status, 0, stderr);
            return stdout + stderr;
          };
          const given = { session: other.text, 'clone-ticket': await other.ticket(), token: token() };
          for (const [name, text] of Object.entries(given)) {
            const file = join(folder, name);
            writeFileSync(file, `${text}\n`, { mode: 0o600 });
            assert.ok(!(await run([`--${name}-file`, file], {})).includes(text), name);
          }
          await run([], { VSPHERE_SESSION: other.text });
          await run(['--protocol', protocol], { VSPHERE_CLONE_TICKET: await other.ticket() });
          await run([], { VSPHERE_TOKEN: token() });
          // As the exchange of tokens answers it, with breaks and without.
          const encoded = Buffer.from(token()).toString('base64');
          await run([], { VSPHERE_TOKEN: encoded });
          writeFileSync(join(folder, 'encoded'), `${encoded.replace(/.{76}/g, '$&\r\n')}\n`, { mode: 0o600 });
          await run(['--token-file', join(folder, 'encoded')], {});
          assert.equal(await sessions(server), 1);
        } finally {
          rmSync(folder, { recursive: true });
        }
      }));
  });
}

describe('ways to sign in', () => {
  const refused = (options, message) =>
    assert.rejects(connect({ url: 'https://127.0.0.1:9/sdk' }, options), (error) => {
      assert.ok(error instanceof OptionsError, error);
      assert.match(error.message, message);
      return true;
    });

  test('are one at a time', async () => {
    await refused({}, /one way to sign in is needed/);
    await refused({ user: 'u' }, /one way to sign in is needed/);
    await refused({ user: 'u', password: 'p', cloneTicket: 't' }, /only one/);
  });

  test('go with the wire that has a place for them', async () => {
    await refused({ token: token(), protocol: 'vi-json' }, /a SAML token is for soap, not for vi-json/);
    await refused({ session: { cookie: 'c' }, protocol: 'vi-json' }, /the session given is for soap/);
    await refused({ session: { apiSessionId: 'i' }, protocol: 'soap' }, /the session given is for vi-json/);
  });
});
