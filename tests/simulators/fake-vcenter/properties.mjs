/** The properties of the simulated objects. */
import { invalidProperty } from './fault.mjs';
import { reaches } from './schema.mjs';
import { Any, Data } from './values.mjs';

/** Paths that may be asked for but are unset on an object are left out of an answer, as vCenter does. */
const UNSET = undefined;

const references = (list) => new Any('ArrayOfManagedObjectReference', list);
const strings = (list) => new Any('ArrayOfString', list);
const enumeration = (type, value) => new Any(type, value);

const entity = {
  name: (o) => o.name,
  parent: (o) => o.parent?.ref ?? UNSET,
  configStatus: () => enumeration('ManagedEntityStatus', 'green'),
};

/** By kind of object and path: what reads it. */
const properties = {
  ServiceInstance: {
    content: (o) => o.content,
    serverClock: (o) => o.clock(),
  },
  SessionManager: {
    currentSession: (_, session) => (session ? sessionData(session) : UNSET),
    sessionList: (o) => new Any('ArrayOfUserSession', o.sessions.list().map(sessionData)),
    defaultLocale: () => 'en',
  },
  EventManager: {
    maxCollector: (o) => o.maxCollectors,
    latestEvent: (o) => o.latestEvent(),
  },
  EventHistoryCollector: {
    latestPage: (o) => new Any('ArrayOfEvent', o.latestPage()),
    initialized: (o) => o.initialized,
  },
  PropertyCollector: { filter: (o) => references([...o.filters.values()].map(({ ref }) => ref)) },
  Folder: {
    ...entity,
    childType: (o) => strings(o.childType),
    childEntity: (o) => references(o.children.map((child) => child.ref)),
  },
  Datacenter: {
    ...entity,
    vmFolder: (o) => o.children.find((child) => child.name === 'vm').ref,
    hostFolder: (o) => o.children.find((child) => child.name === 'host').ref,
  },
  ComputeResource: { ...entity, host: (o) => references(o.children.map((child) => child.ref)) },
  HostSystem: { ...entity },
  VirtualMachine: {
    ...entity,
    parentVApp: () => UNSET,
    'config.name': (o) => o.name,
    'config.template': () => false,
    'config.uuid': (o) => o.uuid,
    'config.instanceUuid': (o) => o.instanceUuid,
    'config.tools.pendingCustomization': (o) => (o.pending === undefined ? UNSET : '/var/run/vmware-imc/imcf'),
    'runtime.host': (o) => o.host.ref,
    'runtime.bootTime': (o) => o.bootTime ?? UNSET,
    'runtime.powerState': (o) => enumeration('VirtualMachinePowerState', o.poweredOn ? 'poweredOn' : 'poweredOff'),
    'summary.config.name': (o) => o.name,
    'guest.customizationInfo': (o) => o.customizationInfo ?? UNSET,
    'guest.toolsRunningStatus': (o) =>
      o.toolsRunningStatus === undefined
        ? o.poweredOn
          ? 'guestToolsRunning'
          : 'guestToolsNotRunning'
        : (o.toolsRunningStatus ?? UNSET),
    'guest.guestOperationsReady': (o) =>
      o.guestOperationsReady === undefined ? o.poweredOn : (o.guestOperationsReady ?? UNSET),
  },
  ContainerView: {
    view: (o, session) => references(session.visible(o.members()).map((member) => member.ref)),
    container: (o) => o.container,
    type: (o) => strings(o.types),
    recursive: (o) => o.recursive,
  },
};

/** The versions that brought a property. */
const since = {
  VirtualMachine: { 'guest.customizationInfo': '7.0.2.0' },
  EventHistoryCollector: { initialized: '8.0.3.0' },
};

const managedEntities = ['Folder', 'Datacenter', 'ComputeResource', 'HostSystem', 'VirtualMachine'];

/** Whether an object is of the kind a PropertySpec or a TraversalSpec names. */
export function isKind(object, type) {
  const { type: kind } = object.ref;
  if (type === 'ManagedEntity') return managedEntities.includes(kind);
  return kind === type || (type === 'HistoryCollector' && kind === 'EventHistoryCollector');
}

/** Whether a property takes System.Read; what it takes to find an object is had with System.View. */
export function needsRead(path) {
  return path !== 'name' && path !== 'parent';
}

/** The paths that PropertySpec.all stands for. */
export function allPaths(object, version) {
  return Object.keys(properties[object.ref.type] ?? {}).filter((path) => isKnown(object.ref.type, path, version));
}

/** One property's value; undefined when it is unset. */
export function readProperty(object, path, { session, version, lacking }) {
  if (!isKnown(object.ref.type, path, version) || lacking?.has(path)) throw invalidProperty(path);
  return properties[object.ref.type][path](object, session);
}

function isKnown(kind, path, version) {
  return Object.hasOwn(properties[kind] ?? {}, path) && reaches(version, since[kind]?.[path]);
}

/** A session as the SessionManager tells it: not with what proves it. */
export function sessionData(session) {
  return new Data('UserSession', {
    key: session.key,
    userName: session.userName,
    fullName: session.userName,
    loginTime: session.loginTime,
    lastActiveTime: session.lastActiveTime,
    locale: session.locale,
    messageLocale: session.locale,
    extensionSession: false,
    ipAddress: '127.0.0.1',
    userAgent: session.userAgent,
    callCount: session.callCount,
  });
}
