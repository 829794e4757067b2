import type { Answer, Call, Layer, Routed, Send } from '../call.ts';
import type { Judgement, Output } from '../chat/output.ts';
import type { ChatCompletion } from '../chat/reply.ts';
import type { Deadline } from '../deadline.ts';
import { AttemptError } from '../failure.ts';
import { orEnded } from './cache/passenger.ts';
import { type Fault, isFault, isFinal, noteFault, toOutputError } from './output/fault.ts';

/**
 * Validates whole answers of calls with a schema. One that is not valid is asked for again, `again` times; then another target may do
 * better. One that was cut off is left to other targets at once, and a refusal or a bug of the schema is final.
 */
export function output({ again }: { readonly again: number }): Layer<Routed> {
  return (next) => (call) => (call.output === undefined || call.stream ? next(call) : valid(next, call, call.output, again));
}

async function valid(next: Send<Routed>, call: Routed, wanted: Output, again: number): Promise<Answer> {
  const { deadline, target, trace } = call;
  const patienceMs = call.startBy - deadline.now();
  for (let attempts = 1; ; attempts += 1) {
    const answer = await next(attempts === 1 ? call : { ...call, startBy: deadline.now() + patienceMs });
    const judged = await judge(answer, wanted, deadline);
    if (judged === undefined) return answer;
    const repeats = judged.fault.kind === 'invalid' && attempts <= again;
    noteFault(trace, judged.fault, repeats ? 'retry' : 'reject');
    if (repeats) continue;
    const error = toOutputError({ provider: target.provider.name, model: target.model }, judged.fault, judged.completion, attempts);
    if (isFinal(judged.fault)) throw error;
    const verdict = { class: 'bad_output', scope: 'request', perModel: false, definitive: false, why: error.message } as const;
    throw new AttemptError(verdict, { reached: true, cause: error });
  }
}

/**
 * Above the cache: a stored answer, or that of an equal call, was made for somebody else's schema. One that is not valid is not served:
 * it is asked for anew, once.
 */
export function outputOfCache(): Layer {
  return (next) => (call) => (call.output === undefined || call.stream ? next(call) : validOfCache(next, call, call.output));
}

async function validOfCache(next: Send, call: Call, wanted: Output): Promise<Answer> {
  const { deadline, settings, trace } = call;
  const answer = await next(call);
  const judged = await judgeOfCache(answer, call, wanted);
  if (judged === undefined) return answer;
  if (settings.cache.mode === 'only' || judged.fault.kind === 'broken') throw ofCache(call, judged);
  deadline.throwIfEnded();
  trace.source = undefined;
  trace.costUsd = undefined;
  const anew = await next({ ...call, settings: { ...settings, cache: { ...settings.cache, mode: 'refresh' } } });
  const still = await judgeOfCache(anew, call, wanted);
  if (still !== undefined) throw ofCache(call, still);
  return anew;
}

interface Judged {
  readonly fault: Fault;
  readonly completion: ChatCompletion;
}

/** An answer of this call's own attempt was judged below. */
async function judgeOfCache(answer: Answer, call: Call, wanted: Output): Promise<Judged | undefined> {
  const { cache } = call.trace;
  return cache === 'off' || cache === 'miss' ? undefined : judge(answer, wanted, call.deadline);
}

/** `undefined`: nothing is wrong. The validator is the caller's own and may take its time, but not more than the call has. */
async function judge(answer: Answer, wanted: Output, deadline: Deadline): Promise<Judged | undefined> {
  if (answer.kind !== 'whole') return undefined;
  // Only chats have a schema.
  const completion = answer.whole as ChatCompletion;
  const judgement: Judgement = await orEnded(deadline, wanted.judge(completion));
  return isFault(judgement) ? { fault: judgement, completion } : undefined;
}

function ofCache({ trace }: Call, { fault, completion }: Judged): Error {
  const from = trace.source ?? { provider: 'the cache', model: completion.model };
  return toOutputError(from, fault, completion);
}
