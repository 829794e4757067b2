import type { ChatChunk, ChunkChoice, Delta } from './chunk.ts';
import type { ChatCompletion, Choice, FinishReason, ReplyMessage, Usage } from './reply.ts';
import { ToolCallCollector } from './collect-tools.ts';

/** Fields of a chunk that are not taken over as they are. `obfuscation` is padding against eavesdroppers. */
const CHUNK_FIELDS = new Set(['id', 'object', 'created', 'model', 'choices', 'usage', 'obfuscation']);
const CHOICE_FIELDS = new Set(['index', 'delta', 'finish_reason', 'logprobs']);
const DELTA_FIELDS = new Set(['role', 'content', 'tool_calls', 'obfuscation']);

/** Puts a reply together from its chunks, one after the other. Loses nothing that a plain reply would have had. */
export class Collector {
  #id = '';
  #created: number | undefined;
  #model = '';
  #usage: Usage | null | undefined;
  readonly #choices = new Map<number, ChoiceCollector>();
  readonly #extra = new Map<string, unknown>();

  add(chunk: ChatChunk): void {
    this.#id ||= chunk.id;
    this.#created ??= chunk.created;
    this.#model ||= chunk.model;
    if (chunk.usage !== undefined) this.#usage = chunk.usage ?? this.#usage ?? null;
    keepLast(this.#extra, chunk, CHUNK_FIELDS);
    for (const choice of chunk.choices) this.#choiceOf(choice).add(choice);
  }

  /** The reply as far as it came. */
  reply(): ChatCompletion {
    const choices = [...this.#choices].sort(([a], [b]) => a - b);
    return {
      ...Object.fromEntries(this.#extra),
      id: this.#id,
      object: 'chat.completion',
      created: this.#created ?? 0,
      model: this.#model,
      choices: choices.map(([index, choice]) => choice.toChoice(index)),
      ...(this.#usage === undefined ? {} : { usage: this.#usage }),
    };
  }

  #choiceOf(choice: ChunkChoice): ChoiceCollector {
    // Servers of one choice forget its index.
    const index = typeof choice.index === 'number' ? choice.index : 0;
    let found = this.#choices.get(index);
    if (found === undefined) {
      found = new ChoiceCollector();
      this.#choices.set(index, found);
    }
    return found;
  }
}

class ChoiceCollector {
  #content: string | null = null;
  #finish: FinishReason | null = null;
  #logprobs: unknown;
  readonly #tools = new ToolCallCollector();
  readonly #message = new Map<string, unknown>();
  readonly #extra = new Map<string, unknown>();

  add(choice: ChunkChoice): void {
    this.#finish = choice.finish_reason ?? this.#finish;
    if (choice.logprobs != null) this.#logprobs = merge(this.#logprobs, choice.logprobs);
    keepLast(this.#extra, choice, CHOICE_FIELDS);
    // A last chunk without its delta is malformed, but says nothing wrong.
    const delta: Delta | undefined = choice.delta;
    if (delta != null) this.#addDelta(delta);
  }

  #addDelta(delta: Delta): void {
    if (typeof delta.content === 'string') this.#content = (this.#content ?? '') + delta.content;
    for (const call of delta.tool_calls ?? []) this.#tools.add(call);
    for (const [field, value] of Object.entries(delta)) {
      if (!DELTA_FIELDS.has(field) && value !== undefined) this.#message.set(field, merge(this.#message.get(field), value));
    }
  }

  toChoice(index: number): Choice {
    const calls = this.#tools.calls();
    const message: ReplyMessage = {
      ...Object.fromEntries([...this.#message].map(([field, value]) => [field, own(value)])),
      role: 'assistant',
      // A plain reply that only calls tools has no content; its stream begins with an empty one.
      content: this.#content === '' && calls.length > 0 ? null : this.#content,
      ...(calls.length === 0 ? {} : { tool_calls: calls }),
    };
    return {
      ...Object.fromEntries(this.#extra),
      index,
      message,
      finish_reason: this.#finish,
      ...(this.#logprobs === undefined ? {} : { logprobs: own(this.#logprobs) }),
    };
  }
}

/**
 * Deltas of one field: texts and lists grow, objects grow by field, of anything else the last one counts. `null` says nothing.
 * A list grows in place, as copying it for each delta would take quadratic time, so `before` must be our own.
 */
function merge(before: unknown, delta: unknown): unknown {
  if (before == null) return own(delta);
  if (delta == null) return before;
  if (typeof before === 'string' && typeof delta === 'string') return before + delta;
  if (Array.isArray(before) && Array.isArray(delta)) {
    for (const item of delta as unknown[]) before.push(item);
    return before;
  }
  if (!isRecord(before) || !isRecord(delta)) return own(delta);
  const fields = new Map(Object.entries(before));
  for (const [field, value] of Object.entries(delta)) fields.set(field, IDENTITIES.has(field) ? value : merge(fields.get(field), value));
  return Object.fromEntries(fields);
}

/** A copy as deep as `merge` writes. */
function own(value: unknown): unknown {
  if (Array.isArray(value)) return [...(value as unknown[])];
  return isRecord(value) ? Object.fromEntries(Object.entries(value).map(([field, item]) => [field, own(item)])) : value;
}

/** Texts inside an object that name something and so never grow: `audio.id`, `function_call.name`. */
const IDENTITIES = new Set(['id', 'type', 'name', 'format']);

function keepLast(kept: Map<string, unknown>, from: object, known: ReadonlySet<string>): void {
  for (const [field, value] of Object.entries(from)) {
    if (!known.has(field) && (value != null || !kept.has(field))) kept.set(field, value);
  }
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
