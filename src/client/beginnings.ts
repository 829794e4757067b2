import type { SignalHub } from '../abort.ts';
import type { Call, CallSettings, Target } from '../call.ts';
import type { Asked, Passing } from '../chat/asked.ts';
import type { Output } from '../chat/output.ts';
import { Deadline } from '../deadline.ts';
import { CacheMissError } from '../errors.ts';
import { defaultCall, resolveCall, type ResolvedCall } from '../options/call.ts';
import type { Settings } from '../options/resolve.ts';
import type { CallOptions } from '../options/types.ts';
import { Trace } from '../trace.ts';
import type { KeySources } from './sources.ts';

/** Shared by all calls without tags: an empty object each is 56 bytes. */
const NO_TAGS: Readonly<Record<string, string>> = Object.freeze({});

/** Makes calls of what was asked: their settings, deadline and trace, once the keys of a target are there. */
export class Beginnings {
  readonly #settings: Settings;
  readonly #defaults: ResolvedCall;
  readonly #sources: KeySources;
  readonly #hub: SignalHub;
  #begun = 0;

  constructor(settings: Settings, sources: KeySources, hub: SignalHub) {
    this.#settings = settings;
    this.#defaults = defaultCall(settings);
    this.#sources = sources;
    this.#hub = hub;
  }

  /** Throws `ConfigError` for an option that is wrong. A call at once where nothing is to be loaded. */
  begin(asked: Asked | Passing, targets: readonly Target[], options: CallOptions | undefined, wanted?: Output): Call | Promise<Call> {
    const { settings, timeoutMs } = resolveCall(options, this.#defaults);
    const { clock, fallbackAfterMs } = this.#settings;
    const id = `call-${(this.#begun += 1)}`;
    const stream = isStream(asked);
    const call: Call = {
      id,
      asked,
      stream,
      output: wanted,
      targets,
      settings: asked.operation === 'models' ? uncached(settings) : settings,
      deadline: new Deadline(clock, this.#hub, { signal: options?.signal, timeoutMs }),
      refusedBy: new Set(),
      trace: new Trace(id, clock.now(), options?.tags === undefined ? NO_TAGS : { ...options.tags }, {
        operation: asked.operation,
        requested: asked.request.model,
        stream,
        tenant: settings.tenant,
      }),
      onEvent: options?.onEvent,
      startBy: Infinity,
    };
    const loading = this.#sources.ensure(
      targets.map((target) => target.provider.name),
      call.deadline,
      { preferredMs: fallbackAfterMs, longestMs: settings.maxWaitMs },
    );
    return loading === undefined ? call : this.#loaded(call, loading);
  }

  /** Keys that come from functions may have to be loaded first; waiting for them is waiting like any other. */
  async #loaded(call: Call, loading: Promise<unknown>): Promise<Call> {
    const { clock } = this.#settings;
    const since = clock.now();
    try {
      await loading;
      call.trace.waitedMs += clock.now() - since;
      return call;
    } catch (error) {
      call.deadline.close();
      throw error;
    }
  }
}

function isStream(asked: Asked | Passing): boolean {
  if (asked.operation === 'fetch') return asked.request.endpoint.stream;
  return asked.operation === 'chat' && asked.request.stream === true;
}

function uncached(settings: CallSettings): CallSettings {
  const { cache } = settings;
  if (cache.mode === 'only') throw new CacheMissError("Cannot list the models as the cache mode is 'only': they are never kept");
  return { ...settings, cache: { ...cache, mode: 'off' } };
}
