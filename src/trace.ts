import type { AttemptReport, CacheStatus, CallReport, TokenCounts } from './report.ts';

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** What is known of a call from its beginning. */
export interface Beginning {
  readonly operation: CallReport['operation'];
  /** The model as the caller named it. */
  readonly requested: string;
  readonly stream: boolean;
  readonly tenant: string | undefined;
}

/** The last answer of a provider that was no success, as it was sent: for who wants it as it is. Without secrets. */
export interface LastRefusal {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** The facts of one call so far: for its report, and for the bounds that hold for the whole call (waiting, rotations). Layers only add to it. */
export class Trace {
  readonly id: string;
  readonly startedAt: number;
  readonly tags: Readonly<Record<string, string>>;
  readonly beginning: Beginning;
  readonly attempts: Mutable<AttemptReport>[] = [];
  cache: CacheStatus = 'off';
  waitedMs = 0;
  /** Rotations to another key, at whichever target and try. */
  rotations = 0;
  #rotationsBefore = 0;
  /** Why the target that is asked now was chosen among others; for the attempts there. */
  whyTarget: string | undefined;
  #failures: WeakMap<object, Mutable<AttemptReport>> | undefined;
  firstTokenAt: number | undefined;
  /** How often a stream that broke off was continued. */
  resumed = 0;
  /** When the call was over: every report from then on says the same. */
  endedAt: number | undefined;
  costUsd: number | undefined;
  /** Set by a cache that answered, as no attempt tells which provider and model it was. */
  source: { readonly provider: string; readonly model: string } | undefined;
  /** Kept for calls of `fetch` alone. */
  lastRefusal: LastRefusal | undefined;

  constructor(id: string, startedAt: number, tags: Readonly<Record<string, string>>, beginning: Beginning) {
    this.id = id;
    this.startedAt = startedAt;
    this.tags = tags;
    this.beginning = beginning;
  }

  /** The facts of a part of the call that runs beside other parts; `join` brings them back. */
  fork(): Trace {
    const part = new Trace(this.id, this.startedAt, this.tags, this.beginning);
    part.cache = this.cache;
    part.waitedMs = this.waitedMs;
    part.rotations = this.rotations;
    part.#rotationsBefore = this.rotations;
    part.whyTarget = this.whyTarget;
    part.#failures = this.#failures ??= new WeakMap();
    return part;
  }

  /** Parts that wait at the same time are one wait. Attempts stand in the order in which they began. */
  join(part: Trace): void {
    this.attempts.push(...part.attempts);
    this.attempts.sort((a, b) => a.startedAt - b.startedAt);
    this.waitedMs = Math.max(this.waitedMs, part.waitedMs);
    this.rotations += part.rotations - part.#rotationsBefore;
    this.lastRefusal = part.lastRefusal ?? this.lastRefusal;
  }

  /** The attempt whose answer the call has. Attempts may overlap, so that it need not be the last. */
  get answered(): Mutable<AttemptReport> | undefined {
    return this.attempts.findLast(({ action }) => action === 'answer');
  }

  /** The attempt that answered, or was tried last; one that lost a race was an extra. */
  get decisive(): AttemptReport | undefined {
    return this.answered ?? this.attempts.findLast(({ action }) => action !== 'hedge') ?? this.attempts.at(-1);
  }

  /** Notes which attempt an error tells of, as the last one need not be it. */
  failed(error: object, attempt: Mutable<AttemptReport>): void {
    (this.#failures ??= new WeakMap()).set(error, attempt);
  }

  /** The attempt that an error tells of; the last one where nobody noted it. */
  attemptOf(error: object): Mutable<AttemptReport> | undefined {
    return this.#failures?.get(error) ?? this.attempts.at(-1);
  }

  /** The report as things stand at `now`. */
  report(now: number): CallReport {
    const last = this.decisive;
    const from = this.source ?? last;
    const { operation, requested, stream, tenant } = this.beginning;
    const report: Mutable<CallReport> = {
      id: this.id,
      operation,
      requested,
      stream,
      provider: from?.provider,
      model: from?.model,
      key: this.source === undefined ? last?.key : undefined,
      cache: this.cache,
      attempts: [...this.attempts],
      waitedMs: this.waitedMs,
      durationMs: (this.endedAt ?? now) - this.startedAt,
      tags: this.tags,
    };
    if (this.firstTokenAt !== undefined) report.firstTokenMs = this.firstTokenAt - this.startedAt;
    if (this.resumed > 0) report.resumed = this.resumed;
    if (tenant !== undefined) report.tenant = tenant;
    const tokens = sumOfTokens(this.attempts);
    if (tokens !== undefined) report.tokens = tokens;
    const costUsd = this.costUsd ?? sumOfCosts(this.attempts);
    if (costUsd !== undefined) report.costUsd = costUsd;
    return report;
  }
}

function sumOfTokens(attempts: readonly AttemptReport[]): TokenCounts | undefined {
  let sum: TokenCounts | undefined;
  for (const { tokens } of attempts) if (tokens !== undefined) sum = sum === undefined ? tokens : addTokens(sum, tokens);
  return sum;
}

/** Of two answers together. What only one of them counted is counted as far as it goes. */
function addTokens(a: TokenCounts, b: TokenCounts): TokenCounts {
  const cached = plus(a.cached, b.cached);
  const cacheWrite = plus(a.cacheWrite, b.cacheWrite);
  const reasoning = plus(a.reasoning, b.reasoning);
  return {
    input: a.input + b.input,
    output: a.output + b.output,
    ...(cached === undefined ? {} : { cached }),
    ...(cacheWrite === undefined ? {} : { cacheWrite }),
    ...(reasoning === undefined ? {} : { reasoning }),
  };
}

function plus(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined ? b : a + (b ?? 0);
}

/**
 * `undefined` where one of them answered and nobody knows what that cost, or left in the middle: not counted is not free. What was refused
 * is taken to cost nothing, as providers say; a call without an answer has no cost either.
 */
function sumOfCosts(attempts: readonly AttemptReport[]): number | undefined {
  let sum: number | undefined;
  for (const attempt of attempts) {
    if (attempt.costUsd !== undefined) sum = (sum ?? 0) + attempt.costUsd;
    else if (isCharged(attempt)) return undefined;
  }
  return sum;
}

/** True when its provider wants money for it: it answered, or was left in the middle of its answer. */
export function isCharged({ class: end, status }: AttemptReport): boolean {
  return end === 'ok' || (status !== undefined && status < 300);
}
