/**
 * What the calls answer, out of the values that a wire brings; undefined for what is no answer to the call. Answers of
 * another kind are told apart by their type where the wire names it: SOAP does so by the element around them.
 */
import { UnsupportedServerError } from '../../errors.js';
import { MAX_REPEATED_LENGTH } from '../api/codec.js';
import type { ManagedObject, MoRef, PropertyPage, ServiceContent, Updates, Value } from '../api/types.js';

/** To `RetrieveServiceContent`. */
export function contentOf(answer: Value | null, host: string): ServiceContent | undefined {
  const about = ofKind('ServiceContent', answer)?.get('about');
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

/** To log-ins. */
export function sessionOf(answer: Value | null): Value | undefined {
  return ofKind('UserSession', answer);
}

/** To calls that answer nothing. */
export function nothing(answer: Value | null): true | undefined {
  return answer === null || undefined;
}

/** To calls that create an object of a type. */
export function referenceTo(type: string): (answer: Value | null) => MoRef | undefined {
  return (answer) => {
    const ref = answer?.ref;
    return ref?.type === type && isShort(ref.value) ? ref : undefined;
  };
}

/** To `CurrentTime`. */
export function timeOf(answer: Value | null): Date | undefined {
  const time = new Date(answer?.text ?? Number.NaN);
  return Number.isNaN(time.getTime()) ? undefined : time;
}

/** To `WaitForUpdatesEx`; null when the time went by without a change. */
export function updatesOf(answer: Value | null): Omit<Updates, 'body'> | null | undefined {
  if (answer === null) {
    return null;
  }
  const version = ofKind('UpdateSet', answer)?.get('version')?.text;
  const truncated = answer.get('truncated')?.text;
  return version !== undefined && isShort(version)
    ? { version, truncated: truncated === 'true' || truncated === '1' }
    : undefined;
}

/** To `RetrievePropertiesEx`; null when there are no such objects. */
export function pageOf(answer: Value | null): PropertyPage | null | undefined {
  return answer === null ? null : nextPageOf(answer);
}

/** To its continuation. */
export function nextPageOf(answer: Value | null): PropertyPage | undefined {
  const result = ofKind('RetrieveResult', answer);
  const objects = result?.list('objects').map(objectOf);
  const token = result?.get('token')?.text || undefined;
  const goesOn = token === undefined || isShort(token);
  return objects?.every((object) => object !== undefined) && goesOn ? { objects, token } : undefined;
}

function objectOf(object: Value): ManagedObject | undefined {
  const ref = object.get('obj')?.ref;
  const properties = new Map<string, Value>();
  for (const property of object.list('propSet')) {
    const name = property.get('name')?.text;
    const value = property.get('val');
    if (name !== undefined && value !== undefined) {
      properties.set(name, value);
    }
  }
  const missing = object.list('missingSet').flatMap((property) => property.get('fault')?.get('fault')?.type ?? []);
  return ref && { ref, properties, missing };
}

function ofKind(type: string, answer: Value | null): Value | undefined {
  return answer !== null && (answer.type ?? type) === type ? answer : undefined;
}

/** Whether it may be sent back to the server with each of the calls that follow. */
function isShort(text: string): boolean {
  return text.length <= MAX_REPEATED_LENGTH;
}
