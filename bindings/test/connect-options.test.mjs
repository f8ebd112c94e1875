import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { connectVCenter, OptionsError } from '../dist/node.js';

const GOOD = { server: '127.0.0.1:9', user: 'u', password: 'hunter2', insecure: true, environment: {} };

describe('connecting with options that cannot be used is refused, and says what is expected of', () => {
  for (const [what, options, message] of [
    ['nothing', undefined, /^the options are undefined: pass an object/],
    ['null', null, /^the options are null: pass an object/],
    ['no server', {}, /^server is undefined: give the vCenter's address/],
    ['a server', { ...GOOD, server: 5 }, /^server is 5: give the vCenter's address/],
    ['an empty server', { ...GOOD, server: '' }, /^server is the text '': give/],
    ['a protocol', { ...GOOD, protocol: 'typo' }, /^protocol is the text 'typo': give 'auto', 'soap' or 'vi-json'$/],
    ['a session', { ...GOOD, session: 'hunter2' }, /^session is a value of type string: give \{ cookie: '…' \} or/],
    [
      'a session with nothing in it',
      { ...GOOD, session: { cookie: '' } },
      /^session is a value of type object: give \{ cookie: '…' \} or/,
    ],
    ['a password', { ...GOOD, password: 5 }, /^password is a value of type number: give a text/],
    ['a thumbprint', { ...GOOD, thumbprint: 5 }, /^thumbprint is a value of type number: give a text/],
    ['a CA', { ...GOOD, ca: null }, /^ca is null: give a text/],
    ['a signal', { ...GOOD, signal: 5 }, /^signal is 5: give an AbortSignal/],
    ['insecure', { ...GOOD, insecure: 'no' }, /^insecure is the text 'no': give true or false/],
    ['the environment', { ...GOOD, environment: 5 }, /^environment is 5: give an object/],
    ['the patience', { ...GOOD, patienceSeconds: -1 }, /^patienceSeconds is -1: give a number of seconds, 0 or more$/],
    [
      'the clock',
      { ...GOOD, clock: {} },
      /^clock is an object \(Object\): give an object with the methods now and sleep/,
    ],
    ['an option of browsers', { ...GOOD, fetch }, /^fetch is a value of type function: leave it out/],
    [
      'what nobody knows',
      { ...GOOD, thumbprnt: 'hunter2' },
      /^'thumbprnt' is no option of connectVCenter: it has server, /,
    ],
    ['a function', { ...GOOD, onRetry: 5 }, /^onRetry is 5: give a function/],
  ]) {
    test(what, async () => {
      await assert.rejects(connectVCenter(options), (error) => {
        assert.ok(error instanceof OptionsError, error);
        assert.doesNotMatch(error.message, /hunter2/);
        assert.match(error.message, message);
        return true;
      });
    });
  }
});
