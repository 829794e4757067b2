import type { SimulatedProtocol } from 'keywheel/simulator';
import { z } from 'zod';

/** An SDK as its users set it up, over a fetch: one shape for all, so that one table of cases fits them. */
export interface Sdk {
  readonly name: string;
  readonly protocol: SimulatedProtocol;
  /**
   * What the SDK asks of an answer before it repeats a call by itself: `heeds` the header `x-should-retry`; is `deaf` to it, so that its
   * users say `maxRetries: 0`; or has `none`, as it does not repeat unless told to.
   */
  readonly retries: 'heeds' | 'deaf' | 'none';
  /** The type of error that its users get when they abort. */
  readonly abortsAs: string;
  connect(to: Connection): Session;
  /** What it says of a call that failed. */
  toFailure(error: unknown): Failure;
}

/** Where an SDK is pointed. */
export interface Connection {
  /** The origin of the provider, and what stands before its usual path. */
  readonly url: string;
  /** A key of the provider's, or a placeholder where the fetch has keys of its own. */
  readonly apiKey: string;
  readonly fetch: typeof globalThis.fetch;
  /** Left to the SDK without it. */
  readonly maxRetries?: number;
}

/** What its users do with it. */
export interface Session {
  text(prompt: string, signal?: AbortSignal): Promise<string>;
  /** Pieces of text as they come. */
  stream(prompt: string, signal?: AbortSignal): AsyncIterable<string>;
  /** Two turns: the model asks for `temperature`, is told `24 degrees in <city>`, and answers. */
  tools(prompt: string, measure: (city: string) => string): Promise<string>;
  /** An answer that fits `Weather`, parsed. */
  structured(prompt: string): Promise<unknown>;
  /** Absent where the provider, or the SDK, has none. */
  readonly embed?: (texts: readonly string[]) => Promise<readonly (readonly number[])[]>;
}

/** An SDK's error, as far as users decide by it. */
export interface Failure {
  /** The class that users write after `instanceof`. */
  readonly type: string;
  readonly status: number | undefined;
  /** The error of the provider's body. */
  readonly message: string;
  /** Where the SDK shows headers. */
  readonly retryAfter?: string | undefined;
}

export const Weather = z.object({ city: z.string(), degrees: z.number() });
export const City = z.object({ city: z.string() });

/** The options of an SDK with retries of its own. */
export function retriesOf({ maxRetries }: Connection): { readonly maxRetries?: number } {
  return maxRetries === undefined ? {} : { maxRetries };
}

/** What is none of the SDK's errors, or says nothing of an answer. */
export function anyFailure(error: unknown): Failure {
  if (!(error instanceof Error)) return { type: typeof error, status: undefined, message: JSON.stringify(error) };
  // A name can be chosen; the class is what `instanceof` sees.
  const type = error instanceof DOMException ? error.name : error.constructor.name;
  return { type, status: undefined, message: error.message };
}
