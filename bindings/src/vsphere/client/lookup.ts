/** From what people call a VM to the VM. */
import { LookupError, type LookupProblem } from '../../errors.js';
import type { VmRef } from '../../types.js';
import type { CallContext } from '../api/types.js';
import { Inventory, type InventoryVm } from './inventory.js';
import { asLabel, asMoRefValue, asUuid, isBareMoRef, isGlob, matcherFor, plainMatcher, shownName } from './names.js';
import type { VimClient } from './vim-client.js';

// An error that lists more than this is read by nobody.
const MAX_LISTED = 10;

// What each datacenter keeps its VMs in.
const VM_FOLDER = 'vm';

/** A VM that was found. */
export interface FoundVm extends VmRef {
  readonly vm: string;
  readonly name: string;
}

/** What a look-up has found. */
export interface Lookup {
  /** Each VM once, in the order asked for; those of a pattern by name. */
  readonly vms: readonly FoundVm[];
}

/** What became of each input of a look-up. */
export interface LookupOfEach {
  /** Those that can be told, in the order asked for. */
  readonly found: readonly { readonly input: string; readonly vms: readonly FoundVm[] }[];
  /** One for each of the others. */
  readonly problems: readonly LookupProblem[];
}

/**
 * Finds VMs by name, pattern (`web-*`, `web-?`), inventory path (`/DC/vm/folder/web-1`; `%2f` is a slash in a name),
 * managed object reference (`vm-101`; `VirtualMachine:vm-101` and `vim.VirtualMachine:vm-101` are never names), instance or
 * BIOS UUID, or label as tables have it (`web-1 (vm-101)`). Templates are never found: nothing happens to them.
 *
 * @param datacenter - where names and patterns without a path are looked for, by its path or its name
 */
export async function lookUpEach(
  api: VimClient,
  inputs: readonly string[],
  context: CallContext,
  datacenter?: string,
): Promise<LookupOfEach> {
  const withUuids = inputs.some((input) => asUuid(input) !== undefined);
  const inventory = await Inventory.read(api, withUuids, context);
  if (datacenter !== undefined || inputs.some((input) => input.includes('/'))) {
    await inventory.readAncestors(inventory.vms, context);
  }
  const found: { input: string; vms: FoundVm[] }[] = [];
  const problems: LookupProblem[] = [];
  for (const input of inputs) {
    const matches = matching(inventory, input).filter((vm) => isIn(datacenter, inventory, vm, input));
    const vms = matches.filter((vm) => !vm.template);
    if (vms.length === 0 || (vms.length > 1 && !isGlob(input))) {
      await inventory.readAncestors(vms.slice(0, MAX_LISTED), context);
      const problem = problemWith(input, vms, matches.length > vms.length, inventory, api.host);
      const where =
        datacenter === undefined || isPlace(input) ? '' : `; names are looked for in the datacenter '${datacenter}'`;
      problems.push({ ...problem, message: problem.message + where });
      continue;
    }
    found.push({ input, vms: vms.map((vm) => ({ vm: vm.ref.value, name: shownName(vm.storedName) })) });
  }
  return { found, problems };
}

/**
 * The VMs of a look-up, each once.
 * @throws {@link LookupError} that names each input that fits nothing, or more than one
 */
export function wholeLookup({ found, problems }: LookupOfEach): Lookup {
  if (problems.length > 0) {
    throw new LookupError(problems);
  }
  return { vms: [...new Map(found.flatMap(({ vms }) => vms).map((vm) => [vm.vm, vm])).values()] };
}

function matching(inventory: Inventory, input: string): readonly InventoryVm[] {
  const byId = matchingId(inventory, input);
  if (byId.length > 0) {
    const mayBeName = asMoRefValue(input) === undefined || isBareMoRef(input);
    return [...new Set([...byId, ...(mayBeName ? matchingName(inventory, input) : [])])];
  }
  // A name may hold a slash, which tables show as it is.
  const byPath = input.includes('/') ? matchingPath(inventory, input) : [];
  const matches = byPath.length > 0 ? byPath : matchingName(inventory, input);
  return isGlob(input) ? [...matches].sort(byName) : matches;
}

/** Whether an input says by itself which VM it is, wherever that is. */
function isPlace(input: string): boolean {
  return (
    input.includes('/') ||
    asUuid(input) !== undefined ||
    asMoRefValue(input) !== undefined ||
    asLabel(input) !== undefined
  );
}

function isIn(datacenter: string | undefined, inventory: Inventory, vm: InventoryVm, input: string): boolean {
  if (datacenter === undefined || isPlace(input)) {
    return true;
  }
  const matchers = datacenter
    .split('/')
    .filter(Boolean)
    .map((segment) => plainMatcher(segment));
  const path = inventory.path(vm) ?? [];
  const isAt = (start: number): boolean =>
    path[start + matchers.length] === VM_FOLDER &&
    matchers.every((matcher, index) => matcher.matches(path[start + index] ?? ''));
  return datacenter.startsWith('/') ? isAt(0) : path.some((_, start) => isAt(start));
}

function matchingId(inventory: Inventory, input: string): readonly InventoryVm[] {
  const uuid = asUuid(input);
  if (uuid !== undefined) {
    return inventory.vms.filter(({ uuids }) => uuids.includes(uuid));
  }
  const label = asLabel(input);
  const value = label?.value ?? asMoRefValue(input);
  const name = label && plainMatcher(label.name);
  return inventory.vms.filter((vm) => vm.ref.value === value && name?.matches(vm.storedName) !== false);
}

function matchingName(inventory: Inventory, input: string): readonly InventoryVm[] {
  const matcher = matcherFor(input);
  const matches = inventory.vms.filter((vm) => matcher.matches(vm.storedName));
  // The name that one VM is shown by may be how another's is stored: what is shown is found again.
  const shown = matches.filter((vm) => shownName(vm.storedName) === input);
  return isGlob(input) || shown.length === 0 ? matches : shown;
}

function matchingPath(inventory: Inventory, input: string): readonly InventoryVm[] {
  const matchers = input
    .replace(/^\/+/, '')
    .split('/')
    .map((segment) => matcherFor(segment));
  return inventory.vms.filter((vm) => {
    const path = inventory.path(vm);
    return path?.length === matchers.length && matchers.every((matcher, index) => matcher.matches(path[index] ?? ''));
  });
}

function byName(left: InventoryVm, right: InventoryVm): number {
  // `web-2` before `web-10`, and the same on every machine.
  return left.storedName.localeCompare(right.storedName, 'en', { numeric: true });
}

function problemWith(
  input: string,
  vms: readonly InventoryVm[],
  templates: boolean,
  inventory: Inventory,
  host: string,
): LookupProblem {
  if (vms.length > 1) {
    const listed = vms.slice(0, MAX_LISTED).map((vm) => `  ${inventory.pathText(vm)} (${vm.ref.value})`);
    const rest = vms.length > MAX_LISTED ? [`  and ${vms.length - MAX_LISTED} more`] : [];
    // The first is the one with that id.
    const way = isBareMoRef(input) && vms[0]?.ref.value === input ? `VirtualMachine:${input} for the id` : 'the id';
    const message = `'${input}' fits ${vms.length} VMs; give the path or ${way} of the one that is meant:`;
    return { input, kind: 'ambiguous', message: [message, ...listed, ...rest].join('\n') };
  }
  if (templates) {
    const message = `'${input}' is a template on ${host}: customization happens to the VMs made from it; give one of those`;
    return { input, kind: 'template', message };
  }
  const visible = inventory.vms.filter((vm) => !vm.template).length;
  const searched = `no VM on ${host} fits '${input}' (${count(visible, 'VM')} searched: all that this account may see)`;
  const lower = input.toLowerCase();
  const near = inventory.vms.find((vm) => !vm.template && shownName(vm.storedName).toLowerCase() === lower);
  let advice = '';
  if (near !== undefined) {
    advice = `; did you mean '${shownName(near.storedName).replaceAll('/', '%2f')}'?`;
  } else if (input.includes('/')) {
    advice = '; a path goes from the datacenter down, such as /DC/vm/folder/web-1';
  }
  return { input, kind: 'notFound', message: `${searched}${advice}` };
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}
