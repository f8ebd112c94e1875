/** The events of interest in a page, read from its bytes by JavaScript alone, as a client without a core would. */
import { SaxesParser } from 'saxes';

/** What a client decides by. */
const eventOf = (type, key, createdTime, vm, name) => ({ type, key, createdMs: Date.parse(createdTime), vm, name });

/** VI JSON by `JSON.parse`. @param {Set<string>} wanted the types of interest */
export function fromJson(bytes, wanted) {
  const events = [];
  for (const { _typeName: type, key, createdTime, vm } of JSON.parse(bytes.toString())) {
    if (wanted.has(type)) events.push(eventOf(type, key, createdTime, vm.vm.value, vm.name));
  }
  return events;
}

/** How deep an event lies, in a body and an answer. */
const EVENT = 4;

/** What is taken of an event, by how deep it lies and the names around it. */
const FIELDS = new Map([
  ['key', 'key'],
  ['createdTime', 'createdTime'],
  ['vm/name', 'name'],
  ['vm/vm', 'vm'],
]);

/** SOAP by saxes, which reads what is of no interest too. @param {Set<string>} wanted the types of interest */
export function fromSoap(bytes, wanted) {
  const events = [];
  let depth = 0;
  let type;
  let parent = '';
  let field;
  let event;
  const parser = new SaxesParser({ position: false });
  parser.on('opentag', ({ name, attributes }) => {
    depth += 1;
    if (depth === EVENT) {
      const isWanted = name === 'returnval' && wanted.has(attributes['xsi:type']);
      type = isWanted ? attributes['xsi:type'] : undefined;
      event = { key: '', createdTime: '', vm: '', name: '' };
    } else if (type !== undefined) {
      if (depth === EVENT + 1) parent = name;
      field = FIELDS.get(depth === EVENT + 1 ? name : depth === EVENT + 2 ? `${parent}/${name}` : '');
    }
  });
  parser.on('text', (text) => {
    if (field !== undefined) event[field] += text;
  });
  parser.on('closetag', () => {
    field = undefined;
    if (depth === EVENT && type !== undefined) {
      events.push(eventOf(type, Number(event.key), event.createdTime, event.vm, event.name));
      type = undefined;
    }
    depth -= 1;
  });
  parser.write(bytes.toString()).close();
  return events;
}
