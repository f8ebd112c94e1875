/** The event history: what is posted, and what a filter finds. */
import { invalidArgument } from './fault.mjs';
import { formatTime, parseTime } from './time.mjs';
import { Data, Time } from './values.mjs';

const vm = 'VmEvent';
const customization = 'CustomizationEvent';
const failed = 'CustomizationFailed';

/** Base class, own fields (after the base's; `!` is required) and message, by class. */
const classes = {
  VmEvent: { base: 'Event', fields: ['template!'] },
  CustomizationEvent: { base: vm, fields: ['logLocation'] },
  CustomizationStartedEvent: { base: customization, message: 'Started customization of VM {vm}' },
  CustomizationSucceeded: { base: customization, message: 'Customization of VM {vm} succeeded' },
  CustomizationFailed: {
    base: customization,
    fields: ['reason'],
    message: 'An error occurred during customization on VM {vm}',
  },
  CustomizationLinuxIdentityFailed: { base: failed, category: 'error' },
  CustomizationNetworkSetupFailed: {
    base: failed,
    category: 'error',
    message: 'An error occurred while setting up network properties of the guest OS',
  },
  CustomizationSysprepFailed: { base: failed, category: 'error', fields: ['sysprepVersion!', 'systemVersion!'] },
  CustomizationUnknownFailure: { base: failed, category: 'error' },
  VmStartingEvent: { base: vm, message: '{vm} on host {host} in {datacenter} is starting' },
  VmUnsupportedStartingEvent: {
    base: 'VmStartingEvent',
    fields: ['guestId!'],
    message: 'Unsupported guest OS for {vm} on {host} in {datacenter}',
  },
  VmPoweredOnEvent: { base: vm, message: '{vm} on {host} in {datacenter} is powered on' },
  DrsVmPoweredOnEvent: { base: 'VmPoweredOnEvent', message: 'DRS powered On {vm} on {host} in {datacenter}' },
  VmRestartedOnAlternateHostEvent: { base: 'VmPoweredOnEvent' },
  VmStoppingEvent: { base: vm, message: '{vm} on host {host} in {datacenter} is stopping' },
  VmPoweredOffEvent: { base: vm, message: '{vm} on {host} in {datacenter} is powered off' },
  VmResettingEvent: { base: vm, message: '{vm} on {host} in {datacenter} is reset' },
  VmRemovedEvent: { base: vm, message: 'Removed {vm} on {host} from {datacenter}' },
  VmRenamedEvent: { base: vm, fields: ['oldName!', 'newName!'] },
  UserLoginSessionEvent: { base: 'Event', fields: ['ipAddress!', 'userAgent', 'locale!', 'sessionId!'] },
};

const BASE_FIELDS = ['key', 'chainId', 'createdTime', 'userName', 'fullFormattedMessage', 'changeTag'];
const DEFAULT_COUNT = 10;
const MAX_COUNT = 1000;

/** The history of one server. */
export class EventHistory {
  #events = [];
  #nextKey;

  /**
   * @param {object} options
   * @param {() => bigint} options.now the server's clock
   * @param {number} [options.firstKey] keys wrap to negative after 2147483647
   * @param {boolean} [options.matchBaseTypes] whether an eventTypeId finds subclasses
   * @param {'newestFirst'|'oldestFirst'|'shuffled'} [options.pageOrder] of all pages; by itself a query and a latest page
   *   begin with the newest event, and a page read on with the oldest
   * @param {() => void} [options.posted] called after each event
   */
  constructor({ now, firstKey = 1, matchBaseTypes = false, pageOrder, posted = () => {} }) {
    this.now = now;
    this.#nextKey = firstKey;
    this.matchBaseTypes = matchBaseTypes;
    this.pageOrder = pageOrder;
    this.posted = posted;
  }

  /** @returns the last event posted */
  latest() {
    return this.#events.at(-1);
  }

  /**
   * Posts an event. A class that is not in the table is taken for a VmEvent
   * with the fields given, in their order: tomorrow's vCenter has more classes.
   *
   * @param {string} type
   * @param {{vm?: object, chain?: object[], host?: object}} where the VM, and all it is inside of
   * @param {Record<string, any>} [fields] among them, unlike on a real server, key, createdTime and userName
   */
  post(type, { vm, chain = [], host } = {}, fields = {}) {
    if (!/^[A-Z]\w*$/.test(type)) throw new Error(`event ${JSON.stringify(type)}: is no class name`);
    const own = fieldsOf(type);
    if (own) {
      for (const name of Object.keys(fields)) {
        if (!BASE_FIELDS.includes(name) && !own.some((field) => field.replace('!', '') === name)) {
          throw new Error(`event "${type}": fields: unknown field "${name}"`);
        }
      }
    }
    const time = fields.createdTime === undefined ? this.now() : parseTime(fields.createdTime);
    if (time === undefined) throw new Error(`event "${type}": createdTime "${fields.createdTime}" is no time`);
    const key = fields.key ?? this.#nextKey;
    if (!Number.isInteger(key) || key !== (key | 0)) throw new Error(`event "${type}": key ${key} is no int32`);
    if (fields.key === undefined) this.#nextKey = (this.#nextKey + 1) | 0;
    const event = {
      type,
      key,
      chainId: fields.chainId ?? key,
      time,
      createdTime: fields.createdTime ?? formatTime(time),
      userName: fields.userName ?? '',
      message: fields.fullFormattedMessage,
      changeTag: fields.changeTag,
      vm: vm && { name: vm.name, ref: vm.ref },
      host: host && { name: host.name, ref: host.ref },
      compute: host && { name: host.parent.name, ref: host.parent.ref },
      datacenter: chain.filter((object) => object.ref.type === 'Datacenter').map(({ name, ref }) => ({ name, ref }))[0],
      inside: chain.map((object) => object.ref.value),
      // Kept as in the schema for a known class, and as given for another.
      own: own
        ? own.map((field) => [field.replace('!', ''), fields[field.replace('!', '')] ?? defaultOf(field)])
        : [['template', false], ...Object.entries(fields).filter(([name]) => !BASE_FIELDS.includes(name))],
    };
    event.message ??= messageOf(type, event);
    this.#events.push(event);
    this.posted();
    return event;
  }

  /**
   * What QueryEvents answers.
   *
   * @param {object} filter a read EventFilterSpec
   * @param {(vmId: string) => boolean} visible whether the caller may see the events of a VM
   */
  query(filter, visible) {
    checkFilter(filter);
    const found = this.#events.filter((event) => isVisible(event, visible) && this.#matches(event, filter));
    // The newest by the server's clock, and of one time the one posted last: a stable sort of the order of posting.
    const page = found
      .sort((a, b) => (a.time < b.time ? -1 : Number(a.time > b.time)))
      .slice(-pageSizeOf(filter.maxCount));
    return this.arrange(page, 'newestFirst');
  }

  /** How many events were posted: a position in the history. */
  get length() {
    return this.#events.length;
  }

  /**
   * The events from a position on, or back from it, that a filter finds, in
   * the order they were posted; what the caller may not see takes its place
   * on the page and is left out.
   *
   * @param {object} filter
   * @param {{from: number, step: 1|-1, count: number, visible: (vmId: string) => boolean}} how
   * @returns {{page: object[], position: number}}
   */
  read(filter, { from, step, count, visible }) {
    const page = [];
    let position = from;
    let left = count;
    while (left > 0 && (step > 0 ? position < this.#events.length : position > 0)) {
      const event = this.#events[step > 0 ? position : position - 1];
      position += step;
      if (!this.#matches(event, filter)) continue;
      left -= 1;
      if (isVisible(event, visible)) page.push(event);
    }
    return { page: step > 0 ? page : page.reverse(), position };
  }

  /** Brings a page, oldest first, into the order the server tells it in. */
  arrange(page, usual) {
    const order = this.pageOrder ?? usual;
    if (order === 'newestFirst') return page.toReversed();
    if (order === 'shuffled') return page.toSorted(() => Math.random() - 0.5);
    return page;
  }

  #matches(event, filter) {
    const { entity, time, userName, eventChainId, category, type, tag, eventTypeId } = filter;
    const lineage = lineageOf(event.type);
    if (entity && !touches(event, entity)) return false;
    if (time?.beginTime !== undefined && event.time < time.beginTime) return false;
    if (time?.endTime !== undefined && event.time > time.endTime) return false;
    if (userName && !(userName.systemUser ? event.userName === '' : userName.userList.includes(event.userName))) {
      return false;
    }
    if (eventChainId !== undefined && event.chainId !== eventChainId) return false;
    if (category.length > 0 && !category.includes(classes[event.type]?.category ?? 'info')) return false;
    if (tag.length > 0 && !tag.includes(event.changeTag ?? '')) return false;
    if (type.length > 0 && !type.some((name) => lineage.includes(name))) return false;
    if (eventTypeId.length > 0) {
      const names = this.matchBaseTypes ? lineage : [event.type];
      if (!eventTypeId.some((name) => names.includes(name.replace(/^vim\.event\./, '')))) return false;
    }
    return true;
  }
}

/** Refuses a filter that no query and no collector takes. */
export function checkFilter(filter) {
  if (filter.type.length > 0 && filter.eventTypeId.length > 0) throw invalidArgument('eventTypeId');
  for (const name of ['alarm', 'scheduledTask']) if (filter[name]) throw invalidArgument(name);
  pageSizeOf(filter.maxCount);
}

/** The size of a page when so many events were asked for; 0 or none: the usual. */
export function pageSizeOf(maxCount) {
  const count = maxCount || DEFAULT_COUNT;
  if (count < 0 || count > MAX_COUNT) throw invalidArgument('maxCount');
  return count;
}

function isVisible(event, visible) {
  return !event.vm || visible(event.vm.ref.value);
}

/** Recursion: the entity's own events, those of what is inside it (at any depth), or both. */
function touches(event, { entity, recursion }) {
  const self = event.inside[0] === entity.value || event.host?.ref.value === entity.value;
  const inside = event.inside.slice(1).includes(entity.value);
  return (recursion !== 'children' && self) || (recursion !== 'self' && inside);
}

function lineageOf(type) {
  if (type === undefined) return [];
  return [type, ...lineageOf(Object.hasOwn(classes, type) ? classes[type].base : type === 'Event' ? undefined : vm)];
}

/** A known class's fields, the base's first. */
function fieldsOf(type) {
  if (!Object.hasOwn(classes, type)) return undefined;
  const { base, fields = [] } = classes[type];
  return [...(base === 'Event' ? [] : fieldsOf(base)), ...fields];
}

function defaultOf(field) {
  if (field === 'template!') return false;
  return field.endsWith('!') ? '' : undefined;
}

function messageOf(type, event) {
  const template = Object.hasOwn(classes, type) ? classes[type].message : undefined;
  return template?.replace(/\{(\w+)\}/g, (_, name) => event[name]?.name ?? '');
}

/**
 * One event as it is told: the same object for as long as the server runs,
 * so that pages can be compared.
 */
export function eventData(event, { disableFullMessage = false } = {}) {
  const form = disableFullMessage ? 'brief' : 'full';
  event.told ??= {};
  event.told[form] ??= makeData(event, disableFullMessage);
  return event.told[form];
}

function makeData(event, brief) {
  const argument = (type, of, inner) => of && new Data(type, { name: of.name, [inner]: of.ref });
  return new Data(
    event.type,
    {
      key: event.key,
      chainId: event.chainId,
      createdTime: new Time(event.time, event.createdTime),
      userName: event.userName,
      datacenter: argument('DatacenterEventArgument', event.datacenter, 'datacenter'),
      computeResource: argument('ComputeResourceEventArgument', event.compute, 'computeResource'),
      host: argument('HostEventArgument', event.host, 'host'),
      vm: argument('VmEventArgument', event.vm, 'vm'),
      fullFormattedMessage: brief ? undefined : event.message,
      changeTag: event.changeTag,
      ...Object.fromEntries(event.own),
    },
    { polymorphic: true, since: lineageOf(event.type).includes(failed) ? { reason: '7.0' } : {} },
  );
}
