/**
 * Events for a page from its own back end, such as that of a vSphere Client plug-in: the page never speaks to vCenter, and
 * has no credential.
 */
import { ReadError } from 'vm-customization';

/**
 * @param {string} base where the back end is, such as `/vc`
 * @returns {import('vm-customization').EventSource}
 */
export function backEndSource(base) {
  /** @param {string} what @param {unknown} question @param {AbortSignal} signal */
  const ask = async (what, question, signal) => {
    const body = JSON.stringify(question);
    const answer = await fetch(`${base}/${what}`, { method: 'POST', body, signal });
    const content = await answer.json();
    // What the back end was told decides what happens next: anything but a ReadError is tried again.
    if (!answer.ok) throw new ReadError(content.kind ?? 'transient', content.message ?? `HTTP ${answer.status}`);
    return content;
  };
  return {
    serverTime: async ({ signal }) => new Date(await ask('time', null, signal)),
    readEvents: (query, { signal }) => ask('events', query, signal),
    readGuestInfo: (vms, { signal }) => ask('guests', vms, signal),
  };
}
