import type { Counted } from '../../failure.ts';
import { type Cost, costIn } from '../quota/limits.ts';
import type { Bounds } from './evidence.ts';

/** Sends this close are one mark. */
const TICK_MS = 20;
/** Requests that left this close to each other may be counted in either order. */
const TIE_MS = 50;
/** Marks are kept for so long, and so many of them however old they are. */
const KEPT_MS = 12_000;
const KEPT = 64;

/** Estimates of tokens are wrong by up to this part. */
const ESTIMATE_ERROR = 0.5;

/** A request and its answer, epoch ms. */
interface Span {
  readonly sentAt: number;
  readonly at: number;
}

interface Mark {
  readonly at: number;
  /** All that was sent until a tick after `at`. */
  readonly total: Total;
}

interface Total {
  requests: number;
  input: number;
  output: number;
}

const NOTHING: Total = { requests: 0, input: 0, output: 0 };

/** What was sent when. */
export class SendLog {
  /** When it was begun: it knows nothing of what was sent before. */
  readonly since: number;
  #marks: Mark[] = [];
  #first = 0;
  #before: Total = NOTHING;

  constructor(since: number) {
    this.since = since;
  }

  add(cost: Cost, now: number): void {
    const last = this.#marks.at(-1);
    if (last === undefined || now - last.at >= TICK_MS)
      this.#marks.push({ at: now, total: plus(last?.total ?? this.#before, toTotal(cost)) });
    else {
      last.total.requests += 1;
      last.total.input += cost.input;
      last.total.output += cost.output;
    }
    this.#forget(now);
  }

  /**
   * What was sent between two sights: at least what is surely after the one and before the other. Nobody knows whether an answer tells of
   * the moment when its request came, or of its own.
   */
  between(counts: Counted, from: Span, to: Span): Bounds {
    const least = this.#countedAt(counts, to.sentAt - TIE_MS - TICK_MS) - this.#countedAt(counts, from.at);
    const most = this.#countedAt(counts, to.at) - this.#countedAt(counts, from.sentAt - TIE_MS - TICK_MS);
    const doubt = counts === 'requests' ? 0 : ESTIMATE_ERROR;
    return { least: Math.max(0, least) * (1 - doubt), most: most * (1 + doubt) };
  }

  /** What one request takes, by the mean. */
  unit(counts: Counted): number {
    const { total } = this.#marks.at(-1) ?? { total: NOTHING };
    return counts === 'requests' || total.requests === 0 ? 1 : Math.max(1, costIn(counts, total) / total.requests);
  }

  /** The sends of both. */
  with(other: SendLog): SendLog {
    const both = new SendLog(Math.max(this.since, other.since));
    const instants = [...new Set([...this.#marks.slice(this.#first), ...other.#marks.slice(other.#first)].map(({ at }) => at))];
    both.#before = plus(this.#before, other.#before);
    both.#marks = instants.toSorted((a, b) => a - b).map((at) => ({ at, total: plus(this.#totalAt(at), other.#totalAt(at)) }));
    return both;
  }

  #countedAt(counts: Counted, instant: number): number {
    const total = this.#totalAt(instant);
    return counts === 'requests' ? total.requests : costIn(counts, total);
  }

  #totalAt(instant: number): Total {
    let [low, high] = [this.#first, this.#marks.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      const mark = this.#marks[middle];
      if (mark !== undefined && mark.at <= instant) low = middle + 1;
      else high = middle;
    }
    return low === this.#first ? this.#before : (this.#marks[low - 1]?.total ?? this.#before);
  }

  #forget(now: number): void {
    const oldest = this.#marks[this.#first];
    if (oldest === undefined || this.#marks.length - this.#first <= KEPT || oldest.at > now - KEPT_MS) return;
    this.#before = oldest.total;
    this.#first += 1;
    // Dropping the spent head only now and then keeps forgetting cheap.
    if (this.#first <= KEPT) return;
    this.#marks = this.#marks.slice(this.#first);
    this.#first = 0;
  }
}

function toTotal({ input, output }: Cost): Total {
  return { requests: 1, input, output };
}

function plus(a: Total, b: Total): Total {
  return { requests: a.requests + b.requests, input: a.input + b.input, output: a.output + b.output };
}
