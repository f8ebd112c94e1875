/** Answers as a tree. */
import { type SoapNode, soapTree } from '../../core/soap-tree.js';
import type { MoRef, Value } from '../api/types.js';

/**
 * The root of a document, which of an answer is the `Envelope`.
 *
 * @param levels - below the root that are wanted; left out, all
 * @throws `WireError` when it cannot be read
 */
export function xmlTree(body: Uint8Array, levels?: number): XmlElement {
  return new XmlElement(soapTree(body, levels));
}

/** One element as a value. */
export class XmlElement implements Value {
  readonly #node: SoapNode;

  constructor(node: SoapNode) {
    this.#node = node;
  }

  get name(): string {
    return this.#node.name;
  }

  get type(): string | undefined {
    return this.#node.type;
  }

  get text(): string | undefined {
    return this.children.length === 0 ? (this.#node.text ?? '') : undefined;
  }

  get ref(): MoRef | undefined {
    const { attributes, text: value = '' } = this.#node;
    return attributes?.type === undefined || value === '' ? undefined : { type: attributes.type, value };
  }

  get fields(): Readonly<Record<string, string>> | undefined {
    const { children } = this;
    return children.length === 0
      ? undefined
      : Object.fromEntries(children.flatMap(({ name, text }) => (text === undefined ? [] : [[name, text]])));
  }

  get children(): readonly XmlElement[] {
    return (this.#node.children ?? []).map((node) => new XmlElement(node));
  }

  get(name: string): XmlElement | undefined {
    const node = this.#node.children?.find((candidate) => candidate.name === name);
    return node && new XmlElement(node);
  }

  list(name: string): readonly XmlElement[] {
    return this.children.filter((child) => child.name === name);
  }
}
