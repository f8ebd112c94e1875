/** Telling the programmer, who may look at nothing else. */

interface NodeLike {
  readonly process?: { emitWarning?(message: string, options: { type: string; detail?: string }): void };
}

/** Tells it where programs tell of their own mistakes: `process.emitWarning` in Node and its kin, else the console. */
export function emitWarning(message: string, cause: Error): void {
  const node = (globalThis as NodeLike).process;
  if (typeof node?.emitWarning === 'function') {
    node.emitWarning(message, { type: 'VmCustomizationWarning', detail: cause.stack ?? '' });
  } else {
    console.warn(message, cause);
  }
}
