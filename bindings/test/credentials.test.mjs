import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { makeCertificate } from '../../tests/simulators/certificate.mjs';
import { internal } from './internal.mjs';

const { resolveConnection } = await internal('cli/input/credentials');
const folder = mkdtempSync(join(tmpdir(), 'vm-customization-'));
after(() => rmSync(folder, { recursive: true }));
const file = (name, content) => {
  writeFileSync(join(folder, name), content);
  return join(folder, name);
};

const NO_FLAGS = { insecure: false, protocol: 'auto' };
const resolve = (flags, environment, prompt) => resolveConnection({ ...NO_FLAGS, ...flags }, environment, prompt);
const refused = (flags, environment, message) =>
  assert.rejects(resolve(flags, environment), { name: 'UsageError', message });

const VSPHERE = { VSPHERE_SERVER: 'vc.example.com', VSPHERE_USER: 'v', VSPHERE_PASSWORD: 'v-secret' };
const GOVC = { GOVC_URL: 'https://gu:gp@govc.example.com/sdk', GOVC_USERNAME: 'g', GOVC_PASSWORD: 'g-secret' };

describe('server and credentials', () => {
  test('come from the VSPHERE names before the GOVC names', async () => {
    const connection = await resolve({}, { ...GOVC, ...VSPHERE });
    assert.equal(connection.url.href, 'https://vc.example.com/sdk');
    assert.equal(connection.signIn.user, 'v');
    assert.equal(connection.signIn.password, 'v-secret');
    assert.equal(connection.trust.insecure, false);
  });

  test('come from the GOVC names, which go before what the URL holds', async () => {
    const connection = await resolve({}, GOVC);
    assert.equal(connection.url.href, 'https://govc.example.com/sdk');
    assert.deepEqual([connection.signIn.user, connection.signIn.password], ['g', 'g-secret']);
  });

  test('come out of the URL, with its escapes undone', async () => {
    const connection = await resolve({}, { GOVC_URL: 'https://a%40b:p%2Fw%25@vc:8443' });
    assert.equal(connection.url.href, 'https://vc:8443/sdk');
    assert.deepEqual([connection.signIn.user, connection.signIn.password], ['a@b', 'p/w%']);
  });

  test('are outranked by flags', async () => {
    const passwordFile = file('password', 'from file\r\nsecond line\n');
    const connection = await resolve({ server: 'u@other', passwordFile }, VSPHERE);
    assert.equal(connection.url.host, 'other');
    assert.deepEqual([connection.signIn.user, connection.signIn.password], ['u', 'from file']);
  });

  test('of one tool are not sent to the server of the other', async () => {
    const { VSPHERE_SERVER, ...vsphereUser } = VSPHERE;
    await refused({}, { ...GOVC, VSPHERE_SERVER }, /no user name/);
    await refused({}, { ...GOVC, VSPHERE_SERVER, VSPHERE_USER: 'v' }, /no password/);
    await refused({}, { ...vsphereUser, GOVC_URL: 'govc.example.com' }, /no user name/);
    await refused({}, { ...vsphereUser, GOVC_URL: 'g@govc.example.com', VSPHERE_SESSION: 'id' }, /no password/);
    const both = await resolve({}, { ...GOVC, ...vsphereUser });
    assert.deepEqual([both.url.host, both.signIn.user, both.signIn.password], ['govc.example.com', 'g', 'g-secret']);
  });

  test('go with a server of the command line, VSPHERE before GOVC, each name with its own password', async () => {
    const signIn = async (flags, environment) => (await resolve({ server: 'vc', ...flags }, environment)).signIn;
    assert.deepEqual(await signIn({}, { ...GOVC, ...VSPHERE }), { user: 'v', password: 'v-secret' });
    assert.deepEqual(await signIn({}, GOVC), { user: 'g', password: 'g-secret' });
    assert.deepEqual(await signIn({ user: 'u' }, { ...GOVC, VSPHERE_USER: 'v' }), { user: 'u', password: 'g-secret' });
    await refused({ server: 'vc' }, { ...GOVC, VSPHERE_USER: 'v' }, /no password/);
    // What a URL holds is for that server alone.
    await refused({ server: 'vc' }, { GOVC_URL: GOVC.GOVC_URL }, /no user name/);
  });

  test('are found where the address ends in a slash', async () => {
    for (const GOVC_URL of ['https://govc.example.com/sdk/', 'https://govc.example.com/', 'govc.example.com//']) {
      assert.equal((await resolve({}, { ...GOVC, GOVC_URL })).url.pathname, '/sdk', GOVC_URL);
    }
  });

  test('are read from a file that begins with a byte order mark', async () => {
    const passwordFile = file('marked', '\uFEFFs3cret\r\n');
    assert.equal((await resolve({ passwordFile }, VSPHERE)).signIn.password, 's3cret');
    for (const bytes of [
      Buffer.from('\uFEFFs3crét\r\n', 'utf16le'),
      Buffer.from('\uFEFFs3crét\r\n', 'utf16le').swap16(),
    ]) {
      const wide = file('wide', bytes);
      assert.equal((await resolve({ passwordFile: wide }, VSPHERE)).signIn.password, 's3crét');
    }
    const sessionFile = file('session', 'vmware_soap_session="ключ"');
    await refused({ server: 'vc', sessionFile }, {}, /session holds characters that no session has/);
  });

  test('a server is trusted unseen only by the names that it comes from', async () => {
    const insecure = async (flags, environment) => (await resolve(flags, environment)).trust.insecure;
    assert.equal(await insecure({}, { ...VSPHERE, GOVC_INSECURE: '1' }), false);
    assert.equal(await insecure({}, { ...VSPHERE, VSPHERE_ALLOW_UNVERIFIED_SSL: 'true' }), true);
    assert.equal(await insecure({}, { ...GOVC, VSPHERE_ALLOW_UNVERIFIED_SSL: 'true' }), false);
    assert.equal(await insecure({}, { ...GOVC, GOVC_INSECURE: '1' }), true);
    assert.equal(
      await insecure({ server: 'vc' }, { ...GOVC, GOVC_INSECURE: '1' }),
      false,
      'that is for another server',
    );
    assert.equal(await insecure({ server: 'govc.example.com' }, { ...GOVC, GOVC_INSECURE: '1' }), true);
    const unnamed = { VSPHERE_USER: 'u', VSPHERE_PASSWORD: 'p', VSPHERE_ALLOW_UNVERIFIED_SSL: 'true' };
    assert.equal(await insecure({ server: 'vc' }, unnamed), true, 'that is for any server');
    for (const no of ['false', '0', 'no']) {
      const both = { VSPHERE_ALLOW_UNVERIFIED_SSL: no, GOVC_INSECURE: '1' };
      assert.equal(await insecure({}, { ...VSPHERE, ...both }), false, no);
      assert.equal(await insecure({}, { ...GOVC, ...both }), false, no);
    }
  });

  test('a file of authorities that holds no certificate is refused', async () => {
    const { certificate } = makeCertificate();
    for (const text of ['', 'PEM', certificate.slice(0, 200), `${certificate}\n${certificate.slice(0, 200)}`]) {
      await refused(
        { caFile: file('bad.pem', text) },
        VSPHERE,
        /--ca-file .*bad\.pem holds no certificate: it has to be PEM/,
      );
    }
  });

  test('are asked for where they are missing, and only there', async () => {
    const asked = [];
    const prompt = {
      ask: async (question) => {
        asked.push(question);
        return 'someone';
      },
      askHidden: async (question) => {
        asked.push(question);
        return 'typed';
      },
    };
    const connection = await resolve({ server: 'vc' }, {}, prompt);
    assert.deepEqual([connection.signIn.user, connection.signIn.password], ['someone', 'typed']);
    assert.deepEqual(asked, ['User name for vc: ', 'Password of someone on vc: ']);
    await resolve({}, VSPHERE, prompt);
    assert.equal(asked.length, 2);
  });

  test('never come as a password on the command line', async () => {
    await assert.rejects(resolve({ server: 'https://u:s3cret@vc' }, {}), (error) => {
      assert.equal(error.name, 'UsageError');
      assert.match(error.message, /--password-file/);
      assert.doesNotMatch(`${error.message}${error.stack}`, /s3cret/);
      return true;
    });
  });

  test('that are missing are named', async () => {
    await refused({}, {}, /no server: give --server, or set VSPHERE_SERVER or GOVC_URL/);
    await refused({ server: 'vc' }, {}, /no user name/);
    await refused({ server: 'vc', user: 'u' }, {}, /no password/);
    await refused({ server: 'vc', user: 'u', passwordFile: join(folder, 'none') }, {}, /cannot be read \(ENOENT\)/);
  });

  test('a server that is no address is refused without its text, which may hold a password', async () => {
    for (const server of ['https://u:s3cret@[vc', 'ftp://u:s3cret@vc']) {
      await assert.rejects(resolve({ server }, {}), (error) => !/s3cret/.test(`${error.message}${error.stack}`));
    }
  });

  test('a certificate named on the command line is checked whatever the environment allows', async () => {
    const allowed = { ...VSPHERE, GOVC_INSECURE: '1', VSPHERE_ALLOW_UNVERIFIED_SSL: 'true' };
    assert.equal((await resolve({}, allowed)).trust.insecure, true);
    assert.equal((await resolve({ thumbprint: 'AB'.repeat(32) }, allowed)).trust.insecure, false);
    const { certificate: ca } = makeCertificate();
    const caFile = file('ca.pem', ca);
    assert.deepEqual((await resolve({ caFile }, allowed)).trust, { insecure: false, ca, thumbprint: undefined });
    await refused({ thumbprint: 'AB:CD' }, VSPHERE, /not a SHA-256 one/);
  });
});

describe('in place of a name and a password', () => {
  const signInOf = async (flags, environment) => (await resolve({ server: 'vc', ...flags }, environment)).signIn;

  test('a session is read as programs print it', async () => {
    for (const [line, session] of [
      ['vmware_soap_session="0123-ab"', { cookie: '"0123-ab"' }],
      ['Set-Cookie: vmware_soap_session=0123; Path=/; HttpOnly; Secure', { cookie: '0123' }],
      ['Cookie: other=1; vmware_soap_session=0123', { cookie: '0123' }],
      ['0123-ab', { apiSessionId: '0123-ab' }],
      ['"0123-ab"', { apiSessionId: '0123-ab' }],
      ['vmware-api-session-id: 0123-ab', { apiSessionId: '0123-ab' }],
    ]) {
      assert.deepEqual(await signInOf({ sessionFile: file('session', `${line}\r\n`) }, VSPHERE), { session }, line);
      assert.deepEqual(await signInOf({}, { ...VSPHERE, VSPHERE_SESSION: line }), { session }, line);
    }
    const bare = await signInOf({ sessionFile: file('session', '"0123-ab"\n'), protocol: 'soap' }, {});
    assert.deepEqual(bare, { session: { cookie: '"0123-ab"' } });
  });

  test('a clone ticket or a token will do', async () => {
    const ticket = { cloneTicketFile: file('ticket', ' cst-VCT-1--tp-AA \n') };
    assert.deepEqual(await signInOf(ticket, VSPHERE), { cloneTicket: 'cst-VCT-1--tp-AA' });
    const token = '<saml2:Assertion>\n</saml2:Assertion>';
    assert.deepEqual(await signInOf({ tokenFile: file('token', `\uFEFF${token}\n`) }, VSPHERE), { token });
    assert.deepEqual(await signInOf({}, { VSPHERE_TOKEN: token }), { token });
    assert.deepEqual(await signInOf({}, { VSPHERE_CLONE_TICKET: 'ticket' }), { cloneTicket: 'ticket' });
  });

  test('the environment comes after what the command line says of the user', async () => {
    const environment = { ...VSPHERE, VSPHERE_SESSION: '0123' };
    assert.deepEqual(await signInOf({ user: 'u' }, environment), { user: 'u', password: 'v-secret' });
  });

  test('what is no such thing, or one too many, is refused without its text', async () => {
    const secret = 's3cret and more';
    for (const [flags, environment, message] of [
      [{ sessionFile: file('session', secret) }, {}, /--session-file .* holds no session/],
      [{ cloneTicketFile: file('ticket', '\n') }, {}, /--clone-ticket-file .* is empty/],
      [{ tokenFile: file('token', secret) }, {}, /--token-file .* holds no SAML token/],
      [{ tokenFile: join(folder, 'none') }, {}, /--token-file .* cannot be read \(ENOENT\)/],
      [{}, { VSPHERE_SESSION: secret }, /VSPHERE_SESSION holds no session/],
      [{ user: 'u', sessionFile: 'a' }, {}, /--user and --password-file, --session-file are different ways/],
      [{ tokenFile: 'a', cloneTicketFile: 'b' }, {}, /--clone-ticket-file, --token-file are different ways/],
    ]) {
      await assert.rejects(signInOf(flags, environment), (error) => {
        assert.equal(error.name, 'UsageError');
        assert.match(error.message, message);
        assert.doesNotMatch(`${error.message}${error.stack}`, /s3cret/);
        return true;
      });
    }
  });
});
