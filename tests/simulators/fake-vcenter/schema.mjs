/** What the API's methods take and answer, and the versions that brought them. */

/**
 * One field: `name!` is required, `name[]` may repeat, `name[]!` comes at
 * least once; then its type, then the version that brought it.
 */
export const types = {
  RetrieveOptions: [['maxObjects', 'int']],
  WaitOptions: [
    ['maxWaitSeconds', 'int'],
    ['maxObjectUpdates', 'int'],
  ],
  PropertyFilterSpec: [
    ['propSet[]!', 'PropertySpec'],
    ['objectSet[]!', 'ObjectSpec'],
    ['reportMissingObjectsInResults', 'boolean', '4.1'],
  ],
  PropertySpec: [
    ['type!', 'string'],
    ['all', 'boolean'],
    ['pathSet[]', 'string'],
  ],
  ObjectSpec: [
    ['obj!', 'reference'],
    ['skip', 'boolean'],
    ['selectSet[]', 'SelectionSpec'],
  ],
  SelectionSpec: [['name', 'string']],
  TraversalSpec: [
    ['name', 'string'],
    ['type!', 'string'],
    ['path!', 'string'],
    ['skip', 'boolean'],
    ['selectSet[]', 'SelectionSpec'],
  ],
  EventFilterSpec: [
    ['entity', 'EventFilterSpecByEntity'],
    ['time', 'EventFilterSpecByTime'],
    ['userName', 'EventFilterSpecByUsername'],
    ['eventChainId', 'int'],
    ['alarm', 'reference'],
    ['scheduledTask', 'reference'],
    ['disableFullMessage', 'boolean'],
    ['category[]', 'string'],
    ['type[]', 'string'],
    ['tag[]', 'string', '4.0'],
    ['eventTypeId[]', 'string', '4.0'],
    ['maxCount', 'int', '6.5'],
    ['delayedInit', 'boolean', '8.0.3'],
  ],
  EventFilterSpecByEntity: [
    ['entity!', 'reference'],
    ['recursion!', 'recursion'],
  ],
  EventFilterSpecByTime: [
    ['beginTime', 'dateTime'],
    ['endTime', 'dateTime'],
  ],
  EventFilterSpecByUsername: [
    ['systemUser!', 'boolean'],
    ['userList[]', 'string'],
  ],
};

/** The types that may stand for another. */
const subtypes = { SelectionSpec: ['TraversalSpec'] };

/** Whether a value of the type named may stand where another is asked for. */
export function fits(named, type) {
  return named === type || (subtypes[type] ?? []).includes(named);
}

const locale = ['locale', 'string'];
const maxCount = ['maxCount!', 'int'];
const propertySpecs = ['specSet[]!', 'PropertyFilterSpec'];

/**
 * By method: the kind of object it is called on, its parameters, what it
 * answers (nothing; one value; a `list`; or `maybe` a value), and the version
 * that brought it.
 */
export const methods = {
  RetrieveServiceContent: { on: 'ServiceInstance', parameters: [], answers: 'one' },
  CurrentTime: { on: 'ServiceInstance', parameters: [], answers: 'one' },

  Login: {
    on: 'SessionManager',
    parameters: [['userName!', 'string'], ['password!', 'string'], locale],
    answers: 'one',
  },
  LoginByToken: { on: 'SessionManager', since: '5.1', parameters: [locale], answers: 'one' },
  AcquireCloneTicket: { on: 'SessionManager', parameters: [], answers: 'one' },
  CloneSession: { on: 'SessionManager', parameters: [['cloneTicket!', 'string']], answers: 'one' },
  TerminateSession: { on: 'SessionManager', parameters: [['sessionId[]!', 'string']] },
  SessionIsActive: {
    on: 'SessionManager',
    parameters: [
      ['sessionID!', 'string'],
      ['userName!', 'string'],
    ],
    answers: 'one',
  },
  Logout: { on: 'SessionManager', parameters: [] },

  CreateContainerView: {
    on: 'ViewManager',
    parameters: [
      ['container!', 'reference'],
      ['type[]', 'string'],
      ['recursive!', 'boolean'],
    ],
    answers: 'one',
  },
  DestroyView: { on: 'ContainerView', parameters: [] },
  FindByInventoryPath: { on: 'SearchIndex', parameters: [['inventoryPath!', 'string']], answers: 'maybe' },

  RetrieveProperties: { on: 'PropertyCollector', parameters: [propertySpecs], answers: 'list' },
  RetrievePropertiesEx: {
    on: 'PropertyCollector',
    since: '4.1',
    parameters: [propertySpecs, ['options!', 'RetrieveOptions']],
    answers: 'maybe',
  },
  ContinueRetrievePropertiesEx: {
    on: 'PropertyCollector',
    since: '4.1',
    parameters: [['token!', 'string']],
    answers: 'one',
  },
  CancelRetrievePropertiesEx: { on: 'PropertyCollector', since: '4.1', parameters: [['token!', 'string']] },
  CreatePropertyCollector: { on: 'PropertyCollector', since: '4.1', parameters: [], answers: 'one' },
  DestroyPropertyCollector: { on: 'PropertyCollector', since: '4.1', parameters: [] },
  CreateFilter: {
    on: 'PropertyCollector',
    parameters: [
      ['spec!', 'PropertyFilterSpec'],
      ['partialUpdates!', 'boolean'],
    ],
    answers: 'one',
  },
  DestroyPropertyFilter: { on: 'PropertyFilter', parameters: [] },
  WaitForUpdatesEx: {
    on: 'PropertyCollector',
    since: '4.1',
    parameters: [
      ['version', 'string'],
      ['options', 'WaitOptions'],
    ],
    answers: 'maybe',
  },
  CancelWaitForUpdates: { on: 'PropertyCollector', parameters: [] },

  QueryEvents: { on: 'EventManager', parameters: [['filter!', 'EventFilterSpec']], answers: 'list' },
  CreateCollectorForEvents: { on: 'EventManager', parameters: [['filter!', 'EventFilterSpec']], answers: 'one' },
  ReadNextEvents: { on: 'EventHistoryCollector', parameters: [maxCount], answers: 'list' },
  ReadPreviousEvents: { on: 'EventHistoryCollector', parameters: [maxCount], answers: 'list' },
  SetCollectorPageSize: { on: 'EventHistoryCollector', parameters: [maxCount] },
  ResetCollector: { on: 'EventHistoryCollector', parameters: [] },
  RewindCollector: { on: 'EventHistoryCollector', parameters: [] },
  DestroyCollector: { on: 'EventHistoryCollector', parameters: [] },
};

/** A method as a version of the API knows it; undefined when it does not. */
export function methodOf(name, version) {
  const known = Object.hasOwn(methods, name) ? methods[name] : undefined;
  return known && reaches(version, known.since) ? known : undefined;
}

/** Whether an API version has what came with another. */
export function reaches(version, since) {
  if (since === undefined) return true;
  const a = version.split('.').map(Number);
  const b = since.split('.').map(Number);
  for (let i = 0; i < b.length; i += 1) {
    if ((a[i] ?? 0) !== b[i]) return (a[i] ?? 0) > b[i];
  }
  return true;
}
