/** What a PropertyCollector reads: which objects a filter selects, and their properties. */
import { invalidArgument, noPermission, notFound } from './fault.mjs';
import { allPaths, isKind, needsRead, readProperty } from './properties.mjs';
import { Any, boxed, Data } from './values.mjs';

/**
 * @typedef {object} Collected
 * @property {{type: string, value: string}} ref
 * @property {Map<string, Any>} values by path
 * @property {Map<string, import('./fault.mjs').Fault>} missing what may not be read, by path
 */

/**
 * Collects what the filters ask for.
 *
 * @param {object[]} specSet read PropertyFilterSpecs
 * @param {{get: (ref: object) => object|undefined, session: object, denied: Set<string>,
 *   unreadable: Set<string>, lacking: Set<string>, version: string}} context
 * @returns {Map<string, Collected>}
 */
export function collect(specSet, context) {
  const contents = new Map();
  for (const spec of specSet) {
    for (const { object, named } of select(spec, context)) {
      const wanted = spec.propSet.filter(({ type }) => isKind(object, type));
      if (wanted.length === 0) continue;
      const refused = context.denied.has(object.ref.value);
      if (refused && !named) continue;
      const content = { ref: object.ref, values: new Map(), missing: new Map() };
      for (const path of wanted.flatMap(({ all, pathSet }) => (all ? allPaths(object, context.version) : pathSet))) {
        const value = readProperty(object, path, context);
        if (refused || (context.unreadable.has(object.ref.value) && needsRead(path)))
          content.missing.set(path, noPermission(object.ref));
        else if (value !== undefined) content.values.set(path, boxed(value));
      }
      contents.set(object.ref.value, content);
    }
  }
  return contents;
}

/** One object as RetrieveProperties answers it. */
export function objectContent({ ref, values, missing }) {
  return new Data('ObjectContent', {
    obj: ref,
    propSet: orUnset([...values].map(([name, val]) => new Data('DynamicProperty', { name, val }))),
    missingSet: missingSet(missing),
  });
}

export function missingSet(missing) {
  return orUnset([...missing].map(([path, fault]) => new Data('MissingProperty', { path, fault: fault.localized() })));
}

/** A list as a member that is left out when it is empty. */
export function orUnset(list) {
  return list.length === 0 ? undefined : list;
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
        for (const next of targets(readProperty(object, spec.path, context), context)) {
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
  const refs = value instanceof Any ? value.value : [value];
  return refs.map((ref) => context.get(ref)).filter(Boolean);
}
