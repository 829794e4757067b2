import type { OutputIssue } from '../errors.ts';
import { toPrintable } from '../printable.ts';
import type { ChatCompletion } from './reply.ts';
import {
  isStandard,
  type OutputSchema,
  type StandardIssue,
  type StandardJsonSchema,
  type StandardResult,
  type ValidatedJsonSchema,
} from './schema.ts';

/** What an answer is worth to a call that asked for a schema. */
export type Judgement =
  | { readonly kind: 'parsed'; readonly value: unknown }
  /** The model calls tools first: there is nothing to validate yet. */
  | { readonly kind: 'tools' }
  /** Said no, by itself or by a filter: the same question gets the same answer. */
  | { readonly kind: 'refused'; readonly why: string }
  /** Cut off: it would be cut off again. */
  | { readonly kind: 'cut'; readonly why: string; readonly issues: readonly OutputIssue[] }
  | Invalid
  | Broken;

interface Invalid {
  readonly kind: 'invalid';
  readonly why: string;
  readonly issues: readonly OutputIssue[];
  readonly cause?: unknown;
}

/** The schema failed, not the answer: another answer would meet the same. */
interface Broken {
  readonly kind: 'broken';
  readonly why: string;
  readonly cause: unknown;
}

type Checked = { readonly kind: 'parsed'; readonly value: unknown } | Invalid | Broken;

/** Issues that an error shows. */
const MOST_ISSUES = 20;
const LONGEST_ISSUE = 200;

/** The output that one call asked for. A text that comes to it twice on the call's way up is validated once. */
export class Output {
  readonly #schema: OutputSchema;
  readonly #hasTools: boolean;
  #last: { readonly text: string; readonly checked: Promise<Checked> } | undefined;

  /** @param asked What the request has beside the schema: a model that calls tools which nobody gave it has not answered. */
  constructor(schema: OutputSchema, asked: { readonly hasTools: boolean }) {
    this.#schema = schema;
    this.#hasTools = asked.hasTools;
  }

  /** Judges the first choice, which is the one that is parsed, also where `n` asks for more. Never rejects. */
  async judge(completion: ChatCompletion): Promise<Judgement> {
    const [choice] = completion.choices;
    const message = choice?.message;
    const refusal = toText(message?.refusal);
    if (refusal !== '') return { kind: 'refused', why: `the model refused: "${toPrintable(refusal, LONGEST_ISSUE)}"` };
    if (choice?.finish_reason === 'content_filter') return { kind: 'refused', why: "the provider's filter ended it" };
    const calls = (message?.tool_calls?.length ?? 0) > 0 || message?.['function_call'] != null;
    if (calls && this.#hasTools) return { kind: 'tools' };
    const text = toText(message?.content);
    if (calls && text.trim() === '') return { kind: 'invalid', why: "it calls a tool, and the request has no 'tools'", issues: [] };
    const checked = await this.#check(text);
    // A closing bracket says that nothing is missing; the number 12 may have been the start of 123.
    const isCut = choice?.finish_reason === 'length' && !(checked.kind === 'parsed' && isBracketed(text));
    if (!isCut || checked.kind === 'broken') return checked;
    const issues = checked.kind === 'parsed' ? [] : checked.issues;
    return { kind: 'cut', why: 'it reached the limit of output tokens before its end', issues };
  }

  #check(text: string): Promise<Checked> {
    if (this.#last?.text !== text) this.#last = { text, checked: check(this.#schema, text) };
    return this.#last.checked;
  }
}

async function check(schema: OutputSchema, text: string): Promise<Checked> {
  const json = parseJson(text);
  if (json === undefined) return { kind: 'invalid', why: withoutThoughts(text) === '' ? 'it is empty' : 'it is not JSON', issues: [] };
  return isStandard(schema) ? checkStandard(schema, json.value) : checkOwn(schema, json.value);
}

/** A Standard Schema tells what is wrong by issues: one that throws has a bug. */
async function checkStandard(schema: StandardJsonSchema, value: unknown): Promise<Checked> {
  try {
    // As a program in plain JavaScript may write one.
    const result = (await schema['~standard'].validate(value)) as StandardResult<unknown> | null | undefined;
    if (typeof result !== 'object' || result === null) throw new TypeError('it returned no result');
    if (result.issues == null) return { kind: 'parsed', value: result.value };
    const issues = result.issues.slice(0, MOST_ISSUES).map(toIssue);
    return { kind: 'invalid', why: `it does not fit the schema: ${toWords(issues)}`, issues };
  } catch (cause) {
    return { kind: 'broken', why: `the schema's 'validate' failed: ${toReason(cause)}`, cause };
  }
}

async function checkOwn(schema: ValidatedJsonSchema, value: unknown): Promise<Checked> {
  try {
    return { kind: 'parsed', value: await schema.validate(value) };
  } catch (cause) {
    const issue = { message: toReason(cause), path: [] };
    return { kind: 'invalid', why: `it does not fit the schema: ${issue.message}`, issues: [issue], cause };
  }
}

function toReason(thrown: unknown): string {
  return toPrintable(thrown instanceof Error ? thrown.message : String(thrown), LONGEST_ISSUE);
}

/** Models wrap JSON into a code fence where nobody keeps them from it, and some think aloud before. */
function parseJson(text: string): { readonly value: unknown } | undefined {
  const bare = withoutThoughts(text);
  const isFenced = bare.startsWith('```') && bare.endsWith('```') && bare.length > 6;
  return tryJson(isFenced ? unfence(bare) : bare);
}

/** Reasoning models of some servers write their thoughts into the text. */
function withoutThoughts(text: string): string {
  const bare = text.trim();
  const end = bare.startsWith('<think>') ? bare.indexOf('</think>') : -1;
  return end < 0 ? bare : bare.slice(end + '</think>'.length).trim();
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
