/** Reading properties of managed objects: one `RetrievePropertiesEx`, continued while there is more. */

import { ConnectionError, VimFaultError } from '../../errors.js';
import type { CallContext, ManagedObject, MoRef, PropertyQuery, PropertySet } from '../api/types.js';
import type { VimClient } from './vim-client.js';

// A page of objects; the server may give fewer and has a token for the rest in any case.
const MAX_OBJECTS = 1000;

// Many times what a vCenter can have of any kind, and many times the pages that it takes.
const MOST_OBJECTS = 1_000_000;
const MOST_PAGES = 2_000;

/** The code of the error for an answer that goes on for ever: asked again it would again. */
export const ENDLESS_ANSWER = 'endlessAnswer';

/** Reads all VMs under the root that the account may see. */
export async function readAllVms(
  api: VimClient,
  paths: readonly string[],
  context: CallContext,
): Promise<ManagedObject[]> {
  const { rootFolder } = await api.serviceContent(context);
  const view = await api.createContainerView(rootFolder, ['VirtualMachine'], context);
  try {
    return await retrieve(api, [{ type: 'VirtualMachine', paths }], { view }, context);
  } finally {
    // It would last as long as the session; a failure to remove it is no reason to fail.
    await api.destroyView(view, context).catch(() => undefined);
  }
}

/** Reads some objects. */
export function readObjects(
  api: VimClient,
  refs: readonly MoRef[],
  sets: readonly PropertySet[],
  context: CallContext,
): Promise<ManagedObject[]> {
  return retrieve(api, sets, refs, context);
}

/** Reads VMs some of which may be gone: one of them fails the whole question, which is then asked for the others. */
export async function readVms(
  api: VimClient,
  vms: readonly string[],
  paths: readonly string[],
  context: CallContext,
): Promise<{ readonly objects: readonly ManagedObject[]; readonly gone: readonly string[] }> {
  const left = new Set(vms);
  const gone: string[] = [];
  while (left.size > 0) {
    try {
      const refs = [...left].map((value) => ({ type: 'VirtualMachine', value }));
      return { objects: await readObjects(api, refs, [{ type: 'VirtualMachine', paths }], context), gone };
    } catch (error) {
      // The fault names it.
      const vm = error instanceof VimFaultError && error.kind === 'notFound' ? error.object : undefined;
      if (vm === undefined || !left.delete(vm)) {
        throw error;
      }
      gone.push(vm);
    }
  }
  return { objects: [], gone };
}

async function retrieve(
  api: VimClient,
  sets: readonly PropertySet[],
  objects: PropertyQuery['objects'],
  context: CallContext,
): Promise<ManagedObject[]> {
  const found = new Map<string, ManagedObject>();
  let page = await api.retrieveProperties({ sets, objects, maxObjects: MAX_OBJECTS }, context);
  for (let pages = 1; ; pages += 1) {
    const before = found.size;
    for (const object of page.objects) {
      found.set(`${object.ref.type}:${object.ref.value}`, object);
    }
    if (page.token === undefined) {
      return [...found.values()];
    }
    // A page with nothing new in it, or little, and more to follow, would go on for ever.
    if (found.size === before || found.size > MOST_OBJECTS || pages === MOST_PAGES) {
      const endless = pages === MOST_PAGES ? `more than ${MOST_PAGES} pages` : `more than ${MOST_OBJECTS} objects`;
      const what = found.size === before ? 'the same objects again and again' : endless;
      throw new ConnectionError(`${api.host}: RetrievePropertiesEx answers ${what}`, { code: ENDLESS_ANSWER });
    }
    page = await api.continueRetrieveProperties(page.token, context);
  }
}

/** A property as text. */
export function textOf(object: ManagedObject, path: string): string | undefined {
  return object.properties.get(path)?.text;
}

/** A property as a managed object reference. */
export function referenceOf(object: ManagedObject, path: string): MoRef | undefined {
  return object.properties.get(path)?.ref;
}
