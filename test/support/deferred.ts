/** A promise and the ways to settle it. */
export interface Deferred<T> {
  readonly promise: Promise<T>;
  readonly resolve: (value: T) => void;
  readonly reject: (error: unknown) => void;
}

export function createDeferred<T = void>(): Deferred<T> {
  let resolve: (value: T) => void = () => {};
  let reject: (error: unknown) => void = () => {};
  const promise = new Promise<T>((yes, no) => {
    resolve = yes;
    reject = no;
  });
  return { promise, resolve, reject };
}

/** What `promise` settled with before the first `setImmediate` queued now; `'pending'` when it did not. */
export function settledBeforeImmediate(
  promise: Promise<unknown>,
): Promise<{ readonly value: unknown } | { readonly error: unknown } | 'pending'> {
  return new Promise((resolve) => {
    setImmediate(() => resolve('pending'));
    promise.then(
      (value) => resolve({ value }),
      (error: unknown) => resolve({ error }),
    );
  });
}
