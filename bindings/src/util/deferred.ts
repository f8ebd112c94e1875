/** A promise that is settled from outside: `Promise.withResolvers` is too young for Node 20. */
export interface Deferred<T = void> {
  readonly promise: Promise<T>;
  readonly resolve: (value: T) => void;
}

/** A promise and what resolves it. */
export function deferred<T = void>(): Deferred<T> {
  let resolve = (_: T): void => undefined;
  const promise = new Promise<T>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}
