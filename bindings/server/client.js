/** Whose request it is, for what is counted by client. */
import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { getConnInfo } from '@hono/node-server/conninfo';
import { expandIPv6 } from 'hono/utils/ipaddr';

/** One customer's network of IPv6 has that many bits, and so many addresses that one address counts for nothing. */
const IPV6_NETWORK = '2001:0db8:0000:0000'.length;

/** What is counted as one client: an address of IPv4, a network of IPv6. @param {string} address */
export function networkOf(address) {
  const plain = plainAddress(address);
  return isIP(plain) === 6 ? expandIPv6(plain).slice(0, IPV6_NETWORK) : plain;
}

/** An address of IPv4 is the same one to a socket that takes both. @param {string} address */
function plainAddress(address) {
  return address.replace(/^::ffff:(?=\d+\.)/i, '').replace(/%.*$/, '');
}

/**
 * The proxies that are believed when they say whose request they bring.
 * @param {readonly string[]} hosts names or addresses; those that are not found are left out
 * @returns {Promise<(address: string) => boolean>}
 */
export async function trusted(hosts) {
  const found = await Promise.allSettled(hosts.map((host) => lookup(host.replace(/^\[|\]$/g, ''), { all: true })));
  const addresses = new Set(
    found.flatMap((each) => (each.status === 'fulfilled' ? each.value.map(({ address }) => address) : [])),
  );
  return (address) => addresses.has(plainAddress(address));
}

/**
 * @param {import('hono').Context} c
 * @param {(address: string) => boolean} isTrusted
 * @returns {string} the last one on the way that no trusted proxy has added, as {@link networkOf} has it
 */
export function clientOf(c, isTrusted) {
  const forwarded = (c.req.header('x-forwarded-for') ?? '').split(',').map((address) => address.trim());
  let client = getConnInfo(c).remote.address ?? '';
  while (isTrusted(client)) {
    const before = forwarded.pop();
    if (before === undefined || isIP(before) === 0) break;
    client = before;
  }
  return networkOf(client);
}
