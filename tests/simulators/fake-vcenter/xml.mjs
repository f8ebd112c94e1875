/**
 * A strict reader of XML with namespaces, for requests: what a client sends must be well-formed, and be read by name and
 * namespace, not by prefix. Document types are refused, as vCenter does.
 */
import { SaxesParser } from 'saxes';

/** Thrown for a document that is not well-formed. */
export class XmlError extends Error {}

/**
 * @typedef {object} XmlElement
 * @property {string} name without prefix
 * @property {string} namespace
 * @property {Map<string, string>} attributes by `name`, or `{namespace}name` for one with a prefix
 * @property {XmlElement[]} children
 * @property {string} text all of its own text
 */

/**
 * Reads a whole document.
 *
 * @param {string} text
 * @returns {XmlElement} its root
 */
export function parseXml(text) {
  const parser = new SaxesParser({ xmlns: true });
  const document = { children: [], text: '' };
  const open = [document];
  const add = (more) => {
    open.at(-1).text += more;
  };
  parser.on('error', ({ message }) => {
    throw new XmlError(`not well-formed at ${message}`);
  });
  parser.on('doctype', () => parser.fail('a document type is not taken.'));
  parser.on('opentag', ({ local, uri, attributes }) => {
    const element = { name: local, namespace: uri, attributes: new Map(), children: [], text: '' };
    for (const { prefix, local, uri, value } of Object.values(attributes)) {
      if (prefix === 'xmlns' || (prefix === '' && local === 'xmlns')) continue;
      element.attributes.set(uri ? `{${uri}}${local}` : local, value);
    }
    open.at(-1).children.push(element);
    open.push(element);
  });
  parser.on('closetag', () => open.pop());
  parser.on('text', add);
  parser.on('cdata', add);
  parser.write(text).close();
  return document.children[0];
}
