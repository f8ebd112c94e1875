/**
 * Events for a page from its own back end, such as that of a vSphere Client plug-in: the page never speaks to vCenter, and
 * has no credential.
 */
import { PushUnavailableError, ReadError } from 'vm-customization';

/** The back end says something every 15 s; a stream that is silent for longer than this is dead, or held back. */
const SILENT_MS = 40_000;
/** More than any page of events: what sends a longer line is not the back end. */
const MAX_LINE_CHARS = 64 * 1024 * 1024;

/**
 * @param {string} base where the back end is, such as `/vc`
 * @param {object} [options]
 * @param {() => Record<string, string>} [options.headers] what goes with each request
 * @param {(options: import('vm-customization').CallOptions) => Promise<void>} [options.logIn] opens a session in place of
 *   one that has ended, where the page has part in that
 * @returns {import('vm-customization').EventSource}
 */
export function backEndSource(base, { headers = () => ({}), logIn } = {}) {
  /** @param {string} what @param {unknown} question @param {AbortSignal} signal */
  const post = async (what, question, signal) => {
    const answer = await fetch(`${base}/${what}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers() },
      body: JSON.stringify(question),
      signal,
    });
    // What a proxy on the way answers is not JSON.
    if (!answer.ok) throw failureOf(await answer.json().catch(() => ({ message: `HTTP ${answer.status}` })));
    return answer;
  };
  /** @param {string} what @param {unknown} question @param {AbortSignal} signal */
  const ask = async (what, question, signal) => (await post(what, question, signal)).json();
  return {
    // The back end bounds each request of its own, of which a read of many VMs takes many.
    readTimeoutMs: 120_000,
    serverTime: async ({ signal }) => new Date(await ask('time', null, signal)),
    readEvents: (query, { signal }) => ask('events', query, signal),
    readGuestInfo: (vms, { signal }) => ask('guests', vms, signal),
    ...(logIn === undefined ? {} : { logIn }),
    async *pushEvents(query, { signal }) {
      const silent = new AbortController();
      const either = AbortSignal.any([signal, silent.signal]);
      let timer = setTimeout(() => silent.abort(), SILENT_MS);
      try {
        const answer = await post('push', query, either);
        for await (const line of linesOf(answer)) {
          clearTimeout(timer);
          timer = setTimeout(() => silent.abort(), SILENT_MS);
          if (line === '') continue;
          const page = JSON.parse(line);
          if (page.failure !== undefined) throw failureOf(page.failure);
          yield page;
        }
      } finally {
        clearTimeout(timer);
      }
    },
  };
}

/** What the back end was told decides what happens next: anything but a ReadError is tried again. @param {any} failure */
function failureOf({ kind = 'transient', code, message = 'the back end has failed' }) {
  return code === PushUnavailableError.code ? new PushUnavailableError(message) : new ReadError(kind, message);
}

/** @param {Response} answer */
async function* linesOf(answer) {
  const reader = answer.body?.pipeThrough(new TextDecoderStream()).getReader();
  if (reader === undefined) return;
  /** @type {string[]} */
  let parts = [];
  let length = 0;
  try {
    for (let next = await reader.read(); !next.done; next = await reader.read()) {
      const lines = next.value.split('\n');
      const end = lines.pop() ?? '';
      const [first, ...others] = lines;
      if (first !== undefined) {
        yield parts.join('') + first;
        yield* others;
        parts = [];
        length = 0;
      }
      parts.push(end);
      length += end.length;
      if (length > MAX_LINE_CHARS) throw new ReadError('transient', 'the back end sent a line that does not end');
    }
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}
