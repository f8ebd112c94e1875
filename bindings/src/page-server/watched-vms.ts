/** The VMs of a watch on which they come and go: those that its patterns find now. */
import { type FoundVm, wholeLookup } from '../vsphere/client/lookup.js';
import { isGlob } from '../vsphere/client/names.js';
import type { VCenter } from '../vsphere/client/vcenter.js';

/** How they are looked for. */
export interface WatchedVmsOptions {
  /** The path or name of the datacenter where names and patterns without a path are looked for; undefined for all of them. */
  readonly datacenter: string | undefined;
  /** Whether a name may fit nothing as a pattern may: it was found before. Default false. */
  readonly mayBeGone?: boolean;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Looks patterns, names and paths up; what fits nothing, and may, is left out.
 * @throws {@link LookupError} that names each of the others
 */
export async function watchedVms(
  vcenter: Pick<VCenter, 'lookUpEach'>,
  patterns: readonly string[],
  { datacenter, mayBeGone = false, signal }: WatchedVmsOptions,
): Promise<readonly FoundVm[]> {
  const { found, problems } = await vcenter.lookUpEach(patterns, { datacenter, signal });
  const told = problems.filter(({ input, kind }) => kind === 'ambiguous' || !(mayBeGone || isGlob(input)));
  return wholeLookup({ found, problems: told }).vms;
}
