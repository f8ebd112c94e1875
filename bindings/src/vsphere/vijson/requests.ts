/** The arguments of the calls, as VI JSON. */
import type { EventFilter, MoRef, PropertyQuery, PropertySet, WaitOptions, WatchedProperties } from '../api/vim-api.js';
import type { JsonObject } from './json.js';

/** A managed object reference. */
export function reference({ type, value }: MoRef): JsonObject {
  return { _typeName: 'ManagedObjectReference', type, value };
}

/** The parameter of `QueryEvents` and `CreateCollectorForEvents`. */
export function eventFilter({ entity, beginTime, endTime, types, maxCount }: EventFilter): JsonObject {
  const ofEntity = entity && {
    entity: { _typeName: 'EventFilterSpecByEntity', entity: reference(entity.ref), recursion: entity.recursion },
  };
  const time = {
    ...(beginTime === undefined ? {} : { beginTime }),
    ...(endTime === undefined ? {} : { endTime }),
  };
  return {
    filter: {
      _typeName: 'EventFilterSpec',
      ...ofEntity,
      ...(Object.keys(time).length === 0 ? {} : { time: { _typeName: 'EventFilterSpecByTime', ...time } }),
      disableFullMessage: false,
      eventTypeId: types,
      ...(maxCount === undefined ? {} : { maxCount }),
    },
  };
}

/** The parameters of `CreateFilter`: changes are to be told as whole properties. */
export function propertyFilter({ ref, paths }: WatchedProperties): JsonObject {
  const spec = {
    _typeName: 'PropertyFilterSpec',
    propSet: [propertySet({ type: ref.type, paths })],
    objectSet: [objectSpec(ref)],
  };
  return { spec, partialUpdates: false };
}

/** The parameters of `WaitForUpdatesEx`. */
export function waitArguments(version: string, { maxWaitSeconds, maxObjectUpdates }: WaitOptions): JsonObject {
  const limits = { maxWaitSeconds, ...(maxObjectUpdates === undefined ? {} : { maxObjectUpdates }) };
  return { version, options: { _typeName: 'WaitOptions', ...limits } };
}

/** The parameters of `RetrievePropertiesEx`. */
export function propertyArguments({ sets, objects, maxObjects }: PropertyQuery): JsonObject {
  const spec = {
    _typeName: 'PropertyFilterSpec',
    propSet: sets.map(propertySet),
    objectSet: 'view' in objects ? [viewSpec(objects.view)] : objects.map(objectSpec),
  };
  return { specSet: [spec], options: { _typeName: 'RetrieveOptions', maxObjects } };
}

function propertySet({ type, paths }: PropertySet): JsonObject {
  return { _typeName: 'PropertySpec', type, all: false, pathSet: paths };
}

function objectSpec(ref: MoRef): JsonObject {
  return { _typeName: 'ObjectSpec', obj: reference(ref), skip: false };
}

function viewSpec(view: MoRef): JsonObject {
  const traversal = { _typeName: 'TraversalSpec', type: 'ContainerView', path: 'view', skip: false };
  return { _typeName: 'ObjectSpec', obj: reference(view), skip: true, selectSet: [traversal] };
}
