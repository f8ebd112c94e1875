/**
 * The strict reading of a SOAP request: elements in the order of the schema,
 * none unknown, none missing, and none newer than the version that the
 * client's SOAPAction names. That is how vCenter reads, and a client that
 * passes here depends on no leniency.
 */
import { XSI } from '../soap.mjs';
import { invalidRequest } from './fault.mjs';
import { fits, methodOf, reaches, types } from './schema.mjs';
import { parseTime } from './time.mjs';

const VIM25 = 'urn:vim25';

/**
 * Reads a request's body element.
 *
 * @param {import('./xml.mjs').XmlElement} element
 * @param {string} version of the API, as the client asked for it
 * @returns {{method: string, on: {type: string, value: string}, arguments: object}}
 */
export function readRequest(element, version) {
  if (element.namespace !== VIM25) throw invalidRequest(`unknown namespace "${element.namespace}"`);
  const [self, ...given] = element.children;
  if (self?.name !== '_this') throw invalidRequest(`${element.name}: the first element must be _this`);
  const on = readReference(self, `${element.name}._this`);
  const known = methodOf(element.name, version);
  if (!known) return { method: element.name, on, arguments: undefined };
  return { method: element.name, on, arguments: readFields(given, known.parameters, version, element.name) };
}

function readFields(elements, fields, version, place) {
  const result = {};
  let at = 0;
  for (const [written, type, since] of fields) {
    const name = /\w+/.exec(written)[0];
    const repeats = written.includes('[]');
    const values = [];
    while (at < elements.length && elements[at].name === name && reaches(version, since)) {
      if (elements[at].namespace !== VIM25) throw invalidRequest(`${place}.${name}: not in the namespace ${VIM25}`);
      if (!repeats && values.length > 0) throw invalidRequest(`${place}.${name}: comes more than once`);
      values.push(readValue(elements[at], type, version, `${place}.${name}`));
      at += 1;
    }
    if (written.endsWith('!') && values.length === 0) throw invalidRequest(`${place}.${name}: is missing`);
    result[name] = repeats ? values : values[0];
  }
  if (at < elements.length) {
    throw invalidRequest(`${place}: unexpected element ${elements[at].name} (API version ${version})`);
  }
  return result;
}

function readValue(element, type, version, place) {
  if (type === 'reference') return readReference(element, place);
  if (Object.hasOwn(types, type)) {
    const named = element.attributes.get(`{${XSI}}type`)?.replace(/^.*:/, '');
    if (named && !fits(named, type)) {
      throw invalidRequest(`${place}: a ${named} where a ${type} belongs`);
    }
    if (element.text.trim() !== '') throw invalidRequest(`${place}: text where elements belong`);
    return { kind: named ?? type, ...readFields(element.children, types[named ?? type], version, place) };
  }
  if (element.children.length > 0) throw invalidRequest(`${place}: elements where text belongs`);
  const text = element.text;
  const refuse = () => invalidRequest(`${place}: "${text}" is no ${type}`);
  switch (type) {
    case 'string':
      return text;
    case 'boolean':
      if (!/^(true|false|1|0)$/.test(text)) throw refuse();
      return text === 'true' || text === '1';
    case 'int':
      if (!/^[+-]?\d{1,10}$/.test(text) || Number(text) !== (Number(text) | 0)) throw refuse();
      return Number(text);
    case 'recursion':
      if (!['self', 'children', 'all'].includes(text)) throw refuse();
      return text;
    case 'dateTime': {
      const time = parseTime(text);
      if (time === undefined) throw refuse();
      return time;
    }
  }
  throw new Error(`no such type: ${type}`);
}

function readReference(element, place) {
  const type = element.attributes.get('type');
  if (!type || element.children.length > 0 || element.text.trim() === '') {
    throw invalidRequest(`${place}: must be a reference: an id, and its type as an attribute`);
  }
  return { type, value: element.text.trim() };
}
