/** The configuration: what is wrong is told with its place, and nothing that is wrong is taken. */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { readFleetConfig, readWorkerConfig } from '../dist/config/config.js';
import { firstLine, SecretFile } from '../dist/secret-file.js';

const folder = mkdtempSync(join(tmpdir(), 'vm-customization-config-'));
after(() => rmSync(folder, { recursive: true }));
const path = join(folder, 'worker.json');
const write = (config) => writeFileSync(path, typeof config === 'string' ? config : JSON.stringify(config));

const LEAST = {
  nats: { servers: ['nats://127.0.0.1:4222'] },
  vcenters: { east: { server: 'vc.example.com', user: 'waiter', passwordFile: 'east.password' } },
};

describe('the configuration of a worker', () => {
  it('has defaults for what is left out, and files beside itself', () => {
    write(LEAST);
    const { name, prefix, replicas, leaseSeconds, maxWaitsPerVCenter, logLevel, vcenters } = readWorkerConfig(path);
    assert.deepEqual(
      { prefix, replicas, leaseSeconds, maxWaitsPerVCenter, logLevel },
      { prefix: 'vmc', replicas: 3, leaseSeconds: 15, maxWaitsPerVCenter: 2000, logLevel: 'info' },
    );
    assert.equal(name, hostname().replaceAll(/[^A-Za-z0-9_-]/g, '-'));
    assert.equal(vcenters.east.passwordFile, join(folder, 'east.password'));
  });

  it('that cannot be used is refused with the file, the option and the reason', () => {
    const nats = (changes) => ({ ...LEAST, nats: { ...LEAST.nats, ...changes } });
    const vcenter = (changes) => ({ ...LEAST, vcenters: { east: { ...LEAST.vcenters.east, ...changes } } });
    for (const [config, problem] of [
      ['{', /worker\.json is not JSON/],
      [{ vcenters: LEAST.vcenters }, /nats is missing/],
      [{ nats: LEAST.nats }, /vcenters is missing/],
      [{ ...LEAST, vcenters: {} }, /vcenters must NOT have fewer than 1 properties/],
      [{ ...LEAST, vcenters: { 'a.b': LEAST.vcenters.east } }, /vcenters\.a\.b: the name must match/],
      [{ ...LEAST, lease: 15 }, /lease is no option/],
      [{ ...LEAST, leaseSeconds: 4 }, /leaseSeconds must be >= 5/],
      [{ ...LEAST, replicas: 2 }, /replicas must be one of 1, 3, 5/],
      [{ ...LEAST, http: { port: 70_000 } }, /http\.port must be <= 65535/],
      [{ ...LEAST, nats: { servers: ['nats://user:secret@host'] } }, /nats\.servers\[0\] must match/],
      [nats({ user: 'worker' }), /nats\.user needs nats\.passwordFile beside it/],
      [nats({ user: 'worker', password: 'secret' }), /nats\.password is no option|nats\.user needs/],
      [nats({ tls: { certFile: 'a.pem' } }), /nats\.tls\.certFile needs nats\.tls\.keyFile beside it/],
      [
        nats({ tokenFile: 'a', credentialsFile: 'b' }),
        /has nats\.credentialsFile and nats\.tokenFile: give one of them/,
      ],
      [vcenter({ password: 'secret' }), /vcenters\.east\.password is no option/],
      [vcenter({ user: undefined }), /vcenters\.east\.user is missing/],
      [vcenter({ thumbprint: 'AB' }), /vcenters\.east\.thumbprint must match/],
    ]) {
      write(config);
      assert.throws(
        () => readWorkerConfig(path),
        (error) => error.name === 'ConfigError' && problem.test(error.message) && !/secret/.test(error.message),
        JSON.stringify(config),
      );
    }
    assert.throws(() => readWorkerConfig(join(folder, 'none.json')), /none\.json cannot be read \(ENOENT\)/);
  });
});

describe('the configurations of the documents', () => {
  it('are taken: the example, and that of the workers on Kubernetes', () => {
    const documents = new URL('../../../docs/fleet/', import.meta.url);
    const { vcenters } = readWorkerConfig(fileURLToPath(new URL('worker.example.json', documents)));
    assert.deepEqual(Object.keys(vcenters), ['east', 'west']);
    const manifest = readFileSync(new URL('kubernetes.yaml', documents), 'utf8');
    write(/worker\.json: \|\n((?: {4}.*\n)+)/.exec(manifest)?.[1] ?? '');
    assert.equal(readWorkerConfig(path).http.port, 9464);
  });
});

describe('the file of a secret', () => {
  it('has another version with each change, also one that leaves the text as it is', () => {
    const file = join(folder, 'secret');
    writeFileSync(file, 'one\n');
    const secret = new SecretFile(file);
    const first = secret.read();
    assert.equal(firstLine(first), 'one');
    secret.refuse(first);
    assert.ok(secret.isRefused(secret.read()));
    utimesSync(file, 1, 1);
    assert.ok(!secret.isRefused(secret.read()));
  });

  it('that is missing or empty is told by its name, without what it has', () => {
    assert.throws(
      () => new SecretFile(join(folder, 'none')).read(),
      /none cannot be used \(ENOENT\): write the secret/,
    );
    const file = join(folder, 'empty');
    writeFileSync(file, '\n');
    assert.throws(() => new SecretFile(file).read(), /empty cannot be used \(it is empty\)/);
  });
});

describe('the configuration of a caller', () => {
  it("is of a worker's file what a caller needs", () => {
    write({ ...LEAST, prefix: 'other' });
    const { nats, prefix } = readFleetConfig(path);
    assert.deepEqual([nats.servers, prefix], [LEAST.nats.servers, 'other']);
  });
});
