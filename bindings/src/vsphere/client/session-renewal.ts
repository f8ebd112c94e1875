/** A session in place of one that was lost. */
import { ConnectionError, VimFaultError } from '../../errors.js';
import { SharedCall } from '../../util/shared-call.js';
import type { CallContext } from '../api/types.js';
import type { OpenCollectors } from './open-collectors.js';
import { type SignIn, signIn } from './sign-in.js';
import type { VimClient } from './vim-client.js';

/**
 * Opens it once for all who miss it: a log-in closes the session before, so that several in a row would take each other's
 * away.
 */
export class SessionRenewal {
  readonly #api: VimClient;
  readonly #how: SignIn;
  readonly #openCollectors: OpenCollectors;
  readonly #renewal = new SharedCall((signal) => this.#renew({ signal }));

  constructor(api: VimClient, how: SignIn, openCollectors: OpenCollectors) {
    this.#api = api;
    this.#how = how;
    this.#openCollectors = openCollectors;
  }

  /**
   * Opens another session where what was given serves more than once; else makes sure that it is gone. Does nothing where
   * there is a newer one than that which was lost.
   */
  async renew({ signal }: CallContext): Promise<void> {
    if (this.#api.isSessionLost) {
      await this.#renewal.join(signal);
    }
  }

  async #renew(context: CallContext): Promise<void> {
    const [api, how] = [this.#api, this.#how];
    if (!('session' in how || 'cloneTicket' in how)) {
      this.#openCollectors.loseSession();
      await signIn(api, how, context);
      return;
    }
    try {
      await api.currentTime(context);
    } catch (error) {
      if (error instanceof VimFaultError && error.kind === 'notAuthenticated') {
        const what = 'session' in how ? 'the session given' : 'the session opened with the clone ticket';
        const message = `${api.host}: ${what} has ended, and there is nothing to open another with: start again with a new one`;
        throw new VimFaultError('fatal', error.fault, message);
      }
      // HTTP 401 alone may be a proxy's: only the vCenter knows whether the session has ended.
      throw error instanceof ConnectionError
        ? new ConnectionError(error.message, { code: error.code, cause: error })
        : error;
    }
    api.confirmSession();
  }
}
