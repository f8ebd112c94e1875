/**
 * Small answers (log-in, look-up, faults) as a tree, read by the same decoder as the events: it knows namespaces,
 * entities and limits, and a second parser would be one more to keep.
 */
import { guarded } from '../../core/core-handle.js';
import { core } from '../../core/wasm/loader.js';
import type { MoRef } from '../api/vim-api.js';

/** One element. Names and types are without their prefix. */
export interface SoapNode {
  readonly name: string;
  /** The local part of `xsi:type`. */
  readonly type?: string;
  readonly attributes?: Readonly<Record<string, string>>;
  readonly text?: string;
  readonly children?: readonly SoapNode[];
}

/** The tree of a document; its root is the `Envelope`. */
export function soapTree(body: Uint8Array): SoapNode {
  return JSON.parse(guarded(() => core().soapTree(body))) as SoapNode;
}

/** The first child of that name. */
export function child(node: SoapNode | undefined, name: string): SoapNode | undefined {
  return node?.children?.find((candidate) => candidate.name === name);
}

/** All children of that name. */
export function children(node: SoapNode | undefined, name: string): readonly SoapNode[] {
  return node?.children?.filter((candidate) => candidate.name === name) ?? [];
}

/** The text of the first child of that name. */
export function childText(node: SoapNode | undefined, name: string): string | undefined {
  const found = child(node, name);
  return found === undefined ? undefined : (found.text ?? '');
}

/** The element as a managed object reference. */
export function asReference(node: SoapNode | undefined): MoRef | undefined {
  const type = node?.attributes?.type ?? node?.type;
  return node?.text === undefined || node.text === '' || type === undefined ? undefined : { type, value: node.text };
}

/** The child of that name as a managed object reference. */
export function childReference(node: SoapNode | undefined, name: string): MoRef | undefined {
  return asReference(child(node, name));
}
