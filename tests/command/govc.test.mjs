/** The environment of govc: with its files, as it has written them. */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { after, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { internal } from '../../bindings/test/internal.mjs';
import { makeCertificate } from '../simulators/certificate.mjs';
import { call, request } from '../simulators/raw-soap.mjs';
import { startSimulator } from '../simulators/simulator.mjs';
import { runCommand, startCommand } from './command.mjs';

const { sessionFileName } = await internal('cli/input/govc');
const GOVC = fileURLToPath(new URL('./govc/', import.meta.url));
/** Where they were written. */
const URL_THERE = new URL('https://127.0.0.1:36715/sdk');
const USER_THERE = 'administrator@vsphere.local';
const written = (name) => readFileSync(join(GOVC, name), 'utf8');

const folder = mkdtempSync(join(tmpdir(), 'vm-customization-govc-'));
after(() => rmSync(folder, { recursive: true }));

async function simulator(context, kind = 'vcsim', args = []) {
  const server = await startSimulator({ kind, args });
  context.after(() => server.stop());
  return server;
}

const succeeded = async (server, index = 0) => {
  const vm = server.vms[index];
  await server.do({ do: 'powerOn', vm: vm.vm });
  await server.do({ do: 'post', vm: vm.vm, event: 'CustomizationSucceeded' });
  return vm.name;
};
const users = async (server) => (await server.do({ do: 'sessions' })).count;
/** A file of govc's, of another simulator: with its address, and what else is another there. */
function moved(text, server, changes = []) {
  return [[URL_THERE.host, new URL(server.url).host], ...changes].reduce(
    (changed, [from, to]) => changed.replaceAll(from, to),
    text,
  );
}
function newFile(text) {
  const file = join(mkdtempSync(join(folder, 'f-')), 'file');
  writeFileSync(file, text);
  return file;
}
const trusting = (server, more) => ({
  GOVC_URL: server.url,
  GOVC_USERNAME: server.user,
  GOVC_PASSWORD: server.password,
  ...more,
});

describe("govc's certificates", { concurrency: 3 }, () => {
  test('are those of GOVC_TLS_CA_CERTS, one file or several', async (context) => {
    const server = await simulator(context);
    const name = await succeeded(server);
    const others = [newFile(makeCertificate({ commonName: 'another' }).certificate), server.certificate].join(
      delimiter,
    );
    for (const GOVC_TLS_CA_CERTS of [server.certificate, others]) {
      const run = await runCommand([name], { env: trusting(server, { GOVC_TLS_CA_CERTS }) });
      assert.equal(run.status, 0, run.stderr);
    }
    const foreign = { GOVC_TLS_CA_CERTS: join(GOVC, 'certificate.pem') };
    assert.equal((await runCommand([name], { env: trusting(server, foreign) })).status, 4);
    const none = await runCommand([name], { env: trusting(server, { GOVC_TLS_CA_CERTS: newFile('PEM') }) });
    assert.equal(none.status, 3);
    assert.match(none.stderr, /GOVC_TLS_CA_CERTS .*file holds no certificate/);
  });

  test('is the one of GOVC_TLS_KNOWN_HOSTS, and a SHA-1 line says how to get the other', async (context) => {
    const server = await simulator(context);
    const name = await succeeded(server);
    const [, there] = written('known_hosts').trim().split(' ');
    const env = (text) => trusting(server, { GOVC_TLS_KNOWN_HOSTS: newFile(text) });
    const known = await runCommand([name], {
      env: env(moved(written('known_hosts'), server, [[there, server.thumbprint]])),
    });
    assert.equal(known.status, 0, known.stderr);
    const changed = await runCommand([name], { env: env(moved(written('known_hosts'), server)) });
    assert.equal(changed.status, 4);
    assert.match(changed.stderr, /not the one given/);
    const elsewhere = await runCommand([name], { env: env(written('known_hosts')) });
    assert.equal(elsewhere.status, 4);
    assert.match(elsewhere.stderr, /is not trusted: it is self-signed/);
    const old = await runCommand([name], { env: env(moved(written('known_hosts-sha1'), server)) });
    assert.equal(old.status, 3);
    assert.match(
      old.stderr,
      /GOVC_TLS_KNOWN_HOSTS .* has a SHA-1 thumbprint.*`govc about\.cert -k -thumbprint`.*-sha256/,
    );
    const missing = { GOVC_TLS_KNOWN_HOSTS: join(folder, 'none') };
    assert.equal(
      (await runCommand([name], { env: trusting(server, missing) })).status,
      4,
      'a file that is not there says nothing',
    );
  });
});

describe('GOVC_DATACENTER', () => {
  test('is where names without a path are looked for', async (context) => {
    const server = await simulator(context);
    const name = await succeeded(server);
    const env = (GOVC_DATACENTER) => trusting(server, { GOVC_INSECURE: '1', GOVC_DATACENTER });
    const there = await runCommand([name], { env: env('DC0') });
    assert.equal(there.status, 0, there.stderr);
    const elsewhere = await runCommand([name], { env: env('DC9') });
    assert.equal(elsewhere.status, 4);
    assert.match(elsewhere.stderr, /fits .*; names are looked for in the datacenter 'DC9'$/m);
    const byPath = await runCommand([server.vms[0].path], { env: env('DC9') });
    assert.equal(byPath.status, 0, byPath.stderr);
    // It is govc's word, on the server that govc's names are of.
    const ofVsphere = { VSPHERE_SERVER: server.url, VSPHERE_USER: server.user, VSPHERE_PASSWORD: server.password };
    const other = await runCommand([name], {
      env: { ...ofVsphere, VSPHERE_ALLOW_UNVERIFIED_SSL: '1', GOVC_DATACENTER: 'DC9' },
    });
    assert.equal(other.status, 0, other.stderr);
  });
});

describe('a user or a password of govc', () => {
  test('may be in a file of that name', async (context) => {
    const server = await simulator(context, 'fake');
    const name = await succeeded(server);
    const env = {
      GOVC_URL: server.url,
      GOVC_INSECURE: '1',
      GOVC_USERNAME: newFile(`${server.user}\n`),
      GOVC_PASSWORD: newFile(`${server.password}\n`),
    };
    const run = await runCommand([name], { env });
    assert.equal(run.status, 0, run.stderr);
  });
});

describe('a session that govc has saved', { concurrency: 3 }, () => {
  /** A home of govc with the file that it wrote, of a session that is open on this server. */
  async function homeOf(server, cookie) {
    const home = mkdtempSync(join(folder, 'home-'));
    mkdirSync(join(home, 'sessions'));
    const text = written(`sessions/${sessionFileName(URL_THERE, USER_THERE, true)}`);
    const [, key] = /"Value":"([^"]+)"/.exec(text);
    const name = sessionFileName(new URL(server.url), server.user, true);
    writeFileSync(join(home, 'sessions', name), moved(text, server, [[key, cookie]]));
    return home;
  }
  async function opened(server) {
    const body = `<userName>${server.user}</userName><password>${server.password}</password>`;
    const answer = await call(server, request('Login', body, 'SessionManager'));
    return /vmware_soap_session="?([^";]+)/.exec(answer.headers['set-cookie'][0])[1];
  }

  test('has the name that govmomi gives it', () => {
    assert.deepEqual(
      readdirSync(join(GOVC, 'sessions')).sort(),
      [true, false].map((insecure) => sessionFileName(URL_THERE, USER_THERE, insecure)).sort(),
    );
  });

  for (const kind of ['vcsim', 'fake']) {
    test(`is gone on in without a password, and left open (${kind})`, async (context) => {
      const server = await simulator(context, kind);
      const name = await succeeded(server);
      const before = await users(server);
      const cookie = await opened(server);
      const GOVMOMI_HOME = await homeOf(server, cookie);
      const env = { GOVC_URL: server.url, GOVC_USERNAME: server.user, GOVC_INSECURE: '1', GOVMOMI_HOME };
      const run = await runCommand([name], { env });
      assert.equal(run.status, 0, run.stderr);
      assert.ok(!(run.stdout + run.stderr).includes(cookie));
      assert.equal(await users(server), before + 1, 'it is still there, and no other');
      const refused = await runCommand([name], { env: { ...env, GOVC_PERSIST_SESSION: 'false' } });
      assert.equal(refused.status, 3);
      assert.match(refused.stderr, /no password/);
    });
  }

  test('that has ended is replaced by a log-in, or is an error that names the file and what is missing', async (context) => {
    const server = await simulator(context, 'fake');
    const name = await succeeded(server);
    const GOVMOMI_HOME = await homeOf(server, '00000000-ended');
    const env = { GOVC_URL: server.url, GOVC_USERNAME: server.user, GOVC_INSECURE: '1', GOVMOMI_HOME };
    const without = await runCommand([name], { env });
    assert.equal(without.status, 3, without.stderr);
    assert.match(without.stderr, /the session that govc has saved in .*sessions.* has ended, and there is no password/);
    assert.ok(!without.stderr.includes('00000000-ended'));
    const run = await runCommand([name], { env: { ...env, GOVC_PASSWORD: server.password } });
    assert.equal(run.status, 0, run.stderr);
    assert.equal(await users(server), 0, 'the session of our own is closed');
  });

  test('that ends in the middle of a wait is replaced by a log-in where there is a password', async (context) => {
    const server = await simulator(context, 'fake');
    const [{ vm, name }] = server.vms;
    await server.do({ do: 'powerOn', vm });
    const GOVMOMI_HOME = await homeOf(server, await opened(server));
    const env = { ...trusting(server, { GOVC_INSECURE: '1' }), GOVMOMI_HOME };
    const running = startCommand(['--poll-interval', '0.3', name], { env });
    await running.prints(/Start monitoring/);
    await server.do({ do: 'expireSessions' });
    await server.do({ do: 'post', vm, event: 'CustomizationSucceeded' });
    const run = await running.done;
    assert.equal(run.status, 0, run.stderr);
    assert.equal(await users(server), 0, 'the session of our own is closed');
  });

  test('is not for a server of the command line, and not where a way to sign in is given', async (context) => {
    const server = await simulator(context, 'fake');
    const name = await succeeded(server);
    const GOVMOMI_HOME = await homeOf(server, await opened(server));
    const env = { GOVC_URL: server.url, GOVC_USERNAME: server.user, GOVC_INSECURE: '1', GOVMOMI_HOME };
    const other = await runCommand(['--server', server.url, name], { env });
    assert.equal(other.status, 3);
    assert.match(other.stderr, /no password/);
    const wrong = await runCommand(['--password-file', newFile('wrong'), name], { env });
    assert.equal(wrong.status, 4, wrong.stderr);
  });

  test('in a file that is none is an error that says what to do', async (context) => {
    const server = await simulator(context, 'fake');
    const home = await homeOf(server, 'x');
    const [file] = readdirSync(join(home, 'sessions'));
    writeFileSync(join(home, 'sessions', file), '{ "s3cret');
    const env = { GOVC_URL: server.url, GOVC_USERNAME: server.user, GOVC_INSECURE: '1', GOVMOMI_HOME: home };
    const run = await runCommand(['a'], { env });
    assert.equal(run.status, 3);
    assert.match(run.stderr, /holds no session of govc: remove it, or set GOVC_PERSIST_SESSION=false/);
    assert.ok(!run.stderr.includes('s3cret'));
  });
});
