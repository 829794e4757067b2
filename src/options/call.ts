import type { CallSettings } from '../call.ts';
import { CacheMissError } from '../errors.ts';
import { checkCallOptions } from './schema.ts';
import type { Settings } from './resolve.ts';
import type { CallOptions } from './types.ts';

/** A call's options with the client's defaults. `timeoutMs` is the deadline's. */
export interface ResolvedCall {
  readonly settings: CallSettings;
  readonly timeoutMs: number;
}

/** What a call without options gets; made once a client. */
export function defaultCall(settings: Settings): ResolvedCall {
  return {
    timeoutMs: settings.retry.timeoutMs,
    settings: {
      attemptTimeoutMs: settings.retry.timeoutMs,
      maxWaitMs: settings.retry.maxWaitMs,
      cache: { mode: settings.cache === undefined ? 'off' : 'use', ttlMs: settings.cache?.ttlMs ?? 0 },
      priority: 0,
      tenant: undefined,
      affinity: undefined,
      groups: undefined,
      keys: undefined,
      hedgeAfterMs: Infinity,
      resume: false,
    },
  };
}

/** Throws `ConfigError` for an option that is wrong or unknown, `CacheMissError` for `cache: 'only'` where there is no cache. */
export function resolveCall(given: CallOptions | undefined, defaults: ResolvedCall): ResolvedCall {
  if (given === undefined) return defaults;
  const options = checkCallOptions(given);
  const timeoutMs = options.timeoutMs ?? defaults.timeoutMs;
  const { settings } = defaults;
  return {
    timeoutMs,
    settings: {
      attemptTimeoutMs: options.attemptTimeoutMs ?? timeoutMs,
      maxWaitMs: options.maxWaitMs ?? settings.maxWaitMs,
      cache: resolveCacheMode(options.cache, settings.cache),
      priority: options.priority ?? settings.priority,
      tenant: options.tenant,
      affinity: options.affinity,
      groups: options.groups?.toSorted(),
      keys: options.keys?.toSorted(),
      hedgeAfterMs: options.hedge?.afterMs ?? Infinity,
      resume: options.resume ?? false,
    },
  };
}

function resolveCacheMode(given: CallOptions['cache'], cache: CallSettings['cache']): CallSettings['cache'] {
  // Nothing may be sent, and no layer is there to say so.
  if (given === 'only' && cache.mode === 'off')
    throw new CacheMissError(`Cannot answer the call as its cache mode is 'only': the client keeps no answers`);
  // A client without a cache has none for one call either.
  if (given === undefined || cache.mode === 'off') return cache;
  if (given === false) return { ...cache, mode: 'off' };
  if (typeof given === 'object') return { mode: 'use', ttlMs: given.ttlMs };
  return { ...cache, mode: given };
}
