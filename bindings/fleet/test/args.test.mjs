/** The command line of the worker: what is not known is told by its name, with the way on. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { HELP, parseCommand } from '../dist/cli/args.js';

describe('the command line', () => {
  it('has help and version as words and as options, and the help fits 80 columns', () => {
    for (const kind of ['help', 'version']) {
      assert.deepEqual(parseCommand([kind]), { kind });
      assert.deepEqual(parseCommand([`--${kind}`]), { kind });
    }
    assert.deepEqual(
      HELP.split('\n').filter(({ length }) => length > 80),
      [],
    );
  });

  it('names what it does not know', () => {
    const refused = (argv, message) => assert.throws(() => parseCommand(argv), { name: 'UsageError', message });
    refused(['request', '--redy', 'tools', 'east', 'vm-1'], '--redy is no option: see --help');
    refused(['--config', 'f', '--json'], '--json is no option of a worker');
    for (const path of ['', '-']) {
      refused(
        ['--config', path],
        `--config is '${path}': give the path of the file, as ./- if that is what it is called`,
      );
    }
    refused(['reqest'], 'reqest is no command: give request, result, cancel or status, or none for a worker');
  });
});
