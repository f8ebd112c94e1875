/**
 * The calls of the vSphere API that waiting needs, whatever the wire. `soap/client.ts` and `vijson/client.ts` speak it;
 * nothing else knows how a request looks.
 */
import type { VimFaultError } from '../../errors.js';

/** A managed object reference. */
export interface MoRef {
  readonly type: string;
  readonly value: string;
}

/** The wires a vCenter may be spoken to over. */
export type Wire = 'soap' | 'vi-json';

/** What the server says of itself. */
export interface ServiceContent {
  /** Such as `VMware vCenter Server 8.0.3 build-…`. */
  readonly fullName: string;
  /** `VirtualCenter` or `HostAgent`. */
  readonly apiType: string;
  readonly apiVersion: string;
  readonly instanceUuid: string | undefined;
  readonly rootFolder: MoRef;
  readonly propertyCollector: MoRef;
  readonly viewManager: MoRef;
  readonly sessionManager: MoRef;
  readonly eventManager: MoRef;
}

/** How one call is made. */
export interface CallContext {
  /** Ends the call at once; the promise rejects with its reason. */
  readonly signal: AbortSignal;
  /** Milliseconds that the call may take. Default 30,000. */
  readonly timeoutMs?: number;
  /** Its request is not sent again, not even when the connection was dead already. */
  readonly once?: boolean;
}

/** Who logs in by name. */
export interface Credentials {
  readonly user: string;
  readonly password: string;
}

/** A session that someone else has opened; its owner closes it. Which wire it is for follows from its form. */
export type ExistingSession =
  /** The value of the cookie `vmware_soap_session`, its quotes included where it has some. For SOAP. */
  | { readonly cookie: string }
  /** The value of the header `vmware-api-session-id`. For VI JSON. */
  | { readonly apiSessionId: string };

/** Which events. */
export interface EventFilter {
  /** The events of this object, or of everything below it; of all that the account may see where it is left out. */
  readonly entity?: { readonly ref: MoRef; readonly recursion: 'self' | 'children' | 'all' };
  /** Server time as RFC 3339 text; inclusive, as the other bound. */
  readonly beginTime?: string;
  readonly endTime?: string;
  /** Concrete event types, without prefix. */
  readonly types: readonly string[];
  /** The most events of one answer, or on the `latestPage` of a collector. Left out for servers before 6.5. */
  readonly maxCount?: number;
}

/** What of which object a property filter watches. */
export interface WatchedProperties {
  readonly ref: MoRef;
  readonly paths: readonly string[];
}

/** How long a wait for updates lasts, and how much it answers. */
export interface WaitOptions {
  /** The server answers after so many seconds even when nothing happens. */
  readonly maxWaitSeconds: number;
  /** The most objects in one answer. */
  readonly maxObjectUpdates?: number;
}

/** What a wait for updates has brought. */
export interface Updates {
  /** To be passed to the next wait. */
  readonly version: string;
  /** There is more, to be had at once with the next wait. */
  readonly truncated: boolean;
  /** The whole answer as it came: the core finds the events in it, in every object set. */
  readonly body: Uint8Array;
}

/** The properties wanted of objects of a type, subtypes included. */
export interface PropertySet {
  readonly type: string;
  readonly paths: readonly string[];
}

/** Which objects, and what of them. */
export interface PropertyQuery {
  readonly sets: readonly PropertySet[];
  /** The objects themselves, or the members of a container view. */
  readonly objects: readonly MoRef[] | { readonly view: MoRef };
  /** The most objects of one page. */
  readonly maxObjects: number;
}

/** One property. SOAP does not say what the leaves of an object are, so that they are text here for both wires. */
export interface PropertyValue {
  /** Of a simple value: text, a number, a truth value (`true`, `false`), a time. */
  readonly text?: string;
  /** Of a reference. */
  readonly ref?: MoRef;
  /** Of an object: its own simple fields. */
  readonly fields?: Readonly<Record<string, string>>;
}

/** One object with the properties that the account may read. */
export interface ManagedObject {
  readonly ref: MoRef;
  readonly properties: ReadonlyMap<string, PropertyValue>;
  /** The types of the faults that kept properties from being read. */
  readonly missing: readonly string[];
}

/** One page of objects. */
export interface PropertyPage {
  readonly objects: readonly ManagedObject[];
  /** For {@link VimApi.continueRetrieveProperties}; undefined on the last page. */
  readonly token: string | undefined;
}

/**
 * One session with one server.
 *
 * Every call rejects with the signal's reason when it is aborted, with a `ConnectionError` when there is no answer or
 * none of a vCenter, and with a {@link VimFaultError} (or one of its more telling kin) when the server answers a fault.
 * Bytes are bodies as fetched, for the core to read; an answer without events is an empty array.
 */
export interface VimApi {
  /** The server, for messages. */
  readonly host: string;
  readonly wire: Wire;

  /** What the server says of itself; asked for once. It needs no session. */
  serviceContent(context: CallContext): Promise<ServiceContent>;

  // Each of these closes the session of ours that was there, if it still can; one that was given is left as it is.
  login(credentials: Credentials, context: CallContext): Promise<void>;
  /** @param token - a SAML bearer token: the XML of its assertion */
  loginByToken(token: string, context: CallContext): Promise<void>;
  /** @param ticket - what `AcquireCloneTicket` answered; it serves once */
  cloneSession(ticket: string, context: CallContext): Promise<void>;
  /** Goes on in a session that someone else has opened. Asks the server nothing. */
  useSession(session: ExistingSession): void;
  /** Closes the session if it is ours, that of a log-in still under way included. */
  logout(context: CallContext): Promise<void>;

  /** The server's clock. */
  currentTime(context: CallContext): Promise<Date>;

  queryEvents(filter: EventFilter, context: CallContext): Promise<Uint8Array>;
  /** Answers an `EventHistoryCollector`, which lasts as long as the session: destroy it in any case. */
  createCollectorForEvents(filter: EventFilter, context: CallContext): Promise<MoRef>;
  readNextEvents(collector: MoRef, maxCount: number, context: CallContext): Promise<Uint8Array>;
  destroyCollector(collector: MoRef, context: CallContext): Promise<void>;

  /** Answers a `PropertyCollector` of our own: the session's common one would share its updates. */
  createPropertyCollector(context: CallContext): Promise<MoRef>;
  /** Answers a `PropertyFilter`, which goes with its collector. A change brings the whole property. */
  createFilter(propertyCollector: MoRef, watched: WatchedProperties, context: CallContext): Promise<MoRef>;
  /**
   * Waits for something to change.
   * @param version - of the last answer; empty at first, which answers the present state at once
   * @param context - its `timeoutMs` defaults to the wait's own time and some for the way
   * @returns undefined when the time went by without a change; the version stays as it was
   */
  waitForUpdatesEx(
    propertyCollector: MoRef,
    version: string,
    options: WaitOptions,
    context: CallContext,
  ): Promise<Updates | undefined>;
  /** Ends a wait in flight on the server; aborting alone would leave it there. */
  cancelWaitForUpdates(propertyCollector: MoRef, context: CallContext): Promise<void>;
  destroyPropertyCollector(propertyCollector: MoRef, context: CallContext): Promise<void>;

  createContainerView(container: MoRef, types: readonly string[], context: CallContext): Promise<MoRef>;
  destroyView(view: MoRef, context: CallContext): Promise<void>;

  retrieveProperties(query: PropertyQuery, context: CallContext): Promise<PropertyPage>;
  continueRetrieveProperties(token: string, context: CallContext): Promise<PropertyPage>;
}

/** What a call may take where its context does not say. */
export const REQUEST_TIMEOUT_MS = 30_000;

/** What a wait for updates may take: its own time, and what the way there and back may take. */
export function waitTimeoutMs(options: WaitOptions, context: CallContext): number {
  return context.timeoutMs ?? options.maxWaitSeconds * 1000 + REQUEST_TIMEOUT_MS;
}
