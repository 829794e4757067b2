import type { ChatChunk, ChunkChoice } from '../../chat/chunk.ts';
import type { Usage } from '../../chat/reply.ts';
import { isLoose, type Loose } from '../loose.ts';
import type { DecodeContext } from '../provider.ts';
import { CandidateDecoder } from './candidate.ts';
import { isBroken, readFinish, saysError, toFinishReason } from './finish.ts';
import { toLogprobs } from './logprobs.ts';
import { readUsage } from './usage.ts';

/** What one response, or one of a stream's, turned out to be. */
export type Read = { readonly chunk: ChatChunk } | { readonly error: unknown } | undefined;

/** Fields that are read; whatever else Google says is kept as it is. */
const BODY_FIELDS: ReadonlySet<string> = new Set(['candidates', 'usageMetadata', 'modelVersion', 'responseId']);
const CANDIDATE_FIELDS: ReadonlySet<string> = new Set([
  'content',
  'finishReason',
  'index',
  'logprobsResult',
  'delta',
  'message',
  'logprobs',
]);

/** Google's responses to chunks. A stream is a row of responses, each with what is new; a whole answer is a row of one. */
export class ReplyDecoder {
  readonly #context: DecodeContext;
  readonly #candidates = new Map<number, CandidateDecoder>();
  readonly #open = new Set<number>();
  #id: string | undefined;
  #created: number | undefined;
  #model: string | undefined;
  #usage: Usage | undefined;
  /** The usage that went out last. */
  #told: Usage | undefined;

  constructor(context: DecodeContext) {
    this.#context = context;
  }

  /** Every candidate that was seen has said why it ended. */
  get complete(): boolean {
    return this.#candidates.size > 0 && this.#open.size === 0;
  }

  read(body: Loose): Read {
    if (saysError(body)) return { error: body };
    this.#remember(body);
    const blocked = readBlock(body);
    const candidates = listOf(body['candidates']);
    if (candidates.length === 0 && blocked !== undefined && this.#candidates.size === 0) return { error: toBlocked(blocked, body) };
    const choices = candidates.map((candidate, position) => this.#toChoice(candidate, position));
    const broken = this.#candidates.size === 1 ? candidates.find((candidate, position) => this.#isSpoilt(candidate, position)) : undefined;
    if (broken !== undefined) return { error: toBroken(broken) };
    if (blocked !== undefined && candidates.length === 0) choices.push(...this.#end('content_filter', blocked));
    const tellsUsage = this.complete && this.#usage !== undefined && this.#usage !== this.#told;
    return choices.length === 0 && !tellsUsage ? undefined : { chunk: this.#toChunk(body, choices, tellsUsage) };
  }

  /** What a body that ends without a reason leaves open. */
  flush(): ChatChunk | undefined {
    return this.#open.size === 0 ? undefined : this.#toChunk({}, this.#end(null, undefined), true);
  }

  /** The first word of each wins: a stream is one reply. Counters grow, so that the last ones count. */
  #remember({ responseId, modelVersion, createTime, usageMetadata }: Loose): void {
    if (typeof responseId === 'string' && responseId !== '') this.#id ??= responseId;
    if (typeof modelVersion === 'string' && modelVersion !== '') this.#model ??= modelVersion;
    const at = typeof createTime === 'string' ? Date.parse(createTime) : Number.NaN;
    if (Number.isFinite(at)) this.#created ??= Math.floor(at / 1000);
    this.#usage = readUsage(usageMetadata) ?? this.#usage;
  }

  #toChunk(body: Loose, choices: readonly ChunkChoice[], tellsUsage: boolean): ChatChunk {
    const { model, now, requestId } = this.#context;
    this.#id ??= requestId ?? '';
    this.#model ??= model;
    this.#created ??= Math.floor(now / 1000);
    if (tellsUsage) this.#told = this.#usage;
    return {
      ...without(body, BODY_FIELDS),
      id: this.#id,
      object: 'chat.completion.chunk',
      created: this.#created,
      model: this.#model,
      choices,
      ...(tellsUsage && this.#usage !== undefined ? { usage: this.#usage } : {}),
    };
  }

  #toChoice(candidate: Loose, position: number): ChunkChoice {
    const index = toIndex(candidate, position);
    const isNew = !this.#candidates.has(index);
    const decoder = this.#candidateOf(index);
    const native = readFinish(candidate['finishReason']);
    if (native !== undefined) this.#open.delete(index);
    else if (isNew) this.#open.add(index);
    decoder.cite(candidate);
    const { content } = candidate;
    const delta = decoder.add(isLoose(content) ? content['parts'] : undefined, native !== undefined);
    const logprobs = toLogprobs(candidate['logprobsResult']);
    const extra: Loose = {
      ...without(candidate, CANDIDATE_FIELDS),
      ...(native === undefined ? {} : { native_finish_reason: native }),
    };
    return {
      ...extra,
      index,
      delta: isNew ? { role: 'assistant', ...delta } : delta,
      finish_reason: native === undefined ? null : toFinishReason(native, decoder.hasCalls),
      ...(logprobs === undefined ? {} : { logprobs }),
    };
  }

  #end(finish: string | null, native: string | undefined): ChunkChoice[] {
    const extra: Loose = native === undefined ? {} : { native_finish_reason: native };
    const open = [...this.#open];
    this.#open.clear();
    return open.map((index) => ({ ...extra, index, delta: this.#candidateOf(index).add([], true), finish_reason: finish }));
  }

  #candidateOf(index: number): CandidateDecoder {
    const known = this.#candidates.get(index);
    if (known !== undefined) return known;
    const made = new CandidateDecoder(() => this.#toIdPrefix(index));
    this.#candidates.set(index, made);
    return made;
  }

  /** The same for a stream and a whole answer, and another one for each reply: ids of calls are looked up in the whole conversation. */
  #toIdPrefix(index: number): string {
    const reply = this.#id ?? this.#context.requestId ?? String(this.#context.now);
    return `call_${reply.replaceAll(/[^\w-]/g, '').slice(-24)}_${index === 0 ? '' : `${index}_`}`;
  }

  #isSpoilt(candidate: Loose, position: number): boolean {
    const native = readFinish(candidate['finishReason']);
    return native !== undefined && isBroken(native) && !this.#candidateOf(toIndex(candidate, position)).hasOutput;
  }
}

/** JSON leaves out an index of zero. */
function toIndex({ index }: Loose, position: number): number {
  return typeof index === 'number' && Number.isSafeInteger(index) && index >= 0 ? index : position;
}

function readBlock({ promptFeedback: feedback }: Loose): string | undefined {
  const reason = isLoose(feedback) ? feedback['blockReason'] : undefined;
  return typeof reason === 'string' && reason !== '' && reason !== 'BLOCK_REASON_UNSPECIFIED' ? reason : undefined;
}

/** A prompt that was blocked is an error of the request, with OpenAI's code for it. */
function toBlocked(reason: string, { promptFeedback: feedback }: Loose): unknown {
  const said = isLoose(feedback) ? feedback['blockReasonMessage'] : undefined;
  const message = `The prompt was blocked (${reason})${typeof said === 'string' ? `: ${said}` : ''}`;
  return { error: { code: 'content_filter', status: reason, message, promptFeedback: feedback } };
}

/** Google counts it as an answer; nobody else could. Another attempt mostly does better. */
function toBroken({ finishReason, finishMessage }: Loose): unknown {
  const message = typeof finishMessage === 'string' ? finishMessage : `The model's answer was not readable (${String(finishReason)})`;
  return { error: { code: finishReason, message } };
}

function without(object: Loose, fields: ReadonlySet<string>): Loose {
  return Object.fromEntries(Object.entries(object).filter(([name]) => !fields.has(name)));
}

function listOf(value: unknown): readonly Loose[] {
  return Array.isArray(value) ? (value as unknown[]).filter(isLoose) : [];
}
