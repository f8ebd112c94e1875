/** What views, the SearchIndex and the PropertyCollector answer. */
import { randomUUID } from 'node:crypto';
import { collect, objectContent } from './collector.mjs';
import { Fault, invalidArgument, notFound } from './fault.mjs';
import { isKind } from './properties.mjs';
import { UpdateCollector } from './updates.mjs';
import { Data } from './values.mjs';

function contents(server, call) {
  return [...collect(call.arguments.specSet, server.collecting(call)).values()].map(objectContent);
}

function propertyPage(session, all, page) {
  if (all.length === 0) return undefined;
  let token;
  if (all.length > page) {
    token = randomUUID();
    session.objects.set(`token ${token}`, { rest: all.slice(page), page });
  }
  return new Data('RetrieveResult', { token, objects: all.slice(0, page) });
}

export const propertyMethods = {
  CreateContainerView: ({ inventory }, { session, arguments: { container, type, recursive } }) => {
    const root = inventory.get(container);
    if (!root) throw notFound(container);
    if (root.ref.type === 'VirtualMachine') throw invalidArgument('container');
    const ref = { type: 'ContainerView', value: `session[${session.key}]${randomUUID()}` };
    const members = () =>
      inventory
        .below(root, recursive)
        .filter((object) => type.length === 0 || type.some((kind) => isKind(object, kind)));
    session.objects.set(ref.value, { ref, container, types: type, recursive, members });
    return ref;
  },

  DestroyView: ({ changed }, { session, on }) => {
    session.objects.delete(on.value);
    changed();
  },

  FindByInventoryPath: ({ inventory, sessions }, { arguments: { inventoryPath } }) => {
    const found = inventory.at(inventoryPath);
    return found && !sessions.denied.has(found.ref.value) ? found.ref : undefined;
  },

  RetrieveProperties: contents,

  RetrievePropertiesEx: (server, call) => {
    const { maxObjects } = call.arguments.options;
    if (maxObjects !== undefined && maxObjects < 1) throw invalidArgument('maxObjects');
    const page = Math.min(maxObjects ?? Number.POSITIVE_INFINITY, server.propertyPageSize);
    return propertyPage(call.session, contents(server, call), page);
  },

  ContinueRetrievePropertiesEx: (_, { session, arguments: { token } }) => {
    const left = session.objects.get(`token ${token}`);
    if (!left) throw invalidArgument('token');
    session.objects.delete(`token ${token}`);
    return propertyPage(session, left.rest, left.page);
  },

  CancelRetrievePropertiesEx: (_, { session, arguments: { token } }) => {
    if (!session.objects.delete(`token ${token}`)) throw invalidArgument('token');
  },

  CreatePropertyCollector: (server, { session }) => {
    const ref = { type: 'PropertyCollector', value: `session[${session.key}]${randomUUID()}` };
    session.objects.set(ref.value, new UpdateCollector(ref, server));
    return ref;
  },

  DestroyPropertyCollector: (server, { session, on, object }) => {
    if (server.isSingleton(on)) {
      throw new Fault('NotSupported', 'The operation is not supported on the object.');
    }
    for (const filter of [...object.filters.values()]) object.removeFilter(filter);
    session.objects.delete(on.value);
    object.close();
  },

  CreateFilter: (server, call) => {
    const { spec, partialUpdates } = call.arguments;
    return call.object.addFilter(spec, partialUpdates, server.collecting(call)).ref;
  },

  DestroyPropertyFilter: (_, { object }) => object.collector.removeFilter(object),

  WaitForUpdatesEx: (_, { object, arguments: { version = '', options } }) => object.wait(version, options),

  CancelWaitForUpdates: (_, { object }) => object.cancel(),
};
