import { SignalHub } from './abort.ts';
import type { BudgetSnapshot } from './budget.ts';
import type { Call, Leased, Routed, Send, Target } from './call.ts';
import type { Asked, Passing } from './chat/asked.ts';
import type { Output } from './chat/output.ts';
import type { ChatReply, EmbedReply, ModelsReply, ParsedReply } from './chat/reply.ts';
import type { ChatRequest, ChatTool, EmbedRequest } from './chat/request.ts';
import type { OutputSchema } from './chat/schema.ts';
import { validateChat, validateEmbed } from './chat/validate.ts';
import { ableTargets } from './client/able.ts';
import { Beginnings } from './client/beginnings.ts';
import { Keys } from './client/keys.ts';
import { ModelNames, toTarget } from './client/names.ts';
import { type Parsed, type SchemaRequest, takeSchema } from './client/output.ts';
import { Replies } from './client/replies.ts';
import { KeySources } from './client/sources.ts';
import type { ChatStream } from './client/stream.ts';
import { Watching } from './client/watching.ts';
import { ClosedError } from './errors.ts';
import { type ClientEvents, type EventName, Events } from './events.ts';
import { batch } from './layers/batch.ts';
import { budget } from './layers/budget.ts';
import { createCache, type Cache } from './layers/cache/cache.ts';
import { deadline } from './layers/deadline.ts';
import { ActiveCalls, observe, tell } from './layers/observe.ts';
import { priced } from './layers/priced.ts';
import { type ClientFetch, createFetch } from './fetch/index.ts';
import { hedge } from './layers/hedge.ts';
import { output, outputOfCache } from './layers/output.ts';
import { resume } from './layers/resume.ts';
import { RetryBudgets } from './layers/retry/budget.ts';
import { retry } from './layers/retry.ts';
import { rotate } from './layers/rotate.ts';
import { Balancer } from './layers/route/balance.ts';
import { Breakers } from './layers/route/breakers.ts';
import { route } from './layers/route.ts';
import { createThrottle, type Throttle } from './layers/throttle.ts';
import { resolveOptions, type Settings } from './options/resolve.ts';
import { checkListener } from './options/listener.ts';
import { checkCloseOptions } from './options/schema.ts';
import { type MapOptions, resolveMap } from './options/map.ts';
import type { CallOptions, ClientOptions } from './options/types.ts';
import { type Capacity, capacityOf } from './pool/capacity.ts';
import { Pool } from './pool/pool.ts';
import { toPrintable } from './printable.ts';
import type { ToRequest, WholeRequest } from './map/answering.ts';
import { Mapping } from './map/mapping.ts';
import type { MapResult } from './map/result.ts';
import { assertMappable, type Items } from './map/source.ts';
import type { MetricsRegistry } from './metrics/metrics.ts';
import { createTransport } from './transport/index.ts';
import type { UsageQuery, UsageRow } from './usage/usage.ts';
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
  /**
   * A WHATWG fetch for the providers' own SDKs, and for scripts: `new OpenAI({ fetch: client.fetch })`. A URL of a configured provider gets
   * one of its keys in place of the caller's, and the whole protection of a call; others as `fetchUnknown` says. `init.keywheel` takes the
   * options of a call. What fails for good comes as a `Response`, as SDKs expect; an abort rejects with the signal's own reason.
   */
  readonly fetch: ClientFetch;
  readonly #settings: Settings;
  readonly #names: ModelNames;
  readonly #sources: KeySources;
  readonly #beginnings: Beginnings;
  readonly #replies: Replies;
  readonly #pool: Pool;
  readonly #events = new Events();
  readonly #hub = new SignalHub();
  readonly #active = new ActiveCalls();
  readonly #wire: Wire;
  readonly #watching: Watching;
  readonly #throttle: Throttle;
  readonly #cache: Cache | undefined;
  readonly #send: Send;
  #closing: Promise<void> | undefined;

  /** @internal */
  constructor(settings: Settings) {
    const { clock, random, providers } = settings;
    const events = this.#events;
    this.#settings = settings;
    this.#names = new ModelNames(
      providers.map((resolved) => resolved.provider),
      settings.models,
      settings.balances,
    );
    this.#pool = new Pool(clock, random, events, settings.limitNear);
    this.keys = new Keys(this.#pool, clock, providers);
    this.#wire = createWire(settings);
    const names = providers.map(({ provider }) => provider.name);
    this.#watching = new Watching(settings, events, this.#wire, this.#pool, () => {
      return { providers: names, keys: this.keys.list(), calls: this.#active.size, waiting: this.#pool.waiting };
    });
    this.#sources = new KeySources(providers, this.#pool, clock, events);
    this.#beginnings = new Beginnings(settings, this.#sources, this.#hub);
    this.#replies = new Replies(clock);
    this.#throttle = createThrottle({ clock });
    this.#cache = settings.cache === undefined ? undefined : this.#openCache(settings.cache);
    this.#send = this.#stack();
    this.fetch = createFetch({
      providers: providers.map(({ provider }) => provider),
      unknown: settings.fetchUnknown,
      // Looked up each time: tools for tests put theirs there later.
      passOn: settings.fetch ?? ((input, init) => globalThis.fetch(input, init)),
      toTarget,
      start: async (asked, targets, options) => this.#start(asked, targets, options),
      send: (call) => this.#send(call),
    });
  }

  /**
   * Asks a model. With `stream: true` it resolves to a `ChatStream` once the answer has begun, else to the whole reply. With a `schema`
   * the reply has `parsed`, of a stream its `reply()`.
   *
   * Rejects with `RequestError` (the request is wrong), `ProviderError` (the provider failed after every attempt),
   * `KeysExhaustedError` (no key can serve in time), `OutputError` (no answer fits the schema), `DeadlineError`,
   * `StreamInterruptedError`, `CacheMissError`, `ClosedError` or `ConfigError` (a call option is wrong); an abort rejects with the
   * signal's own reason.
   */
  chat<S extends OutputSchema, T extends readonly ChatTool[] | undefined = undefined>(
    request: SchemaRequest<S, T> & { readonly stream: true },
    options?: CallOptions,
  ): Promise<ChatStream<ParsedReply<Parsed<S, T>>>>;
  chat<S extends OutputSchema, T extends readonly ChatTool[] | undefined = undefined>(
    request: SchemaRequest<S, T> & { readonly stream?: false | null },
    options?: CallOptions,
  ): Promise<ParsedReply<Parsed<S, T>>>;
  chat(request: ChatRequest & { readonly stream: true }, options?: CallOptions): Promise<ChatStream>;
  chat(request: ChatRequest & { readonly stream?: false | null }, options?: CallOptions): Promise<ChatReply>;
  chat(request: ChatRequest, options?: CallOptions): Promise<ChatReply | ChatStream>;
  chat(request: ChatRequest, options?: CallOptions): Promise<ChatReply | ChatStream> {
    try {
      const { asked, output: wanted } = takeSchema(validateChat(request));
      const started = this.#start(asked, this.#names.resolve(asked.request.model), options, wanted);
      // Nothing to load: the request leaves in the same tick.
      return started instanceof Promise ? started.then((call) => this.#chat(call)) : this.#chat(started);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  #chat(call: Call): Promise<ChatReply | ChatStream> {
    return this.#send(call).then((answer) => this.#replies.ofChat(call, answer));
  }

  /**
   * Makes embeddings; more inputs than the provider takes at once go in several requests. Targets without embeddings are left out.
   * Rejects as `chat` does.
   */
  async embed(request: EmbedRequest, options?: CallOptions): Promise<EmbedReply> {
    const checked = validateEmbed(request);
    const targets = ableTargets(this.#names.resolve(checked.model), 'embed');
    const call = await this.#start({ operation: 'embed', request: checked }, targets, options);
    return this.#replies.ofEmbed(call, await this.#send(call));
  }

  /**
   * Lists the models of a provider: of the one that is named, or of the only one. Never from the cache. Rejects as `chat` does, and with
   * `ConfigError` for a provider that is not configured.
   */
  async models(provider?: string, options?: Omit<CallOptions, 'cache'>): Promise<ModelsReply> {
    const targets = ableTargets([toTarget(this.#names.provider(provider), '')], 'models');
    const call = await this.#start({ operation: 'models', request: { model: '' } }, targets, options);
    return this.#replies.ofModels(call, await this.#send(call));
  }

  /**
   * Asks once for each item, thousands of them, at the pace of the keys: results come as they are ready, errors of single items too. Items are
   * pulled and memory is used only as far as `concurrency` needs. With `resume` a later run goes on where this one ended.
   *
   * Nothing begins before the first read. To leave the loop aborts what is under way. The iteration itself rejects with the signal's reason,
   * and with a `ClosedError`, an error of the items' own iterator, or a `ConfigError` of the `resume` file once what was begun is yielded.
   * Throws `ConfigError` for an option that is wrong.
   */
  map<Item, S extends OutputSchema, T extends readonly ChatTool[] | undefined = undefined>(
    items: Items<Item>,
    toRequest: ToRequest<Item, SchemaRequest<S, T> & WholeRequest>,
    options?: MapOptions<Item>,
  ): AsyncIterableIterator<MapResult<Item, ParsedReply<Parsed<S, T>>>, undefined, void>;
  map<Item>(
    items: Items<Item>,
    toRequest: ToRequest<Item, WholeRequest>,
    options?: MapOptions<Item>,
  ): AsyncIterableIterator<MapResult<Item, ChatReply>, undefined, void>;
  map<Item>(
    items: Items<Item>,
    toRequest: ToRequest<Item, WholeRequest>,
    options?: MapOptions<Item>,
  ): AsyncIterableIterator<MapResult<Item, ChatReply>, undefined, void> {
    this.#assertOpen('map the items');
    assertMappable(items, toRequest);
    const { clock, retry: tries } = this.#settings;
    const ask = (request: WholeRequest, each: CallOptions): Promise<ChatReply> => this.chat(request, each);
    return new Mapping(items, toRequest, resolveMap(options, tries.timeoutMs), { clock, ask, hub: this.#hub });
  }

  /**
   * What the keys can still carry of a model, or of every model that was asked for: what is left of each bucket, calls a minute, which limit
   * binds, how long it lasts at the present pace, and what one more key would add. Throws `RequestError` for a name that is no model.
   */
  capacity(model?: string): Capacity {
    const named = model === undefined ? undefined : this.#names.resolve(model);
    const targets = named?.map((target) => ({ provider: target.provider.name, model: target.model }));
    return capacityOf(this.#pool, targets ?? this.#pool.paces.used(), this.#settings.clock.now());
  }

  /**
   * What the client was used for, as far back as it is kept (an hour by the minute, two days by the hour, a month by the day): calls, attempts by
   * class, tokens, cost and latencies, a row for each key, group, provider, model, tag or tenant, the most used first. Throws `ConfigError`
   * for a query that is wrong.
   */
  usage(query: UsageQuery = {}): readonly UsageRow[] {
    return this.#watching.ledger.usage(query);
  }

  /**
   * Every budget as it is now: what is spent of it in this period, when that ends. The nearest to its end first, the first thousand; of budgets
   * of each tag or tenant those whose calls came in this period.
   */
  budgets(): BudgetSnapshot[] {
    return this.#watching.budgets.list();
  }

  /**
   * Prometheus metrics in text format 0.0.4. With a `Registry` of prom-client they are registered there too, once, and each scrape of it asks
   * anew; a second client there has the label `client="2"`, and a client that is closed leaves it. Throws `ConfigError` for what is no
   * registry, and for one where a name is taken.
   */
  metrics(registry?: MetricsRegistry): string {
    return this.#watching.metrics.text(registry);
  }

  /** Waits for the first load of keys that come from functions, and of prices. Rejects with `ConfigError` when keys fail. */
  async ready(): Promise<void> {
    this.#assertOpen('get ready');
    await Promise.all([this.#sources.ready(), this.#watching.prices.load()]);
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
    const watcher = this.#watching;
    const onAttempt: Parameters<typeof rotate>[1]['onAttempt'] = (call, attempt) => watcher.attempted(call, attempt);
    const attempt: Send<Leased> = this.#throttle.layer(transport);
    const atTarget: Send<Routed> = retry({ clock, random, attempts: tries.attempts, budgets: new RetryBudgets() })(
      output({ again: tries.invalidOutput })(hedge({ clock })(rotate(this.#pool, { clock, maxRotations, onAttempt })(attempt))),
    );
    const breakers = new Breakers({ clock, random, onRouteChange: (change) => events.emit('route-changed', change) });
    const balancer = new Balancer({ clock, random, fallbackAfterMs, estimates: this.#pool.estimates });
    const anywhere: Send = route({ clock, fallbackAfterMs, breakers, balancer })(batch()(atTarget));
    const resumed: Send = resume()(anywhere);
    const budgeted: Send = budget(watcher.budgets)(resumed);
    const cached: Send = this.#cache === undefined ? budgeted : outputOfCache()(this.#cache.layer(budgeted));
    return observe({ events, clock, active: this.#active, watcher, hide: watcher.hide })(priced(watcher.prices)(deadline()(cached)));
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

  #start(asked: Asked | Passing, targets: readonly Target[], options: CallOptions | undefined, wanted?: Output): Call | Promise<Call> {
    this.#assertOpen('start the call');
    return this.#beginnings.begin(asked, targets, options, wanted);
  }

  #assertOpen(task: string): void {
    if (this.#closing !== undefined) throw new ClosedError(`Cannot ${task} as the client is closed`);
  }

  async #close(timeoutMs: number): Promise<void> {
    this.#sources.close();
    this.#pool.close();
    await this.#active.drain(this.#settings.clock, timeoutMs);
    this.#active.end(new ClosedError(`Cannot finish the call as the client was closed and the call was not over after ${timeoutMs} ms`));
    this.#throttle.close();
    await this.#cache?.close();
    await this.#watching.close();
    await this.#wire.destroy();
  }
}
