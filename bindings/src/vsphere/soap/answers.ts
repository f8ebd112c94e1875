/** The answers of the calls, out of the tree that the core makes of them. */
import { UnsupportedServerError } from '../../errors.js';
import type { ManagedObject, MoRef, PropertyPage, PropertyValue, ServiceContent } from '../api/vim-api.js';
import { child, childReference, children, childText, type SoapNode } from './tree.js';

/** The answer to `RetrieveServiceContent`. */
export function contentOf(answer: SoapNode, host: string, defaultVersion: string): ServiceContent {
  const content = child(answer, 'returnval');
  const about = child(content, 'about');
  const need = (name: string): MoRef => {
    const found = childReference(content, name);
    if (found === undefined) {
      throw new UnsupportedServerError(`${host} has no ${name}: is it a vCenter?`);
    }
    return found;
  };
  return {
    fullName: childText(about, 'fullName') ?? 'unknown',
    apiType: childText(about, 'apiType') ?? '',
    apiVersion: childText(about, 'apiVersion') || defaultVersion,
    instanceUuid: childText(about, 'instanceUuid'),
    rootFolder: need('rootFolder'),
    propertyCollector: need('propertyCollector'),
    viewManager: need('viewManager'),
    sessionManager: need('sessionManager'),
    eventManager: need('eventManager'),
  };
}

/** The answer to `RetrievePropertiesEx`, and to its continuation. */
export function pageOf(answer: SoapNode): PropertyPage {
  const result = child(answer, 'returnval');
  return { objects: children(result, 'objects').map(objectOf), token: childText(result, 'token') || undefined };
}

function objectOf(node: SoapNode): ManagedObject {
  const properties = new Map<string, PropertyValue>();
  for (const property of children(node, 'propSet')) {
    const name = childText(property, 'name');
    const value = child(property, 'val');
    if (name !== undefined && value !== undefined) {
      properties.set(name, propertyValue(value));
    }
  }
  const missing = children(node, 'missingSet').flatMap(
    (property) => child(child(property, 'fault'), 'fault')?.type ?? [],
  );
  return { ref: childReference(node, 'obj') ?? { type: '', value: '' }, properties, missing };
}

function propertyValue(node: SoapNode): PropertyValue {
  const type = node.attributes?.type;
  if (type !== undefined) {
    return { ref: { type, value: node.text ?? '' } };
  }
  if (node.children === undefined || node.children.length === 0) {
    return { text: node.text ?? '' };
  }
  const leaves = node.children.filter((field) => (field.children ?? []).length === 0);
  return { fields: Object.fromEntries(leaves.map((field) => [field.name, field.text ?? ''])) };
}
