import type { OutputIssue } from '../errors.ts';
import { toPrintable } from '../printable.ts';
import type { ChatCompletion } from './reply.ts';
import { isStandard, type OutputSchema, type StandardIssue } from './schema.ts';

/** What an answer is worth to a call that asked for a schema. */
export type Judgement =
  | { readonly kind: 'parsed'; readonly value: unknown }
  /** The model calls tools first: there is nothing to validate yet. */
  | { readonly kind: 'tools' }
  /** Said no, by itself or by a filter: the same question gets the same answer. */
  | { readonly kind: 'refused'; readonly why: string }
  /** Cut off: it would be cut off again. */
  | { readonly kind: 'cut'; readonly why: string; readonly issues: readonly OutputIssue[] }
  | { readonly kind: 'invalid'; readonly why: string; readonly issues: readonly OutputIssue[]; readonly cause?: unknown };

type Checked = { readonly value: unknown } | { readonly why: string; readonly issues: readonly OutputIssue[]; readonly cause?: unknown };

/** Issues that an error shows. */
const MOST_ISSUES = 20;
const LONGEST_ISSUE = 200;

/** The output that one call asked for. A text that comes to it twice on the call's way up is validated once. */
export class Output {
  readonly #schema: OutputSchema;
  #last: { readonly text: string; readonly checked: Promise<Checked> } | undefined;

  constructor(schema: OutputSchema) {
    this.#schema = schema;
  }

  /** Judges the first choice. Never rejects. */
  async judge(completion: ChatCompletion): Promise<Judgement> {
    const [choice] = completion.choices;
    const message = choice?.message;
    const refusal = toText(message?.refusal);
    if (refusal !== '') return { kind: 'refused', why: `the model refused: "${toPrintable(refusal, LONGEST_ISSUE)}"` };
    if (choice?.finish_reason === 'content_filter') return { kind: 'refused', why: "the provider's filter ended it" };
    if ((message?.tool_calls?.length ?? 0) > 0 || message?.['function_call'] != null) return { kind: 'tools' };
    const text = toText(message?.content);
    const checked = await this.#check(text);
    const isValid = 'value' in checked;
    // A closing bracket says that nothing is missing; the number 12 may have been the start of 123.
    if (choice?.finish_reason === 'length' && !(isValid && isBracketed(text))) {
      return { kind: 'cut', why: 'it reached the limit of output tokens before its end', issues: isValid ? [] : checked.issues };
    }
    return isValid ? { kind: 'parsed', value: checked.value } : { kind: 'invalid', ...checked };
  }

  #check(text: string): Promise<Checked> {
    if (this.#last?.text !== text) this.#last = { text, checked: check(this.#schema, text) };
    return this.#last.checked;
  }
}

async function check(schema: OutputSchema, text: string): Promise<Checked> {
  const json = parseJson(text);
  if (json === undefined) return { why: text.trim() === '' ? 'it is empty' : 'it is not JSON', issues: [] };
  try {
    if (!isStandard(schema)) return { value: await schema.validate(json.value) };
    const result = await schema['~standard'].validate(json.value);
    if (result.issues === undefined) return { value: result.value };
    const issues = result.issues.slice(0, MOST_ISSUES).map(toIssue);
    return { why: `it does not fit the schema: ${toWords(issues)}`, issues };
  } catch (cause) {
    const issue = { message: toPrintable(cause instanceof Error ? cause.message : String(cause), LONGEST_ISSUE), path: [] };
    return { why: `it does not fit the schema: ${issue.message}`, issues: [issue], cause };
  }
}

/** Models wrap JSON into a code fence where nobody keeps them from it. */
function parseJson(text: string): { readonly value: unknown } | undefined {
  const bare = text.trim();
  const isFenced = bare.startsWith('```') && bare.endsWith('```') && bare.length > 6;
  return tryJson(isFenced ? unfence(bare) : bare);
}

function unfence(text: string): string {
  return text.slice(3, -3).replace(/^[a-z][\w+-]*(?=[\s[{"])/i, '');
}

function tryJson(text: string): { readonly value: unknown } | undefined {
  try {
    return { value: JSON.parse(text) as unknown };
  } catch {
    // The parser's own error quotes what the caller gets as `text`.
    return undefined;
  }
}

function toIssue({ message, path = [] }: StandardIssue): OutputIssue {
  return { message: toPrintable(message, LONGEST_ISSUE), path: path.map(toKey) };
}

function toKey(segment: PropertyKey | { readonly key: PropertyKey }): string | number {
  const key = typeof segment === 'object' ? segment.key : segment;
  return typeof key === 'number' ? key : String(key);
}

function toWords(issues: readonly OutputIssue[]): string {
  const words = issues
    .slice(0, 3)
    .map(({ message, path }) => (path.length === 0 ? message : `'${toPrintable(path.join('.'), 100)}' ${message}`));
  return [...words, ...(issues.length > 3 ? [`${issues.length - 3} more`] : [])].join('; ');
}

function toText(content: unknown): string {
  return typeof content === 'string' ? content : '';
}

function isBracketed(text: string): boolean {
  return /[}\]](?:\s*```)?\s*$/.test(text);
}
