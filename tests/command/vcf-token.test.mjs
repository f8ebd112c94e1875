/** Signing in as an OAuth client: the script of the examples against the documented endpoints, and its token in the command. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { makeCertificate } from '../simulators/certificate.mjs';
import { startSimulator } from '../simulators/simulator.mjs';
import { runCommand } from './command.mjs';

const SCRIPT = fileURLToPath(new URL('../../bindings/examples/vcf-token.sh', import.meta.url));
const URN = 'urn:ietf:params:oauth';
const SECRET = 's3c"r\\et +&=%';
const ACCESS = 'eyJhbGciOi.J9-_x.y';
const inMinutes = (minutes) => new Date(Date.now() + minutes * 60_000).toISOString();
const SAML =
  `<saml2:Assertion xmlns:saml2="urn:oasis:names:tc:SAML:2.0:assertion" ID="_1" IssueInstant="${inMinutes(-1)}" Version="2.0">` +
  '<saml2:Issuer>https://sso.example.com</saml2:Issuer><ds:Signature xmlns:ds="http://www.w3.org/2000/09/xmldsig#"/>' +
  '<saml2:Subject><saml2:NameID>wait@vsphere.local</saml2:NameID>' +
  '<saml2:SubjectConfirmation Method="urn:oasis:names:tc:SAML:2.0:cm:bearer"/></saml2:Subject>' +
  `<saml2:Conditions NotBefore="${inMinutes(-1)}" NotOnOrAfter="${inMinutes(5)}"/></saml2:Assertion>`;

/** What each endpoint takes, as the vSphere Automation programming guide has it, and answers. */
const ENDPOINTS = {
  '/acs/t/CUSTOMER/token': {
    authorization: `Basic ${Buffer.from(`wait:${SECRET}`).toString('base64')}`,
    form: { grant_type: 'client_credentials' },
    answer: { access_token: ACCESS, token_type: 'Bearer', expires_in: 1799 },
  },
  '/api/vcenter/authentication/token': {
    authorization: `Bearer ${ACCESS}`,
    form: {
      grant_type: `${URN}:grant-type:token-exchange`,
      requested_token_type: `${URN}:token-type:saml2`,
      subject_token: ACCESS,
      subject_token_type: `${URN}:token-type:access_token`,
    },
    answer: {
      access_token: Buffer.from(SAML).toString('base64'),
      issued_token_type: `${URN}:token-type:saml2`,
      token_type: 'Bearer',
      expires_in: 299,
    },
  },
};

describe('the token of an OAuth client', () => {
  const folder = mkdtempSync(join(tmpdir(), 'vm-customization-oauth-'));
  const { certificate, key } = makeCertificate();
  const broker = createServer({ cert: certificate, key }, async (incoming, response) => {
    const endpoint = ENDPOINTS[incoming.url];
    const form = Object.fromEntries(new URLSearchParams(await text(incoming)));
    const isAsDocumented =
      incoming.method === 'POST' &&
      incoming.headers['content-type'] === 'application/x-www-form-urlencoded' &&
      incoming.headers.authorization === endpoint?.authorization &&
      JSON.stringify(Object.entries(form).sort()) === JSON.stringify(Object.entries(endpoint.form).sort());
    response.writeHead(isAsDocumented ? 200 : 401, { 'content-type': 'application/json' });
    response.end(JSON.stringify(isAsDocumented ? endpoint.answer : { error: 'invalid_client' }, null, 1));
  });
  before(async () => {
    writeFileSync(join(folder, 'ca.pem'), certificate);
    writeFileSync(join(folder, 'secret'), `${SECRET}\n`);
    writeFileSync(join(folder, 'wrong'), 'wr0ng\n');
    broker.listen(0, '127.0.0.1');
    await once(broker, 'listening');
  });
  after(() => {
    broker.close();
    rmSync(folder, { recursive: true });
  });
  const tokenOf = async (secretFile) => {
    const child = spawn('sh', [SCRIPT], {
      env: {
        PATH: process.env.PATH,
        CURL_CA_BUNDLE: join(folder, 'ca.pem'),
        VCENTER: `127.0.0.1:${broker.address().port}`,
        CLIENT_ID: 'wait',
        CLIENT_SECRET_FILE: join(folder, secretFile),
      },
    });
    const [stdout, stderr, [status]] = await Promise.all([
      text(child.stdout),
      text(child.stderr),
      once(child, 'close'),
    ]);
    return { stdout, stderr, status };
  };

  test('is got by its credentials and the exchange of vCenter, and signs in from --token-file', async (context) => {
    const { stdout, stderr, status } = await tokenOf('secret');
    assert.equal(status, 0, stderr);
    assert.equal(stdout, `${ENDPOINTS['/api/vcenter/authentication/token'].answer.access_token}\n`);
    const file = join(folder, 'token');
    writeFileSync(file, stdout);
    const server = await startSimulator({ kind: 'fake' });
    context.after(() => server.stop());
    const [{ vm, name }] = server.vms;
    await server.do({ do: 'powerOn', vm });
    await server.do({ do: 'post', vm, event: 'CustomizationSucceeded' });
    const run = await runCommand(['--server', server.url, '--insecure', '--token-file', file, name]);
    assert.equal(run.status, 0, run.stderr);
  });

  test('is none where the broker refuses, and nothing secret is shown', async () => {
    const { stdout, stderr, status } = await tokenOf('wrong');
    assert.notEqual(status, 0);
    assert.equal(stdout, '');
    assert.match(stderr, /401/);
    assert.doesNotMatch(stderr, /wr0ng/);
  });
});
