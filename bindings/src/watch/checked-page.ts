/** What a source answers, looked at before it is taken for what was observed. */

import { type EventDocument, toBytes } from '../core/event-document.js';
import { ReadError, WireError } from '../errors.js';
import type { EventPage } from '../source/event-source.js';
import { KINDS } from '../source/read-failure.js';
import { describe } from '../util/describe.js';

/**
 * The page, its documents as bytes.
 *
 * @param method - of the source, for messages
 * @throws {@link ReadError} (`transient`) when it is no page: nothing was observed then
 */
export function checkedPage(page: EventPage, method: 'readEvents' | 'pushEvents'): EventPage {
  const refused = (why: string): ReadError =>
    new ReadError('transient', `what ${method} answered cannot be used: ${why}`, { code: 'badAnswer' });
  if (typeof page !== 'object' || page === null || Array.isArray(page)) {
    throw refused(`it is ${describe(page)}, and has to be a page such as { events: [] }`);
  }
  const { events, more, complete, failures } = page;
  if (events === undefined || events === null) {
    throw refused('the page has no `events`');
  }
  if (more !== undefined && !Array.isArray(more)) {
    throw refused(`\`more\` is ${describe(more)}, and has to be an array of documents`);
  }
  if (complete !== undefined && typeof complete !== 'boolean') {
    throw refused(`\`complete\` is ${describe(complete)}, and has to be true or false`);
  }
  if (failures !== undefined && !Array.isArray(failures)) {
    throw refused(`\`failures\` is ${describe(failures)}, and has to be an array`);
  }
  for (const [index, failure] of (failures ?? []).entries()) {
    const problem = problemOf(failure);
    if (problem !== undefined) {
      throw refused(`\`failures[${index}]\` ${problem}`);
    }
  }
  try {
    return {
      ...page,
      events: bytesOf(events, '`events`'),
      ...(more && { more: more.map((one) => bytesOf(one, '`more`')) }),
    };
  } catch (error) {
    throw error instanceof WireError ? refused(error.message) : error;
  }
}

/** An empty list stays one: it says that there was nothing new, which no bytes need to be decoded for. */
function bytesOf(document: EventDocument, what: string): EventDocument {
  return Array.isArray(document) && document.length === 0 ? document : toBytes(document, what);
}

function problemOf(failure: unknown): string | undefined {
  if (typeof failure !== 'object' || failure === null) {
    return `is ${describe(failure)}, and has to be such as { kind: 'noPermission', vm: 'vm-101' }`;
  }
  const { kind, vm, message } = failure as { kind?: unknown; vm?: unknown; message?: unknown };
  if (!KINDS.some((known) => known === kind)) {
    return `has the kind ${describe(kind)}, and has to have one of ${KINDS.join(', ')}`;
  }
  if (typeof vm !== 'string' || vm === '') {
    return `names no VM: \`vm\` is ${describe(vm)}`;
  }
  return message === undefined || typeof message === 'string' ? undefined : `has ${describe(message)} as its message`;
}
