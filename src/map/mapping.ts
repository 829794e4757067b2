import type { SignalHub } from '../abort.ts';
import type { ChatReply } from '../chat/reply.ts';
import type { Clock } from '../clock.ts';
import type { ResolvedMap } from '../options/map.ts';
import { type Answered, Answering, type Ask, type ToRequest, type WholeRequest } from './answering.ts';
import { Journal } from './journal.ts';
import { Progress } from './progress.ts';
import { AsFinished, InOrder, type MapResult, type Shelf } from './result.ts';
import { type Items, openSource, type Source, totalOf } from './source.ts';

/**
 * How many items may be under way or unread, times `concurrency`: with a slow reader, or a slow item that the ordered ones wait for, the calls
 * go on for so long.
 */
const AHEAD = { ordered: 4, asFinished: 2 } as const;

/** Why the iteration ends. */
type Ending = { readonly kind: 'done' } | { readonly kind: 'failed'; readonly error: unknown };

type State =
  | { readonly status: 'fresh' }
  | { readonly status: 'running' }
  /** Nothing more is begun; what was is yielded first. */
  | { readonly status: 'draining'; readonly ending: Ending }
  /** Nothing more is yielded: what is under way ends, the file is closed. */
  | { readonly status: 'ending'; readonly ended: Promise<void> }
  /** `untold`: the error that the next reader gets. */
  | { readonly status: 'over'; readonly untold?: { readonly error: unknown } | undefined };

type Step<Result> = IteratorResult<Result, undefined>;

interface Reader<Result> {
  readonly resolve: (step: Step<Result>) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * One `client.map()`: pulls items as there is room for them, asks, and hands out what became of them. An iterator by hand, as a generator's
 * `return()` would wait for the calls that it should end.
 */
export class Mapping<Item> implements AsyncIterableIterator<MapResult<Item, ChatReply>, undefined, void> {
  readonly #items: Items<Item>;
  readonly #options: ResolvedMap<Item>;
  readonly #answering: Answering<Item>;
  readonly #hub: SignalHub;
  readonly #abort = new AbortController();
  readonly #shelf: Shelf<MapResult<Item, ChatReply>>;
  readonly #ahead: number;
  readonly #progress: Progress;
  readonly #readers: Reader<MapResult<Item, ChatReply>>[] = [];
  #state: State = { status: 'fresh' };
  #source: Source<Item> | undefined;
  #journal: Promise<Journal> | undefined;
  /** Items under way. */
  #busy = 0;
  /** The file, or the next item, is waited for. */
  #pulling = false;
  #index = 0;
  #stopListening = (): void => {};

  constructor(
    items: Items<Item>,
    toRequest: ToRequest<Item, WholeRequest>,
    options: ResolvedMap<Item>,
    client: { readonly clock: Clock; readonly ask: Ask; readonly hub: SignalHub },
  ) {
    this.#items = items;
    this.#options = options;
    this.#hub = client.hub;
    this.#answering = new Answering(toRequest, options, client.ask, this.#abort.signal);
    this.#shelf = options.ordered ? new InOrder() : new AsFinished();
    this.#ahead = options.concurrency * (options.ordered ? AHEAD.ordered : AHEAD.asFinished);
    this.#progress = new Progress(client.clock, totalOf(items), options.onProgress);
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<Step<MapResult<Item, ChatReply>>> {
    return new Promise((resolve, reject) => {
      this.#readers.push({ resolve, reject });
      if (this.#state.status === 'fresh') this.#start();
      this.#turn();
    });
  }

  /** Aborts what is under way. Resolves when all of it has ended and the file is closed; rejects with why the items could not be closed. */
  async return(): Promise<Step<MapResult<Item, ChatReply>>> {
    if (this.#state.status === 'fresh') this.#state = { status: 'over' };
    const isLeft = this.#leave({ kind: 'done' }, new DOMException('The map was left before its end', 'AbortError'));
    if (this.#state.status === 'ending') await this.#state.ended;
    // Who leaves reads no more. Another end's error is not theirs.
    const untold = isLeft ? this.#tellOnce() : undefined;
    if (untold !== undefined) throw untold.error;
    return { done: true, value: undefined };
  }

  #start(): void {
    const { signal, resume } = this.#options;
    this.#state = { status: 'running' };
    if (signal?.aborted === true) return this.#onAbort(signal.reason);
    if (signal !== undefined) this.#stopListening = this.#hub.listen(signal, (reason) => this.#onAbort(reason));
    if (resume === undefined) return this.#open();
    this.#pulling = true;
    this.#journal = Journal.open(resume.file);
    this.#journal.then(
      (journal) => {
        this.#answering.keepIn(journal);
        this.#pulled(() => this.#open());
      },
      (error: unknown) => this.#pulled(() => this.#drain({ kind: 'failed', error })),
    );
  }

  #onAbort(reason: unknown): void {
    this.#leave({ kind: 'failed', error: reason }, reason);
  }

  #open(): void {
    if (this.#state.status !== 'running') return;
    try {
      this.#source = openSource(this.#items);
    } catch (error) {
      this.#drain({ kind: 'failed', error });
    }
  }

  /** Whatever can go on goes on; called after each change. */
  #turn(): void {
    this.#serve();
    while (this.#state.status === 'running' && !this.#pulling && this.#hasRoom()) this.#pull();
    // An item that is still to come is not waited for: it would not be begun.
    if (this.#state.status === 'draining' && this.#busy === 0 && this.#shelf.size === 0) this.#end(this.#state.ending);
    if (this.#state.status !== 'over') return;
    const untold = this.#readers.length > 0 ? this.#tellOnce() : undefined;
    if (untold !== undefined) this.#readers.shift()?.reject(untold.error);
    for (const { resolve } of this.#readers.splice(0)) resolve({ done: true, value: undefined });
  }

  /** The error of the end, to the first who asks. */
  #tellOnce(): { readonly error: unknown } | undefined {
    if (this.#state.status !== 'over') return undefined;
    const { untold } = this.#state;
    this.#state = { status: 'over' };
    return untold;
  }

  #serve(): void {
    while (this.#readers.length > 0 && (this.#state.status === 'running' || this.#state.status === 'draining')) {
      const result = this.#shelf.take();
      if (result === undefined) return;
      this.#readers.shift()?.resolve({ done: false, value: result });
    }
  }

  #hasRoom(): boolean {
    return this.#busy < this.#options.concurrency && this.#busy + this.#shelf.size < this.#ahead;
  }

  #pull(): void {
    try {
      const step = this.#source?.next();
      if (step === undefined) return this.#drain({ kind: 'done' });
      if (!('then' in step)) return this.#take(step);
      this.#pulling = true;
      step.then(
        (taken) => this.#pulled(() => this.#take(taken)),
        (error: unknown) => this.#pulled(() => this.#brokeOff(error)),
      );
    } catch (error) {
      this.#brokeOff(error);
    }
  }

  #pulled(then: () => void): void {
    this.#pulling = false;
    then();
    this.#turn();
  }

  #take(step: IteratorResult<Item, unknown>): void {
    if (step.done === true) {
      this.#source = undefined;
      this.#drain({ kind: 'done' });
    } else if (this.#state.status === 'running') {
      this.#busy += 1;
      void this.#work(step.value, this.#index);
      this.#index += 1;
    }
  }

  /** An iterator that threw is over by itself. */
  #brokeOff(error: unknown): void {
    this.#source = undefined;
    this.#drain({ kind: 'failed', error });
  }

  async #work(item: Item, index: number): Promise<void> {
    const answered = await this.#answering.answer(item, index);
    this.#busy -= 1;
    if (this.#state.status === 'running' || this.#state.status === 'draining') this.#put(item, index, answered);
    this.#turn();
  }

  #put(item: Item, index: number, answered: Answered): void {
    switch (answered.status) {
      case 'answered': {
        const { reply, resumed, failure } = answered;
        this.#progress.note(resumed ? 'resumed' : 'done');
        this.#shelf.put(index, { index, item, reply, ...(resumed ? { resumed } : {}) });
        if (failure !== undefined) this.#drain({ kind: 'failed', error: failure.error });
        return;
      }
      case 'known':
        this.#progress.note('resumed');
        this.#shelf.put(index, undefined);
        return;
      case 'failed':
        this.#progress.note('failed');
        this.#shelf.put(index, { index, item, error: answered.error });
        return;
      case 'stopped':
        this.#shelf.put(index, undefined);
        this.#drain({ kind: 'failed', error: answered.error });
    }
  }

  /** Begins nothing more. The first failure counts: also one of the last items, when no more are to come. */
  #drain(ending: Ending): void {
    const { status } = this.#state;
    const isNews = status === 'running' || (status === 'draining' && this.#state.ending.kind === 'done');
    if (isNews) this.#state = { status: 'draining', ending };
  }

  /** Aborts what is under way and drops what is unread. False when it had ended. */
  #leave(ending: Ending, reason: unknown): boolean {
    if (this.#state.status !== 'running' && this.#state.status !== 'draining') return false;
    this.#end(ending);
    this.#abort.abort(reason);
    return true;
  }

  #end(ending: Ending): void {
    this.#stopListening();
    this.#state = { status: 'ending', ended: this.#finish(ending) };
  }

  async #finish(ending: Ending): Promise<void> {
    const journal = await this.#journal?.catch(() => undefined);
    await this.#answering.settled();
    await journal?.close();
    const last = await this.#letGo(ending);
    this.#progress.end();
    this.#state = { status: 'over', untold: last.kind === 'failed' ? last : undefined };
    this.#turn();
  }

  /** A source that is left before its end may have something to close; one that is being read cannot be waited for. */
  async #letGo(ending: Ending): Promise<Ending> {
    if (this.#source === undefined) return ending;
    const closing = (async () => this.#source?.close())();
    try {
      if (this.#pulling || ending.kind === 'failed') closing.catch(() => {});
      else await closing;
      return ending;
    } catch (error) {
      return { kind: 'failed', error };
    }
  }
}
