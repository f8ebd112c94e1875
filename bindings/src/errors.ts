/**
 * The errors of the package. Each has a `code` that stays the same from release to release, and a `name` written out as
 * text, so that both survive minification.
 */
import type { ReadFailureKind, Report } from './types.js';

// Not `ErrorOptions`: declarations for programs of before ES2022 would not know it.
interface Cause {
  readonly cause?: unknown;
}

/** What all errors of the package (but those of `init`) have in common. */
export class VmCustomizationError extends Error {
  override readonly name: string = 'VmCustomizationError';
  /** Stable, for programs. */
  readonly code: string;

  constructor(code: string, message: string, options?: Cause) {
    super(message, options);
    this.code = code;
  }
}

/** A {@link Monitor} or a {@link Playback} was used after `dispose()`. */
export class DisposedError extends VmCustomizationError {
  override readonly name = 'DisposedError';

  constructor(what = 'monitor') {
    super('disposed', `the ${what} has been disposed: create a new one, or dispose of it later`);
  }
}

/** An option, or the list of VMs, cannot be used. */
export class OptionsError extends VmCustomizationError {
  override readonly name = 'OptionsError';
}

/** A snapshot cannot be restored: it is damaged, or of a version that this release does not know. */
export class SnapshotError extends VmCustomizationError {
  override readonly name = 'SnapshotError';
}

/** A document of events, or a recording, cannot be understood. The monitor it was meant for is as it was before. */
export class WireError extends VmCustomizationError {
  override readonly name = 'WireError';
  /** The failed read that an answer like this is: a fault that is known by its type has a kind of its own. */
  readonly kind: ReadFailureKind;

  constructor(code: string, message: string, options: Cause & { readonly kind?: ReadFailureKind | undefined } = {}) {
    super(code, message, options);
    this.kind = options.kind ?? 'transient';
  }
}

/** A bug in this package: the core has stopped. That monitor is dead; others live on. */
export class InternalError extends VmCustomizationError {
  override readonly name = 'InternalError';

  constructor(message: string, options?: Cause) {
    super('internal', message, options);
  }
}

/** The caller's signal ended the wait. `cause` is the signal's reason; `report` has a row for every VM. */
export class CancelledError extends VmCustomizationError {
  // What DOM and Node call it, so that code which handles aborts handles this one too.
  override readonly name = 'AbortError';
  /** What was known when the wait ended. */
  readonly report: Report;

  constructor(report: Report, reason: unknown) {
    super('cancelled', 'the wait for customization was cancelled', { cause: reason });
    this.report = report;
  }
}

/** `detach()` let go of the wait: it has no end here, and may go on from the snapshot that `detach()` answered. */
export class DetachedError extends VmCustomizationError {
  override readonly name = 'DetachedError';

  constructor() {
    super('detached', 'the wait for customization was let go by detach(): go on with resumeCustomization');
  }
}

/** Thrown by an {@link EventSource} to say what kind of failure a read or a log-in met. */
export class ReadError extends VmCustomizationError {
  override readonly name: string = 'ReadError';
  /** What the machine makes of it. */
  readonly kind: ReadFailureKind;

  constructor(kind: ReadFailureKind, message: string, options?: Cause & { code?: string }) {
    super(options?.code ?? 'readFailed', message, options);
    this.kind = kind;
  }
}

/**
 * Thrown by an {@link EventSource}'s `pushEvents` when it cannot push, now or later: the wait goes on with reads alone.
 */
export class PushUnavailableError extends ReadError {
  static readonly code = 'pushUnavailable';
  override readonly name = 'PushUnavailableError';

  constructor(message: string, options?: Cause) {
    super('fatal', message, { ...options, code: PushUnavailableError.code });
  }
}

/** The server answered a call with a vSphere fault. */
export class VimFaultError extends ReadError {
  override readonly name = 'VimFaultError';
  /** The type of the fault, such as `NotAuthenticated`; `faultstring` is often empty and is never decided by. */
  readonly fault: string;
  /** The object that a `ManagedObjectNotFound` is about, where the server names it. */
  readonly object: string | undefined;

  constructor(kind: ReadFailureKind, fault: string, message: string, object?: string) {
    super(kind, message, { code: 'vimFault' });
    this.fault = fault;
    this.object = object;
  }
}

/** The server could not be reached, or did not answer as a vCenter does. */
export class ConnectionError extends ReadError {
  override readonly name: string = 'ConnectionError';
  /** Whether the server may have done what it was asked: the request may have got there. */
  readonly mayBeDone: boolean;

  constructor(message: string, options?: Cause & { code?: string; kind?: ReadFailureKind; mayBeDone?: boolean }) {
    super(options?.kind ?? 'transient', message, { ...options, code: options?.code ?? 'connection' });
    this.mayBeDone = options?.mayBeDone ?? true;
  }
}

/** The server's certificate is not the one asked for, or not trusted. Nothing was sent over that connection. */
export class CertificateError extends ConnectionError {
  override readonly name = 'CertificateError';
  /** SHA-256 of the certificate that was presented, `AA:BB:…`. */
  readonly thumbprint: string;

  constructor(message: string, thumbprint: string, kind: ReadFailureKind = 'fatal') {
    super(message, { code: 'certificate', kind, mayBeDone: false });
    this.thumbprint = thumbprint;
  }
}

/** The server refused the user name or the password. */
export class LoginError extends ReadError {
  override readonly name = 'LoginError';

  constructor(message: string, options?: Cause) {
    super('fatal', message, { ...options, code: 'login' });
  }
}

/** The server cannot tell of customization, such as a stand-alone ESXi host. */
export class UnsupportedServerError extends ReadError {
  override readonly name = 'UnsupportedServerError';

  constructor(message: string, options?: Cause) {
    super('fatal', message, { ...options, code: 'unsupportedServer' });
  }
}

/** What is wrong with one of the VMs asked for. */
export interface LookupProblem {
  /** As it was asked for. */
  readonly input: string;
  readonly kind: 'notFound' | 'ambiguous' | 'template';
  /** For people. */
  readonly message: string;
}

/** Some of the VMs asked for could not be told. `problems` has an entry for each. */
export class LookupError extends VmCustomizationError {
  override readonly name = 'LookupError';
  readonly problems: readonly LookupProblem[];

  constructor(problems: readonly LookupProblem[]) {
    super('lookup', problems.map((problem) => problem.message).join('\n'));
    this.problems = problems;
  }
}

/** The core is used before it is there; the message names the call that is missing. */
export class NotInitializedError extends Error {
  override readonly name = 'NotInitializedError';
  /** Stable, for programs. */
  readonly code = 'notInitialized';
}

/** The core could not be loaded; `cause` says why. `init` may be called again. */
export class InitError extends Error {
  override readonly name = 'InitError';
  /** Stable, for programs. */
  readonly code = 'initFailed';
}
