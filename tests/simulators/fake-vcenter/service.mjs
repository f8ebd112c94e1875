/** The objects that are there but once. */
import { eventData } from './events.mjs';
import { UpdateCollector } from './updates.mjs';
import { Data } from './values.mjs';

/** Their ids, as on a real vCenter and a real host. */
function ids(esx) {
  return {
    ServiceInstance: 'ServiceInstance',
    SessionManager: esx ? 'ha-sessionmgr' : 'SessionManager',
    EventManager: esx ? 'ha-eventmgr' : 'EventManager',
    PropertyCollector: esx ? 'ha-property-collector' : 'propertyCollector',
    ViewManager: 'ViewManager',
    SearchIndex: esx ? 'ha-searchindex' : 'SearchIndex',
  };
}

/** Finds these objects, and through them all others, for one server. */
export class Service {
  #state;
  #ids;
  #objects;

  constructor(state, about) {
    this.#state = state;
    this.#ids = ids(state.esx);
    const ref = (type) => ({ type, value: this.#ids[type] });
    const content = new Data('ServiceContent', {
      rootFolder: state.inventory.root.ref,
      propertyCollector: ref('PropertyCollector'),
      viewManager: ref('ViewManager'),
      about: new Data('AboutInfo', about),
      sessionManager: ref('SessionManager'),
      eventManager: ref('EventManager'),
      searchIndex: ref('SearchIndex'),
    });
    const latestEvent = () => {
      const latest = state.events.latest();
      return latest && eventData(latest);
    };
    this.#objects = {
      ServiceInstance: { content, clock: state.now },
      SessionManager: { sessions: state.sessions },
      EventManager: { maxCollectors: state.eventCollectors.max, latestEvent },
      ViewManager: {},
      SearchIndex: {},
    };
    for (const [type, object] of Object.entries(this.#objects)) object.ref = ref(type);
  }

  isSingleton(ref) {
    return this.#ids[ref.type] === ref.value;
  }

  /** Any object, as a session sees it; without a session those that are there but once. */
  find(session, ref) {
    if (this.isSingleton(ref)) {
      return ref.type === 'PropertyCollector' ? this.#defaultCollector(session, ref) : this.#objects[ref.type];
    }
    if (!session) return undefined;
    const own = session.objects.get(ref.value);
    return own?.ref?.type === ref.type ? own : this.#state.inventory.get(ref);
  }

  /** Each session has a PropertyCollector of its own behind the id that all know. */
  #defaultCollector(session, ref) {
    if (!session) return undefined;
    if (!session.objects.has(ref.value)) session.objects.set(ref.value, new UpdateCollector(ref, this.#state));
    return session.objects.get(ref.value);
  }
}
