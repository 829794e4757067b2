/** What an attempt found when it was charged: the account then, without what answers corrected. */
export interface Mark {
  /** The level after its own charge, less what answers had added by then. */
  readonly level: number;
  /** What settlements had given back by then. */
  readonly settled: number;
  /** What had been charged by then, where that is counted. */
  readonly admitted?: number;
}

/** An epoch lasts so long and has so many answers at least: one that overtook others is forgotten with it. */
const EPOCH_MS = 700;
const EPOCH_ANSWERS = 4;
/** A request and its answer are on their way for so long: what was sent meanwhile the server may or may not have counted. */
const WAY_MS = 40;
/** So much better must one way to read `remaining` explain the answers, in units of what they cost. */
const CLEARLY = 3;

/**
 * What an epoch's answers said must be added to our own account. `remaining` was read when the request came (`admission`), or when
 * the answer left (`answer`): each way has its own result, and the one that answers agree on is right.
 */
class Epoch {
  readonly since: number;
  answers = 0;
  leastAtAdmission = Infinity;
  mostAtAdmission = -Infinity;
  /** While an answer is on its way others are sent: it says only between what the difference is. The narrowest of all. */
  lowAtAnswer = -Infinity;
  highAtAnswer = Infinity;

  constructor(since: number) {
    this.since = since;
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
  /** The highest account of this and the last span of a way. */
  #spanAt = -Infinity;
  #high = -Infinity;
  #highBefore = -Infinity;

  constructor(now: number) {
    this.#now = new Epoch(now);
  }

  /** Call after each charge; `level` is that of the bucket after it. */
  mark(level: number, cost: number, now: number): Mark {
    const account = level - this.#offset;
    if (now - this.#spanAt >= WAY_MS) {
      this.#highBefore = now - this.#spanAt >= 2 * WAY_MS ? account + cost : this.#high;
      this.#high = account + cost;
      this.#spanAt = now;
    } else if (account + cost > this.#high) this.#high = account + cost;
    return { level: account, settled: this.#settled };
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
      this.#now = new Epoch(now);
    }
    const account = level - this.#offset;
    const highest = Math.max(account, now - this.#spanAt < 2 * WAY_MS ? Math.max(this.#high, this.#highBefore) : account);
    this.#note(value, mark, account, highest);
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
    this.#now = new Epoch(now);
    this.#before = undefined;
  }

  #note(value: number, mark: Mark | undefined, account: number, highest: number): void {
    const epoch = this.#now;
    epoch.answers += 1;
    // Nobody knows what it found: it says something only where answers are of the moment.
    if (mark === undefined && this.#readAt !== 'answer') return;
    epoch.lowAtAnswer = Math.max(epoch.lowAtAnswer, value - highest);
    epoch.highAtAnswer = Math.min(epoch.highAtAnswer, value - account);
    if (mark === undefined) return;
    // What was reserved too much and given back since, the server may never have counted.
    const atAdmission = value - mark.level - Math.max(0, this.#settled - mark.settled);
    epoch.leastAtAdmission = Math.min(epoch.leastAtAdmission, atAdmission);
    epoch.mostAtAdmission = Math.max(epoch.mostAtAdmission, atAdmission);
  }

  #decide(unit: number): void {
    const now = this.#now;
    const before = this.#before ?? now;
    const admission = Math.max(now.mostAtAdmission, before.mostAtAdmission) - Math.min(now.leastAtAdmission, before.leastAtAdmission);
    const answer = Math.max(now.lowAtAnswer, before.lowAtAnswer) - Math.min(now.highAtAnswer, before.highAtAnswer);
    if (admission - Math.max(0, answer) > CLEARLY * unit) this.#readAt = 'answer';
    else if (answer - Math.max(0, admission) > CLEARLY * unit) this.#readAt = 'admission';
  }

  #measured(): number {
    const now = this.#now;
    const before = this.#before ?? now;
    const admission = Math.min(now.leastAtAdmission, before.leastAtAdmission);
    const answer = Math.min(Math.max(now.lowAtAnswer, before.lowAtAnswer), now.highAtAnswer, before.highAtAnswer);
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
