/** Pages of events as vCenter writes them, as VI JSON and as SOAP, of the size that they have there. */

const BEGIN_MS = Date.UTC(2026, 2, 1, 10);

/** vCenter's clock before the first event. */
export const SERVER_NOW = new Date(BEGIN_MS);

/** The types that a VM goes through, in this order. */
export const LIFE = ['VmStartingEvent', 'CustomizationStartedEvent', 'CustomizationSucceeded'];

/** How many events of a mixed page are of no interest, for one that is. */
const OTHERS = 9;

export const vmRef = (number) => ({ vm: `vm-${100 + number}`, name: `web-${number}` });

const reference = (type, value) => ({ _typeName: 'ManagedObjectReference', type, value });
const argument = (of, name, type, value) => ({
  _typeName: `${of}EventArgument`,
  name,
  [of.charAt(0).toLowerCase() + of.slice(1)]: reference(type, value),
});

/** What classes of no interest have of their own. */
const OTHER_CLASSES = {
  UserLoginSessionEvent: {
    ipAddress: '192.0.2.17',
    userAgent: 'VMware vim-java 1.0',
    locale: 'en',
    sessionId: '52a1c3d4-5e6f-7a8b-9c0d-1e2f3a4b5c6d',
  },
  TaskEvent: {
    info: {
      _typeName: 'TaskInfo',
      key: 'task-4711',
      task: reference('Task', 'task-4711'),
      name: 'ReconfigVM_Task',
      descriptionId: 'VirtualMachine.reconfigure',
      entity: reference('VirtualMachine', 'vm-104'),
      entityName: 'web-4',
      state: 'queued',
      cancelled: false,
      cancelable: false,
      queueTime: '2026-03-01T10:00:00.5Z',
      eventChainId: 811999,
    },
  },
  AlarmStatusChangedEvent: {
    alarm: argument('Alarm', 'Virtual machine CPU usage', 'Alarm', 'alarm-6'),
    from: 'green',
    to: 'yellow',
  },
  VmReconfiguredEvent: { template: false, configChanges: { modified: 'config.cpuHotAddEnabled: false -> true;' } },
  VmBeingHotMigratedEvent: {
    template: false,
    destHost: argument('Host', 'esx2.example.com', 'HostSystem', 'host-17'),
    destDatacenter: argument('Datacenter', 'DC', 'Datacenter', 'datacenter-3'),
    destDatastore: argument('Datastore', 'ds-1', 'Datastore', 'datastore-15'),
  },
  EventEx: {
    eventTypeId: 'com.vmware.vc.vm.VmStateRevertedToSnapshot',
    severity: 'info',
    message: '',
    objectId: 'vm-104',
    objectType: 'VirtualMachine',
    objectName: 'web-4',
  },
};
const OTHER_TYPES = Object.keys(OTHER_CLASSES);

function event(type, index, number) {
  const { vm, name } = vmRef(number);
  return {
    _typeName: type,
    key: 812_000 + index,
    chainId: 811_999 + index,
    createdTime: new Date(BEGIN_MS + 1 + index).toISOString(),
    userName: 'VSPHERE.LOCAL\\vpxd-extension-2b1c7a10',
    datacenter: argument('Datacenter', 'DC', 'Datacenter', 'datacenter-3'),
    computeResource: argument('ComputeResource', 'CL', 'ClusterComputeResource', 'domain-c8'),
    host: argument('Host', 'esx1.example.com', 'HostSystem', 'host-14'),
    vm: argument('Vm', name, 'VirtualMachine', vm),
    ds: argument('Datastore', 'ds-1', 'Datastore', 'datastore-15'),
    fullFormattedMessage: `${type} of ${name} on esx1.example.com in cluster CL in DC, told for people`,
    changeTag: '',
    ...(OTHER_CLASSES[type] ?? { template: false }),
  };
}

/** The events of `from` to `to` where `vms` VMs go through their lives, all of them at the same time. */
export function lives(vms, from, to) {
  return Array.from({ length: to - from }, (_, offset) => {
    const index = from + offset;
    return event(LIFE[Math.floor(index / vms) % LIFE.length], index, index % vms);
  });
}

/** So many events of a vCenter that was asked for events of every type. */
export function mixed(count) {
  return Array.from({ length: count }, (_, index) => {
    const turn = Math.floor(index / (OTHERS + 1));
    const isWanted = index % (OTHERS + 1) === OTHERS;
    const type = isWanted ? LIFE[turn % LIFE.length] : OTHER_TYPES[index % OTHER_TYPES.length];
    return event(type, index, turn);
  });
}

export const asJson = (events) => Buffer.from(JSON.stringify(events));

const escaped = (text) => String(text).replace(/[&<>]/g, (character) => `&#${character.charCodeAt(0)};`);

function element(name, value) {
  if (typeof value !== 'object') return `<${name}>${escaped(value)}</${name}>`;
  const { _typeName: type, ...members } = value;
  if (type === 'ManagedObjectReference') return `<${name} type="${value.type}">${value.value}</${name}>`;
  return `<${name}>${elements(members)}</${name}>`;
}

const elements = (members) =>
  Object.entries(members)
    .map(([name, value]) => element(name, value))
    .join('');

export const asSoap = (events) =>
  Buffer.from(
    '<?xml version="1.0" encoding="UTF-8"?>\n<soapenv:Envelope xmlns:soapenc="http://schemas.xmlsoap.org/soap/encoding/" ' +
      'xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/" xmlns:xsd="http://www.w3.org/2001/XMLSchema" ' +
      'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">\n<soapenv:Body>\n<QueryEventsResponse xmlns="urn:vim25">' +
      events
        .map(({ _typeName, ...members }) => `<returnval xsi:type="${_typeName}">${elements(members)}</returnval>`)
        .join('') +
      '</QueryEventsResponse>\n</soapenv:Body>\n</soapenv:Envelope>\n',
  );
