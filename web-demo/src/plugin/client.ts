/** The vSphere Client around the page. */
import type { ClientTheme, HtmlClientSdk } from './client-sdk.js';

/** The page is not where it can work; the message is for people. */
export class ClientError extends Error {
  override readonly name = 'ClientError';
}

/** A Client that does not answer at all. */
const LIMIT_MS = 15_000;

const OUTSIDE =
  'This page is a view of the vSphere Client and shows nothing by itself: open the Client, select a VM, and choose its Monitor tab.';

/**
 * Gets in touch with the Client.
 * @throws {@link ClientError} outside the Client
 */
export async function connectClient(): Promise<HtmlClientSdk> {
  const sdk = window.htmlClientSdk;
  if (sdk === undefined || window.parent === window) {
    throw new ClientError(OUTSIDE);
  }
  await answered<void>('is not ready', (done) => sdk.initialize(() => done()));
  return sdk;
}

/** A token for the back end, new each time that it is asked for. */
export async function sessionToken(sdk: HtmlClientSdk): Promise<string> {
  const info = await answered<{ readonly sessionToken: string }>('tells no session', (done) =>
    sdk.app.getSessionInfo(done),
  );
  return info.sessionToken;
}

/** Where the Client's own server is, without query and fragment. */
export function apiEndpoint(sdk: HtmlClientSdk): string {
  const { fullUrl } = sdk.app.getApiEndpoints().uiApiEndpoint;
  return fullUrl.replace(/[?#].*$/s, '');
}

/** Follows the Client's theme, now and later. Clients that tell of none are light. */
export function followTheme(sdk: HtmlClientSdk, root: HTMLElement): void {
  const apply = ({ name }: ClientTheme): void => {
    root.dataset.theme = name === 'dark' ? 'dark' : 'light';
  };
  apply(sdk.app.getTheme?.() ?? { name: 'light' });
  sdk.event.onThemeChanged?.(apply);
}

function answered<T>(otherwise: string, ask: (done: (value: T) => void) => void): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new ClientError(`The vSphere Client ${otherwise}: reload it.`)), LIMIT_MS);
    ask((value) => {
      clearTimeout(timer);
      resolve(value);
    });
  });
}
