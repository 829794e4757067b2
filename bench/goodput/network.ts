import type { Provider } from './provider.ts';
import type { Time } from './time.ts';

/** The way of a request or an answer, ms: of two sent together either may come first. */
const LEAST_WAY_MS = 8;
const USUAL_SPREAD_MS = 4;
/** One packet in a hundred is sent again. */
const SLOW_SHARE = 0.01;
const SLOW_SPREAD_MS = 30;

/** The shortest way of a request, ms: what the bound grants. */
export const firstWayMs = LEAST_WAY_MS;

/** Draws a way. */
export function createWay(chance: () => number, spreadMs = USUAL_SPREAD_MS): () => number {
  return () => LEAST_WAY_MS + chance() * spreadMs + (chance() < SLOW_SHARE ? chance() * SLOW_SPREAD_MS : 0);
}

export interface Ways {
  readonly chance: () => number;
  /** How much longer than another a way usually may be, ms. */
  readonly spreadMs?: number | undefined;
  /** What an attempt costs the client's one thread, ms: attempts made together leave one after the other. */
  readonly attemptMs: number;
}

/** A fetch that leads to `provider` through virtual time: each request and each answer has a way of its own. */
export function createFetch(provider: Provider, time: Time, { chance, spreadMs, attemptMs }: Ways): typeof globalThis.fetch {
  const wayMs = createWay(chance, spreadMs);
  let idleAt = 0;
  const workMs = (): number => {
    idleAt = Math.max(idleAt, time.now()) + attemptMs;
    return idleAt - time.now();
  };
  return (input, init) =>
    new Promise((resolve, reject) => {
      const request = readRequest(input, init);
      let lose = (): void => {};
      let over = false;
      request.signal?.addEventListener('abort', () => {
        if (over) return;
        over = true;
        lose();
        reject(request.signal?.reason);
      });
      time.after(workMs() + wayMs(), () => {
        if (over) return;
        const decision = provider.arrive(request, time.now());
        lose = () => decision.lose();
        time.after(decision.serviceMs, () => {
          const { status, headers, body } = decision.end(time.now());
          time.after(wayMs(), () => {
            if (over) return;
            over = true;
            resolve(new Response(body, { status, headers }));
          });
        });
      });
    });
}

interface ReadRequest {
  readonly key: string;
  readonly promptChars: number;
  readonly maxTokens: number;
  readonly signal: AbortSignal | undefined;
}

function readRequest(input: Parameters<typeof fetch>[0], init: RequestInit | undefined): ReadRequest {
  if (input instanceof Request)
    throw new TypeError('Cannot read the request as it must be an address with options: current value is a Request');
  const key = (new Headers(init?.headers).get('authorization') ?? '').replace(/^Bearer /, '');
  return { key, ...readBody(init?.body), signal: init?.signal ?? undefined };
}

/** What the provider must know of a body: how long it is, and how much it may cost. */
export function readBody(body: unknown): { readonly promptChars: number; readonly maxTokens: number } {
  const text = body instanceof Uint8Array ? new TextDecoder().decode(body) : String(body);
  // Ours: the callers of this benchmark wrote it.
  const parsed = JSON.parse(text) as { readonly messages: readonly { readonly content: unknown }[] } & Readonly<Record<string, unknown>>;
  const promptChars = parsed.messages.reduce((sum, { content }) => sum + lengthOf(content), 0);
  return { promptChars, maxTokens: Number(parsed['max_tokens'] ?? parsed['max_completion_tokens'] ?? 4096) };
}

function lengthOf(content: unknown): number {
  if (typeof content === 'string') return content.length;
  return Array.isArray(content) ? content.reduce<number>((sum, part: { readonly text?: string }) => sum + (part.text?.length ?? 0), 0) : 0;
}
