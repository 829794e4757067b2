import { secretOf, type Case, type LimitRow, type OrgRow } from './case.ts';
import { createLaw, type Law } from './laws.ts';
import { toHeaders, toRefusalBody } from './tongue.ts';

/** A request as it arrives. */
export interface Arrival {
  readonly key: string;
  readonly promptChars: number;
  readonly maxTokens: number;
}

export interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** What the provider decides on arrival: it works for `serviceMs`, then `end` is its reply. */
export interface Decision {
  readonly serviceMs: number;
  end(now: number): Reply;
  /** The client has gone away: its answer is no goodput. */
  lose(): void;
}

/** One limit of one organisation, at work. */
export interface Applied {
  readonly row: LimitRow;
  readonly law: Law;
}

interface Org {
  readonly id: string;
  readonly limits: readonly Applied[];
}

interface Admission {
  readonly at: number;
  readonly use: Use;
  lost: boolean;
}

/** Counts on the server's side: what a client says of itself does not matter. */
export interface Tally {
  /** When requests were admitted that were answered, ms from the start. */
  readonly answersMs: readonly number[];
  /** When requests were refused for quota or rate, ms from the start. */
  readonly refusedMs: readonly number[];
  /** What the answers truly took, on average: requests draw it when they arrive. */
  readonly meanUse: Use;
  /** Refused for anything else: dead keys, outages. */
  readonly others: number;
}

/** A provider that enforces limits per organisation. It knows of no time but what it is told. */
export class Provider {
  readonly #row: Case;
  readonly #chance: () => number;
  readonly #startAt: number;
  readonly #orgOf = new Map<string, Org>();
  readonly #deadFrom = new Map<string, number>();
  readonly #changes: { readonly atMs: number; readonly factor: number; readonly limits: readonly Applied[] }[] = [];
  readonly #admissions: Admission[] = [];
  readonly #refusedAt: number[] = [];
  #others = 0;

  constructor(row: Case, chance: () => number, startAt: number) {
    this.#row = row;
    this.#chance = chance;
    this.#startAt = startAt;
    for (const [index, org] of row.orgs.entries()) this.#open(org, index);
    for (const mishap of row.mishaps) {
      if (mishap.of === 'limits-change') {
        const limits = this.#orgOf.get(secretOf(mishap.org, 0))?.limits ?? [];
        this.#changes.push({ atMs: mishap.atMs, factor: mishap.factor, limits });
      }
      if (mishap.of === 'key-dies') this.#deadFrom.set(secretOf(mishap.org, mishap.key), startAt + mishap.atMs);
    }
  }

  #open(org: OrgRow, index: number): void {
    const limits = org.limits.map((row) => ({ row, law: createLaw(row.limit, row.windowMs, row.kind) }));
    const opened = { id: `org-${String(index).padStart(3, '0')}`, limits };
    for (let key = 0; key < org.keys; key++) this.#orgOf.set(secretOf(index, key), opened);
  }

  arrive(arrival: Arrival, now: number): Decision {
    const org = this.#orgOf.get(arrival.key);
    if (org === undefined || now >= (this.#deadFrom.get(arrival.key) ?? Infinity)) return this.#fail(401, DEAD);
    this.#change(now);
    if (this.#isOut(now - this.#startAt)) return this.#fail(503, OUT);
    const use = this.#useOf(arrival);
    const reserved = this.#row.manners.charge === 'true' ? use : { input: use.input, output: arrival.maxTokens };
    const binding = org.limits.find(({ row, law }) => law.free(now) < amountOf(row, reserved));
    if (binding !== undefined) return this.#refuse(org, binding, amountOf(binding.row, reserved), now);
    return this.#admit(org, use, reserved, now);
  }

  #change(now: number): void {
    for (let due = this.#changes[0]; due !== undefined && now - this.#startAt >= due.atMs; due = this.#changes[0]) {
      for (const { law } of due.limits) law.change(due.factor, now);
      this.#changes.shift();
    }
  }

  #admit(org: Org, use: Use, reserved: Use, now: number): Decision {
    const { manners } = this.#row;
    for (const { row, law } of org.limits) law.take(amountOf(row, reserved), now);
    const admission: Admission = { at: now, use, lost: false };
    this.#admissions.push(admission);
    const told = toHeaders(manners, org.id, org.limits, now, 'served');
    return {
      serviceMs: this.#between(manners.serviceMs),
      end: (later) => {
        for (const { row, law } of org.limits) law.correct(amountOf(row, reserved) - amountOf(row, use), now, later);
        const headers = manners.headers === 'answering' ? toHeaders(manners, org.id, org.limits, later, 'served') : told;
        return { status: 200, headers, body: toAnswer(use) };
      },
      lose: () => {
        admission.lost = true;
      },
    };
  }

  #refuse(org: Org, binding: Applied, amount: number, now: number): Decision {
    const { manners } = this.#row;
    this.#refusedAt.push(now);
    if (manners.refusedCounts) {
      // No debt: what is asked of an empty limit costs it nothing more.
      for (const { row, law } of org.limits) if (row.counts === 'requests') law.take(Math.max(0, Math.min(1, law.free(now))), now);
    }
    const waitMs = binding.law.waitFor(amount, now);
    const headers = {
      ...toHeaders(manners, org.id, org.limits, now, 'refused'),
      ...(manners.hint === 'retry-after-ms' ? { 'retry-after-ms': String(Math.ceil(waitMs)) } : {}),
      ...(manners.hint === 'retry-after' ? { 'retry-after': String(Math.ceil(waitMs / 1000)) } : {}),
    };
    const reply = { status: 429, headers, body: toRefusalBody(manners, binding, amount, waitMs, now) };
    return { serviceMs: this.#between(QUICK), end: () => reply, lose: () => {} };
  }

  #fail(status: number, body: string): Decision {
    this.#others += 1;
    const reply = { status, headers: { 'content-type': 'application/json' }, body };
    return { serviceMs: this.#between(QUICK), end: () => reply, lose: () => {} };
  }

  #isOut(sinceMs: number): boolean {
    return this.#row.mishaps.some((mishap) => mishap.of === 'outage' && sinceMs >= mishap.fromMs && sinceMs < mishap.untilMs);
  }

  #useOf({ promptChars, maxTokens }: Arrival): Use {
    return { input: Math.ceil(promptChars / 4) + 7, output: Math.max(1, Math.round(maxTokens * this.#between(this.#row.load.usedShare))) };
  }

  #between([least, most]: readonly [number, number]): number {
    return least + this.#chance() * (most - least);
  }

  /** Counts what arrived until `until`. */
  tally(until: number): Tally {
    const answers = this.#admissions.filter(({ at, lost }) => !lost && at <= until);
    const meanOf = (what: keyof Use): number => answers.reduce((sum, { use }) => sum + use[what], 0) / Math.max(1, answers.length);
    return {
      answersMs: answers.map(({ at }) => at - this.#startAt),
      refusedMs: this.#refusedAt.filter((at) => at <= until).map((at) => at - this.#startAt),
      meanUse: { input: meanOf('input'), output: meanOf('output') },
      others: this.#others,
    };
  }
}

/** Refusals are quick. */
const QUICK = [1, 5] as const;
const DEAD = JSON.stringify({
  error: { message: 'Incorrect API key provided.', type: 'invalid_request_error', param: null, code: 'invalid_api_key' },
});
const OUT = JSON.stringify({ error: { message: 'The server is down.', type: 'server_error', param: null, code: null } });

/** What a request takes of token limits. */
export interface Use {
  readonly input: number;
  readonly output: number;
}

/** What `use` takes of a limit. */
export function amountOf({ counts }: LimitRow, { input, output }: Use): number {
  switch (counts) {
    case 'requests':
      return 1;
    case 'tokens':
      return input + output;
    case 'input':
      return input;
    case 'output':
      return output;
  }
}

function toAnswer({ input, output }: Use): string {
  const message = { role: 'assistant', content: 'x'.repeat(Math.min(200, output * 4)), refusal: null };
  return JSON.stringify({
    id: 'chatcmpl-bench',
    object: 'chat.completion',
    created: 1_767_225_600,
    model: 'gpt-bench',
    choices: [{ index: 0, message, logprobs: null, finish_reason: 'stop' }],
    usage: { prompt_tokens: input, completion_tokens: output, total_tokens: input + output },
  });
}
