/**
 * The strict reading of a VI JSON request: every data object and reference
 * says its type, no member is unknown or null, none is missing, an array is
 * an array, and nothing is newer than the release in the address.
 */
import { invalidRequest } from './fault.mjs';
import { fits, methodOf, reaches, types } from './schema.mjs';
import { parseTime } from './time.mjs';

/**
 * Reads the body of a method's request.
 *
 * @param {{type: string, value: string}} on
 * @param {string} method
 * @param {string} text
 * @param {string} version the release in the address
 */
export function readJsonRequest(on, method, text, version) {
  const known = methodOf(method, version);
  if (!known) return { method, on, arguments: undefined };
  let body = {};
  // Only a method without parameters may go without a body.
  if (text.trim() !== '' || known.parameters.length > 0) {
    try {
      body = JSON.parse(text);
    } catch (error) {
      throw invalidRequest(`JSON: ${error.message}`);
    }
  }
  return { method, on, arguments: readMembers(asObject(body, method), known.parameters, version, method) };
}

function readMembers(object, fields, version, place) {
  const result = {};
  const unread = new Set(Object.keys(object));
  for (const [written, type, since] of fields) {
    const name = /\w+/.exec(written)[0];
    const repeats = written.includes('[]');
    const at = `${place}.${name}`;
    const given = reaches(version, since) ? object[name] : undefined;
    if (given !== undefined) unread.delete(name);
    if (repeats && given !== undefined && !Array.isArray(given)) throw invalidRequest(`${at}: must be an array`);
    if (written.endsWith('!') && (given === undefined || given.length === 0) && (repeats || given === undefined)) {
      throw invalidRequest(`${at}: is missing`);
    }
    if (repeats) result[name] = (given ?? []).map((item, i) => readMember(item, type, version, `${at}[${i}]`));
    else if (given !== undefined) result[name] = readMember(given, type, version, at);
  }
  for (const name of unread) throw invalidRequest(`${place}: unexpected member ${name} (release ${version})`);
  return result;
}

function readMember(value, type, version, place) {
  const refuse = () => invalidRequest(`${place}: ${JSON.stringify(value)} is no ${type}`);
  if (type === 'reference') {
    const { _typeName, type: kind, value: id, ...more } = asObject(value, place);
    if (_typeName !== 'ManagedObjectReference' || typeof kind !== 'string' || typeof id !== 'string' || !kind || !id) {
      throw invalidRequest(`${place}: must be a ManagedObjectReference, with _typeName, type and value`);
    }
    if (Object.keys(more).length > 0) throw invalidRequest(`${place}: unexpected member ${Object.keys(more)[0]}`);
    return { type: kind, value: id };
  }
  if (Object.hasOwn(types, type)) {
    const { _typeName: named, ...members } = asObject(value, place);
    if (named === undefined) throw invalidRequest(`${place}._typeName: is missing`);
    if (!fits(named, type)) throw invalidRequest(`${place}: a ${named} where a ${type} belongs`);
    return { kind: named, ...readMembers(members, types[named], version, place) };
  }
  switch (type) {
    case 'string':
      if (typeof value !== 'string') throw refuse();
      return value;
    case 'boolean':
      if (typeof value !== 'boolean') throw refuse();
      return value;
    case 'int':
      if (typeof value !== 'number' || value !== (value | 0)) throw refuse();
      return value;
    case 'recursion':
      if (!['self', 'children', 'all'].includes(value)) throw refuse();
      return value;
    case 'dateTime': {
      // Unlike in XML, the offset is no choice: RFC 3339 has it.
      const time = typeof value === 'string' && /(Z|[+-]\d\d:\d\d)$/.test(value) ? parseTime(value) : undefined;
      if (time === undefined) throw refuse();
      return time;
    }
  }
  throw new Error(`no such type: ${type}`);
}

function asObject(value, place) {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw invalidRequest(`${place}: must be an object`);
  }
  return value;
}
