import type { ChatChunk, ChunkChoice, Delta } from './chunk.ts';
import type { ChatCompletion, Choice, FinishReason, ReplyMessage, Usage } from './reply.ts';
import { DetailCollector } from './collect-details.ts';
import { ToolCallCollector } from './collect-tools.ts';
import { merge, own } from './merge.ts';

/** Fields of a chunk that are not taken over as they are. `obfuscation` is padding against eavesdroppers. */
const CHUNK_FIELDS = new Set(['id', 'object', 'created', 'model', 'choices', 'usage', 'obfuscation']);
const CHOICE_FIELDS = new Set(['index', 'delta', 'finish_reason', 'logprobs']);
const DELTA_FIELDS = new Set(['role', 'content', 'tool_calls', 'obfuscation']);
const DETAILS = 'reasoning_details';
/** Stands for the details among a message's fields. */
const DETAILS_KEPT = Symbol(DETAILS);

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
    const head = { id: this.#id, created: this.#created ?? 0 };
    return {
      ...Object.fromEntries(this.#extra),
      id: head.id,
      object: 'chat.completion',
      created: head.created,
      model: this.#model,
      choices: choices.map(([index, choice]) => choice.toChoice(index, head)),
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
  readonly #details = new DetailCollector();
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
    if (delta.tool_calls != null) for (const call of delta.tool_calls) this.#tools.add(call);
    for (const field in delta) {
      if (DELTA_FIELDS.has(field)) continue;
      const value = delta[field];
      if (value === undefined) continue;
      if (field === DETAILS && Array.isArray(value)) this.#addDetails(value as unknown[]);
      else this.#message.set(field, merge(this.#message.get(field), value));
    }
  }

  /** Their place among the fields is kept. */
  #addDetails(pieces: readonly unknown[]): void {
    this.#details.add(pieces);
    this.#message.set(DETAILS, DETAILS_KEPT);
  }

  toChoice(index: number, reply: Pick<ChatCompletion, 'id' | 'created'>): Choice {
    const calls = this.#tools.calls({ ...reply, choice: index });
    const message: ReplyMessage = {
      ...Object.fromEntries([...this.#message].map(([field, value]) => [field, this.#toField(field, value)])),
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

  #toField(field: string, value: unknown): unknown {
    return field === DETAILS && value === DETAILS_KEPT ? this.#details.details() : own(value);
  }
}

/** Listing the entries of every chunk would cost more than the rest of collecting it. */
function keepLast(kept: Map<string, unknown>, from: object, known: ReadonlySet<string>): void {
  // From a server: any field may be there.
  const fields = from as Readonly<Record<string, unknown>>;
  for (const field in fields) {
    if (known.has(field)) continue;
    const value = fields[field];
    if (value != null || !kept.has(field)) kept.set(field, value);
  }
}
