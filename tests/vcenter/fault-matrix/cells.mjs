/** Every call of the client × every kind of bad answer × when × over which wire × with a push or without. */
import { KINDS } from './kinds.mjs';

export const WIRES = ['soap', 'vi-json'];

/**
 * @typedef {object} CallFacts
 * @property {readonly string[]} [spans] when it is made at all; by itself at any time
 * @property {boolean} [push] made for a push only
 * @property {readonly string[]} [wires]
 * @property {string} [signIn] made only for this way to sign in
 * @property {string} [apiVersion] made only by a client of such a server
 */

// The first time or always: afterwards it is not made.
const BEGINNING = ['first', 'always'];

/** @type {Record<string, CallFacts>} */
export const CALLS = {
  RetrieveServiceContent: { spans: BEGINNING },
  hello: { spans: BEGINNING, wires: ['vi-json'] },
  // Of servers that have no hello.
  vimServiceVersions: { spans: BEGINNING, wires: ['vi-json'], apiVersion: '8.0.1.0' },
  Login: {},
  LoginByToken: { spans: BEGINNING, wires: ['soap'], signIn: 'token' },
  CloneSession: { spans: BEGINNING, signIn: 'ticket' },
  CurrentTime: {},
  QueryEvents: {},
  CreateContainerView: {},
  DestroyView: {},
  RetrievePropertiesEx: {},
  ContinueRetrievePropertiesEx: {},
  CreateCollectorForEvents: { push: true },
  CreatePropertyCollector: { push: true },
  CreateFilter: { push: true },
  WaitForUpdatesEx: { push: true },
  ReadNextEvents: { push: true },
  CancelWaitForUpdates: { push: true },
  DestroyPropertyCollector: { push: true },
  DestroyCollector: { push: true },
  Logout: {},
};

// Always; from the fifth second of the wait, when all has worked, to the fortieth; from the fifth second on.
const ANY_TIME = ['always', 'while', 'later'];

/**
 * @typedef {object} Cell
 * @property {string} call
 * @property {string} kind
 * @property {'soap'|'vi-json'} wire
 * @property {boolean} push
 * @property {'first'|'always'|'while'|'later'|'aborted'} span
 * @property {'password'|'token'|'ticket'|'session'} signIn
 * @property {string} apiVersion
 */

/** @returns {Generator<Cell>} all of them, in an order that does not change */
export function* cells() {
  for (const [call, facts] of Object.entries(CALLS)) {
    for (const wire of facts.wires ?? WIRES) {
      for (const kind of Object.keys(KINDS)) {
        if (KINDS[kind].methods?.includes(call) === false) continue;
        const { apiVersion = '8.0.3.0', signIn = 'password', spans = ANY_TIME } = facts;
        for (const push of facts.push ? [true] : [true, false]) {
          for (const span of spans) yield { call, kind, wire, push, span, signIn, apiVersion };
        }
        if (facts.spans) continue;
        // As the last, with an abort at the thirty-fifth second.
        yield { call, kind, wire, push: true, span: 'aborted', signIn, apiVersion };
        // What is made in a session that goes on is not removed with it.
        if (facts.push) yield { call, kind, wire, push: true, span: 'always', signIn: 'session', apiVersion };
      }
    }
  }
}

/** A cell in a message. */
export function nameOf({ call, kind, wire, push, span, signIn }) {
  return `${call}, ${kind}, ${span}, ${wire}, ${push ? 'push' : 'no push'}, ${signIn}`;
}
