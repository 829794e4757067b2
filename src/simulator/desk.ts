import type { Random } from '../clock.ts';
import type { Arrival } from './arrival.ts';
import { Callers } from './callers.ts';
import { denyKey, denyRequest, toRateLimit } from './deny.ts';
import type { DueFault, FaultPlan } from './fault-plan.ts';
import type { AnswerFault, FaultKind, FaultMatch, FrontFault } from './faults.ts';
import { isFrontFault, playFront, toRefusal } from './front.ts';
import type { Caller, Group } from './group.ts';
import type { Outcome } from './ledger.ts';
import { distort, perform, type Performance } from './performance.ts';
import { prepareChat, prepareEmbeddings, prepareModels, type AnswerChance, type Prepared } from './prepare.ts';
import type { Charge, Refusal } from './quota.ts';
import { branchRandom } from './random.ts';
import type { Settings } from './settings.ts';
import { estimateUse } from './tokens.ts';
import type { Failure, Headers, Tongue } from './tongues/tongue.ts';

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

/** A request, who sent it, and by which id its answer is known. */
interface Visitor {
  readonly arrival: Arrival;
  readonly caller: Caller;
  readonly requestId: string;
}

const NOTHING_TAKEN = { delayMs: 0, fault: undefined, replyId: undefined, tokens: 0, release: () => undefined } as const;

/** Decides what each request gets, in the order of arrival: key, fault, path and body, limits, answer. */
export class Desk {
  readonly #settings: Settings;
  readonly #callers: Callers;
  readonly #plan: FaultPlan;
  readonly #latency: Random;
  readonly #chance: AnswerChance;

  constructor(settings: Settings, groups: readonly Group[], plan: FaultPlan) {
    this.#settings = settings;
    this.#plan = plan;
    const branch = (purpose: string): Random => branchRandom(settings.seed, purpose);
    this.#latency = branch('latency');
    this.#chance = { content: branch('content'), pace: branch('pace'), ids: branch('ids') };
    this.#callers = new Callers(groups, settings.requireKey);
  }

  decide(arrival: Arrival): Decision {
    const now = this.#settings.clock.now();
    const requestId = arrival.tongue.requestId(this.#chance.ids);
    const shown = arrival.tongue.readKey(arrival.incoming);
    const { caller, forged } = this.#callers.identify(shown);
    const denied = denyKey(arrival, { shown: shown?.text, caller, forged }, now);
    if (denied !== undefined || caller === undefined) {
      return this.#refuse('rejected', arrival.tongue, caller, requestId, denied ?? { kind: 'missing_key' });
    }
    const visitor = { arrival, caller, requestId };
    const due = this.#nextFault(arrival, caller, now);
    const fault = due?.fault.kind === 'pass' ? undefined : due?.fault;
    if (fault !== undefined && isFrontFault(fault)) {
      due?.take();
      return this.#standIn(fault, visitor);
    }
    const unfit = denyRequest(arrival, caller, this.#settings.models);
    const decision =
      unfit === undefined ? this.#admit(visitor, fault, now) : this.#refuse('rejected', arrival.tongue, caller, requestId, unfit);
    // A fault whose answer was refused for another reason has not happened yet; a turn in a script has passed.
    if (fault === undefined || decision.fault !== undefined) due?.take();
    return decision;
  }

  #nextFault({ tongue, path, question }: Arrival, { group, key }: Caller, now: number): DueFault | undefined {
    const { model, stream } = question;
    const who = { keyId: key?.id, secret: key?.secret, groupId: group.settings.id };
    return this.#plan.next({ ...who, model, path, stream, protocol: tongue.name }, now);
  }

  #standIn(fault: FrontFault & FaultMatch, { arrival, caller, requestId }: Visitor): Decision {
    const { tongue, question } = arrival;
    const group = caller.group.settings;
    const headers = tongue.headers({ requestId, group, latencyMs: undefined });
    const played = playFront(fault, { tongue, requestId, group, model: question.model, headers });
    return { ...NOTHING_TAKEN, caller, outcome: 'faulted', delayMs: fault.delayMs ?? 0, perform: () => played, fault: fault.kind };
  }

  #refuse(
    outcome: Outcome,
    tongue: Tongue,
    caller: Caller | undefined,
    requestId: string,
    failure: Failure,
    rateHeaders: Headers = {},
  ): Decision {
    const headers = tongue.headers({ requestId, group: caller?.group.settings, latencyMs: undefined });
    const answer = toRefusal(tongue.refuse(failure, requestId), { ...headers, ...rateHeaders });
    return { ...NOTHING_TAKEN, caller, outcome, perform: () => answer };
  }

  #admit(visitor: Visitor, fault: Spoiler, now: number): Decision {
    const { arrival, caller } = visitor;
    const { question, route } = arrival;
    // Lists of models are free. (A path is unknown only to the compiler: such requests were refused before.)
    if (route === undefined || route.wanted === 'models') {
      return this.#answer(prepareModels(this.#settings, arrival, caller), visitor, fault);
    }
    const { wanted } = route;
    const { group } = caller;
    const { model } = question;
    if (group.admitted >= group.settings.concurrency) {
      return this.#limit(visitor, { kind: 'concurrency', group: group.settings, model });
    }
    const prepare = (): Prepared => {
      const envelope = { id: arrival.tongue.replyId(this.#chance.ids, visitor.requestId), at: now };
      if (wanted === 'embeddings') return prepareEmbeddings(arrival, route, envelope);
      return prepareChat(this.#settings, arrival, caller, this.#chance, envelope);
    };
    // Written beforehand only where admission asks for the true use: nobody's `reply` is called for what is refused.
    const known = group.settings.charge === 'true' ? prepare() : undefined;
    const admission = group.quota.admit(model, known?.use ?? estimateUse(wanted, question), now);
    if (isRefusal(admission)) return this.#limit(visitor, toRateLimit(caller, model, admission), admission);
    const prepared = known ?? prepare();
    const early = this.#rateHeaders(visitor, false);
    const rates = group.settings.headersAsOf === 'admission' ? () => early : () => this.#rateHeaders(visitor, false);
    return { ...this.#answer(prepared, visitor, fault, rates), release: this.#hold(group, admission, prepared) };
  }

  #limit(visitor: Visitor, failure: Failure, refusal?: Refusal): Decision {
    const { arrival, caller, requestId } = visitor;
    return this.#refuse('refused', arrival.tongue, caller, requestId, failure, this.#rateHeaders(visitor, true, refusal));
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

  #answer(prepared: Prepared, visitor: Visitor, fault: Spoiler, rates = (): Headers => ({})): Decision {
    const { arrival, caller, requestId } = visitor;
    const { tongue } = arrival;
    const latencyMs = caller.group.settings.latency.draw(this.#latency);
    const common = tongue.headers({ requestId, group: caller.group.settings, latencyMs });
    const send = (): Performance => {
      const headers = { ...common, ...rates() };
      return fault === undefined ? perform(prepared.answer, headers) : distort(prepared.answer, headers, fault, tongue);
    };
    // Slow is not wrong: what drips is served.
    const outcome = fault === undefined || fault.kind === 'drip' ? 'served' : 'faulted';
    const tokens = prepared.use.input + prepared.use.output;
    const delayMs = fault?.delayMs ?? latencyMs;
    return { ...NOTHING_TAKEN, caller, outcome, perform: send, fault: fault?.kind, delayMs, replyId: prepared.replyId, tokens };
  }

  #rateHeaders({ arrival, caller: { group } }: Visitor, refused: boolean, refusal?: Refusal): Headers {
    const { headers } = group.settings;
    if (headers === 'never' || headers === (refused ? 'answered' : 'refused')) return {};
    const now = this.#settings.clock.now();
    return arrival.tongue.rateHeaders(group.quota.read(arrival.question.model, now, refusal?.settings), now);
  }
}

function isRefusal(admission: Charge | Refusal): admission is Refusal {
  return 'waitMs' in admission;
}
