/** Values of VI JSON: every object says its type, and a value of any type may stand in a box that does. */
import { WireError } from '../../errors.js';
import type { MoRef, Value } from '../api/types.js';

const decoder = new TextDecoder();

/**
 * The value that a body holds; null for an empty one, as void is answered.
 * @throws {@link WireError} when it is no JSON
 */
export function jsonValue(body: Uint8Array): JsonValue | null {
  const text = decoder.decode(body);
  try {
    return text.trim() === '' ? null : present(JSON.parse(text));
  } catch {
    throw new WireError('wireSyntax', 'it is no JSON');
  }
}

function present(json: unknown): JsonValue | null {
  return json === null || json === undefined ? null : new JsonValue(json);
}

/** A value that is not null, out of its box: both forms are documented. */
export class JsonValue implements Value {
  /** Undefined for a list, and for an object that does not say what it is, as all of them do. */
  readonly type: string | undefined;
  readonly #value: unknown;
  /** The members, where it is an object. */
  readonly #members: Readonly<Record<string, unknown>>;

  constructor(json: unknown) {
    const box = asObject(json);
    this.type = typeof box._typeName === 'string' ? box._typeName : isLeaf(json) ? typeof json : undefined;
    this.#value = '_value' in box ? box._value : json;
    this.#members = asObject(this.#value);
  }

  get text(): string | undefined {
    return isLeaf(this.#value) ? String(this.#value) : undefined;
  }

  get ref(): MoRef | undefined {
    const { type, value } = this.#members;
    return typeof type === 'string' && typeof value === 'string' && value !== '' ? { type, value } : undefined;
  }

  get fields(): Readonly<Record<string, string>> | undefined {
    const leaves = Object.entries(this.#members).filter(([name, field]) => name !== '_typeName' && isLeaf(field));
    return this.text === undefined
      ? Object.fromEntries(leaves.map(([name, field]) => [name, String(field)]))
      : undefined;
  }

  get(name: string): JsonValue | undefined {
    return present(this.#members[name]) ?? undefined;
  }

  list(name: string): readonly JsonValue[] {
    const list = this.#members[name];
    return Array.isArray(list) ? list.map(present).filter((item) => item !== null) : [];
  }
}

function asObject(json: unknown): Readonly<Record<string, unknown>> {
  return typeof json === 'object' && json !== null && !Array.isArray(json)
    ? (json as Readonly<Record<string, unknown>>)
    : {};
}

function isLeaf(json: unknown): boolean {
  return typeof json === 'string' || typeof json === 'number' || typeof json === 'boolean';
}
