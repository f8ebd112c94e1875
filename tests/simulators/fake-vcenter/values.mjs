/** What the methods answer, before it is written as SOAP or as JSON. A reference is a plain `{type, value}`. */

/** A data object; its fields are in the order of the schema, the unset ones undefined. */
export class Data {
  /**
   * @param {string} type
   * @param {Record<string, any>} fields
   * @param {{polymorphic?: boolean, since?: Record<string, string>}} [how] `polymorphic`: stands where the schema
   *   names a base class, so SOAP tells the type; `since`: the versions that brought some of its fields
   */
  constructor(type, fields, { polymorphic = false, since = {} } = {}) {
    this.type = type;
    this.fields = fields;
    this.polymorphic = polymorphic;
    this.since = since;
  }
}

/** A value with its type, where the schema says Any. */
export class Any {
  constructor(type, value) {
    this.type = type;
    this.value = value;
  }
}

/** A time with the text that it is to be told by. */
export class Time {
  constructor(ns, text) {
    this.ns = ns;
    this.text = text;
  }
}

/** Puts a property's value into an Any. */
export function boxed(value) {
  if (value instanceof Any) return value;
  if (value instanceof Data) return new Any(value.type, value);
  if (typeof value === 'string') return new Any('string', value);
  if (typeof value === 'boolean') return new Any('boolean', value);
  if (typeof value === 'number') return new Any('int', value);
  if (typeof value === 'bigint' || value instanceof Time) return new Any('dateTime', value);
  return new Any('ManagedObjectReference', value);
}

/** Whether a client sees the same in two values of a property. */
export function same(a, b) {
  if (a === b) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || !a || !b) return false;
  if (Array.isArray(a)) return a.length === b.length && a.every((item, i) => same(item, b[i]));
  const names = Object.keys(a);
  return names.length === Object.keys(b).length && names.every((name) => same(a[name], b[name]));
}
