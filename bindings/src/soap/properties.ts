/** Reading properties of managed objects: one `RetrievePropertiesEx`, continued while there is more. */

import type { CallContext, VimClient } from './client.js';
import { faultError } from './faults.js';
import { asReference, child, childReference, children, childText, type SoapNode } from './tree.js';
import { element, type MoRef, reference } from './xml.js';

// A page of objects; the server may give fewer and has a token for the rest in any case.
const MAX_OBJECTS = 1000;

/** One object with the properties that the account may read. */
export interface ManagedObject {
  readonly ref: MoRef;
  readonly properties: ReadonlyMap<string, SoapNode>;
  /** The type of the fault that kept the first missing property from being read. */
  readonly missing: string | undefined;
}

/** The properties wanted of objects of a type, subtypes included. */
export interface PropertySet {
  readonly type: string;
  readonly paths: readonly string[];
}

/** Reads all VMs under the root that the account may see. */
export async function readAllVms(
  client: VimClient,
  paths: readonly string[],
  context: CallContext,
): Promise<ManagedObject[]> {
  const { viewManager, rootFolder } = await client.serviceContent(context);
  const body = reference('container', rootFolder) + element('type', 'VirtualMachine') + element('recursive', 'true');
  const created = await client.callForTree('CreateContainerView', viewManager, body, context);
  const view = childReference(created, 'returnval');
  if (view === undefined) {
    return [];
  }
  try {
    const objectSet =
      `<objectSet>${reference('obj', view)}<skip>true</skip>` +
      '<selectSet xsi:type="TraversalSpec"><type>ContainerView</type><path>view</path><skip>false</skip></selectSet>' +
      '</objectSet>';
    return await retrieve(client, [{ type: 'VirtualMachine', paths }], objectSet, context);
  } finally {
    // It would last as long as the session; a failure to remove it is no reason to fail.
    await client.call('DestroyView', view, '', context).catch(() => undefined);
  }
}

/** Reads some objects. */
export function readObjects(
  client: VimClient,
  refs: readonly MoRef[],
  sets: readonly PropertySet[],
  context: CallContext,
): Promise<ManagedObject[]> {
  const objectSet = refs.map((ref) => `<objectSet>${reference('obj', ref)}<skip>false</skip></objectSet>`).join('');
  return retrieve(client, sets, objectSet, context);
}

async function retrieve(
  client: VimClient,
  sets: readonly PropertySet[],
  objectSet: string,
  context: CallContext,
): Promise<ManagedObject[]> {
  const { propertyCollector } = await client.serviceContent(context);
  const propSet = sets
    .map(
      ({ type, paths }) =>
        `<propSet>${element('type', type)}<all>false</all>${paths.map((path) => element('pathSet', path)).join('')}</propSet>`,
    )
    .join('');
  const options = `<options><maxObjects>${MAX_OBJECTS}</maxObjects></options>`;
  const body = `<specSet>${propSet}${objectSet}</specSet>${options}`;
  const objects: ManagedObject[] = [];
  let answer = await client.callForTree('RetrievePropertiesEx', propertyCollector, body, context);
  for (;;) {
    const result = child(answer, 'returnval');
    objects.push(...children(result, 'objects').map((object) => objectOf(object, client.host)));
    const token = childText(result, 'token');
    if (token === undefined || token === '') {
      return objects;
    }
    answer = await client.callForTree(
      'ContinueRetrievePropertiesEx',
      propertyCollector,
      element('token', token),
      context,
    );
  }
}

function objectOf(node: SoapNode, host: string): ManagedObject {
  const faults = children(node, 'missingSet').map((missing) => child(child(missing, 'fault'), 'fault')?.type);
  // Without a session this call is answered 200, with every property missing.
  if (faults.includes('NotAuthenticated')) {
    throw faultError({ type: 'NotAuthenticated', text: '' }, host, 'RetrievePropertiesEx');
  }
  const properties = new Map<string, SoapNode>();
  for (const property of children(node, 'propSet')) {
    const name = childText(property, 'name');
    const value = child(property, 'val');
    if (name !== undefined && value !== undefined) {
      properties.set(name, value);
    }
  }
  return { ref: childReference(node, 'obj') ?? { type: '', value: '' }, properties, missing: faults[0] };
}

/** A property as text. */
export function textOf(object: ManagedObject, path: string): string | undefined {
  return object.properties.get(path)?.text;
}

/** A property as a managed object reference. */
export function referenceOf(object: ManagedObject, path: string): MoRef | undefined {
  return asReference(object.properties.get(path));
}
