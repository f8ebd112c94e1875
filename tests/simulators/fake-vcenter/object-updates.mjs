/** The changes of objects between two looks at them, and their form in an UpdateSet. */
import { missingSet, orUnset } from './collector.mjs';
import { boxed, Data, same } from './values.mjs';

/**
 * @typedef {object} Update
 * @property {'enter'|'modify'|'leave'} kind
 * @property {{type: string, value: string}} ref
 * @property {{name: string, op: 'assign'|'add'|'remove', val?: Any}[]} changes
 * @property {Map<string, import('./fault.mjs').Fault>} missing
 */

/** @param {import('./collector.mjs').Collected} content @returns {Update} */
export function entered({ ref, values, missing }) {
  return { kind: 'enter', ref, changes: [...values].map(([name, val]) => ({ name, op: 'assign', val })), missing };
}

/**
 * @param {Map<string, import('./collector.mjs').Collected>} before
 * @param {Map<string, import('./collector.mjs').Collected>} after
 * @param {boolean} partial whether a change inside of a list is told by itself
 * @returns {Update[]}
 */
export function changeBetween(before, after, partial) {
  const updates = [];
  for (const [id, { ref }] of before) {
    if (!after.has(id)) updates.push({ kind: 'leave', ref, changes: [], missing: new Map() });
  }
  for (const [id, content] of after) {
    const earlier = before.get(id);
    if (!earlier) {
      updates.push(entered(content));
      continue;
    }
    const changes = [];
    for (const [name, val] of content.values) {
      const old = earlier.values.get(name);
      if (!same(old, val)) changes.push(...(partial && old ? changesInside(name, old, val) : [assign(name, val)]));
    }
    // A property that was set and is not: assigned nothing.
    for (const name of earlier.values.keys()) if (!content.values.has(name)) changes.push(assign(name));
    const missing = new Map([...content.missing].filter(([path]) => !earlier.missing.has(path)));
    if (changes.length > 0 || missing.size > 0) updates.push({ kind: 'modify', ref: content.ref, changes, missing });
  }
  return updates;
}

/** A list of events changes event by event, named by key; anything else as a whole. */
function changesInside(name, old, val) {
  if (val.type !== 'ArrayOfEvent') return [assign(name, val)];
  const element = (event) => `${name}[${event.fields.key}]`;
  const added = val.value.filter((event) => !old.value.includes(event));
  const removed = old.value.filter((event) => !val.value.includes(event));
  return [
    ...added.map((event) => ({ name: element(event), op: 'add', val: boxed(event) })),
    ...removed.map((event) => ({ name: element(event), op: 'remove' })),
  ];
}

function assign(name, val) {
  return { name, op: 'assign', val };
}

/** Brings the changes of each object together, as if only the last state had been seen. */
export function coalesce(changes) {
  const found = new Map();
  for (const { filter, update } of changes) {
    const id = `${filter.ref.value} ${update.ref.value}`;
    const earlier = found.get(id);
    if (!earlier || update.kind !== 'modify') {
      found.delete(id);
      found.set(id, { filter, update: { ...update, changes: [...update.changes] } });
      continue;
    }
    const { update: target } = earlier;
    for (const change of update.changes) {
      const at = target.changes.findIndex(({ name }) => name === change.name);
      if (at >= 0) target.changes.splice(at, 1);
      target.changes.push(change);
    }
    target.missing = new Map([...target.missing, ...update.missing]);
  }
  return [...found.values()];
}

/** @param {{filter: {ref: object}, update: Update}[]} updates */
export function updateSet(version, updates, truncated) {
  const filters = new Map();
  for (const { filter, update } of updates) {
    if (!filters.has(filter)) filters.set(filter, []);
    filters.get(filter).push(objectUpdate(update));
  }
  const filterSet = [...filters].map(
    ([filter, objectSet]) => new Data('PropertyFilterUpdate', { filter: filter.ref, objectSet }),
  );
  return new Data('UpdateSet', { version, filterSet: orUnset(filterSet), truncated: truncated || undefined });
}

function objectUpdate({ kind, ref, changes, missing }) {
  const changeSet = changes.map(({ name, op, val }) => new Data('PropertyChange', { name, op, val }));
  return new Data('ObjectUpdate', { kind, obj: ref, changeSet: orUnset(changeSet), missingSet: missingSet(missing) });
}
