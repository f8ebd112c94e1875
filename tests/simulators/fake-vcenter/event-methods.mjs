/** What the EventManager and its collectors answer. */
import { eventData } from './events.mjs';
import { Fault, noPermission, notFound } from './fault.mjs';

function checkEntity({ inventory, sessions }, filter) {
  const of = filter.entity?.entity;
  if (of && !inventory.get(of)) throw notFound(of);
  if (of && sessions.denied.has(of.value)) throw noPermission(of);
}

export const eventMethods = {
  QueryEvents: (server, { arguments: { filter } }) => {
    const { events, eventCollectors, sessions } = server;
    if (server.esx) throw new Fault('NotImplemented', 'The operation is not supported on the object.');
    if (server.queriesNeedSlot) eventCollectors.checkSlot();
    checkEntity(server, filter);
    return events.query(filter, (vm) => !sessions.denied.has(vm)).map((event) => eventData(event, filter));
  },

  CreateCollectorForEvents: (server, { session, arguments: { filter } }) => {
    const { eventCollectors, sessions } = server;
    if (!server.collectors) throw new Fault('NotSupported', 'The operation is not supported on the object.');
    checkEntity(server, filter);
    return eventCollectors.create(session, filter, (vm) => !sessions.denied.has(vm)).ref;
  },

  ReadNextEvents: (_, { object, arguments: { maxCount } }) => object.readNext(maxCount),
  ReadPreviousEvents: (_, { object, arguments: { maxCount } }) => object.readPrevious(maxCount),
  SetCollectorPageSize: (_, { object, arguments: { maxCount } }) => object.setPageSize(maxCount),
  ResetCollector: (_, { object }) => object.reset(),
  RewindCollector: (_, { object }) => object.rewind(),
  DestroyCollector: (_, { session, object }) => object.destroy(session),
};
