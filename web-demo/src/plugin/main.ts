/** The view of the plug-in: the VM in the Client's context, followed for as long as the page is there. */
import { init, type Progress, type WatchOptions } from 'vm-customization';
import core from 'vm-customization/core.wasm?url';
import { connectClient, followTheme } from './client.js';
import type { HtmlClientSdk } from './client-sdk.js';
import { Page } from './page.js';
import { Session } from './session.js';
import { contextVms } from './urn.js';
import { showRun } from './view.js';

/** A power-on of yesterday is still of interest to who looks at a VM today. */
const LOOKBACK_SECONDS = 86_400;

const page = new Page();

async function show(sdk: HtmlClientSdk, lookbackSeconds: number): Promise<void> {
  const ended = new AbortController();
  let session: Session | undefined;
  const leave = (): void => {
    ended.abort();
    session?.close();
  };
  addEventListener('pagehide', leave);
  try {
    page.clear();
    page.tell('Asking for a session…');
    session = new Session(sdk, contextVms(sdk.app.getContextObjects()));
    const { vms, missing } = await session.open(ended.signal);
    page.showMissing(missing);
    if (vms.length === 0) {
      page.fail('There is no VM to show.');
      return;
    }
    page.tell('Reading events…');
    const options: WatchOptions = {
      attempts: 'reopen',
      waitForPowerOn: true,
      timeoutSeconds: null,
      lookbackSeconds,
      signal: ended.signal,
      onProgress: teller(),
    };
    const watch = await showRun(page.view, session.source, vms, options, (seconds) => {
      leave();
      begin(sdk, seconds);
    });
    const report = await watch.report;
    if (ended.signal.aborted) {
      return;
    }
    const reason = report.vms.map(({ error }) => error?.message).find((message) => message !== undefined);
    page.fail(reason ?? 'These VMs are no longer there.', () => begin(sdk));
  } catch (error) {
    if (!ended.signal.aborted) {
      page.fail(messageOf(error), () => begin(sdk));
    }
  } finally {
    removeEventListener('pagehide', leave);
    leave();
  }
}

/** Tells how events come, and what is wrong while they do not. */
function teller(): (progress: Progress) => void {
  let way = 'Reading events…';
  let trouble: string | undefined;
  return (progress) => {
    switch (progress.type) {
      case 'pushing':
        way = 'Live: events are shown as they happen.';
        break;
      case 'pushFailed':
      case 'pushUnavailable':
        way = 'Events are read every 15 seconds.';
        break;
      case 'read':
        trouble = undefined;
        break;
      case 'readFailed':
        if (progress.failure.vm === undefined) {
          trouble = `Events cannot be read: ${progress.failure.message}`;
        }
        break;
      default:
        return;
    }
    page.tell(trouble ?? way);
  };
}

function begin(sdk: HtmlClientSdk, lookbackSeconds = LOOKBACK_SECONDS): void {
  void show(sdk, lookbackSeconds);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
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
  begin(sdk);
} catch (error) {
  page.fail(messageOf(error));
}
