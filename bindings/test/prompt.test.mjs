/** Questions on a terminal. */
import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { describe, test } from 'node:test';
import { internal } from './internal.mjs';

const { askLine, PromptCancelled } = await internal('cli/input/prompt');

/** A terminal: `type` is what a person does, `shown` what stands on the screen, without what moves the cursor. */
function terminal() {
  const input = new PassThrough();
  const output = new PassThrough({ encoding: 'utf8' });
  const raw = [];
  input.isTTY = true;
  input.setRawMode = (mode) => raw.push(mode);
  let text = '';
  output.on('data', (chunk) => {
    text += chunk;
  });
  return {
    raw,
    ask: (hidden) => askLine(input, output, 'password: ', hidden),
    type: (keys) => input.write(keys),
    hangUp: () => input.end(),
    // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what a terminal obeys.
    shown: () => text.replace(/\u001b\[[\d;]*[A-Za-z]/g, ''),
  };
}

for (const hidden of [true, false]) {
  describe(`a question whose answer is ${hidden ? 'not ' : ''}shown`, () => {
    for (const [what, keys, answer] of [
      ['typed', 'secret\r', 'secret'],
      ['wide, and with accents', 'p\u00e4ss日本🙂\r', 'päss日本🙂'],
      ['corrected', 'secrex\u007ft\r', 'secret'],
      ['begun anew', 'wrong\u0015secret\r', 'secret'],
      ['with arrows, which are no part of it', 'ecret\u001b[D\u001b[D\u001b[D\u001b[D\u001b[Ds\r', 'secret'],
      ['nothing', '\r', ''],
    ]) {
      test(`is answered by what is ${what}`, async () => {
        const { ask, type, shown, raw } = terminal();
        const asked = ask(hidden);
        for (const key of keys) type(key);
        assert.equal(await asked, answer);
        if (hidden) assert.equal(shown(), 'password: \n');
        else assert.ok(shown().startsWith('password: ') && shown().length > 'password: \n'.length + answer.length);
        assert.equal(/[\r\n]$/.test(shown()), true, 'what comes next begins on a line of its own');
        assert.deepEqual(raw, [true, false], 'nothing is shown by the terminal itself, and it is left as it was');
      });
    }

    for (const [what, act] of [
      ['Ctrl-C', ({ type }) => type('sec\u0003')],
      ['Ctrl-D', ({ type }) => type('\u0004')],
      ['a terminal that is gone', ({ hangUp }) => hangUp()],
    ]) {
      test(`is cancelled by ${what}`, async () => {
        const at = terminal();
        const asked = at.ask(hidden);
        act(at);
        await assert.rejects(asked, PromptCancelled);
        assert.equal(at.shown().endsWith('\n'), true);
        assert.deepEqual(at.raw, [true, false]);
      });
    }
  });
}
