import type { Answer, Call } from '../call.ts';
import { KeywheelError, OutputError } from '../errors.ts';
import type { AttemptReport, TokenCounts } from '../report.ts';
import type { Ended } from '../watcher.ts';
import { shorten } from './content.ts';
import { toWords } from './cut.ts';

/** Pino's numbers. */
export const DEBUG = 20;
export const INFO = 30;
export const WARN = 40;
export const ERROR = 50;

/** A line before it has its time: all in it is the line's own. */
export interface Draft {
  readonly level: number;
  readonly msg: string;
  readonly facts: Readonly<Record<string, unknown>>;
}

export interface DraftOptions {
  /** Epoch ms. */
  readonly now: number;
  /** Prompts and answers, too. */
  readonly content: boolean;
}

/** The level of a call's line. */
export function levelOf(call: Call, as: Ended, error: unknown): number {
  return as === 'ok' || isCallersOwn(call, as, error) ? INFO : ERROR;
}

/** What became of a call. */
export function draftCall(call: Call, as: Ended, answer: Answer | undefined, error: unknown, { now, content }: DraftOptions): Draft {
  const { trace } = call;
  const report = trace.report(now);
  const { operation, provider, model, key, cache, durationMs } = report;
  const own = isCallersOwn(call, as, error);
  const from = provider === undefined ? 'nobody' : toWords(`${provider}/${model ?? ''}`);
  const answered = `${operation} answered by ${from} in ${durationMs} ms${cache === 'off' || cache === 'miss' ? '' : ` (cache: ${cache})`}`;
  return {
    level: levelOf(call, as, error),
    msg: as === 'ok' ? answered : `${operation} ${own ? 'was left by its caller' : `failed: ${as}`} after ${durationMs} ms`,
    facts: present({
      callId: report.id,
      operation,
      requested: toWords(report.requested),
      stream: report.stream,
      provider: named(provider),
      model: named(model),
      key: named(key),
      group: key === undefined ? undefined : named(trace.decisive?.group),
      cache,
      class: as,
      durationMs,
      waitedMs: report.waitedMs,
      firstTokenMs: report.firstTokenMs,
      resumed: report.resumed,
      attempts: { count: report.attempts.length, classes: countClasses(report.attempts) },
      tokens: copyTokens(report.tokens),
      costUsd: report.costUsd,
      tenant: named(report.tenant),
      tags: toTags(report.tags),
      err: error === undefined ? undefined : toErr(error, content),
      request: content ? shorten(requestOf(call)) : undefined,
      answer: content && answer !== undefined ? shorten(contentOf(answer)) : undefined,
    }),
  };
}

/** What became of an attempt. What follows a failure is not decided yet. */
export function draftAttempt({ id, trace }: Call, attempt: AttemptReport): Draft {
  const { provider, model, key, group, class: end, status, scope, startedAt, durationMs, waitedMs, requestId } = attempt;
  const place = toWords(`${key} at ${provider}/${model}`);
  return {
    level: end === 'ok' ? DEBUG : WARN,
    msg: end === 'ok' ? `attempt answered with ${place} in ${durationMs} ms` : `attempt failed: ${end}, with ${place}`,
    facts: present({
      callId: id,
      operation: trace.beginning.operation,
      requested: toWords(trace.beginning.requested),
      provider: toWords(provider),
      model: toWords(model),
      key: toWords(key),
      group: toWords(group),
      class: end,
      status,
      scope,
      why: toWords(attempt.why, 500),
      requestId: named(requestId),
      startedAt,
      durationMs,
      waitedMs,
      tokens: copyTokens(attempt.tokens),
      costUsd: attempt.costUsd,
      tenant: named(trace.beginning.tenant),
      tags: toTags(trace.tags),
    }),
  };
}

/** The caller aborted, or left a stream in the middle; a closed client and a bug of ours are others. */
function isCallersOwn({ deadline }: Call, as: Ended, error: unknown): boolean {
  if (as !== 'aborted' || error instanceof KeywheelError) return false;
  return error === undefined || deadline.ended?.reason === error;
}

/** As pino's serializer writes it, without the stack. */
function toErr(error: unknown, content: boolean): Readonly<Record<string, unknown>> {
  try {
    if (!(error instanceof Error)) return { type: typeof error, message: toWords(String(error), 1000) };
    if (error instanceof OutputError && !content) return { type: error.name, message: UNTOLD, code: error.code };
    const code: unknown = Reflect.get(error, 'code');
    const status: unknown = Reflect.get(error, 'status');
    return present({
      type: toWords(error.name),
      message: toWords(error.message, 1000),
      code: typeof code === 'string' ? toWords(code) : undefined,
      status: typeof status === 'number' ? status : undefined,
    });
  } catch {
    // An abort's reason is the caller's own object, whatever that does when it is read.
    return { type: 'unreadable', message: '' };
  }
}

/** An `OutputError` quotes the answer. */
const UNTOLD = "Cannot use the answer as it is not what the schema asks for: why is told where the log has 'content'";

function requestOf({ asked }: Call): unknown {
  switch (asked.operation) {
    case 'chat':
    case 'embed':
      return asked.request;
    case 'fetch':
      return asked.request.json;
    case 'models':
      return undefined;
  }
}

/** What the caller was told, of a stream as far as it came; bytes that passed are nobody's to keep. */
function contentOf(answer: Answer): unknown {
  if (answer.kind === 'raw') return undefined;
  return answer.kind === 'whole' ? answer.whole : answer.collected();
}

function countClasses(attempts: readonly AttemptReport[]): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const { class: end } of attempts) counts[end] = (counts[end] ?? 0) + 1;
  return counts;
}

function toTags(tags: Readonly<Record<string, string>>): Readonly<Record<string, string>> | undefined {
  const entries = Object.entries(tags);
  if (entries.length === 0) return undefined;
  return Object.fromEntries(entries.map(([name, value]) => [toWords(name), toWords(value)]));
}

function copyTokens(tokens: TokenCounts | undefined): TokenCounts | undefined {
  return tokens === undefined ? undefined : { ...tokens };
}

function named(name: string | undefined): string | undefined {
  return name === undefined ? undefined : toWords(name);
}

function present(facts: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(facts).filter(([, value]) => value !== undefined));
}
