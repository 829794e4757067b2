/** What an attempt found when it was charged: the account then, without what answers corrected. */
export interface Mark {
  /** The level after its own charge, less what answers had added by then. */
  readonly level: number;
  /** What settlements had given back by then. */
  readonly settled: number;
  /** When, epoch ms; absent where it was worked out later. */
  readonly at?: number;
  /** What had been charged by then, where that is counted. */
  readonly admitted?: number;
}

/** An epoch lasts so long and has so many answers at least: one that overtook others is forgotten with it. */
const EPOCH_MS = 700;
const EPOCH_ANSWERS = 4;
/** A request or an answer is on its way for so long: what was sent meanwhile the server may or may not have counted. */
const WAY_MS = 48;
/** How many such spans are remembered: answers that take longer are compared with what their own request found. */
const SPANS = 48;
/** So much better must one way to read `remaining` explain the answers, in units of what they cost. */
const CLEARLY = 3;

/** Between what the difference is, as far as answers said. Where they contradict each other, the lower one is safe. */
interface Bounds {
  low: number;
  high: number;
}

const anything = (): Bounds => ({ low: -Infinity, high: Infinity });

/**
 * What an epoch's answers said must be added to our own account. `remaining` was read when the request came (`admission`), or when
 * the answer left (`answer`): each way has its own result, and the one that answers agree on is right.
 */
interface Epoch {
  readonly since: number;
  answers: number;
  readonly admission: Bounds;
  readonly answer: Bounds;
}

const begin = (since: number): Epoch => ({ since, answers: 0, admission: anything(), answer: anything() });

/** The highest and the lowest account of each span of time. */
class Spans {
  readonly #spans: { index: number; high: number; low: number }[] = [];

  note(before: number, after: number, now: number): void {
    const index = Math.floor(now / WAY_MS);
    const at = index % SPANS;
    const span = this.#spans[at];
    if (span === undefined || span.index !== index) this.#spans[at] = { index, high: before, low: after };
    else {
      span.high = Math.max(span.high, before);
      span.low = Math.min(span.low, after);
    }
  }

  /** The highest in the span of `at` and the one before. */
  high(at: number, least: number): number {
    const index = Math.floor(at / WAY_MS);
    return Math.max(least, this.#of(index - 1)?.high ?? least, this.#of(index)?.high ?? least);
  }

  /** The lowest in the span of `at` and the one after. */
  low(at: number, most: number): number {
    const index = Math.floor(at / WAY_MS);
    return Math.min(most, this.#of(index)?.low ?? most, this.#of(index + 1)?.low ?? most);
  }

  #of(index: number): { readonly high: number; readonly low: number } | undefined {
    const span = this.#spans[index % SPANS];
    return span?.index === index ? span : undefined;
  }
}

/**
 * How far the account that we keep of a bucket is from the server's. Our own charges and the refilling move both alike, so that this
 * difference is a constant while we know everything; each answer is a measurement of it. The lowest of the latest ones counts:
 * lowered at once, raised only when all of them agree.
 */
export class Alignment {
  #offset = 0;
  #settled = 0;
  #now: Epoch;
  #before: Epoch | undefined;
  #readAt: 'admission' | 'answer' | undefined;
  readonly #spans = new Spans();

  /** `readAt`: when the server reads what it says, where somebody knows. */
  constructor(now: number, readAt?: 'admission' | 'answer') {
    this.#now = begin(now);
    this.#readAt = readAt;
  }

  /** Call after each charge; `level` is that of the bucket after it. */
  mark(level: number, cost: number, now: number): Mark {
    const account = level - this.#offset;
    this.#spans.note(account + cost, account, now);
    return { level: account, settled: this.#settled, at: now };
  }

  /** A reservation was corrected by so much. */
  settle(difference: number): void {
    this.#settled += difference;
  }

  /**
   * An answer says that `value` was left; `unit` is what a request costs about. Returns what the level must change by.
   * Without a mark the charge is older than the bucket, or of another one.
   */
  hear(
    value: number,
    heard: { readonly mark: Mark | undefined; readonly level: number; readonly unit: number; readonly now: number },
  ): number {
    const { mark, level, unit, now } = heard;
    if (this.#now.answers >= EPOCH_ANSWERS && now - this.#now.since >= EPOCH_MS) {
      this.#before = this.#now;
      this.#now = begin(now);
    }
    this.#note(value, mark, level - this.#offset, { unit, now });
    this.#decide(unit);
    const measured = this.#measured();
    const offset = Number.isFinite(measured) ? measured : this.#offset;
    const change = offset - this.#offset;
    this.#offset = offset;
    return change;
  }

  /** Something else than an answer moved the level to where it is. */
  moved(change: number): void {
    this.#offset += change;
  }

  /** Forgets what was measured: the bucket is not what it was. */
  restart(now: number): void {
    this.#now = begin(now);
    this.#before = undefined;
  }

  #note(value: number, mark: Mark | undefined, account: number, { unit, now }: { readonly unit: number; readonly now: number }): void {
    const epoch = this.#now;
    epoch.answers += 1;
    // Nobody knows what it found: it says something only where answers are of the moment.
    if (mark === undefined && this.#readAt !== 'answer') return;
    narrow(epoch.answer, value - this.#spans.high(now, account), value - account);
    if (mark === undefined) return;
    // What was reserved too much and given back since, the server may never have counted.
    const found = mark.level + Math.max(0, this.#settled - mark.settled);
    const at = mark.at ?? -Infinity;
    const high = at === -Infinity ? found : Math.max(found, this.#spans.high(at, found + unit) - unit);
    const low = at === -Infinity ? found : this.#spans.low(at, found);
    narrow(epoch.admission, value - high, value - low);
  }

  #decide(unit: number): void {
    const admission = contradiction(this.#now.admission, this.#before?.admission);
    const answer = contradiction(this.#now.answer, this.#before?.answer);
    if (admission - answer > CLEARLY * unit) this.#readAt = 'answer';
    else if (answer - admission > CLEARLY * unit) this.#readAt = 'admission';
  }

  #measured(): number {
    const admission = safe(this.#now.admission, this.#before?.admission);
    const answer = safe(this.#now.answer, this.#before?.answer);
    switch (this.#readAt) {
      case 'admission':
        return Number.isFinite(admission) ? admission : answer;
      case 'answer':
        return answer;
      default:
        return Math.min(admission, answer);
    }
  }
}

function narrow(bounds: Bounds, low: number, high: number): void {
  bounds.low = Math.max(bounds.low, low);
  bounds.high = Math.min(bounds.high, high);
}

/** By how much answers contradict each other. */
function contradiction(a: Bounds, b: Bounds = a): number {
  return Math.max(0, Math.max(a.low, b.low) - Math.min(a.high, b.high));
}

function safe(a: Bounds, b: Bounds = a): number {
  return Math.min(Math.max(a.low, b.low), a.high, b.high);
}
