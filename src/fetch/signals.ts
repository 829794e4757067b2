import type { FetchRequest } from '../chat/fetched.ts';
import type { CallOptions } from '../options/types.ts';
import { watched } from './pieces.ts';

/** Not by its class: a signal of another realm is one, too. */
export function isSignal(given: unknown): given is AbortSignal {
  return typeof given === 'object' && given !== null && 'addEventListener' in given && 'throwIfAborted' in given;
}

/** What ends the call: the signal of fetch, that of the options, or whichever is first. */
export function endOf(signal: AbortSignal | undefined, options: CallOptions | undefined): AbortSignal | undefined {
  const other = options?.signal;
  if (signal !== undefined && other !== undefined && signal !== other) return AbortSignal.any([signal, other]);
  // What is no signal is left to who checks the options.
  return signal ?? (isSignal(other) ? other : undefined);
}

/** The options with what ends the call. What are no options stays as it is, for who checks them to say so. */
export function withEnd(options: CallOptions | undefined, signal: AbortSignal | undefined): CallOptions | undefined {
  if (signal === undefined || (options !== undefined && !isObject(options))) return options;
  return { ...options, signal };
}

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null;
}

/** What is read of a body, or the reason of the abort that comes first. */
export function orAborted<T>(reading: T | Promise<T>, signal: AbortSignal | undefined): T | Promise<T> {
  if (!(reading instanceof Promise) || signal === undefined) return reading;
  return new Promise<T>((resolve, reject) => {
    const abort = (): void => reject(signal.reason);
    signal.addEventListener('abort', abort, { once: true });
    reading.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}

/** A request whose body comes from elsewhere ends where that does: `broken` aborts with its reason. */
export function untilBroken(request: FetchRequest): { readonly request: FetchRequest; readonly broken?: AbortSignal } {
  const { body } = request;
  if (body.kind !== 'once') return { request };
  const controller = new AbortController();
  const open = (): AsyncIterable<Uint8Array> => watched(body.open(), (error) => controller.abort(error));
  return { request: { ...request, body: { ...body, open } }, broken: controller.signal };
}
