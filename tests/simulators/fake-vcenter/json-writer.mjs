/** Values and faults as the JSON of a VI JSON answer. */
import { reaches } from './schema.mjs';
import { formatTime } from './time.mjs';
import { Any, Data, Time } from './values.mjs';

/**
 * @typedef {object} JsonForm
 * @property {string} version of the API that the client speaks
 * @property {'first'|'last'|'shuffled'} typeNamePlace where `_typeName` stands among the members: any is allowed
 * @property {boolean} boxObjects whether a data object or a reference in an Any is `_value` of a box as well: both forms
 *   are documented
 */

/**
 * @param {any} value
 * @param {JsonForm} form
 */
export function toJson(value, form) {
  if (Array.isArray(value)) return value.map((item) => toJson(item, form));
  if (value instanceof Any) return anyToJson(value, form);
  if (value instanceof Data) {
    const members = Object.entries(value.fields)
      .filter(([name, field]) => field !== undefined && reaches(form.version, value.since[name]))
      .map(([name, field]) => [name, toJson(field, form)]);
    return typed(value.type, members, form);
  }
  if (typeof value === 'bigint') return jsonTime(value);
  if (value instanceof Time) return /^[^.]*(\.\d{1,6})?Z$/.test(value.text) ? value.text : jsonTime(value.ns);
  if (typeof value === 'object') {
    const members = [
      ['type', value.type],
      ['value', value.value],
    ];
    return typed('ManagedObjectReference', members, form);
  }
  return value;
}

function anyToJson({ type, value }, form) {
  const inner = toJson(value, form);
  if (typeof value === 'object' && !Array.isArray(value) && !(value instanceof Time)) {
    if (!form.boxObjects) return inner;
    delete inner._typeName;
  }
  return typed(type, [['_value', inner]], form);
}

function typed(type, members, { typeNamePlace }) {
  const discriminator = ['_typeName', type];
  const all = typeNamePlace === 'last' ? [...members, discriminator] : [discriminator, ...members];
  if (typeNamePlace === 'shuffled') all.sort(() => Math.random() - 0.5);
  return Object.fromEntries(all);
}

/** UTC with as many digits as it takes, six at the most. */
function jsonTime(ns) {
  return formatTime(ns).replace(/\.?0+Z$/, 'Z');
}
