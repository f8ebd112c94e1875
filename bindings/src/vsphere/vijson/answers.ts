/** The answers of the calls, out of VI JSON. */
import { UnsupportedServerError } from '../../errors.js';
import type { VimFault } from '../api/faults.js';
import type { ManagedObject, MoRef, PropertyPage, PropertyValue, ServiceContent } from '../api/vim-api.js';
import { asObject, objectAt, objectsAt, textAt, unboxed } from './json.js';

/** The value as a managed object reference. */
export function asReference(value: unknown): MoRef | undefined {
  const object = asObject(value);
  const type = textAt(object, 'type');
  const id = textAt(object, 'value');
  return type === undefined || id === undefined || id === '' ? undefined : { type, value: id };
}

/** The property `content` of the ServiceInstance; undefined when the value is no such thing. */
export function contentOf(value: unknown, host: string): ServiceContent | undefined {
  const content = asObject(value);
  const about = objectAt(content, 'about');
  if (content === undefined || about === undefined) {
    return undefined;
  }
  const need = (name: string): MoRef => {
    const found = asReference(content[name]);
    if (found === undefined) {
      throw new UnsupportedServerError(`${host} has no ${name}: is it a vCenter?`);
    }
    return found;
  };
  return {
    fullName: textAt(about, 'fullName') ?? 'unknown',
    apiType: textAt(about, 'apiType') ?? '',
    apiVersion: textAt(about, 'apiVersion') ?? '',
    instanceUuid: textAt(about, 'instanceUuid'),
    rootFolder: need('rootFolder'),
    propertyCollector: need('propertyCollector'),
    viewManager: need('viewManager'),
    sessionManager: need('sessionManager'),
    eventManager: need('eventManager'),
  };
}

/** The answer to `RetrievePropertiesEx`, and to its continuation. */
export function pageOf(answer: unknown): PropertyPage {
  const result = asObject(answer);
  const objects = objectsAt(result, 'objects').map((object): ManagedObject => {
    const properties = new Map<string, PropertyValue>();
    for (const property of objectsAt(object, 'propSet')) {
      const name = textAt(property, 'name');
      if (name !== undefined && 'val' in property) {
        properties.set(name, propertyValue(property.val));
      }
    }
    const missing = objectsAt(object, 'missingSet').flatMap(
      (property) => textAt(objectAt(objectAt(property, 'fault'), 'fault'), '_typeName') ?? [],
    );
    return { ref: asReference(object.obj) ?? { type: '', value: '' }, properties, missing };
  });
  return { objects, token: textAt(result, 'token') || undefined };
}

/** The body of a fault; undefined when it is none. */
export function faultOf(value: unknown): VimFault | undefined {
  const fault = asObject(value);
  const type = textAt(fault, '_typeName');
  return type === undefined
    ? undefined
    : { type, text: (textAt(fault, 'faultstring') ?? '').trim(), object: asReference(fault?.obj)?.value };
}

function propertyValue(any: unknown): PropertyValue {
  const { type, value } = unboxed(any);
  const ref = type === 'ManagedObjectReference' ? asReference(value) : undefined;
  if (ref !== undefined) {
    return { ref };
  }
  const object = asObject(value);
  if (object === undefined) {
    return isLeaf(value) ? { text: String(value) } : {};
  }
  const leaves = Object.entries(object).filter(([name, field]) => name !== '_typeName' && isLeaf(field));
  return { fields: Object.fromEntries(leaves.map(([name, field]) => [name, String(field)])) };
}

function isLeaf(value: unknown): boolean {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
}
