/**
 * The control protocol of `tests/simulators/vcsim/main.go`, on this server. Beyond it:
 * `post` takes key, chainId, createdTime and userName among its fields, and
 * any class name; `deny` and `allow` (`entity`: a VM, or an inventory path or
 * id of any object) change who may read what; `setClock` (`offsetMs`) moves
 * the server's clock; `setPassword` changes the user's, and `logIns` counts those
 * that were refused (`refusedLogIns`); `guestInfo` sets what a VM tells of its customization
 * (`status`, null for nothing at all, with `startTime`, `endTime` and
 * `errorMsg`) and whether one is `pending`, and its `toolsRunningStatus` and `guestOperationsReady` (null: not set), which else
 * follow its power; `denyRead` and `allowRead` take System.Read of a VM away and give it back; `lackProperty` makes a property
 * one that the release does not have (`path`); `collectors` tells besides their
 * count how many of them are `leaked`; `waits` counts the WaitForUpdatesEx
 * calls that are open, those whose client went away included.
 */
import { escapeName } from './inventory.mjs';
import { formatTime, parseTime } from './time.mjs';
import { Data } from './values.mjs';

/** Which members each command takes beside "do". */
const members = {
  post: ['event', 'vm', 'fields'],
  powerOn: ['vm'],
  powerOff: ['vm'],
  reset: ['vm'],
  destroy: ['vm'],
  rename: ['vm', 'name'],
  clone: ['template', 'name', 'folder', 'customize', 'powerOn'],
  customize: ['vm'],
  removeNic: ['vm'],
  createFolder: ['path'],
  move: ['vm', 'folder'],
  expireSessions: [],
  setPassword: ['password'],
  logIns: [],
  sessions: [],
  guestInfo: [
    'vm',
    'status',
    'startTime',
    'endTime',
    'errorMsg',
    'pending',
    'toolsRunningStatus',
    'guestOperationsReady',
  ],
  collectors: [],
  waits: [],
  requests: [],
  listVms: [],
  serverTime: [],
  deny: ['entity'],
  allow: ['entity'],
  denyRead: ['vm'],
  allowRead: ['vm'],
  lackProperty: ['path'],
  setClock: ['offsetMs'],
};

export class Commands {
  #state;
  /** Destroyed VMs, for events posted about them. */
  #gone = [];

  constructor(state) {
    this.#state = state;
  }

  /** @param {object} command without `id` and `afterMs` @returns {object} what the answer holds beside `ok` */
  run(command) {
    const { do: what, id: _, afterMs: __, ...given } = command;
    if (what === undefined) throw new Error('command: "do" is missing');
    if (!Object.hasOwn(members, what)) throw new Error(`command: unknown "${what}"`);
    for (const name of Object.keys(given)) {
      if (!members[what].includes(name)) throw new Error(`command: "${what}" takes no "${name}"`);
    }
    try {
      return this[what](given) ?? {};
    } finally {
      this.#state.changed();
    }
  }

  post({ event, vm, fields }) {
    if (!event) throw new Error('post: "event" is missing');
    const { key } = this.#state.events.post(event, vm === undefined ? {} : this.#where(this.#find(vm, true)), fields);
    return { key };
  }

  powerOn({ vm: which }) {
    const vm = this.#find(which);
    if (vm.poweredOn) throw new Error('The attempted operation cannot be performed in the current state (Powered on).');
    vm.poweredOn = true;
    vm.bootTime = this.#state.now();
    this.#tell(vm, 'VmStartingEvent', 'VmPoweredOnEvent');
    if (vm.pending === undefined) return;
    const startTime = this.#state.now();
    vm.customizationInfo = customizationInfo({ customizationStatus: 'TOOLSDEPLOYPKG_RUNNING', startTime });
    this.#tell(vm, 'CustomizationStartedEvent');
    const matches = vm.pending === vm.nics;
    vm.pending = undefined;
    const endTime = this.#state.now();
    if (matches) {
      vm.customizationInfo = customizationInfo({ customizationStatus: 'TOOLSDEPLOYPKG_SUCCEEDED', startTime, endTime });
      this.#tell(vm, 'CustomizationSucceeded');
    } else {
      const reason = 'NicSettingMismatch';
      const customizationStatus = 'TOOLSDEPLOYPKG_FAILED';
      vm.customizationInfo = customizationInfo({ customizationStatus, startTime, endTime, errorMsg: reason });
      this.#state.events.post('CustomizationNetworkSetupFailed', this.#where(vm), { reason });
    }
  }

  powerOff({ vm: which }) {
    const vm = this.#find(which);
    if (!vm.poweredOn)
      throw new Error('The attempted operation cannot be performed in the current state (Powered off).');
    vm.poweredOn = false;
    vm.bootTime = undefined;
    this.#tell(vm, 'VmStoppingEvent', 'VmPoweredOffEvent');
  }

  reset({ vm: which }) {
    const vm = this.#find(which);
    if (!vm.poweredOn)
      throw new Error('The attempted operation cannot be performed in the current state (Powered off).');
    this.#tell(vm, 'VmResettingEvent');
  }

  destroy({ vm: which }) {
    const vm = this.#find(which);
    if (vm.poweredOn) throw new Error('The attempted operation cannot be performed in the current state (Powered on).');
    this.#tell(vm, 'VmRemovedEvent');
    this.#gone.push({ vm, where: this.#where(vm), path: this.#state.inventory.pathOf(vm) });
    this.#state.inventory.remove(vm);
  }

  rename({ vm: which, name }) {
    if (!name) throw new Error('rename: "name" is missing');
    const vm = this.#find(which);
    const oldName = vm.name;
    vm.name = escapeName(name);
    this.#state.events.post('VmRenamedEvent', this.#where(vm), { oldName, newName: vm.name });
  }

  clone({ template, name, folder, customize = false, powerOn = false }) {
    if (!name) throw new Error('clone: "name" is missing');
    const source = this.#find(template);
    const { inventory } = this.#state;
    const vm = inventory.addVm(name, folder === undefined ? source.parent : this.#folder(folder));
    vm.nics = source.nics;
    if (customize) this.customize({ vm: vm.ref.value });
    if (powerOn) this.powerOn({ vm: vm.ref.value });
    return { vm: vm.ref.value };
  }

  customize({ vm: which }) {
    const vm = this.#find(which);
    if (vm.poweredOn) throw new Error('The attempted operation cannot be performed in the current state (Powered on).');
    if (vm.pending !== undefined) throw new Error('A customization operation is already pending for this VM.');
    vm.pending = vm.nics;
    vm.customizationInfo = customizationInfo({ customizationStatus: 'TOOLSDEPLOYPKG_PENDING' });
  }

  guestInfo({ vm: which, status, pending, startTime, endTime, errorMsg, ...readiness }) {
    const vm = this.#find(which);
    Object.assign(vm, readiness);
    if (pending !== undefined) vm.pending = pending ? (vm.pending ?? vm.nics) : undefined;
    const time = (name, text) => {
      if (text === undefined) return undefined;
      const ns = parseTime(text);
      if (ns === undefined) throw new Error(`guestInfo: ${name} "${text}" is no time`);
      return ns;
    };
    const times = { startTime: time('startTime', startTime), endTime: time('endTime', endTime) };
    if (status === null) vm.customizationInfo = undefined;
    else if (status !== undefined) {
      vm.customizationInfo = customizationInfo({ customizationStatus: status, ...times, errorMsg });
    }
  }

  removeNic({ vm: which }) {
    const vm = this.#find(which);
    if (vm.nics === 0) throw new Error(`vm "${which}": has no NIC`);
    vm.nics -= 1;
  }

  createFolder({ path }) {
    return { folder: this.#state.inventory.createFolder(path).ref.value };
  }

  move({ vm, folder }) {
    this.#state.inventory.move(this.#find(vm), this.#folder(folder));
  }

  expireSessions() {
    return { count: this.#state.sessions.endAll() };
  }

  sessions() {
    const users = this.#state.sessions.list().map(({ userName }) => userName);
    return { count: users.length, users };
  }

  setPassword({ password }) {
    if (!password) throw new Error('setPassword: "password" is missing');
    this.#state.sessions.password = password;
  }

  logIns() {
    return { refusedLogIns: this.#state.sessions.refusedLogIns };
  }

  collectors() {
    return this.#state.eventCollectors.count();
  }

  waits() {
    return { count: [...this.#state.watchers].reduce((sum, watcher) => sum + watcher.waiting, 0) };
  }

  requests() {
    return { count: { ...this.#state.requests } };
  }

  listVms() {
    const { inventory } = this.#state;
    const vms = inventory.vms().map((vm) => ({ name: vm.name, vm: vm.ref.value, path: inventory.pathOf(vm) }));
    return { vms };
  }

  serverTime() {
    return { time: formatTime(this.#state.now()) };
  }

  deny({ entity }) {
    this.#state.sessions.denied.add(this.#any(entity).ref.value);
  }

  allow({ entity }) {
    this.#state.sessions.denied.delete(this.#any(entity).ref.value);
  }

  denyRead({ vm }) {
    this.#state.sessions.unreadable.add(this.#find(vm).ref.value);
  }

  allowRead({ vm }) {
    this.#state.sessions.unreadable.delete(this.#find(vm).ref.value);
  }

  lackProperty({ path }) {
    if (!path) throw new Error('lackProperty: "path" is missing');
    this.#state.lacking.add(path);
  }

  setClock({ offsetMs }) {
    if (!Number.isFinite(offsetMs)) throw new Error('setClock: "offsetMs" must be a number');
    this.#state.setClockOffset(offsetMs);
  }

  #tell(vm, ...types) {
    for (const type of types) this.#state.events.post(type, this.#where(vm));
  }

  #where(vm) {
    const gone = this.#gone.find((entry) => entry.vm === vm);
    return gone?.where ?? { vm, chain: this.#state.inventory.chainOf(vm), host: vm.host };
  }

  #find(which, orGone = false) {
    if (!which) throw new Error('command: "vm" is missing');
    const { inventory } = this.#state;
    const fits = (vm, path) => vm.ref.value === which || vm.name === escapeName(which) || path === which;
    let found = inventory.vms().filter((vm) => fits(vm, inventory.pathOf(vm)));
    if (found.length === 0 && orGone) {
      found = this.#gone.filter(({ vm, path }) => fits(vm, path)).map(({ vm }) => vm);
    }
    if (found.length === 0) throw new Error(`vm "${which}": not found`);
    if (found.length > 1) throw new Error(`vm "${which}": ${found.length} VMs have this name: use the id or the path`);
    return found[0];
  }

  #folder(path) {
    const folder = this.#state.inventory.at(path);
    if (folder?.ref.type !== 'Folder') throw new Error(`folder "${path}": not found`);
    return folder;
  }

  /** Any object: by path ("/" is the root folder), by id, or a VM by name. */
  #any(which) {
    const { inventory } = this.#state;
    if (which?.startsWith('/')) {
      const found = inventory.at(which);
      if (found) return found;
    }
    const all = [inventory.root, ...inventory.below(inventory.root)];
    return all.find((object) => object.ref.value === which) ?? this.#find(which);
  }
}

function customizationInfo(fields) {
  return new Data('GuestInfoCustomizationInfo', fields);
}
