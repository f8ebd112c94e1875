/**
 * A strict reader of XML with namespaces, for requests: what a client sends
 * must be well-formed, and be read by name and namespace, not by prefix.
 */

const XMLNS = 'http://www.w3.org/2000/xmlns/';
const NAME = String.raw`[A-Za-z_][\w.-]*(?::[A-Za-z_][\w.-]*)?`;
const NAMED_ENTITIES = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

/** Thrown for a document that is not well-formed. */
export class XmlError extends Error {}

/**
 * @typedef {object} XmlElement
 * @property {string} name without prefix
 * @property {string} namespace
 * @property {Map<string, string>} attributes by `name`, or `{namespace}name` for one with a prefix
 * @property {XmlElement[]} children
 * @property {string} text all of its own text
 * @property {(name: string) => string|undefined} resolve the namespace of a qualified name in a value
 */

/**
 * Reads a whole document.
 *
 * @param {string} text
 * @returns {XmlElement} its root
 */
export function parseXml(text) {
  const token = new RegExp(
    String.raw`<\?[\s\S]*?\?>|<!--[\s\S]*?-->|<!\[CDATA\[([\s\S]*?)\]\]>|<(/?)(${NAME})((?:\s+${NAME}\s*=\s*(?:"[^"<]*"|'[^'<]*'))*)\s*(/?)>|([^<]+)`,
    'y',
  );
  const document = { children: [], text: '', scope: new Map([['xml', 'http://www.w3.org/XML/1998/namespace']]) };
  const open = [document];
  let at = text.startsWith('\ufeff') ? 1 : 0;
  while (at < text.length) {
    token.lastIndex = at;
    const match = token.exec(text);
    if (!match) throw new XmlError(`not well-formed at character ${at}`);
    at = token.lastIndex;
    const [whole, cdata, closing, qualifiedName, attributes, empty, content] = match;
    const current = open[open.length - 1];
    if (content !== undefined || cdata !== undefined) {
      const added = cdata ?? unescapeXml(content);
      if (current === document && added.trim() !== '') throw new XmlError('text outside the root element');
      current.text += added;
    } else if (closing) {
      if (current === document || current.qualifiedName !== qualifiedName) {
        throw new XmlError(`</${qualifiedName}> closes no element`);
      }
      open.pop();
    } else if (qualifiedName) {
      const element = newElement(qualifiedName, attributes, current.scope);
      if (current === document && document.children.length > 0) throw new XmlError('more than one root element');
      current.children.push(element);
      if (!empty) open.push(element);
    } else if (whole.startsWith('<?xml ') && at !== whole.length + (text.startsWith('\ufeff') ? 1 : 0)) {
      throw new XmlError('an XML declaration inside the document');
    }
  }
  if (open.length > 1) throw new XmlError(`<${open[open.length - 1].qualifiedName}> is not closed`);
  if (document.children.length === 0) throw new XmlError('no element');
  return document.children[0];
}

function newElement(qualifiedName, attributeText, outerScope) {
  const raw = [];
  for (const [, name, double, single] of attributeText.matchAll(
    new RegExp(String.raw`(${NAME})\s*=\s*(?:"([^"]*)"|'([^']*)')`, 'g'),
  )) {
    raw.push([name, unescapeXml(double ?? single)]);
  }
  const scope = new Map(outerScope);
  for (const [name, value] of raw) {
    if (name === 'xmlns') scope.set('', value);
    else if (name.startsWith('xmlns:')) scope.set(name.slice(6), value);
  }
  const namespaceOf = (name, unprefixed) => {
    const [prefix, local] = name.includes(':') ? name.split(':') : ['', name];
    if (prefix === '') return [unprefixed, local];
    if (!scope.has(prefix)) throw new XmlError(`the prefix of ${name} is not declared`);
    return [scope.get(prefix), local];
  };
  const attributes = new Map();
  for (const [name, value] of raw) {
    if (name === 'xmlns' || name.startsWith('xmlns:')) continue;
    const [namespace, local] = namespaceOf(name, '');
    const key = namespace ? `{${namespace}}${local}` : local;
    if (attributes.has(key)) throw new XmlError(`attribute ${name} comes twice`);
    if (namespace !== XMLNS) attributes.set(key, value);
  }
  const [namespace, name] = namespaceOf(qualifiedName, scope.get('') ?? '');
  return {
    qualifiedName,
    name,
    namespace,
    attributes,
    children: [],
    text: '',
    scope,
    resolve: (value) => scope.get(value.includes(':') ? value.split(':')[0] : ''),
  };
}

function unescapeXml(text) {
  return text.replace(/&([^;&\s]*);?/g, (whole, name) => {
    const code = /^#(?:x([0-9a-fA-F]+)|([0-9]+))$/.exec(name);
    if (whole.endsWith(';')) {
      if (name in NAMED_ENTITIES) return NAMED_ENTITIES[name];
      if (code) return String.fromCodePoint(code[1] ? Number.parseInt(code[1], 16) : Number(code[2]));
    }
    throw new XmlError(`${whole} is no entity`);
  });
}
