/** What people have of events that is in no form which can be read, and the way to one that is. */

import type { EventItems } from '../core/event-items.js';

const HOW_TO_GET_EVENTS =
  'print them with `govc events -json -l PATH PATH`, where PATH is that of the VM, twice so that govc says which VM it is';

// Files of hundreds of megabytes are told by how they begin.
const HEAD_LENGTH = 4096;

// gzip, zip, bzip2, xz and Zstandard, where bytes that are no UTF-8 have become U+FFFD.
const COMPRESSED = ['\u001F\uFFFD', 'PK\u0003\u0004', 'BZh', '\uFFFD7zXZ', '(\uFFFD/\uFFFD'];

const FORMS: readonly (readonly [begins: RegExp, what: string])[] = [
  [
    // Each is looked for from the beginning on: one after the other they would take seconds of a line of commas.
    /^#TYPE |^(?=.*[,;])(?=.*\bCreatedTime\b)(?=.*\bFullFormattedMessage\b)/,
    `is a table of PowerShell's Export-Csv, which keeps neither the types of the events nor the ids of their VMs: ${HOW_TO_GET_EVENTS}`,
  ],
  [
    /^"?Description"?,.*\bEvent Type ID\b/,
    `is a table of the vSphere Client, which has neither the keys of the events nor the ids of their VMs: ${HOW_TO_GET_EVENTS}`,
  ],
  [
    /^(?:\[\w{3} \w{3} [ \d]\d \d\d:\d\d:\d\d \d{4}\] \[|==> \w+:)/m,
    `is what govc prints without -json, for people: ${HOW_TO_GET_EVENTS}`,
  ],
  // A DOCTYPE or an element of it, also after what XML begins with, a comment or a byte order mark.
  [
    /^\uFEFF?(?:<\?xml[^>]*>\s*|<!--[\s\S]*?-->\s*)*<(?:!doctype\s+html|html|head|body|script|meta|title)\b/i,
    'is an HTML page, as a log-in or an error of somebody on the way is answered with: look at it in a browser, and fetch the events anew',
  ],
  // As ISO 8601 and RFC 3339 write it, or with a space or in brackets, as logs do.
  [
    /^\uFEFF?\[?\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d|\b)/,
    `is a text of dated lines, as logs have them, and no table or list of events: ${HOW_TO_GET_EVENTS}`,
  ],
  [/^#< CLIXML|^<Objs\b/, `is PowerShell's Export-Clixml: ${HOW_TO_GET_EVENTS}`],
  [/^[A-Z]\w+ +: .*\r?\n(?:.*\r?\n)*?[A-Z]\w+ +: /, `is what PowerShell prints for people: ${HOW_TO_GET_EVENTS}`],
  [/^(?:---\s*\n)?- ?\w+:\s/, `is YAML: ${HOW_TO_GET_EVENTS}`],
  [
    /^[^[{<\n]+(?:[,;\t][^[{<\n]*){3}/,
    `is a table, and no table of events has all that is needed: ${HOW_TO_GET_EVENTS}`,
  ],
];

/** What a text is that is no document of events, as the end of a sentence with the way out; undefined where that is unknown. */
export function otherForm(text: string): string | undefined {
  if (COMPRESSED.some((begin) => text.startsWith(begin))) {
    return 'is compressed: unpack it first';
  }
  const head = text.slice(0, HEAD_LENGTH).trimStart();
  return FORMS.find(([begins]) => begins.test(head))?.[1];
}

/** What all events of a document lack that the machine needs, in the same way; undefined where it takes one of them. */
export function lackOf({ items, ignored }: EventItems): string | undefined {
  if (items.some(({ summary }) => (summary?.kind ?? null) !== null)) {
    return undefined;
  }
  if (items.length === 0) {
    return (ignored.malformed ?? 0) > 0 ? noEvents() : undefined;
  }
  const lack = (member: '_typeName' | 'key' | 'createdTime' | 'vm'): boolean =>
    items.every(({ event }) => event[member] === undefined);
  let what: string | undefined;
  if (lack('_typeName') && lack('createdTime')) {
    return noEvents();
  }
  if (lack('_typeName')) {
    what = lack('vm')
      ? 'have no type, as `govc events -json` prints them without -l'
      : 'have no type: it stands in the headers of a CloudEvent in binary mode, and PowerShell does not write it';
  } else if ((ignored.noVm ?? 0) > 0) {
    what = 'do not say which VM they are of, as govc prints them where it was asked for one object, or for folders';
  } else if (lack('key')) {
    what = 'have no key, which govc prints from version 0.30 of 2022 on';
  } else if (items.every(({ event }) => !Number.isInteger(event.key))) {
    what = 'have keys that are no whole numbers, as the keys of vCenter are';
  }
  return what && `holds events that ${what}: ${HOW_TO_GET_EVENTS}`;
}

function noEvents(): string {
  return `holds no events, but what has neither a type nor a time: ${HOW_TO_GET_EVENTS}`;
}
