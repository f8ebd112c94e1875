/** The view of the plug-in: the VM in the Client's context, followed for as long as the page is there. */
import { init } from 'vm-customization';
import core from 'vm-customization/core.wasm?url';
import { LiveRun, type RunSource, type SavedRun } from '../run/live-run.js';
import { ENDLESS, LOOKBACK_SECONDS } from '../sources/source.js';
import { messageOf } from '../ui/dom.js';
import { connectClient, followTheme } from './client.js';
import type { HtmlClientSdk } from './client-sdk.js';
import { Page } from './page.js';
import { Session } from './session.js';
import { contextVms } from './urn.js';
import { viewOf } from './view.js';

const page = new Page();

/** @param saved - the rows to go on from, of a run whose source has failed for good: they stay meanwhile */
async function show(sdk: HtmlClientSdk, lookbackSeconds: number, saved?: SavedRun): Promise<void> {
  const over = new AbortController();
  let session: Session | undefined;
  let run: LiveRun<RunSource> | undefined;
  const leave = (): void => {
    over.abort();
    removeEventListener('pagehide', leave);
    session?.close();
    void run?.stop(false);
  };
  const again = (seconds = lookbackSeconds, from?: SavedRun): void => {
    leave();
    void show(sdk, seconds, from);
  };
  addEventListener('pagehide', leave);
  try {
    page.clear(saved !== undefined);
    page.tell('Asking for a session…');
    session = new Session(sdk, contextVms(sdk.app.getContextObjects()));
    const { vms, missing } = await session.open(over.signal);
    page.showMissing(missing);
    if (vms.length === 0) {
      leave();
      page.fail('There is no VM to show.');
      return;
    }
    const source: RunSource = { events: session.source, vms, options: ENDLESS, close: async () => undefined };
    const watching = new LiveRun(source, { lookbackSeconds }, saved);
    run = watching;
    watching.addEventListener('state', () => {
      if (watching.state === 'lost') {
        session?.close();
        page.offerAgain(() => again(lookbackSeconds, watching.save()));
      } else if (watching.state === 'ended') {
        leave();
        const errors = watching.model.rows.flatMap(({ error }) => error?.message ?? []);
        page.fail(errors[0] ?? (watching.trouble || 'These VMs are no longer there.'), again);
      }
    });
    page.follow(watching, viewOf(watching.model, lookbackSeconds, again));
  } catch (error) {
    if (!over.signal.aborted) {
      leave();
      page.fail(messageOf(error), () => again(lookbackSeconds, saved));
    }
  }
}

// A page that comes back from the browser's cache has given its session up.
addEventListener('pageshow', ({ persisted }) => {
  if (persisted) {
    location.reload();
  }
});

try {
  const [sdk] = await Promise.all([connectClient(), init(fetch(core))]);
  followTheme(sdk, document.documentElement);
  void show(sdk, LOOKBACK_SECONDS);
} catch (error) {
  page.fail(messageOf(error));
}
