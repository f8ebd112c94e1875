/** Finding the fault in a SOAP answer. */
import type { VimFault } from '../api/faults.js';
import { child, childText, type SoapNode } from './tree.js';

/** The fault in an answer; undefined when it holds none. */
export function faultIn(envelope: SoapNode): VimFault | undefined {
  const fault = child(child(envelope, 'Body'), 'Fault');
  if (fault === undefined) {
    return undefined;
  }
  const detail = child(fault, 'detail')?.children?.[0];
  const object = childText(detail, 'obj') || undefined;
  const named = detail === undefined ? undefined : (detail.type ?? detail.name.replace(/Fault$/, ''));
  return {
    type: named ?? childText(fault, 'faultcode')?.replace(/^.*:/, '') ?? 'unknown fault',
    text: (childText(fault, 'faultstring') ?? '').trim(),
    object,
  };
}
