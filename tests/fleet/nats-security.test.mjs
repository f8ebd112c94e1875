/**
 * As whom workers and callers connect to real brokers: TLS with certificates made here, a password, a token, and a `.creds` file of a decentralised
 * account. A log-in that is refused is counted by the broker: one for each change of the file.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { jetstream } from '@nats-io/jetstream';
import { encodeAccount, encodeOperator, encodeUser, fmtCreds } from '@nats-io/jwt';
import { nkeys } from '@nats-io/transport-node';
import { connectNats, requestWait, waitResult } from '../../bindings/fleet/dist/index.js';
import { makeCertificate } from '../simulators/certificate.mjs';
import { startFleet } from './lib/fleet.mjs';
import { startNats } from './lib/nats.mjs';

const OPTIONS = { waitForPowerOn: true, timeoutSeconds: 120 };
// Several times what a client waits before it looks at its file again.
const LONG_MS = 2_800;

const folder = mkdtempSync(join(tmpdir(), 'vm-customization-security-'));
after(() => rmSync(folder, { recursive: true, force: true }));
const keep = (name, text) => {
  const path = join(folder, name);
  writeFileSync(path, text, { mode: 0o600 });
  return path;
};

/** A wait for one VM, from the request to the report. */
async function runWait({ vcenters }, connection, index) {
  const vcenter = vcenters.get('east');
  const { vm } = vcenter.vms[index];
  const asked = await requestWait({ connection }, { vcenter: 'east', vms: [{ vm }], options: OPTIONS });
  await vcenter.do({ do: 'customize', vm });
  await vcenter.do({ do: 'powerOn', vm });
  const report = await waitResult({ connection }, asked);
  return report.vms[0].customizationStatus;
}

describe('a broker with TLS and passwords', () => {
  const server = makeCertificate({ commonName: 'broker' });
  const client = makeCertificate({ commonName: 'client' });
  const tls = {
    caFile: keep('broker.pem', server.certificate),
    certFile: keep('client.pem', client.certificate),
    keyFile: keep('client.key', client.key),
  };
  const accounts = (password) => `
    tls { cert_file: ${JSON.stringify(tls.caFile)}, key_file: ${JSON.stringify(keep('broker.key', server.key))}
          ca_file: ${JSON.stringify(tls.certFile)}, verify: true }
    authorization { users: [{ user: worker, password: "${password}" }, { user: caller, password: asks }] }\n`;
  const passwordFile = keep('worker.password', 'first\n');
  let fleet;
  let nats;
  /** Log-ins: that a client which was in is put out has its name in it. */
  const refusals = () => fleet.nats.nodes[0].log().match(/cid:\d+ - authentication error/g)?.length ?? 0;
  const callers = [];
  const call = async (how = {}) => {
    const config = {
      servers: nats.servers,
      user: 'caller',
      passwordFile: keep('caller.password', 'asks'),
      tls,
      ...how,
    };
    const connection = await connectNats(config, 'test');
    callers.push(connection);
    return connection;
  };

  before(async () => {
    fleet = await startFleet({ brokers: 1, accounts: accounts('first') });
    nats = { servers: fleet.nats.servers, user: 'worker', passwordFile, tls };
  });
  after(async () => {
    for (const connection of callers) await connection.close();
    await fleet?.stop();
  });

  it('serves workers and callers that have a certificate and a password', async () => {
    await fleet.startWorker('a', { nats }).told('serving');
    assert.equal(await runWait(fleet, await call(), 0), 'CustomizationSucceeded');
  });

  it('is not talked to without knowing who it is, or without TLS', async (t) => {
    await assert.rejects(call({ tls: { certFile: tls.certFile, keyFile: tls.keyFile } }), /self-signed/);
    await assert.rejects(call({ tls: { caFile: tls.caFile } }));
    const plain = await startNats({ nodes: 1 });
    t.after(plain.stop);
    await assert.rejects(call({ servers: plain.servers }), /does not support 'tls'/);
    const [address] = plain.servers;
    await assert.rejects(
      call({ servers: [address.replace('nats:', 'tls:')], tls: undefined }),
      /does not support 'tls'/,
    );
  });

  it('is sent a password that it has refused once for each change of the file, by a worker that goes on with the right one', async () => {
    const [worker] = fleet.workers;
    const before = refusals();
    fleet.nats.nodes[0].reload(accounts('second'));
    await worker.told('turnFailed');
    const counts = [];
    for (const password of ['first', 'wrong', 'worse']) {
      if (password !== 'first') writeFileSync(passwordFile, `${password}\n`);
      await sleep(LONG_MS);
      counts.push(refusals() - before);
    }
    // In the middle of being written: nothing is sent, and the connection is not given up.
    writeFileSync(passwordFile, '');
    await sleep(LONG_MS);
    counts.push(refusals() - before);
    writeFileSync(passwordFile, 'second\n');
    assert.equal(await runWait(fleet, await call(), 1), 'CustomizationSucceeded');
    assert.deepEqual(counts, [1, 2, 3, 3]);
  });

  it('is sent it once also by a worker that begins with a wrong one', async () => {
    const file = keep('late.password', 'wrong');
    const before = refusals();
    const worker = fleet.startWorker('b', { nats: { ...nats, passwordFile: file } });
    await worker.told('natsFailed', ({ message }) => /a change of the file is waited for/.test(message));
    await sleep(LONG_MS);
    assert.equal(refusals() - before, 1);
    writeFileSync(file, 'second');
    await worker.told('started');
  });
});

describe('a broker of a decentralised account', () => {
  it('knows workers and callers by their .creds files, with the permissions in them', async (t) => {
    const operator = nkeys.createOperator();
    const account = nkeys.createAccount();
    const unlimited = {
      mem_storage: -1,
      disk_storage: -1,
      streams: -1,
      consumer: -1,
      conn: -1,
      subs: -1,
      data: -1,
      payload: -1,
    };
    const accountJwt = await encodeAccount('VMC', account, { limits: unlimited }, { signer: operator });
    const system = nkeys.createAccount();
    const systemJwt = await encodeAccount('SYS', system, {}, { signer: operator });
    const creds = async (name, permissions = {}) => {
      const user = nkeys.createUser();
      const jwt = await encodeUser(name, user, account, permissions, { signer: account });
      return keep(`${name}.creds`, fmtCreds(jwt, user));
    };
    const accounts = `
      operator: ${await encodeOperator('test', operator)}
      system_account: ${system.getPublicKey()}
      resolver: MEMORY
      resolver_preload: { ${account.getPublicKey()}: ${accountJwt}, ${system.getPublicKey()}: ${systemJwt} }\n`;
    const fleet = await startFleet({ brokers: 1, accounts });
    t.after(fleet.stop);
    const { servers } = fleet.nats;
    await fleet.startWorker('a', { nats: { servers, credentialsFile: await creds('worker') } }).told('serving');
    const credentialsFile = await creds('caller', { pub: { deny: ['vmc.result.>'] } });
    const connection = await connectNats({ servers, credentialsFile }, 'test');
    t.after(() => connection.close());
    assert.equal(await runWait(fleet, connection, 0), 'CustomizationSucceeded');
    await assert.rejects(
      jetstream(connection, { timeout: 1000 }).publish('vmc.result.east.forged', '{}'),
      /[Pp]ermission/,
    );
    await assert.rejects(connectNats({ servers }, 'nobody'), /[Aa]uthorization/);
    const broken = keep('broken.creds', 'BEGIN NATS USER JWT');
    await assert.rejects(
      connectNats({ servers, credentialsFile: broken }, 'test'),
      /broken\.creds has no credentials of NATS/,
    );
  });
});

describe('a broker with a token', () => {
  it('lets in who has it', async (t) => {
    const nats = await startNats({ nodes: 1, accounts: 'authorization { token: "let-me-in" }\n' });
    t.after(nats.stop);
    const tokenFile = keep('token', 'let-me-in\n');
    const connection = await connectNats({ servers: nats.servers, tokenFile }, 'test');
    await connection.close();
    writeFileSync(tokenFile, 'let-me\n');
    await assert.rejects(connectNats({ servers: nats.servers, tokenFile }, 'test'), /[Aa]uthorization/);
  });
});
