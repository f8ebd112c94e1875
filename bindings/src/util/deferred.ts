/** A promise that is settled from outside: `Promise.withResolvers` is too young for Node 20. */
export interface Deferred {
  readonly promise: Promise<void>;
  readonly resolve: () => void;
}

/** A promise and what resolves it. */
export function deferred(): Deferred {
  let resolve = (): void => undefined;
  const promise = new Promise<void>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}
