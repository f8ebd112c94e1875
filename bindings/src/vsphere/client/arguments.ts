/** The arguments of the calls, in the order of the schema. */
import type { Arguments, DataObject } from '../api/codec.js';
import type { EventFilter, MoRef, PropertyQuery, PropertySet, WaitOptions, WatchedProperties } from '../api/types.js';

/** Of `QueryEvents` and `CreateCollectorForEvents`. */
export function eventFilter({ entity, beginTime, endTime, types, maxCount }: EventFilter): Arguments {
  const hasTime = beginTime !== undefined || endTime !== undefined;
  return {
    filter: {
      _typeName: 'EventFilterSpec',
      entity: entity && { _typeName: 'EventFilterSpecByEntity', entity: entity.ref, recursion: entity.recursion },
      time: hasTime ? { _typeName: 'EventFilterSpecByTime', beginTime, endTime } : undefined,
      disableFullMessage: false,
      eventTypeId: types,
      maxCount,
    },
  };
}

/** Of `CreateFilter`: changes are to be told as whole properties. */
export function propertyFilter({ ref, paths }: WatchedProperties): Arguments {
  return { spec: filterSpec([{ type: ref.type, paths }], [objectSpec(ref)]), partialUpdates: false };
}

/** Of `WaitForUpdatesEx`. */
export function waitOptions(version: string, { maxWaitSeconds }: WaitOptions): Arguments {
  return { version, options: { _typeName: 'WaitOptions', maxWaitSeconds } };
}

/** Of `RetrievePropertiesEx`. */
export function propertyQuery({ sets, objects, maxObjects }: PropertyQuery): Arguments {
  return {
    specSet: [filterSpec(sets, 'view' in objects ? [viewSpec(objects.view)] : objects.map(objectSpec))],
    options: { _typeName: 'RetrieveOptions', maxObjects },
  };
}

function filterSpec(sets: readonly PropertySet[], objectSet: readonly DataObject[]): DataObject {
  const propSet = sets.map(({ type, paths }) => ({ _typeName: 'PropertySpec', type, all: false, pathSet: paths }));
  return { _typeName: 'PropertyFilterSpec', propSet, objectSet };
}

function objectSpec(obj: MoRef): DataObject {
  return { _typeName: 'ObjectSpec', obj, skip: false };
}

function viewSpec(obj: MoRef): DataObject {
  const traversal = { _typeName: 'TraversalSpec', type: 'ContainerView', path: 'view', skip: false };
  return { _typeName: 'ObjectSpec', obj, skip: true, selectSet: [traversal] };
}
