/** Making elements. Texts go in as text nodes only: names and messages come from guests and event logs. */

/** An HTML element with attributes; `part` names also serve as classes inside. */
export function el<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Readonly<Record<string, string>> = {},
  ...children: (Node | string)[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  setAll(element, attributes);
  element.append(...children);
  return element;
}

/** An SVG element with attributes. */
export function svg<K extends keyof SVGElementTagNameMap>(
  tag: K,
  attributes: Readonly<Record<string, string>> = {},
  ...children: (Node | string)[]
): SVGElementTagNameMap[K] {
  const element = document.createElementNS('http://www.w3.org/2000/svg', tag);
  setAll(element, attributes);
  element.append(...children);
  return element;
}

function setAll(element: Element, attributes: Readonly<Record<string, string>>): void {
  for (const [name, value] of Object.entries(attributes)) {
    element.setAttribute(name, value);
  }
}

/** Sets an attribute where it differs; null removes it. */
export function set(element: Element, name: string, value: string | null): void {
  if (value === null) {
    element.removeAttribute(name);
  } else if (element.getAttribute(name) !== value) {
    element.setAttribute(name, value);
  }
}

/** Sets a text where it differs: most cells do not change from frame to frame. */
export function setText(node: Node, text: string): void {
  if (node.textContent !== text) {
    node.textContent = text;
  }
}

/** A list of SVG nodes of one kind that grows and shrinks as needed. */
export class Pool<T extends Element> {
  readonly #nodes: T[] = [];
  readonly #parent: Element;
  readonly #make: () => T;
  #used = 0;

  constructor(parent: Element, make: () => T) {
    this.#parent = parent;
    this.#make = make;
  }

  begin(): void {
    this.#used = 0;
  }

  next(): T {
    let node = this.#nodes[this.#used];
    if (node === undefined) {
      node = this.#make();
      this.#nodes.push(node);
      this.#parent.append(node);
    }
    this.#used += 1;
    return node;
  }

  end(): void {
    for (const node of this.#nodes.splice(this.#used)) {
      node.remove();
    }
  }
}
