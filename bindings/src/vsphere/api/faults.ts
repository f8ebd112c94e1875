/** What a vSphere fault means. Decided by its type: the text is often empty, and is in the language of the session. */
import { LoginError, type ReadError, UnsupportedServerError, VimFaultError } from '../../errors.js';
import type { ReadFailureKind } from '../../types.js';
import type { Asked } from './call-history.js';

/** A fault as it came. */
export interface VimFault {
  /** Such as `NotAuthenticated`. */
  readonly type: string;
  /** For people; may be empty. */
  readonly text: string;
  /** The object of a `ManagedObjectNotFound`, where it is named. */
  readonly object?: string | undefined;
}

const KINDS: Readonly<Record<string, ReadFailureKind>> = {
  NotAuthenticated: 'notAuthenticated',
  NoPermission: 'noPermission',
  ManagedObjectNotFound: 'notFound',
  InvalidLogin: 'fatal',
  PasswordExpired: 'fatal',
  NotImplemented: 'fatal',
  NotSupported: 'fatal',
  MethodNotFound: 'fatal',
  InvalidArgument: 'fatal',
  InvalidRequest: 'fatal',
  InvalidType: 'fatal',
  RestrictedVersion: 'fatal',
};

const NO_SUCH_CALL = 'the server has no such call: is it a vCenter, and of vSphere 5 or later?';

const NOT_UNDERSTOOD =
  'the server does not take the request as it is made here: report this with the version of the server';

const ADVICE: Readonly<Record<string, string>> = {
  NotAuthenticated: 'the session has ended',
  NoPermission: 'the account needs the privilege System.View on the VMs or on a parent',
  ManagedObjectNotFound: 'the object does not exist (any more)',
  InvalidLogin: 'check the user name and the password',
  PasswordExpired: 'the password has expired: set a new one',
  NotImplemented: NO_SUCH_CALL,
  NotSupported: NO_SUCH_CALL,
  MethodNotFound: NO_SUCH_CALL,
  InvalidArgument: NOT_UNDERSTOOD,
  InvalidRequest: NOT_UNDERSTOOD,
  InvalidType: NOT_UNDERSTOOD,
  RestrictedVersion: "the server's licence or edition does not allow this call: give a vCenter with a full licence",
};

/** What to do where one of these methods says that who asks may not come in. */
const LOGIN_ADVICE: Readonly<Record<string, string>> = {
  Login: 'check the user name and the password',
  LoginByToken:
    'the token may have expired, be for another server or ask for a key (bearer tokens only): get a new one',
  CloneSession: 'a clone ticket serves once, and for a short time only: get a new one',
};

/** Faults with which those methods say so. */
const LOGIN_FAULTS: ReadonlySet<string> = new Set([
  'InvalidLogin',
  'NoPermission',
  'PasswordExpired',
  'NotAuthenticated',
]);

/** Faults with which a server says that it has no such method. */
const UNSUPPORTED_FAULTS: ReadonlySet<string> = new Set(['NotImplemented', 'NotSupported', 'MethodNotFound']);

/** Methods whose requests hold a secret: what a server says of them may repeat it, in whatever form. */
const SECRET_METHODS: ReadonlySet<string> = new Set([...Object.keys(LOGIN_ADVICE), 'Logout']);

/** Whether nothing that the server says in answer to this method may be told. */
export function isSecret(method: string): boolean {
  return SECRET_METHODS.has(method);
}

/** What of a fault may be told. Its type decides, and is a name or none. */
function tellable(raw: VimFault, { method, redact }: Asked): VimFault {
  const type = /^[A-Za-z][\w.-]{0,99}$/.test(raw.type) ? redact(raw.type) : 'unknown fault';
  return isSecret(method)
    ? { type, text: '' }
    : { type, text: redact(raw.text), object: raw.object === undefined ? undefined : redact(raw.object) };
}

/** The error for a fault that a call was answered with. */
export function faultError(raw: VimFault, asked: Asked): ReadError {
  const { host, method, known } = asked;
  const fault = tellable(raw, asked);
  const said = [fault.text.replace(/\.$/, ''), ADVICE[fault.type] ?? ''].filter((text) => text !== '').join('; ');
  if (method === 'QueryEvents' && fault.type === 'InvalidState') {
    const full = `${said === '' ? '' : `${said}; `}others may hold all the event collectors that the server's option event.maxCollectors allows`;
    return new VimFaultError('transient', fault.type, `${host}: ${method}: ${fault.type}: ${full}`);
  }
  const what = `${host}: ${method}: ${fault.type}: ${said === '' ? 'the server gives no reason, but its vpxd.log may' : said}`;
  const advice = loginAdvice(method);
  if (advice !== undefined && LOGIN_FAULTS.has(fault.type)) {
    return new LoginError(`${host} refused the log-in (${fault.type}): ${advice}`);
  }
  if (method === 'QueryEvents' && !known && UNSUPPORTED_FAULTS.has(fault.type)) {
    return new UnsupportedServerError(
      `${what}: an ESXi host keeps no customization events; give the vCenter that manages it`,
    );
  }
  const kind = KINDS[fault.type] ?? 'transient';
  // A server that has done what was asked before can do it, and a token was its own: something that restarts says otherwise.
  const passes = kind === 'fatal' && (known || method === 'ContinueRetrievePropertiesEx');
  return new VimFaultError(passes ? 'transient' : kind, fault.type, what, fault.object);
}

/** Whether the server says that an object is not there, or not for this account. */
export function isRefusal(error: unknown): error is VimFaultError {
  return error instanceof VimFaultError && (error.kind === 'noPermission' || error.kind === 'notFound');
}

/** What to do where a log-in is refused; undefined for any other call. */
export function loginAdvice(method: string): string | undefined {
  return LOGIN_ADVICE[method];
}
