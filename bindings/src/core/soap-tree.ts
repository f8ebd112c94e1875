/** SOAP as a tree, read by the decoder of the events: it knows namespaces, entities and limits, and a second parser would be one more to keep. */
import { guarded } from './core-handle.js';
import { core } from './wasm/loader.js';

/** One element. Names and types are without their prefix. */
export interface SoapNode {
  readonly name: string;
  /** The local part of `xsi:type`. */
  readonly type?: string;
  readonly attributes?: Readonly<Record<string, string>>;
  readonly text?: string;
  readonly children?: readonly SoapNode[];
}

/**
 * The root of a document, which of an answer is the `Envelope`.
 *
 * @param levels - below the root that are wanted; left out, all
 * @throws `WireError` when it cannot be read
 * @internal
 */
export function soapTree(body: Uint8Array, levels?: number): SoapNode {
  return JSON.parse(guarded(() => core().soapTree(body, levels))) as SoapNode;
}
