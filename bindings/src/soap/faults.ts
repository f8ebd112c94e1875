/** What a vSphere fault means. Decided by its type: the text is often empty, and is in the language of the session. */
import { LoginError, type ReadError, UnsupportedServerError, VimFaultError } from '../errors.js';
import type { ReadFailureKind } from '../types.js';
import { child, childText, type SoapNode } from './tree.js';

/** A fault as it came. */
export interface VimFault {
  /** The type of the detail, such as `NotAuthenticated`; `faultcode` where there is no detail. */
  readonly type: string;
  /** `faultstring`; may be empty. */
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

const ADVICE: Readonly<Record<string, string>> = {
  NotAuthenticated: 'the session has ended',
  NoPermission: 'the account needs the privilege System.View on the VMs or on a parent',
  ManagedObjectNotFound: 'the object does not exist (any more)',
};

/** Faults with which `Login` says that who asks may not come in. */
const LOGIN_FAULTS: ReadonlySet<string> = new Set([
  'InvalidLogin',
  'NoPermission',
  'PasswordExpired',
  'NotAuthenticated',
]);

/** Faults with which a server says that it has no such method. */
const UNSUPPORTED_FAULTS: ReadonlySet<string> = new Set(['NotImplemented', 'NotSupported', 'MethodNotFound']);

/** The fault in an answer; undefined when it holds none. */
export function faultIn(envelope: SoapNode): VimFault | undefined {
  const fault = child(child(envelope, 'Body'), 'Fault');
  if (fault === undefined) {
    return undefined;
  }
  const detail = child(fault, 'detail')?.children?.[0];
  const object = childText(detail, 'obj') || undefined;
  const named = detail === undefined ? undefined : (detail.type ?? detail.name.replace(/Fault$/, ''));
  return {
    type: named ?? childText(fault, 'faultcode')?.replace(/^.*:/, '') ?? 'unknown fault',
    text: (childText(fault, 'faultstring') ?? '').trim(),
    object,
  };
}

/**
 * The error for a fault.
 *
 * @param host - the server, for the message
 * @param method - the call that was answered so
 */
export function faultError(fault: VimFault, host: string, method: string): ReadError {
  const said = [fault.text.replace(/\.$/, ''), ADVICE[fault.type] ?? ''].filter((text) => text !== '').join('; ');
  const what = `${host}: ${method}: ${fault.type}${said === '' ? '' : `: ${said}`}`;
  if (method === 'Login' && LOGIN_FAULTS.has(fault.type)) {
    return new LoginError(`${host} refused the log-in (${fault.type}): check the user name and the password`);
  }
  if (method === 'QueryEvents' && UNSUPPORTED_FAULTS.has(fault.type)) {
    return new UnsupportedServerError(
      `${what}: an ESXi host keeps no customization events; give the vCenter that manages it`,
    );
  }
  return new VimFaultError(KINDS[fault.type] ?? 'transient', fault.type, what, fault.object);
}
