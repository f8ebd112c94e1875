/** Values of VI JSON: every object says its type, and a value of any type may stand in a box that does. */

/** A parsed object. */
export interface JsonObject {
  readonly [name: string]: unknown;
}

const decoder = new TextDecoder();

/** Parses a body; undefined when it is no JSON. An empty one is `null`, as void is answered. */
export function parsed(body: Uint8Array): unknown {
  try {
    const text = decoder.decode(body);
    return text.trim() === '' ? null : JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The value as an object; undefined when it is none. */
export function asObject(value: unknown): JsonObject | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonObject) : undefined;
}

/** The member as an object. */
export function objectAt(object: JsonObject | undefined, name: string): JsonObject | undefined {
  return asObject(object?.[name]);
}

/** The member's items that are objects. */
export function objectsAt(object: JsonObject | undefined, name: string): readonly JsonObject[] {
  const list = object?.[name];
  return Array.isArray(list) ? list.map(asObject).filter((item) => item !== undefined) : [];
}

/** The member as text; undefined when it is none. */
export function textAt(object: JsonObject | undefined, name: string): string | undefined {
  const value = object?.[name];
  return typeof value === 'string' ? value : undefined;
}

/** What is in the box, and the type on it; the value itself where there is no box, for both forms are documented. */
export function unboxed(value: unknown): { readonly type: string | undefined; readonly value: unknown } {
  const object = asObject(value);
  const type = textAt(object, '_typeName');
  return { type, value: object !== undefined && '_value' in object ? object._value : value };
}
