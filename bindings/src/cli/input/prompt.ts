/** Questions on a terminal, the answer to some of them unseen. */
import { openSync } from 'node:fs';
import process from 'node:process';
import { createInterface } from 'node:readline';
import { type Readable, Writable } from 'node:stream';
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
      return { input: process.stdin, close: () => undefined };
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
    try {
      return await askLine(terminal.input, process.stderr, question, hidden);
    } finally {
      terminal.close();
    }
  };
  return { ask: (question) => ask(question, false), askHidden: (question) => ask(question, true) };
}

/**
 * One line from a terminal.
 * @param hidden - what is typed is not shown
 * @throws {@link PromptCancelled}
 */
export async function askLine(input: Readable, output: Writable, question: string, hidden: boolean): Promise<string> {
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  const lines = createInterface({ input, output: hidden ? nowhere : output, terminal: true, historySize: 0 });
  let answered = false;
  try {
    return await new Promise((resolve, reject) => {
      // Ctrl-C ends it, as do Ctrl-D and a terminal that is gone.
      lines.once('close', () => reject(new PromptCancelled('cancelled at the prompt')));
      if (hidden) {
        output.write(question);
      }
      lines.question(hidden ? '' : question, (answer) => {
        answered = true;
        resolve(answer);
      });
    });
  } finally {
    lines.close();
    // The line break of an answer that is shown is there already.
    if (hidden || !answered) {
      output.write('\n');
    }
  }
}
