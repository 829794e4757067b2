import { SignalHub } from './abort.ts';
import type { Answer, Call, Leased, Routed, Send } from './call.ts';
import type { Asked } from './chat/asked.ts';
import type { ChatCompletion, ChatReply, Embeddings, EmbedReply, Whole } from './chat/reply.ts';
import { readText } from './chat/reply.ts';
import type { ChatRequest, EmbedRequest } from './chat/request.ts';
import { validateChat, validateEmbed } from './chat/validate.ts';
import { Keys } from './client/keys.ts';
import { ModelNames } from './client/names.ts';
import { KeySources } from './client/sources.ts';
import { ChatStream } from './client/stream.ts';
import { Deadline } from './deadline.ts';
import { ClosedError } from './errors.ts';
import { type ClientEvents, type EventName, Events } from './events.ts';
import { createCache, type Cache } from './layers/cache/cache.ts';
import { deadline } from './layers/deadline.ts';
import { ActiveCalls, observe, tell, tellAttempt } from './layers/observe.ts';
import { hedge } from './layers/hedge.ts';
import { resume } from './layers/resume.ts';
import { RetryBudgets } from './layers/retry/budget.ts';
import { retry } from './layers/retry.ts';
import { rotate } from './layers/rotate.ts';
import { Breakers } from './layers/route/breakers.ts';
import { route } from './layers/route.ts';
import { createThrottle, type Throttle } from './layers/throttle.ts';
import { defaultCall, resolveCall, type ResolvedCall } from './options/call.ts';
import { resolveOptions, type Settings } from './options/resolve.ts';
import { checkListener } from './options/listener.ts';
import { checkCloseOptions } from './options/schema.ts';
import type { CallOptions, ClientOptions } from './options/types.ts';
import { Pool } from './pool/pool.ts';
import { toPrintable } from './printable.ts';
import { Trace } from './trace.ts';
import { createTransport } from './transport/index.ts';
import { createWire, type Wire } from './wire/index.ts';

/** How long `close()` waits for calls under way before it aborts them, ms. */
const CLOSE_MS = 30_000;

/**
 * Makes a client. Without options it uses every known provider whose environment variables are set.
 * Throws `ConfigError` for options that are wrong or unknown; nothing is sent.
 *
 * @example
 * const client = createClient({ providers: { openai: { keys: ['sk-a', 'sk-b'] } } });
 * const reply = await client.chat({ model: 'openai/gpt-5-mini', messages: [{ role: 'user', content: 'Hi' }] });
 */
export function createClient(options?: ClientOptions): Client {
  return new Client(resolveOptions(options));
}

/** Calls LLM providers over a pool of keys. Made by `createClient`. */
export class Client implements AsyncDisposable {
  /** The client's keys: their states, and how a person changes them. */
  readonly keys: Keys;
  readonly #settings: Settings;
  readonly #defaults: ResolvedCall;
  readonly #names: ModelNames;
  readonly #sources: KeySources;
  readonly #pool: Pool;
  readonly #events = new Events();
  readonly #hub = new SignalHub();
  readonly #active = new ActiveCalls();
  readonly #wire: Wire;
  readonly #throttle: Throttle;
  readonly #cache: Cache | undefined;
  readonly #send: Send;
  #calls = 0;
  #closing: Promise<void> | undefined;

  /** @internal */
  constructor(settings: Settings) {
    const { clock, random, providers } = settings;
    const events = this.#events;
    this.#settings = settings;
    this.#defaults = defaultCall(settings);
    this.#names = new ModelNames(
      providers.map((resolved) => resolved.provider),
      settings.models,
    );
    this.#pool = new Pool(clock, random, events);
    this.#sources = new KeySources(providers, this.#pool, clock, events);
    this.keys = new Keys(this.#pool, clock, providers);
    this.#wire = createWire(settings);
    this.#throttle = createThrottle({ clock });
    this.#cache = settings.cache === undefined ? undefined : this.#openCache(settings.cache);
    this.#send = this.#stack();
  }

  /**
   * Asks a model. With `stream: true` it resolves to a `ChatStream` once the answer has begun, else to the whole reply.
   *
   * Rejects with `RequestError` (the request is wrong), `ProviderError` (the provider failed after every attempt),
   * `KeysExhaustedError` (no key can serve in time), `DeadlineError`, `StreamInterruptedError`, `CacheMissError`, `ClosedError` or
   * `ConfigError` (a call option is wrong); an abort rejects with the signal's own reason.
   */
  chat(request: ChatRequest & { readonly stream: true }, options?: CallOptions): Promise<ChatStream>;
  chat(request: ChatRequest & { readonly stream?: false | null }, options?: CallOptions): Promise<ChatReply>;
  chat(request: ChatRequest, options?: CallOptions): Promise<ChatReply | ChatStream>;
  async chat(request: ChatRequest, options?: CallOptions): Promise<ChatReply | ChatStream> {
    const checked = validateChat(request);
    const call = await this.#start({ operation: 'chat', request: checked }, checked.stream === true, checked.model, options);
    const answer = await this.#send(call);
    if (answer.kind === 'whole') return this.#toReply(call, wholeOf(answer) as ChatCompletion);
    return new ChatStream(answer, () => this.#toReply(call, answer.collected()));
  }

  /** Makes embeddings. Rejects as `chat` does. */
  async embed(request: EmbedRequest, options?: CallOptions): Promise<EmbedReply> {
    const checked = validateEmbed(request);
    const call = await this.#start({ operation: 'embed', request: checked }, false, checked.model, options);
    const whole = wholeOf(await this.#send(call)) as Embeddings;
    return { ...whole, report: call.trace.report(this.#settings.clock.now()), raw: whole };
  }

  /** Waits for the first load of keys that come from functions. Rejects with `ConfigError` when one fails. */
  async ready(): Promise<void> {
    this.#assertOpen('get ready');
    await this.#sources.ready();
  }

  /** Listens to an event. Returns the way to stop listening. Throws `ConfigError` for an event that there is not. */
  on<Name extends EventName>(name: Name, listener: (payload: ClientEvents[Name]) => void): () => void {
    checkListener(name, listener);
    return this.#events.on(name, listener);
  }

  /**
   * Closes the client: refuses new calls, rejects those that wait for a key, lets those under way finish for `timeoutMs`
   * (default 30000), then aborts them with `ClosedError`.
   */
  async close(options?: { readonly timeoutMs?: number | undefined }): Promise<void> {
    const { timeoutMs = CLOSE_MS } = checkCloseOptions(options ?? {});
    this.#closing ??= this.#close(timeoutMs);
    await this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  // Outermost first. The order is the behaviour: test/client.order.test.ts pins it.
  #stack(): Send {
    const { clock, random, retry: tries, maxRotations, fallbackAfterMs } = this.#settings;
    const events = this.#events;
    const transport = createTransport({ ...this.#settings, wire: this.#wire });
    const onAttempt: Parameters<typeof rotate>[1]['onAttempt'] = (call, attempt) => tellAttempt(events, call, attempt);
    const attempt: Send<Leased> = this.#throttle.layer(transport);
    const atTarget: Send<Routed> = retry({ clock, random, attempts: tries.attempts, budgets: new RetryBudgets() })(
      hedge({ clock })(rotate(this.#pool, { clock, maxRotations, onAttempt })(attempt)),
    );
    const anywhere: Send = route({ clock, fallbackAfterMs, breakers: new Breakers({ clock, random }) })(atTarget);
    const resumed: Send = resume()(anywhere);
    const cached: Send = this.#cache === undefined ? resumed : this.#cache.layer(resumed);
    return observe({ events, clock, active: this.#active })(deadline()(cached));
  }

  #openCache(settings: NonNullable<Settings['cache']>): Cache {
    const events = this.#events;
    return createCache(settings, {
      clock: this.#settings.clock,
      hub: this.#hub,
      facts: {
        hit: (call) => tell(events, call, 'cache-hit', () => ({ callId: call.id, stale: call.trace.cache === 'stale' })),
        stored: (call) => tell(events, call, 'cache-stored', () => ({ callId: call.id })),
        failed: (error, operation) =>
          events.emit('cache-failed', { operation, reason: toPrintable(error instanceof Error ? error.message : String(error), 200) }),
      },
    });
  }

  async #start(asked: Asked, stream: boolean, model: string, options: CallOptions | undefined): Promise<Call> {
    this.#assertOpen('start the call');
    const { settings, timeoutMs } = resolveCall(options, this.#defaults);
    const targets = this.#names.resolve(model);
    const { clock } = this.#settings;
    const call: Call = {
      id: `call-${(this.#calls += 1)}`,
      asked,
      stream,
      targets,
      settings,
      deadline: new Deadline(clock, this.#hub, { signal: options?.signal, timeoutMs }),
      refusedBy: new Set(),
      trace: new Trace(`call-${this.#calls}`, clock.now(), { ...options?.tags }),
      onEvent: options?.onEvent,
      startBy: Infinity,
    };
    await this.#loadKeys(call);
    return call;
  }

  /** Keys that come from functions may have to be loaded first; waiting for them is waiting like any other. */
  async #loadKeys(call: Call): Promise<void> {
    const { clock, fallbackAfterMs } = this.#settings;
    const patience = { preferredMs: fallbackAfterMs, longestMs: call.settings.maxWaitMs };
    const loading = this.#sources.ensure(
      call.targets.map((target) => target.provider.name),
      call.deadline,
      patience,
    );
    if (loading === undefined) return;
    const since = clock.now();
    try {
      await loading;
      call.trace.waitedMs += clock.now() - since;
    } catch (error) {
      call.deadline.close();
      throw error;
    }
  }

  #toReply(call: Call, whole: ChatCompletion): ChatReply {
    return { ...whole, text: readText(whole), report: call.trace.report(this.#settings.clock.now()), raw: whole };
  }

  #assertOpen(task: string): void {
    if (this.#closing !== undefined) throw new ClosedError(`Cannot ${task} as the client is closed`);
  }

  async #close(timeoutMs: number): Promise<void> {
    this.#sources.close();
    this.#pool.close();
    await this.#drain(timeoutMs);
    this.#active.end(new ClosedError(`Cannot finish the call as the client was closed and the call was not over after ${timeoutMs} ms`));
    this.#throttle.close();
    await this.#cache?.close();
    await this.#wire.destroy();
  }

  #drain(timeoutMs: number): Promise<void> {
    if (this.#active.size === 0) return Promise.resolve();
    return new Promise((resolve) => {
      const over = (): void => {
        stop();
        timer.cancel();
        resolve();
      };
      const stop = this.#active.onIdle(over);
      const timer = this.#settings.clock.after(timeoutMs, over);
    });
  }
}

/** Plain calls are answered whole: layers that turn one kind into the other do it above the transport. The operation decides the shape. */
function wholeOf(answer: Answer): Whole {
  if (answer.kind === 'parts') throw new TypeError('A plain call was answered with a stream');
  return answer.whole;
}
