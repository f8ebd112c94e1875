/** The simulated inventory: a root folder, one datacenter with its folders and a host, and VMs. */
import { Fault } from './fault.mjs';

/** Paths that may be asked for but are unset on an object are left out of an answer, as vCenter does. */
const UNSET = undefined;

const entity = {
  name: (o) => o.name,
  parent: (o) => o.parent?.ref ?? UNSET,
  configStatus: () => enumeration('ManagedEntityStatus', 'green'),
};

/** The properties that can be read, by kind of object. */
const properties = {
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
    'config.tools.pendingCustomization': (o) => (o.pending ? '/var/run/vmware-imc/imcf' : UNSET),
    'runtime.host': (o) => o.host.ref,
    'runtime.powerState': (o) => enumeration('VirtualMachinePowerState', o.poweredOn ? 'poweredOn' : 'poweredOff'),
    'summary.config.name': (o) => o.name,
    'guest.customizationInfo': (o) => o.customizationInfo ?? UNSET,
    'guest.toolsRunningStatus': (o) => (o.poweredOn ? 'guestToolsRunning' : 'guestToolsNotRunning'),
  },
  ContainerView: {
    view: (o, session) => references(session.visible(o.members()).map((member) => member.ref)),
    container: (o) => o.container,
    type: (o) => strings(o.types),
    recursive: (o) => o.recursive,
  },
};

const managedEntities = ['Folder', 'Datacenter', 'ComputeResource', 'HostSystem', 'VirtualMachine'];

export function references(list) {
  return { arrayOf: 'ManagedObjectReference', list };
}

export function strings(list) {
  return { arrayOf: 'string', list };
}

export function enumeration(type, value) {
  return { enumeration: type, value };
}

/** A name as vCenter keeps it: slashes are escaped, and percent signs that begin no escape. */
export function escapeName(name) {
  return name
    .replace(/%(?!2f|5c|25)/gi, '%25')
    .replace(/\//g, '%2f')
    .replace(/\\/g, '%5c');
}

/** Whether an object is of the kind a PropertySpec or a TraversalSpec names. */
export function isKind(object, type) {
  return object.ref.type === type || (type === 'ManagedEntity' && managedEntities.includes(object.ref.type));
}

/** The paths that PropertySpec.all stands for. */
export function allPaths(object) {
  return Object.keys(properties[object.ref.type] ?? {});
}

/** One property's value; undefined when it is unset. */
export function readProperty(object, path, session) {
  const known = properties[object.ref.type] ?? {};
  if (!Object.hasOwn(known, path)) {
    throw new Fault('InvalidProperty', '', `<name>${path.replace(/[<&]/g, '')}</name>`);
  }
  return known[path](object, session);
}

/** The tree, and the ways to find something in it. */
export class Inventory {
  #nextId = 1;
  #objects = new Map();

  constructor({ vms, esx }) {
    this.root = this.#add({ kind: 'Folder', prefix: 'group-d', name: esx ? 'ha-folder-root' : 'Datacenters' });
    this.datacenter = this.#add({
      kind: 'Datacenter',
      prefix: 'datacenter-',
      name: esx ? 'ha-datacenter' : 'DC0',
      parent: this.root,
    });
    this.vmFolder = this.#add({ kind: 'Folder', prefix: 'group-v', name: 'vm', parent: this.datacenter });
    const hostFolder = this.#add({ kind: 'Folder', prefix: 'group-h', name: 'host', parent: this.datacenter });
    this.compute = this.#add({ kind: 'ComputeResource', prefix: 'domain-s', name: 'DC0_H0', parent: hostFolder });
    this.host = this.#add({ kind: 'HostSystem', prefix: 'host-', name: 'DC0_H0', parent: this.compute });
    for (let i = 0; i < vms; i += 1) this.addVm(`DC0_H0_VM${i}`, this.vmFolder);
  }

  #add({ kind, prefix, name, parent, ...more }) {
    const ref = { type: kind, value: `${prefix}${this.#nextId++}` };
    const object = { ref, name, parent, children: [], ...more };
    if (kind === 'Folder') object.childType = ['Folder', 'VirtualMachine'];
    parent?.children.push(object);
    this.#objects.set(ref.value, object);
    return object;
  }

  addVm(name, folder) {
    if (folder.children.some((child) => child.name === escapeName(name))) {
      throw new Error(`${JSON.stringify(name)} is there already in ${this.pathOf(folder)}`);
    }
    return this.#add({
      kind: 'VirtualMachine',
      prefix: 'vm-',
      name: escapeName(name),
      parent: folder,
      host: this.host,
      uuid: crypto.randomUUID(),
      poweredOn: false,
      nics: 1,
    });
  }

  remove(object) {
    object.parent.children.splice(object.parent.children.indexOf(object), 1);
    this.#objects.delete(object.ref.value);
  }

  move(object, folder) {
    object.parent.children.splice(object.parent.children.indexOf(object), 1);
    object.parent = folder;
    folder.children.push(object);
  }

  /** @param {{type: string, value: string}} ref */
  get(ref) {
    const object = this.#objects.get(ref.value);
    return object?.ref.type === ref.type ? object : undefined;
  }

  vms() {
    return [...this.#objects.values()].filter((object) => object.ref.type === 'VirtualMachine');
  }

  /** All below an object; below one level only when not recursive. */
  below(object, recursive = true) {
    return object.children.flatMap((child) => [child, ...(recursive ? this.below(child) : [])]);
  }

  /** The object and all above it. */
  chainOf(object) {
    return object ? [object, ...this.chainOf(object.parent)] : [];
  }

  /** The inventory path, without the root folder. */
  pathOf(object) {
    const names = this.chainOf(object).slice(0, -1).reverse();
    return names.map(({ name }) => `/${name}`).join('');
  }

  /** The object at an inventory path. */
  at(path) {
    const wanted = path.replace(/^\/|\/$/g, '');
    if (wanted === '') return this.root;
    return [...this.#objects.values()].find((object) => this.pathOf(object).slice(1) === wanted);
  }

  /** Makes the folders of a path that are missing. */
  createFolder(path) {
    const existing = this.at(path);
    if (existing) return existing;
    const cut = path.replace(/\/$/, '').lastIndexOf('/');
    if (cut <= 0) throw new Error(`folder ${JSON.stringify(path)}: must lie below a datacenter's vm folder`);
    const parent = this.createFolder(path.slice(0, cut));
    if (parent.ref.type !== 'Folder') throw new Error(`folder ${JSON.stringify(path)}: not below a folder`);
    return this.#add({ kind: 'Folder', prefix: 'group-v', name: path.slice(cut + 1), parent });
  }
}
