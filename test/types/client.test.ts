import { describe, expectTypeOf, test } from 'vitest';
import {
  type CallFailed,
  type CallReport,
  type Client,
  type ClientEvent,
  type ClientEvents,
  type ClientOptions,
  createClient,
  type EventName,
  type ExhaustedKey,
  type FailureClass,
  KeysExhaustedError,
  KeywheelError,
  type KeySnapshot,
  type KeyState,
  RequestError,
  type StreamInterruptedError,
} from '../../src/index.ts';

// Nothing here runs: `npm run types` checks it, and vitest only shows that the file loads.
declare const client: Client;
const never = (unrun: () => unknown): void => void unrun.name;

describe('options', () => {
  test('take every form of keys', () => {
    expectTypeOf<{ providers: { openai: { keys: 'sk' } } }>().toExtend<ClientOptions>();
    expectTypeOf<{ providers: { openai: { keys: { secret: string; expiresAt: Date } } } }>().toExtend<ClientOptions>();
    expectTypeOf<{ providers: { openai: { keys: readonly (string | { secret: string; group: string })[] } } }>().toExtend<ClientOptions>();
    expectTypeOf<{ providers: { openai: { keys: () => Promise<string[]>; refreshMs: number } } }>().toExtend<ClientOptions>();
    expectTypeOf<{ providers: { openai: { keys: () => 'sk' } } }>().toExtend<ClientOptions>();
    expectTypeOf<{ providers: { mine: { protocol: 'openai'; baseURL: string; keys: [] } } }>().toExtend<ClientOptions>();
    expectTypeOf<{ models: { fast: readonly ['openai/a', 'mine/b']; slow: 'openai/c' } }>().toExtend<ClientOptions>();
    expectTypeOf<{ env: NodeJS.ProcessEnv; cache: true; fetch: typeof fetch }>().toExtend<ClientOptions>();
  });

  test('refuse unknown names and wrong values', () => {
    never(() => [
      // @ts-expect-error: unknown
      createClient({ timeoutMs: 5 }),
      // @ts-expect-error: unknown
      createClient({ retry: { attemps: 5 } }),
      // @ts-expect-error: unknown
      createClient({ providers: { openai: { key: 'sk' } } }),
      // @ts-expect-error: unknown
      createClient({ providers: { openai: { keys: [{ secret: 'sk', weigth: 2 }] } } }),
      // @ts-expect-error: unknown
      createClient({ cache: { ttl: 5 } }),
      // @ts-expect-error: no such protocol
      createClient({ providers: { mine: { protocol: 'grpc' } } }),
      // @ts-expect-error: a key has a secret
      createClient({ providers: { openai: { keys: [{ id: 'a' }] } } }),
      // @ts-expect-error: no such kind
      createClient({ providers: { openai: { limits: { buckets: [{ counts: 'requests', limit: 5, windowMs: 5, kind: 'leaky' }] } } } }),
    ]);
  });

  test('of a call refuse unknown names and wrong values', () => {
    const request = { model: 'm', messages: [{ role: 'user', content: 'x' }] } as const;
    never(() => {
      void client.chat(request, { signal: AbortSignal.abort(), cache: { ttlMs: 5 }, groups: ['a'], tags: { a: 'b' }, onEvent: () => {} });
      // @ts-expect-error: unknown
      void client.chat(request, { timeout: 5 });
      // @ts-expect-error: no such mode
      void client.chat(request, { cache: true });
      // @ts-expect-error: texts
      void client.chat(request, { tags: { a: 5 } });
    });
  });
});

describe('events', () => {
  test('are the documented ones', () => {
    expectTypeOf<EventName>().toEqualTypeOf<
      | 'call-started'
      | 'call-finished'
      | 'call-failed'
      | 'attempt-finished'
      | 'attempt-failed'
      | 'key-held'
      | 'key-invalidated'
      | 'key-recovered'
      | 'group-learned'
      | 'group-parted'
      | 'organization-learned'
      | 'route-changed'
      | 'keys-exhausted'
      | 'keys-refresh-failed'
      | 'cache-hit'
      | 'cache-stored'
      | 'cache-failed'
      | 'limit-near'
      | 'budget-near'
      | 'budget-reached'
      | 'log-failed'
      | 'alert-failed'
    >();
  });

  test('hand each listener its own payload', () => {
    never(() => {
      const stop = client.on('call-failed', (payload) => expectTypeOf(payload).toEqualTypeOf<CallFailed>());
      expectTypeOf(stop).toEqualTypeOf<() => void>();
      client.on('key-held', ({ until, model }) => {
        expectTypeOf(until).toEqualTypeOf<number>();
        expectTypeOf(model).toEqualTypeOf<string | undefined>();
      });
      // @ts-expect-error: no such event
      client.on('call-finish', () => {});
    });
  });

  test('of a call are told apart by their name', () => {
    expectTypeOf<Extract<ClientEvent, { name: 'cache-hit' }>>().toExtend<ClientEvents['cache-hit']>();
    expectTypeOf<ClientEvent['name']>().toEqualTypeOf<EventName>();
  });
});

describe('keys', () => {
  test('have the documented states and fields', () => {
    expectTypeOf<KeyState>().toEqualTypeOf<'ready' | 'cooling' | 'exhausted' | 'invalid' | 'disabled' | 'expired'>();
    expectTypeOf<keyof KeySnapshot>().toEqualTypeOf<
      | 'id'
      | 'provider'
      | 'group'
      | 'organization'
      | 'project'
      | 'inferred'
      | 'label'
      | 'state'
      | 'until'
      | 'reason'
      | 'holds'
      | 'buckets'
      | 'inFlight'
      | 'totals'
      | 'addedAt'
      | 'firstSeenAt'
      | 'ageDays'
      | 'lastUsedAt'
    >();
    expectTypeOf<KeySnapshot['totals']>().toEqualTypeOf<{
      readonly calls: number;
      readonly attempts: number;
      readonly tokens: number;
      readonly errors: number;
    }>();
  });

  test('are listed and changed', () => {
    expectTypeOf<Client['keys']['list']>().returns.toEqualTypeOf<KeySnapshot[]>();
    expectTypeOf<Client['keys']['get']>().returns.toEqualTypeOf<KeySnapshot | undefined>();
    expectTypeOf<Client['keys']['add']>().returns.toEqualTypeOf<string>();
    expectTypeOf<Client['keys']['remove']>().returns.toEqualTypeOf<boolean>();
    expectTypeOf<Client['keys']['disable']>().parameters.toEqualTypeOf<[id: string]>();
  });
});

describe('reports and errors', () => {
  test('name the documented classes', () => {
    expectTypeOf<FailureClass>().toEqualTypeOf<
      | 'rate_limited'
      | 'quota_exhausted'
      | 'key_invalid'
      | 'key_forbidden'
      | 'model_unavailable'
      | 'overloaded'
      | 'server_error'
      | 'timeout'
      | 'network'
      | 'bad_request'
      | 'request_too_large'
      | 'context_length'
      | 'content_filtered'
      | 'bad_output'
      | 'aborted'
    >();
    expectTypeOf<CallReport['attempts'][number]['class']>().toEqualTypeOf<'ok' | FailureClass>();
    expectTypeOf<CallReport['cache']>().toEqualTypeOf<'off' | 'miss' | 'hit' | 'stale' | 'shared'>();
  });

  test('tell by class or by code what happened', () => {
    never(() => {
      const error: unknown = undefined;
      if (!(error instanceof KeywheelError)) return;
      expectTypeOf(error.report).toEqualTypeOf<CallReport | undefined>();
      if (error instanceof KeysExhaustedError) expectTypeOf(error.retryAt).toEqualTypeOf<number | undefined>();
      if (error instanceof KeysExhaustedError) expectTypeOf(error.keys).toEqualTypeOf<readonly ExhaustedKey[]>();
      if (error instanceof RequestError) expectTypeOf(error.class).toEqualTypeOf<FailureClass>();
    });
    expectTypeOf<StreamInterruptedError['code']>().toEqualTypeOf<'stream_interrupted'>();
  });
});

test('a client closes itself', () => {
  expectTypeOf<Client>().toExtend<AsyncDisposable>();
  expectTypeOf<Client['close']>().returns.toEqualTypeOf<Promise<void>>();
  expectTypeOf<Client['ready']>().returns.toEqualTypeOf<Promise<void>>();
});
