/** What the calls of the vSphere API take and answer, whatever the wire. */
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

/**
 * A value in an answer. SOAP does not say what an element without elements is, so that simple values are text over both
 * wires.
 */
export interface Value {
  /** The type of an object, where the wire names it. */
  readonly type: string | undefined;
  /** Of a simple value: text, a number, a truth value (`true`, `false`), a time. */
  readonly text: string | undefined;
  /** Of a reference. */
  readonly ref: MoRef | undefined;
  /** Of an object: its own simple members. */
  readonly fields: Readonly<Record<string, string>> | undefined;
  /** The member of that name, the first of several. */
  get(name: string): Value | undefined;
  /** All members of that name. */
  list(name: string): readonly Value[];
}

/** One object with the properties that the account may read. */
export interface ManagedObject {
  readonly ref: MoRef;
  readonly properties: ReadonlyMap<string, Value>;
  /** The types of the faults that kept properties from being read. */
  readonly missing: readonly string[];
}

/** One page of objects. */
export interface PropertyPage {
  readonly objects: readonly ManagedObject[];
  /** For `continueRetrieveProperties`; undefined on the last page. */
  readonly token: string | undefined;
}
