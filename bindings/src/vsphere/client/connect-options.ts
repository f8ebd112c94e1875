/** What is handed to `connectVCenter`, looked at before it is used. */

import { OptionsError } from '../../errors.js';
import { describe } from '../../util/describe.js';

const PROTOCOLS: readonly unknown[] = ['auto', 'soap', 'vi-json'];
const FORMS = "{ cookie: '…' } or { apiSessionId: '…' }";

/**
 * Refuses options of the wrong type, by name. What may be a secret is not shown.
 * @throws {@link OptionsError}
 */
export function checkConnectOptions(given: unknown): void {
  if (typeof given !== 'object' || given === null) {
    throw invalid(
      'the options are',
      describe(given),
      "pass an object such as { server: 'vc.example.com', user, password }",
    );
  }
  const options = given as Readonly<Record<string, unknown>>;
  const { server, protocol, session, signal } = options;
  if ((typeof server !== 'string' && !(server instanceof URL)) || server === '') {
    throw invalid('server is', describe(server), "give the vCenter's address, such as 'vc.example.com'");
  }
  if (protocol !== undefined && !PROTOCOLS.includes(protocol)) {
    throw new OptionsError('invalidProtocol', `protocol is ${describe(protocol)}: give 'auto', 'soap' or 'vi-json'`);
  }
  for (const name of ['user', 'password', 'token', 'cloneTicket', 'thumbprint', 'ca']) {
    const value = options[name];
    if (value !== undefined && typeof value !== 'string') {
      throw invalid(
        `${name} is`,
        value === null ? 'null' : `a value of type ${typeof value}`,
        'give a text, or leave it out',
      );
    }
  }
  if (session !== undefined && !isSession(session)) {
    const what = typeof session === 'object' ? 'of another form' : `a value of type ${typeof session}`;
    throw invalid('session is', what, `give ${FORMS}`);
  }
  const { insecure, onRetry, environment, fetch: fetcher } = options;
  if (insecure !== undefined && typeof insecure !== 'boolean') {
    throw invalid('insecure is', describe(insecure), 'give true or false, or leave it out');
  }
  if (environment !== undefined && (typeof environment !== 'object' || environment === null)) {
    throw invalid('environment is', describe(environment), 'give an object of variables, or leave it out');
  }
  for (const [name, value] of Object.entries({ onRetry, fetch: fetcher })) {
    if (value !== undefined && typeof value !== 'function') {
      throw invalid(`${name} is`, describe(value), 'give a function, or leave it out');
    }
  }
  if (signal !== undefined && !isSignal(signal)) {
    throw invalid('signal is', describe(signal), 'give an AbortSignal, or leave it out');
  }
}

function isSession(session: unknown): boolean {
  if (typeof session !== 'object' || session === null) {
    return false;
  }
  const { cookie, apiSessionId } = session as { cookie?: unknown; apiSessionId?: unknown };
  return [cookie, apiSessionId].filter((key) => typeof key === 'string' && key !== '').length === 1;
}

// Not by its class: it may be of another realm, or a stand-in.
function isSignal(signal: unknown): boolean {
  const { aborted, addEventListener } = (signal ?? {}) as { aborted?: unknown; addEventListener?: unknown };
  return typeof aborted === 'boolean' && typeof addEventListener === 'function';
}

function invalid(what: string, value: string, expected: string): OptionsError {
  return new OptionsError('invalidOptions', `${what} ${value}: ${expected}`);
}
