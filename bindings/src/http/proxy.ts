/** Which proxy to go through, by the variables that curl and others know. */
import { BlockList, isIP } from 'node:net';
import { OptionsError } from '../errors.js';

/** The environment, or a part of it. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** The proxy for an address; undefined for a direct connection. Lower-case names go before upper-case ones. */
export function proxyFor(url: URL, environment: Environment): URL | undefined {
  const read = (name: string): string | undefined =>
    environment[name.toLowerCase()] || environment[name.toUpperCase()] || undefined;
  const text = read(url.protocol === 'https:' ? 'HTTPS_PROXY' : 'HTTP_PROXY') ?? read('ALL_PROXY');
  if (text === undefined || isExempt(url, read('NO_PROXY') ?? '')) {
    return undefined;
  }
  let proxy: URL;
  try {
    proxy = new URL(text.includes('://') ? text : `http://${text}`);
  } catch {
    // Not with the text: it may hold a password.
    throw new OptionsError(
      'invalidProxy',
      'HTTPS_PROXY is not an address: give one like http://proxy.example.com:3128',
    );
  }
  if (proxy.protocol !== 'http:' && proxy.protocol !== 'https:') {
    throw new OptionsError(
      'invalidProxy',
      `a proxy at ${proxy.protocol}// is not supported: give one at http:// or https://`,
    );
  }
  return proxy;
}

/**
 * Whether `NO_PROXY` names this server: `*`, a host, a domain with or without its dot (its hosts too), an address, a
 * range of addresses (`10.0.0.0/8`), each perhaps with a port.
 */
export function isExempt(url: URL, noProxy: string): boolean {
  const host = bare(url.hostname);
  const port = url.port === '' ? (url.protocol === 'https:' ? '443' : '80') : url.port;
  return noProxy
    .split(/[\s,]+/)
    .filter((entry) => entry !== '')
    .some((entry) => entry === '*' || entryFits(entry.toLowerCase(), host, port));
}

function entryFits(entry: string, host: string, port: string): boolean {
  if (entry.includes('/')) {
    return rangeFits(entry, host);
  }
  const [, name = '', entryPort] = /^(\[[^\]]*\]|[^:]*|.*:.*:.*?)(?::(\d+))?$/.exec(entry) ?? [];
  if (entryPort !== undefined && entryPort !== port) {
    return false;
  }
  const wanted = bare(name).replace(/^\*?\./, '');
  return wanted !== '' && (host === wanted || (isIP(host) === 0 && host.endsWith(`.${wanted}`)));
}

function rangeFits(entry: string, host: string): boolean {
  const [address = '', bits = ''] = entry.split('/');
  const version = isIP(bare(address));
  const prefix = Number(bits);
  if (version === 0 || isIP(host) !== version || !/^\d+$/.test(bits) || prefix > (version === 4 ? 32 : 128)) {
    return false;
  }
  const family = version === 4 ? 'ipv4' : 'ipv6';
  const list = new BlockList();
  list.addSubnet(bare(address), prefix, family);
  return list.check(host, family);
}

function bare(host: string): string {
  return host
    .toLowerCase()
    .replace(/^\[|\]$/g, '')
    .replace(/\.$/, '');
}
