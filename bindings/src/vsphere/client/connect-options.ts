/** How to connect to a vCenter, and what of it can be used where. */

import type { Environment } from '../../http/proxy.js';
import type { TrustOptions } from '../../http/trust.js';
import { checkKnown, type Field, type Fields, isText, isUrl, unusable } from '../../util/fields.js';
import { SIGN_IN, type SignIn } from './sign-in.js';
import { BEGIN_OPTIONS, type BeginOptions } from './vcenter.js';

/**
 * Which vCenter, and what makes it trusted: one type for Node and for browsers, so that a program has the same types
 * whatever its compiler takes for the platform. What the platform at hand has no use for is refused.
 */
export interface ServerOptions extends TrustOptions, BeginOptions {
  /**
   * In Node `vc.example.com`, `vc.example.com:8443` or `https://vc.example.com/sdk`; in a browser the path on the page's own
   * origin that a proxy hands on to the vCenter's `/sdk`.
   */
  readonly server: string | URL;
  /** Where HTTPS_PROXY, HTTP_PROXY, ALL_PROXY and NO_PROXY are looked up; Node only. Default: the process's environment. */
  readonly environment?: Environment | undefined;
  /** In place of the platform's `fetch`; browsers only. */
  readonly fetch?: typeof fetch | undefined;
}

/**
 * Which vCenter, and as whom: by `user` and `password`, `token`, `cloneTicket` or `session`. In a browser the cookie of a
 * session is not for a page to send; one that the browser has is used whatever is given.
 */
export type ConnectOptions = ServerOptions & SignIn;

/** What a connection takes from anywhere. */
export const COMMON_OPTIONS: Fields = {
  server: {
    fits: (value) => (isText(value) && value !== '') || isUrl(value),
    give: "give the vCenter's address, such as 'vc.example.com'",
  },
  ...SIGN_IN,
  ...BEGIN_OPTIONS,
};

/** Options of another platform. */
export function elsewhere(names: readonly string[], give: string): Fields {
  return Object.fromEntries(names.map((name) => [name, { fits: () => false, give, secret: true, unlisted: true }]));
}

/**
 * Refuses options of the wrong type, of another platform and of no meaning, by name. What may be a secret is not shown.
 * @throws {@link OptionsError}
 */
export function checkConnectOptions(given: unknown, fields: Fields): void {
  const example = "pass an object such as { server: 'vc.example.com', user, password }";
  checkKnown('connectVCenter', given, fields, example);
  const { server } = given as { readonly server?: unknown };
  if (server === undefined) {
    throw unusable('server', server, fields.server as Field);
  }
}
