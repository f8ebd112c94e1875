/** The calls of one client so far, as far as that decides what the next answer means and what may be told of it. */
import { Secrets } from './secrets.js';

/** One call, for the error that it was answered with. */
export interface Asked {
  /** The server. */
  readonly host: string;
  readonly method: string;
  /** A text of the server without the secrets that it may hold. */
  readonly redact: (text: string) => string;
  /** Whether some call has worked in a session here: it is a vCenter, whatever answers this time. */
  readonly worked: boolean;
  /** Whether this method has worked: the server has it. */
  readonly known: boolean;
}

// It comes before there is a session, and what answers it may still refuse everything else.
const OUTSIDE = new Set(['RetrieveServiceContent', 'Logout']);

/** Of one client with one server. */
export class CallHistory {
  readonly secrets = new Secrets();
  readonly #host: string;
  readonly #worked = new Set<string>();

  constructor(host: string) {
    this.#host = host;
  }

  /** A call was answered as a vCenter does. */
  answered(method: string): void {
    if (!OUTSIDE.has(method)) {
      this.#worked.add(method);
    }
  }

  /** The call, as it stands now. */
  asked(method: string): Asked {
    return {
      host: this.#host,
      method,
      redact: (text) => this.secrets.redact(text),
      worked: this.#worked.size > 0,
      known: this.#worked.has(method),
    };
  }
}
