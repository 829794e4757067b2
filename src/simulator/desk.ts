import type { Random } from '../clock.ts';
import { denyKey, denyRequest, readWanted, type Arrival } from './deny.ts';
import { missingKey, rateLimited, tooConcurrent, type ErrorAnswer } from './errors.ts';
import type { DueFault, FaultPlan } from './fault-plan.ts';
import type { AnswerFault, FaultKind, FaultMatch, FrontFault } from './faults.ts';
import { isFrontFault, playFront } from './front.ts';
import type { Caller, Group } from './group.ts';
import { toGroupHeaders, toRateHeaders } from './headers.ts';
import type { Outcome } from './ledger.ts';
import { distort, toWhole, type Performance } from './performance.ts';
import { prepareChat, prepareEmbeddings, prepareModels, type AnswerChance, type Prepared } from './prepare.ts';
import type { Charge, Refusal } from './quota.ts';
import { branchRandom, randomHex } from './random.ts';
import { estimateUse, readModel } from './request.ts';
import type { Settings } from './settings.ts';

/** What is done with a request. */
export interface Decision {
  readonly caller: Caller | undefined;
  /** How it ends if the client stays. */
  readonly outcome: Outcome;
  /** How long it waits first. */
  readonly delayMs: number;
  /** Asked when it is sent: headers may tell the state of that moment. */
  readonly perform: () => Performance;
  readonly fault: FaultKind | undefined;
  readonly replyId: string | undefined;
  /** True tokens when served whole. */
  readonly tokens: number;
  /** Gives back, once, what was reserved beyond the share of the answer that was sent. */
  readonly release: (share: number) => void;
}

/** A fault that is to spoil an answer. */
type Spoiler = (AnswerFault & FaultMatch) | undefined;

type Headers = Readonly<Record<string, string>>;

const NOTHING_TAKEN = { delayMs: 0, fault: undefined, replyId: undefined, tokens: 0, release: () => undefined } as const;

/** Decides what each request gets, in the order of arrival: key, fault, path and body, limits, answer. */
export class Desk {
  readonly #settings: Settings;
  readonly #groups: readonly Group[];
  readonly #callers = new Map<string, Caller>();
  readonly #plan: FaultPlan;
  readonly #latency: Random;
  readonly #chance: AnswerChance;

  constructor(settings: Settings, groups: readonly Group[], plan: FaultPlan) {
    this.#settings = settings;
    this.#groups = groups;
    this.#plan = plan;
    const branch = (purpose: string): Random => branchRandom(settings.seed, purpose);
    this.#latency = branch('latency');
    this.#chance = { content: branch('content'), pace: branch('pace'), ids: branch('ids') };
    for (const group of groups) for (const key of group.keys) this.#callers.set(key.secret, { group, key });
  }

  decide(arrival: Arrival): Decision {
    const now = this.#settings.clock.now();
    const caller = this.#identify(arrival.secret);
    const denied = denyKey(arrival, caller, now);
    if (denied !== undefined || caller === undefined) return this.#refuse('rejected', caller, denied ?? missingKey());
    const due = this.#nextFault(arrival, caller, now);
    const fault = due?.fault.kind === 'pass' ? undefined : due?.fault;
    if (fault !== undefined && isFrontFault(fault)) {
      due?.take();
      return this.#standIn(fault, arrival, caller);
    }
    const unfit = denyRequest(arrival, caller, this.#settings.models);
    const decision = unfit === undefined ? this.#admit(arrival, caller, fault, now) : this.#refuse('rejected', caller, unfit);
    // A fault whose answer was refused for another reason has not happened yet; a turn in a script has passed.
    if (fault === undefined || decision.fault !== undefined) due?.take();
    return decision;
  }

  #identify(secret: string | undefined): Caller | undefined {
    const known = secret === undefined ? undefined : this.#callers.get(secret);
    const [first] = this.#groups;
    return known !== undefined || this.#settings.requireKey || first === undefined ? known : { group: first, key: undefined };
  }

  #nextFault(arrival: Arrival, { group, key }: Caller, now: number): DueFault | undefined {
    const model = readModel(arrival.body);
    const stream = arrival.body?.['stream'] === true;
    const who = { keyId: key?.id, secret: key?.secret, groupId: group.settings.id };
    return this.#plan.next({ ...who, model, path: arrival.path, stream }, now);
  }

  #standIn(fault: FrontFault & FaultMatch, arrival: Arrival, caller: Caller): Decision {
    const played = playFront(fault, caller.group.settings, readModel(arrival.body), this.#headers(caller));
    return { ...NOTHING_TAKEN, caller, outcome: 'faulted', delayMs: fault.delayMs ?? 0, perform: () => played, fault: fault.kind };
  }

  #refuse(outcome: Outcome, caller: Caller | undefined, error: ErrorAnswer, rateHeaders: Headers = {}): Decision {
    const answer = toWhole(error.status, error.body, { ...this.#headers(caller), ...rateHeaders, ...error.headers });
    return { ...NOTHING_TAKEN, caller, outcome, perform: () => answer };
  }

  #admit(arrival: Arrival, caller: Caller, fault: Spoiler, now: number): Decision {
    const { body } = arrival;
    const wanted = readWanted(arrival.path);
    // Lists of models are free. (A body is missing only there: without one the others were refused before.)
    if (body === undefined || wanted === undefined || wanted === 'models') {
      return this.#answer(prepareModels(this.#settings, caller), caller, fault);
    }
    const { group } = caller;
    const model = readModel(body);
    if (group.admitted >= group.settings.concurrency) return this.#limit(caller, model, tooConcurrent(group.settings, model));
    const prepare = (): Prepared =>
      wanted === 'chat' ? prepareChat(this.#settings, arrival, body, caller, this.#chance) : prepareEmbeddings(body);
    // Written beforehand only where admission asks for the true use: nobody's `reply` is called for what is refused.
    const known = group.settings.charge === 'true' ? prepare() : undefined;
    const admission = group.quota.admit(model, known?.use ?? estimateUse(wanted, body), now);
    if (isRefusal(admission)) return this.#limit(caller, model, rateLimited(group.settings, model, admission), admission);
    const prepared = known ?? prepare();
    const early = this.#rateHeaders(group, model, false);
    const rates = group.settings.headersAsOf === 'admission' ? () => early : () => this.#rateHeaders(group, model, false);
    return { ...this.#answer(prepared, caller, fault, rates), release: this.#hold(group, admission, prepared) };
  }

  #limit(caller: Caller, model: string, error: ErrorAnswer, refusal?: Refusal): Decision {
    return this.#refuse('refused', caller, error, this.#rateHeaders(caller.group, model, true, refusal));
  }

  /** Occupies a place until the answer ends, then settles what it used. */
  #hold(group: Group, charge: Charge, { use }: Prepared): (share: number) => void {
    group.admitted++;
    return (share) => {
      group.admitted--;
      // Of an answer that was cut off only what was made is paid for.
      if (group.settings.settle) charge.settle({ input: use.input, output: Math.ceil(use.output * share) }, this.#settings.clock.now());
    };
  }

  #answer(prepared: Prepared, caller: Caller, fault: Spoiler, rates = (): Headers => ({})): Decision {
    const latencyMs = caller.group.settings.latency.draw(this.#latency);
    const common = { ...this.#headers(caller), 'openai-processing-ms': String(Math.round(latencyMs)), 'openai-version': '2020-10-01' };
    const perform = (): Performance => {
      const answer = prepared.write({ ...common, ...rates() });
      return fault === undefined ? answer : distort(answer, fault);
    };
    // Slow is not wrong: what drips is served.
    const outcome = fault === undefined || fault.kind === 'drip' ? 'served' : 'faulted';
    const tokens = prepared.use.input + prepared.use.output;
    const delayMs = fault?.delayMs ?? latencyMs;
    return { ...NOTHING_TAKEN, caller, outcome, perform, fault: fault?.kind, delayMs, replyId: prepared.replyId, tokens };
  }

  #headers(caller: Caller | undefined): Headers {
    return { 'x-request-id': `req_${randomHex(this.#chance.ids, 32)}`, ...toGroupHeaders(caller?.group.settings) };
  }

  #rateHeaders(group: Group, model: string, refused: boolean, refusal?: Refusal): Headers {
    const { headers } = group.settings;
    if (headers === 'never' || headers === (refused ? 'answered' : 'refused')) return {};
    return toRateHeaders(group.quota.read(model, this.#settings.clock.now(), refusal?.settings));
  }
}

function isRefusal(admission: Charge | Refusal): admission is Refusal {
  return 'waitMs' in admission;
}
