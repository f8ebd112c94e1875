/** What is printed of the texts of others steers no terminal. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { table } from '../dist/cli/table.js';
import { visibleJson, visibleText } from '../dist/visible.js';
import { Log } from '../dist/worker/log.js';

// C0, C1, the direction of text, and what has no width, of both planes.
const STEERING = ['\u001b', '\u0007', '\n', '\u0085', '\u009b', '\u202e', '\u2066', '\u200b', '\ufeff', '\u{e0041}'];
const TEXT = STEERING.map((character) => `a${character}b`).join('');

describe('a text of somebody else', () => {
  it('is the same text in JSON, in which nothing steers', () => {
    const written = visibleJson({ vms: [{ name: TEXT }] });
    assert.doesNotMatch(written, /\p{C}/u);
    assert.deepEqual(JSON.parse(written), { vms: [{ name: TEXT }] });
  });

  it('has a mark for each character that steers, in a table and a message', () => {
    for (const shown of [visibleText(TEXT), table(['VM'], [[TEXT]]).split('\n')[1]]) {
      assert.equal(shown, STEERING.map(() => 'a\ufffdb').join(''));
    }
  });

  it('steers nothing in a log', () => {
    const lines = [];
    new Log('info', (line) => lines.push(line)).info(TEXT, { message: TEXT });
    assert.equal(lines.length, 1);
    assert.doesNotMatch(lines[0].slice(0, -1), /\p{C}/u);
    assert.equal(JSON.parse(lines[0]).message, TEXT);
  });
});

describe('a table', () => {
  it('has as many rows as there are', () => {
    const rows = Array.from({ length: 200_000 }, (_, at) => [at]);
    assert.equal(table(['VM'], rows).split('\n').length, 200_002);
  });
});
