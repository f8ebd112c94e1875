/** Those who only look: each is told what is shown, and from then on what changes, by server-sent events. */
import { Hono } from 'hono';
import { streamSSE } from 'hono/streaming';
import { ownPages } from './guard.js';

/** Less than any proxy waits for. */
const HEARTBEAT_MS = 15_000;
/** Of one who does not read what is sent: he is sent away, comes again, and is told anew. */
const MAX_WAITING_BYTES = 32 * 2 ** 20;

/**
 * @typedef {object} Viewed
 * @property {(tell: (message: string) => void) => () => void} join tells all that is shown, then what changes, each as one
 *   line; what it returns ends that
 */

/**
 * Answers `/view`.
 * @param {Viewed} viewed
 */
export function viewers(viewed) {
  const app = new Hono();
  app.get('/view', ownPages(), (c) =>
    streamSSE(c, async (stream) => {
      /** @type {string[]} */
      let waiting = [];
      let waitingBytes = 0;
      let wake = () => {};
      const leave = viewed.join((message) => {
        waiting.push(message);
        waitingBytes += message.length;
        wake();
      });
      stream.onAbort(() => {
        leave();
        wake();
      });
      while (!stream.aborted && !stream.closed && waitingBytes <= MAX_WAITING_BYTES) {
        const messages = waiting;
        [waiting, waitingBytes] = [[], 0];
        for (const data of messages) await stream.writeSSE({ data });
        if (waiting.length === 0) {
          const isSilent = await new Promise((resolve) => {
            const timer = setTimeout(() => resolve(true), HEARTBEAT_MS);
            wake = () => {
              clearTimeout(timer);
              resolve(false);
            };
            if (stream.aborted) wake();
          });
          if (isSilent) await stream.write(': still here\n\n');
        }
      }
      leave();
    }),
  );
  return app;
}
