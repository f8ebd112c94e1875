/** The simulated inventory: a root folder, one datacenter with its folders and a host, and VMs. */

/** A name as vCenter keeps it: slashes are escaped, and percent signs that begin no escape. */
export function escapeName(name) {
  return name
    .replace(/%(?!2f|5c|25)/gi, '%25')
    .replace(/\//g, '%2f')
    .replace(/\\/g, '%5c');
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
      instanceUuid: crypto.randomUUID(),
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
