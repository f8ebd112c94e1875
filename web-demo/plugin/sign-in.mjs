/** A page's wish to begin: who the user is, by which vCenter, and which VMs are meant. */
import { connectVCenter, nodeTransport } from 'vm-customization';
import { acquireCloneTicket } from './clone-ticket.mjs';
import { Refusal } from './refusal.mjs';

/** More than anyone selects; one page of them is still a page. */
const MAX_VMS = 1_000;
const TOKEN = /^[\x21-\x7e]{1,4096}$/;
const GUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const VM = /^vm-\d{1,19}$/;

/**
 * @typedef {object} Wish
 * @property {string} sessionToken
 * @property {string} vcGuid
 * @property {readonly string[]} vms
 */

/**
 * Reads what a page has sent. It is compared with what is configured, and never used as an address.
 * @param {unknown} content
 * @param {import('./configuration.mjs').Configuration} configuration
 * @returns {Wish}
 */
export function wishOf(content, { vcenter, names }) {
  const { sessionToken, endpoint, vcGuid, vms } = /** @type {Record<string, unknown>} */ (content ?? {});
  if (typeof sessionToken !== 'string' || !TOKEN.test(sessionToken)) throw malformed('sessionToken');
  if (typeof vcGuid !== 'string' || !GUID.test(vcGuid)) throw malformed('vcGuid');
  if (!Array.isArray(vms) || vms.length === 0 || vms.length > MAX_VMS) throw malformed('vms');
  if (!vms.every((vm) => typeof vm === 'string' && VM.test(vm))) throw malformed('vms');
  const address = addressOf(endpoint);
  if (address.protocol !== 'https:' || !names.includes(address.host)) {
    throw new Refusal(
      403,
      'fatal',
      `this plug-in is for ${vcenter.host}, and the vSphere Client is one of ${address.host}: open the Client of ${vcenter.host}, or have this name added to VCENTER_ALIASES`,
    );
  }
  return { sessionToken, vcGuid, vms: [...new Set(vms)] };
}

/** @param {unknown} endpoint */
function addressOf(endpoint) {
  if (typeof endpoint !== 'string' || endpoint.length > 2048) throw malformed('endpoint');
  try {
    return new URL(endpoint);
  } catch {
    throw malformed('endpoint');
  }
}

/** @param {string} field */
function malformed(field) {
  return new Refusal(400, 'fatal', `the page's ${field} is not in the form that the vSphere Client has for it`);
}

/**
 * Opens sessions on the vCenter that is configured, and on no other.
 * @param {import('./configuration.mjs').Configuration} configuration
 */
export function sessionOpener({ vcenter: { origin, host }, trust }) {
  const transport = nodeTransport(new URL(origin), trust);
  /** Of that vCenter, once it was seen. @type {string | undefined} */
  let known;
  const otherVCenter = () =>
    new Refusal(403, 'fatal', `this VM is of another vCenter than ${host}, the one that this plug-in is for`);
  return {
    /** Shows the token to vCenter: only one that is still good gets a ticket. @param {import('./sessions.mjs').Who} who */
    async acquireTicket(who) {
      if (known !== undefined && known !== who.vcGuid) throw otherVCenter();
      return acquireCloneTicket(transport, who);
    },
    /** @param {string} cloneTicket @param {import('./sessions.mjs').Who} who */
    async open(cloneTicket, who) {
      const vcenter = await connectVCenter({ server: origin, cloneTicket, ...trust });
      known ??= vcenter.instanceUuid?.toLowerCase();
      if (known === who.vcGuid) return vcenter;
      await vcenter.close();
      throw otherVCenter();
    },
    close: () => transport.close(),
  };
}
