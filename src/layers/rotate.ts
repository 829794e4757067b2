import { type Answer, atEnd, type Call, type End, type Layer, type Leased, type Routed, type Send, withLease } from '../call.ts';
import { mayAskAgain } from '../chat/fetched.ts';
import type { Usage } from '../chat/reply.ts';
import type { Clock } from '../clock.ts';
import { AttemptError, isRotatable, type Verdict } from '../failure.ts';
import { LostRace, markLost } from './hedge/lost.ts';
import { type Held, hold, release } from './rotate/held.ts';
import type { Ask } from '../pool/ask.ts';
import type { Lease } from '../pool/lease.ts';
import type { Size } from '../pool/quota/estimates.ts';
import { encodeFetched, estimateFetched } from '../providers/fetched.ts';
import type { AttemptReport, TokenCounts } from '../report.ts';

/** What the pool offers to this layer. */
interface Leaser {
  lease(ask: Ask, deadline: Call['deadline']): Lease | Promise<Lease>;
  readonly estimates: { cost(provider: string, model: string, size: Size): Ask['cost'] };
}

type Mutable<T> = { -readonly [Field in keyof T]: T[Field] };
type Entry = Mutable<AttemptReport>;

/**
 * Leases a key for each attempt and goes on to another group when the answer is about the key, not about the provider.
 * A group that refused is held, so that the pool does not offer it again until its hold has ended.
 */
export function rotate(pool: Leaser, settings: Settings): Layer<Routed, Leased> {
  return (next: Send<Leased>) => (call: Routed) => {
    try {
      return new Rotation(pool, settings, next, call).run();
    } catch (error) {
      return Promise.reject(error);
    }
  };
}

interface Settings {
  readonly clock: Clock;
  readonly maxRotations: number;
  readonly onAttempt: (call: Call, attempt: Entry) => void;
}

/** One call at one target. No async function: its frames were a sixth of what a waiting call holds. */
class Rotation {
  readonly #pool: Leaser;
  readonly #settings: Settings;
  readonly #next: Send<Leased>;
  readonly #call: Routed;
  readonly #size: Size;
  readonly #cost: Ask['cost'];
  #request: Leased['request'] | Held;

  constructor(pool: Leaser, settings: Settings, next: Send<Leased>, call: Routed) {
    this.#pool = pool;
    this.#settings = settings;
    this.#next = next;
    this.#call = call;
    const { provider, model } = call.target;
    // Before any key is taken: what the provider cannot express fails without an attempt.
    const { asked, stream } = call;
    this.#request =
      asked.operation === 'fetch' ? encodeFetched(asked.request, provider) : provider.protocol.encode({ asked, model, stream, provider });
    this.#size = asked.operation === 'fetch' ? estimateFetched(asked.request) : provider.protocol.estimate(asked);
    this.#cost = pool.estimates.cost(provider.name, model, this.#size);
  }

  run(): Promise<Answer> {
    const leased = take(this.#pool, this.#call, { cost: this.#cost, size: this.#size });
    // A call that need not wait is sent in the same tick.
    if (!(leased instanceof Promise)) return this.#attempt(leased);
    if ('url' in this.#request) this.#request = hold(this.#request);
    const { deadline, trace } = this.#call;
    const since = deadline.now();
    return leased.then(
      (lease) => {
        trace.waitedMs += deadline.now() - since;
        return this.#attempt(lease);
      },
      (error: unknown) => {
        trace.waitedMs += deadline.now() - since;
        throw error;
      },
    );
  }

  #attempt(lease: Lease): Promise<Answer> {
    const attempt = new Attempt(this.#call, lease, this.#settings);
    return this.#send(lease, attempt).then(
      (answer) => {
        attempt.answered(answer);
        return answer;
      },
      (error: unknown) => {
        const verdict = attempt.failed(error);
        if (verdict === undefined || !this.#mayRotate(verdict)) throw error;
        attempt.rotated();
        return this.run();
      },
    );
  }

  #mayRotate(verdict: Verdict): boolean {
    const { asked, trace } = this.#call;
    if (!isRotatable(verdict) || trace.rotations >= this.#settings.maxRotations) return false;
    return asked.operation !== 'fetch' || mayAskAgain(asked.request, { reached: true, refused: true });
  }

  #send(lease: Lease, attempt: Attempt): Promise<Answer> {
    const request = 'url' in this.#request ? this.#request : release(this.#request);
    this.#request = request;
    try {
      return this.#next(withLease(this.#call, lease, request, attempt.entry));
    } catch (error) {
      return Promise.reject(error);
    }
  }
}

function take(pool: Leaser, call: Routed, need: Pick<Ask, 'cost' | 'size'>): Lease | Promise<Lease> {
  const { settings, target, trace } = call;
  return pool.lease(
    {
      callId: call.id,
      provider: target.provider.name,
      model: target.model,
      cost: need.cost,
      size: need.size,
      groups: settings.groups,
      keys: settings.keys,
      avoid: call.refusedBy,
      priority: settings.priority,
      tenant: settings.tenant,
      affinity: settings.affinity,
      besides: call.besides,
      waitUntil: Math.min(call.startBy, call.deadline.now() + Math.max(0, settings.maxWaitMs - trace.waitedMs)),
    },
    call.deadline,
  );
}

/** One attempt on its way to its settlement and its line in the report. */
class Attempt {
  readonly #call: Routed;
  readonly #lease: Lease;
  readonly #clock: Clock;
  readonly #onAttempt: (call: Call, attempt: Entry) => void;
  readonly #entry: Entry;

  constructor(call: Routed, lease: Lease, settings: { readonly clock: Clock; readonly onAttempt: (call: Call, attempt: Entry) => void }) {
    this.#call = call;
    this.#lease = lease;
    this.#clock = settings.clock;
    this.#onAttempt = settings.onAttempt;
    this.#entry = {
      provider: call.target.provider.name,
      model: call.target.model,
      key: lease.keyId,
      group: lease.groupId,
      startedAt: settings.clock.now(),
      durationMs: 0,
      waitedMs: lease.waitedMs,
      class: 'ok',
      why: whyOf(call, lease),
    };
    call.trace.attempts.push(this.#entry);
  }

  get entry(): Entry {
    return this.#entry;
  }

  /** Settled when the answer is over: a stream's last part was read. A plain answer is over when it comes. */
  answered(answer: Answer): void {
    this.#entry.status = answer.kind === 'raw' ? answer.status : 200;
    this.#entry.action = 'answer';
    this.#call.onAnswer?.(this.#entry);
    atEnd(answer, (end) => this.#ended(end));
  }

  /** Settles a failed attempt. Returns the verdict; `undefined` when the caller left or the error is a bug. */
  failed(error: unknown): Verdict | undefined {
    if (!(error instanceof AttemptError)) {
      this.#cancelled(error instanceof LostRace);
      return undefined;
    }
    const { verdict } = error;
    this.#call.trace.failed(error, this.#entry);
    this.#fail(verdict, error.reached);
    if (verdict.class === 'key_invalid' || verdict.class === 'key_forbidden') this.#call.refusedBy.add(this.#lease.credential);
    return verdict;
  }

  rotated(): void {
    this.#entry.action = 'rotate';
    this.#call.trace.rotations += 1;
  }

  #ended(end: End): void {
    switch (end.status) {
      case 'complete':
        this.#served(end.usage);
        return;
      case 'failed':
        if (end.verdict === undefined) this.#cancelled();
        else this.#fail(end.verdict, true);
        return;
      case 'abandoned':
        this.#cancelled();
    }
  }

  #served(usage: Usage | undefined): void {
    this.#finish();
    const tokens = toTokens(usage);
    if (tokens !== undefined) this.#entry.tokens = tokens;
    this.#lease.settle({ status: 'served', used: tokens });
    this.#onAttempt(this.#call, this.#entry);
  }

  #cancelled(lost = false): void {
    this.#finish();
    this.#entry.class = 'aborted';
    if (lost) markLost(this.#entry);
    else if (this.#entry.action !== 'hedge') this.#entry.action = 'reject';
    this.#lease.settle({ status: 'cancelled' });
    this.#onAttempt(this.#call, this.#entry);
  }

  #fail(verdict: Verdict, reached: boolean): void {
    this.#finish();
    const entry = this.#entry;
    entry.class = verdict.class;
    entry.scope = verdict.scope;
    entry.action = 'reject';
    entry.why = `${entry.why}; ${verdict.why}`;
    // A stream that broke off has the status of its beginning.
    if (verdict.status !== undefined) entry.status = verdict.status;
    if (verdict.requestId !== undefined) entry.requestId = verdict.requestId;
    this.#lease.settle({ status: 'failed', verdict, reached });
    this.#onAttempt(this.#call, entry);
  }

  #finish(): void {
    this.#entry.durationMs = this.#clock.now() - this.#entry.startedAt;
  }
}

function whyOf({ besides, trace }: Routed, { why }: Lease): string {
  const target = trace.whyTarget === undefined ? '' : `${trace.whyTarget}; `;
  return besides === undefined ? target + why : `${target}hedged beside group ${besides}; ${why}`;
}

/** What a provider says it used is believed as far as it is a number of tokens. */
function toTokens(usage: Usage | undefined): TokenCounts | undefined {
  if (usage === undefined || !isCount(usage.prompt_tokens)) return undefined;
  const tokens: Mutable<TokenCounts> = {
    input: usage.prompt_tokens,
    output: isCount(usage.completion_tokens) ? usage.completion_tokens : 0,
  };
  const cached = usage.prompt_tokens_details?.cached_tokens;
  const cacheWrite = usage.prompt_tokens_details?.cache_write_tokens;
  const reasoning = usage.completion_tokens_details?.reasoning_tokens;
  if (isCount(cached)) tokens.cached = cached;
  if (isCount(cacheWrite)) tokens.cacheWrite = cacheWrite;
  if (isCount(reasoning)) tokens.reasoning = reasoning;
  return tokens;
}

function isCount(tokens: unknown): tokens is number {
  return typeof tokens === 'number' && tokens >= 0 && tokens < Infinity;
}
