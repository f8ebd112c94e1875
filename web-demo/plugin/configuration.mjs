/** What the operator decides, from the environment: first of all the one vCenter that sessions are opened on. */
import { readFileSync } from 'node:fs';

const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|::1)$/;

/**
 * @typedef {object} Configuration
 * @property {URL} vcenter its origin
 * @property {readonly string[]} names hosts, with ports, that users may know this vCenter by
 * @property {{thumbprint?: string, ca?: string}} trust
 * @property {readonly string[]} proxies names or addresses of those that bring the requests of many clients
 * @property {string} host to listen on
 * @property {number} port
 * @property {{cert: string, key: string} | undefined} tls
 * @property {number} maxSessions
 * @property {number} idleMs
 * @property {number} maxAgeMs
 */

/**
 * @param {Readonly<Record<string, string | undefined>>} environment
 * @returns {Configuration}
 */
export function configurationOf(environment) {
  const vcenter = vcenterOf(environment.VCENTER_URL);
  const host = environment.PLUGIN_HOST ?? '127.0.0.1';
  const tls = tlsOf(environment);
  if (tls === undefined && !LOOPBACK.test(host)) {
    throw new Error(
      `PLUGIN_HOST ${host} without a certificate would show session tokens to everyone on the way: set PLUGIN_CERTIFICATE and PLUGIN_KEY`,
    );
  }
  return {
    vcenter,
    names: [vcenter.host, ...listOf(environment.VCENTER_ALIASES).map(hostOf)],
    trust: {
      ...(environment.VCENTER_THUMBPRINT ? { thumbprint: environment.VCENTER_THUMBPRINT } : {}),
      ...(environment.VCENTER_CA_FILE ? { ca: fileOf('VCENTER_CA_FILE', environment.VCENTER_CA_FILE) } : {}),
    },
    proxies: [vcenter.hostname, '127.0.0.1', '::1', ...listOf(environment.PLUGIN_PROXIES)],
    host,
    port: numberOf('PLUGIN_PORT', environment.PLUGIN_PORT, 8443, 0, 65_535),
    tls,
    maxSessions: numberOf('PLUGIN_MAX_SESSIONS', environment.PLUGIN_MAX_SESSIONS, 100, 1, 10_000),
    idleMs: 1_000 * numberOf('PLUGIN_IDLE_SECONDS', environment.PLUGIN_IDLE_SECONDS, 600, 1, 86_400),
    maxAgeMs: 1_000 * numberOf('PLUGIN_MAX_AGE_SECONDS', environment.PLUGIN_MAX_AGE_SECONDS, 28_800, 1, 604_800),
  };
}

/** @param {string | undefined} text */
function vcenterOf(text) {
  const url = parsed(text);
  const bare =
    url?.username === '' && url.password === '' && url.search === '' && url.hash === '' && url.pathname === '/';
  if (url?.protocol !== 'https:' || !bare) {
    // Not repeated: people write passwords into addresses.
    throw new Error('VCENTER_URL is not the address of a vCenter: give one like https://vc.example.com');
  }
  return url;
}

/** @param {string | undefined} text */
function parsed(text) {
  try {
    return new URL(text ?? '');
  } catch {
    return null;
  }
}

/** @param {string | undefined} text */
function listOf(text = '') {
  return text
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
}

/** In the form in which addresses are compared. @param {string} name */
function hostOf(name) {
  const url = parsed(`https://${name}`);
  if (url === null || url.host === '' || url.href !== `https://${url.host}/`) {
    throw new Error(`VCENTER_ALIASES: ${name} is not the name of a host, or its name and port`);
  }
  return url.host;
}

/** @param {Readonly<Record<string, string | undefined>>} environment */
function tlsOf({ PLUGIN_CERTIFICATE: certificate, PLUGIN_KEY: key }) {
  if (!certificate && !key) return undefined;
  if (!certificate || !key) throw new Error('PLUGIN_CERTIFICATE and PLUGIN_KEY go together: set both, or none');
  return { cert: fileOf('PLUGIN_CERTIFICATE', certificate), key: fileOf('PLUGIN_KEY', key) };
}

/** @param {string} name @param {string} path */
function fileOf(name, path) {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new Error(`${name}: the file cannot be read: ${why}`);
  }
}

/** @param {string} name @param {string | undefined} text @param {number} otherwise @param {number} least @param {number} most */
function numberOf(name, text, otherwise, least, most) {
  if (text === undefined || text === '') return otherwise;
  const number = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (!(number >= least && number <= most))
    throw new Error(`${name}: ${text} is not a number from ${least} to ${most}`);
  return number;
}
