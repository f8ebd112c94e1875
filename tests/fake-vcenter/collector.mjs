/** The PropertyCollector: which objects a filter selects, and how their properties are written. */
import { escapeXml, faultParts } from '../lib/soap.mjs';
import { Fault, invalidArgument } from './fault.mjs';
import { allPaths, isKind, readProperty } from './inventory.mjs';
import { formatTime } from './time.mjs';

/** The fault for an object that is not there. */
export function notFound(ref) {
  const { message, inner } = faultParts('ManagedObjectNotFound', ref);
  return new Fault('ManagedObjectNotFound', message, inner);
}

/**
 * Collects what the filters ask for.
 *
 * @param {object[]} specSet read PropertyFilterSpecs
 * @param {{get: (ref: object) => object|undefined, session: object, denied: Set<string>}} context
 * @returns {string[]} ObjectContent, as XML without its outer element
 */
export function collect(specSet, context) {
  const contents = new Map();
  for (const spec of specSet) {
    for (const { object, named } of select(spec, context)) {
      const paths = spec.propSet
        .filter((wanted) => isKind(object, wanted.type))
        .flatMap((wanted) => (wanted.all ? allPaths(object) : wanted.pathSet));
      if (!spec.propSet.some((wanted) => isKind(object, wanted.type))) continue;
      const refused = context.denied.has(object.ref.value);
      if (refused && !named) continue;
      contents.set(object.ref.value, writeObject(object, [...new Set(paths)], refused, context.session));
    }
  }
  return [...contents.values()];
}

/** `named` objects are those the request or a property of another object names; a view's members are only listed. */
function select({ objectSet, reportMissingObjectsInResults }, context) {
  const selected = new Map();
  for (const { obj, skip, selectSet } of objectSet) {
    const start = context.get(obj);
    if (!start) {
      if (reportMissingObjectsInResults) continue;
      throw notFound(obj);
    }
    const traversals = new Map();
    const remember = (specs) => {
      for (const spec of specs) {
        if (spec.kind !== 'TraversalSpec') continue;
        if (spec.name) traversals.set(spec.name, spec);
        remember(spec.selectSet);
      }
    };
    remember(selectSet);

    const walked = new Set();
    const walk = (object, specs) => {
      for (const given of specs) {
        const spec = given.kind === 'TraversalSpec' ? given : traversals.get(given.name);
        if (!spec) throw invalidArgument('selectSet');
        const step = `${object.ref.value} ${spec.path} ${spec.name ?? ''}`;
        if (!isKind(object, spec.type) || walked.has(step)) continue;
        walked.add(step);
        if (context.denied.has(object.ref.value)) continue;
        for (const next of targets(readProperty(object, spec.path, context.session), context)) {
          if (!spec.skip) selected.set(next.ref.value, { object: next, named: spec.path !== 'view' });
          walk(next, spec.selectSet);
        }
      }
    };
    if (!skip) selected.set(start.ref.value, { object: start, named: true });
    walk(start, selectSet);
  }
  return selected.values();
}

function targets(value, context) {
  if (value === undefined) return [];
  const refs = value.arrayOf ? value.list : [value];
  return refs.map((ref) => context.get(ref)).filter(Boolean);
}

function writeObject(object, paths, refused, session) {
  const parts = [`<obj type="${object.ref.type}">${object.ref.value}</obj>`];
  const { message, inner } = faultParts('NoPermission', object.ref);
  const missing = [];
  for (const path of paths) {
    const value = readProperty(object, path, session);
    if (refused) {
      missing.push(
        `<missingSet><path>${path}</path><fault><fault xsi:type="NoPermission">${inner}</fault>` +
          `<localizedMessage>${escapeXml(message)}</localizedMessage></fault></missingSet>`,
      );
    } else if (value !== undefined) {
      parts.push(`<propSet><name>${path}</name>${writeValue(value)}</propSet>`);
    }
  }
  return [...parts, ...missing].join('');
}

function writeValue(value) {
  if (typeof value === 'string') return `<val xsi:type="xsd:string">${escapeXml(value)}</val>`;
  if (typeof value === 'boolean') return `<val xsi:type="xsd:boolean">${value}</val>`;
  if (value.enumeration) return `<val xsi:type="${value.enumeration}">${value.value}</val>`;
  if (value.arrayOf === 'string') {
    return `<val xsi:type="ArrayOfString">${value.list.map((text) => `<string xsi:type="xsd:string">${escapeXml(text)}</string>`).join('')}</val>`;
  }
  if (value.arrayOf) {
    const items = value.list.map(
      (ref) =>
        `<ManagedObjectReference type="${ref.type}" xsi:type="ManagedObjectReference">${ref.value}</ManagedObjectReference>`,
    );
    return `<val xsi:type="ArrayOfManagedObjectReference">${items.join('')}</val>`;
  }
  if (value.object) {
    const fields = Object.entries(value.fields).map(([name, field]) =>
      field === undefined
        ? ''
        : `<${name}>${typeof field === 'bigint' ? formatTime(field) : escapeXml(field)}</${name}>`,
    );
    return `<val xsi:type="${value.object}">${fields.join('')}</val>`;
  }
  return `<val type="${value.type}" xsi:type="ManagedObjectReference">${value.value}</val>`;
}
