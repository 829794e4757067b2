import type { Judgement } from '../../chat/output.ts';
import { type ChatCompletion, readText } from '../../chat/reply.ts';
import { OutputError } from '../../errors.ts';
import { toPrintable, toTargetName } from '../../printable.ts';
import type { Trace } from '../../trace.ts';

/** An answer that is of no use to a call with a schema. */
export type Fault = Exclude<Judgement, { readonly kind: 'parsed' | 'tools' }>;

/** Who answered, by their names. */
interface From {
  readonly provider: string;
  readonly model: string;
}

/** So much of the text stands in the error. */
const LONGEST_TEXT = 2000;

/** Nobody is asked again: who said no is not asked until somebody says yes, and a schema with a bug fits no answer. */
export function isFinal({ kind }: Fault): boolean {
  return kind === 'refused' || kind === 'broken';
}

export function isFault(judgement: Judgement): judgement is Fault {
  return judgement.kind !== 'parsed' && judgement.kind !== 'tools';
}

/** `from` answered. */
export function toOutputError(from: From, fault: Fault, completion: ChatCompletion, attempts = 1): OutputError {
  const count = attempts > 1 ? ` (${attempts} attempts)` : '';
  return new OutputError(`Cannot use the answer of ${toTargetName(from.provider, from.model)} as ${fault.why}${count}`, {
    issues: fault.kind === 'cut' || fault.kind === 'invalid' ? fault.issues : [],
    text: toPrintable(readText(completion), LONGEST_TEXT),
    cause: fault.kind === 'cut' || fault.kind === 'refused' ? undefined : fault.cause,
  });
}

/** The attempt was answered, so that key and route are well; what it said does not do. */
export function noteFault(trace: Trace, { why }: Fault, action: 'retry' | 'reject'): void {
  noteUnusable(trace, why, action);
}

/** As above, for whatever makes an answer useless. */
export function noteUnusable(trace: Trace, why: string, action: 'retry' | 'reject'): void {
  const attempt = trace.answered;
  if (attempt === undefined) return;
  attempt.class = 'bad_output';
  attempt.scope = 'request';
  attempt.action = action;
  attempt.why = `${attempt.why}; its answer cannot be used as ${why}`;
}
