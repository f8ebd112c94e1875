/** Coming by a session: by name and password, or by one of the things that stand in for them. */
import { LoginError, OptionsError, UnsupportedServerError } from '../../errors.js';
import { type Field, isObject, TEXT } from '../../util/fields.js';
import type { CallContext, Credentials, ExistingSession } from '../api/types.js';
import type { VimClient } from './vim-client.js';

/** Who signs in, and how. */
export type SignIn =
  | Credentials
  /** A SAML bearer token: the XML of its assertion. */
  | { readonly token: string }
  /** What `SessionManager.AcquireCloneTicket` answered; it serves once. */
  | { readonly cloneTicket: string }
  /** A session that someone else has opened, and will close. */
  | { readonly session: ExistingSession };

/** The parts of a way to sign in, as they may be given in a larger object. */
export interface SignInOptions {
  readonly user?: string | undefined;
  readonly password?: string | undefined;
  readonly token?: string | undefined;
  readonly cloneTicket?: string | undefined;
  readonly session?: ExistingSession | undefined;
}

/** What they may be. */
export const SIGN_IN: Readonly<Record<keyof SignInOptions, Field>> = {
  user: TEXT,
  password: TEXT,
  token: TEXT,
  cloneTicket: TEXT,
  session: { fits: isSession, give: "give { cookie: '…' } or { apiSessionId: '…' }", secret: true },
};

function isSession(session: unknown): boolean {
  if (!isObject(session)) {
    return false;
  }
  const { cookie, apiSessionId } = session as { cookie?: unknown; apiSessionId?: unknown };
  return [cookie, apiSessionId].filter((key) => typeof key === 'string' && key !== '').length === 1;
}

/**
 * The one way to sign in that was given.
 * @throws {@link OptionsError} when there is none, or more than one
 */
export function signInOf({ user, password, token, cloneTicket, session }: SignInOptions): SignIn {
  const ways: SignIn[] = [
    ...(user === undefined || password === undefined ? [] : [{ user, password }]),
    ...(token === undefined ? [] : [{ token }]),
    ...(cloneTicket === undefined ? [] : [{ cloneTicket }]),
    ...(session === undefined ? [] : [{ session }]),
  ];
  const [way] = ways;
  if (way === undefined || ways.length > 1) {
    throw new OptionsError(
      'invalidSignIn',
      'one way to sign in is needed, and only one: user and password, token, cloneTicket or session',
    );
  }
  return way;
}

/**
 * Opens a session, or goes on in the one given. Refuses an ESXi host before anything secret is sent.
 * @throws {@link LoginError} when the server refuses
 */
export async function signIn(api: VimClient, how: SignIn, context: CallContext): Promise<void> {
  context.signal.throwIfAborted();
  const { apiType, fullName } = await api.serviceContent(context);
  if (apiType === 'HostAgent') {
    throw new UnsupportedServerError(
      `${api.host} is an ESXi host (${fullName}), which keeps no customization events: give the vCenter that manages it`,
    );
  }
  if ('session' in how) {
    api.useSession(how.session);
    await checkSession(api, context);
  } else if ('token' in how) {
    // A byte order mark counts as space here.
    if (!/^\s*</.test(how.token)) {
      throw new OptionsError('invalidSignIn', "the token is not the XML of a SAML token's assertion");
    }
    await api.loginByToken(how.token, context);
  } else if ('cloneTicket' in how) {
    await api.cloneSession(how.cloneTicket, context);
  } else {
    await api.login(how, context);
  }
}

// The first question that needs a session: a key that is not valid is told here, not in the middle of the wait.
async function checkSession(api: VimClient, context: CallContext): Promise<void> {
  try {
    await api.currentTime(context);
  } catch (error) {
    const kind = error instanceof Error ? (error as { kind?: unknown }).kind : undefined;
    throw kind === 'notAuthenticated'
      ? new LoginError(`${api.host} does not know the session given: it has ended, or is of another server`)
      : error;
  }
}
