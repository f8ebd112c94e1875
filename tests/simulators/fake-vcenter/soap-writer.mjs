/** Values and faults as the XML of a SOAP answer. */
import { escapeXml } from '../soap.mjs';
import { reaches } from './schema.mjs';
import { formatTime } from './time.mjs';
import { Any, Data, Time } from './values.mjs';

const SIMPLE = new Set(['string', 'boolean', 'int', 'long', 'dateTime']);

/**
 * One element, or as many as a list has; none for undefined.
 *
 * @param {string} name
 * @param {any} value
 * @param {string} version of the API that the client speaks
 */
export function writeElement(name, value, version) {
  if (value === undefined) return '';
  if (Array.isArray(value)) return value.map((item) => writeElement(name, item, version)).join('');
  if (value instanceof Any) return writeAny(name, value, version);
  if (value instanceof Data) {
    const type = value.polymorphic ? ` xsi:type="${value.type}"` : '';
    return `<${name}${type}>${writeFields(value, version)}</${name}>`;
  }
  if (isReference(value)) return `<${name} type="${escapeXml(value.type)}">${escapeXml(value.value)}</${name}>`;
  return `<${name}>${textOf(value)}</${name}>`;
}

/** The fields of a data object, without an element around them. */
export function writeFields({ fields, since }, version) {
  return Object.entries(fields)
    .filter(([name]) => reaches(version, since[name]))
    .map(([name, value]) => writeElement(name, value, version))
    .join('');
}

function writeAny(name, { type, value }, version) {
  if (type.startsWith('ArrayOf')) {
    const kind = type.slice('ArrayOf'.length);
    const items = value.map((item) =>
      kind === 'String'
        ? `<string xsi:type="xsd:string">${textOf(item)}</string>`
        : isReference(item)
          ? writeAny(kind, { type: kind, value: item }, version)
          : writeElement(kind, item, version),
    );
    return `<${name} xsi:type="${type}">${items.join('')}</${name}>`;
  }
  if (value instanceof Data) return `<${name} xsi:type="${value.type}">${writeFields(value, version)}</${name}>`;
  if (isReference(value)) {
    return `<${name} type="${escapeXml(value.type)}" xsi:type="ManagedObjectReference">${escapeXml(value.value)}</${name}>`;
  }
  return `<${name} xsi:type="${SIMPLE.has(type) ? 'xsd:' : ''}${type}">${textOf(value)}</${name}>`;
}

function isReference(value) {
  return typeof value === 'object' && !(value instanceof Time);
}

function textOf(value) {
  if (typeof value === 'bigint') return formatTime(value);
  return escapeXml(value instanceof Time ? value.text : value);
}
