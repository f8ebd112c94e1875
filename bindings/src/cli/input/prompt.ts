/** Questions on a terminal, the answer to some of them unseen. */
import { openSync } from 'node:fs';
import process from 'node:process';
import { ReadStream } from 'node:tty';
import type { Prompt } from './credentials.js';

/** Someone pressed Ctrl-C or Ctrl-D at a question. */
export class PromptCancelled extends Error {
  override readonly name = 'PromptCancelled';
}

/**
 * A prompt, where a person sits at a terminal.
 *
 * @param stdinTaken - standard input holds the VMs' names; the terminal is then asked by its own name
 */
export function terminalPrompt(stdinTaken: boolean): Prompt | undefined {
  if (!process.stderr.isTTY) {
    return undefined;
  }
  const open = (): { input: ReadStream; close: () => void } | undefined => {
    if (!stdinTaken && process.stdin.isTTY) {
      return { input: process.stdin, close: () => process.stdin.pause() };
    }
    try {
      const input = new ReadStream(openSync('/dev/tty', 'r'));
      return { input, close: () => input.destroy() };
    } catch {
      // No terminal, or no such thing on this platform.
      return undefined;
    }
  };
  const ask = async (question: string, hidden: boolean): Promise<string> => {
    const terminal = open();
    if (terminal === undefined) {
      return '';
    }
    // First, so that nothing typed early is shown by the terminal itself.
    terminal.input.setRawMode(true);
    process.stderr.write(question);
    try {
      return await readLine(terminal.input, hidden);
    } finally {
      terminal.input.setRawMode(false);
      process.stderr.write('\n');
      terminal.close();
    }
  };
  return { ask: (question) => ask(question, false), askHidden: (question) => ask(question, true) };
}

function readLine(input: ReadStream, hidden: boolean): Promise<string> {
  input.setEncoding('utf8');
  return new Promise((resolve, reject) => {
    let line: string[] = [];
    const onData = (chunk: string): void => {
      for (const character of chunk) {
        switch (character) {
          case '\r':
          case '\n':
            finish(() => resolve(line.join('')));
            return;
          case '\u0003':
          case '\u0004':
            finish(() => reject(new PromptCancelled('cancelled at the prompt')));
            return;
          case '\u0015':
            line = [];
            break;
          case '\b':
          case '\u007F':
            if (line.pop() !== undefined && !hidden) {
              process.stderr.write('\b \b');
            }
            break;
          default:
            line.push(character);
            if (!hidden) {
              process.stderr.write(character);
            }
        }
      }
    };
    const onEnd = (): void => finish(() => reject(new PromptCancelled('the terminal is gone')));
    const finish = (settle: () => void): void => {
      input.off('data', onData);
      input.off('end', onEnd);
      settle();
    };
    input.on('data', onData);
    input.on('end', onEnd);
    input.resume();
  });
}
