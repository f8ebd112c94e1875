/** What the calls answer, out of the values that a wire brings; undefined for what is no answer to the call. */
import { UnsupportedServerError } from '../../errors.js';
import type { ManagedObject, MoRef, PropertyPage, ServiceContent, Updates, Value } from '../api/types.js';

/** To `RetrieveServiceContent`. */
export function contentOf(answer: Value | null, host: string): ServiceContent | undefined {
  const about = answer?.get('about');
  if (about === undefined) {
    return undefined;
  }
  const need = (name: string): MoRef => {
    const ref = answer?.get(name)?.ref;
    if (ref === undefined) {
      throw new UnsupportedServerError(`${host} has no ${name}: is it a vCenter?`);
    }
    return ref;
  };
  return {
    fullName: about.get('fullName')?.text ?? 'unknown',
    apiType: about.get('apiType')?.text ?? '',
    apiVersion: about.get('apiVersion')?.text ?? '',
    instanceUuid: about.get('instanceUuid')?.text,
    rootFolder: need('rootFolder'),
    propertyCollector: need('propertyCollector'),
    viewManager: need('viewManager'),
    sessionManager: need('sessionManager'),
    eventManager: need('eventManager'),
  };
}

/** To calls that answer nothing of interest. */
export function anything(): true {
  return true;
}

/** To calls that create an object. */
export function referenceOf(answer: Value | null): MoRef | undefined {
  return answer?.ref;
}

/** To `CurrentTime`. */
export function timeOf(answer: Value | null): Date | undefined {
  const time = new Date(answer?.text ?? Number.NaN);
  return Number.isNaN(time.getTime()) ? undefined : time;
}

/** To `WaitForUpdatesEx`; null when the time went by without a change. */
export function updatesOf(answer: Value | null): Omit<Updates, 'body'> | null {
  return answer && { version: answer.get('version')?.text ?? '', truncated: answer.get('truncated')?.text === 'true' };
}

/** To `RetrievePropertiesEx` and its continuation. */
export function pageOf(answer: Value | null): PropertyPage {
  return { objects: (answer?.list('objects') ?? []).map(objectOf), token: answer?.get('token')?.text || undefined };
}

function objectOf(object: Value): ManagedObject {
  const properties = new Map<string, Value>();
  for (const property of object.list('propSet')) {
    const name = property.get('name')?.text;
    const value = property.get('val');
    if (name !== undefined && value !== undefined) {
      properties.set(name, value);
    }
  }
  const missing = object.list('missingSet').flatMap((property) => property.get('fault')?.get('fault')?.type ?? []);
  return { ref: object.get('obj')?.ref ?? { type: '', value: '' }, properties, missing };
}
