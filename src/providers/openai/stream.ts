import type { ChatChunk, ChunkChoice, Delta, ToolCallDelta } from '../../chat/chunk.ts';
import type { Usage } from '../../chat/reply.ts';
import type { WireEvent } from '../../wire/types.ts';
import { isLoose, type Loose } from '../loose.ts';
import type { DecodeContext, Decoded, StreamDecoder } from '../provider.ts';
import { findUsage, isName, isTime, saysError, toIndex } from './decode.ts';
import { COMPATIBLE, type Dialect } from './dialect.ts';
import { isFailed, isTold, toFailure, toFinish } from './finish.ts';
import { forcedName, Unforcing } from './forced.ts';
import { readSources, toNormal, withText } from './normal.ts';
import { ToolIndexes } from './tool-indexes.ts';

const NOTHING: Decoded = { kind: 'nothing' };

/** Starts the decoding of one stream of Chat Completions. */
export function startStream(context: DecodeContext, dialect: Dialect = COMPATIBLE): StreamDecoder {
  return new ChunkDecoder(context, forcedName(context, dialect));
}

/**
 * Events to chunks, one to one, with the holes filled that compatible servers leave: ids, indexes, missing deltas.
 * Complete is a stream with `[DONE]`, or one in which every choice seen has its finish reason: some servers send no `[DONE]`, and
 * a choice that says why it ended has nothing to add. Never throws.
 */
class ChunkDecoder implements StreamDecoder {
  readonly #context: DecodeContext;
  readonly #tools = new ToolIndexes();
  readonly #unforcing: Unforcing | undefined;
  /** What the answer cites, as far as it was told, and the choices that say so themselves. */
  #sources: Loose = {};
  readonly #cited = new Set<number>();
  /** Choices whose deltas said something. */
  readonly #told = new Set<number>();
  readonly #open = new Set<number>();
  readonly #finished = new Set<number>();
  #ended = false;
  #id = '';
  #model = '';
  #created = 0;

  constructor(context: DecodeContext, forced: string | undefined) {
    this.#context = context;
    this.#unforcing = forced === undefined ? undefined : new Unforcing(forced);
  }

  get complete(): boolean {
    return this.#ended || (this.#finished.size > 0 && this.#open.size === 0);
  }

  decode({ event, data, unterminated }: WireEvent): Decoded {
    const text = data.trim();
    if (this.#ended || text === '') return NOTHING;
    if (text === '[DONE]') {
      this.#ended = true;
      return { kind: 'end' };
    }
    const parsed = parse(text);
    // Without its blank line an event may be cut: only an object that closes is whole, as a number may go on.
    if (unterminated === true && !isLoose(parsed)) return NOTHING;
    if (parsed === MALFORMED) return { kind: 'error', body: toMalformed(text, event) };
    if (event === 'error') return { kind: 'error', body: parsed };
    return isLoose(parsed) ? this.#decodeObject(parsed) : decodeOther(parsed);
  }

  #decodeObject(body: Loose): Decoded {
    const error = findError(body);
    if (error !== undefined) return { kind: 'error', body: error };
    const usage = findUsage(body);
    const given = body['choices'];
    if (!Array.isArray(given) && usage === undefined) return NOTHING;
    const listed: readonly unknown[] = Array.isArray(given) ? given : [];
    this.#remember(body, listed.some(isLoose));
    const choices = this.#toChoices(listed);
    const isWhole = choices === given && this.#isNamed(body) && usage === undefined && body['usage'] == null;
    return { kind: 'chunk', chunk: isWhole ? (body as unknown as ChatChunk) : this.#toChunk(body, choices, usage) };
  }

  #isNamed({ id, object, created, model }: Loose): boolean {
    return id === this.#id && created === this.#created && model === this.#model && object === 'chat.completion.chunk';
  }

  #toChunk(body: Loose, choices: readonly ChunkChoice[], usage: Usage | undefined): ChatChunk {
    return {
      ...body,
      id: this.#id,
      object: 'chat.completion.chunk',
      created: this.#created,
      model: this.#model,
      choices,
      // Numbers that do not count are no usage: absent is not zero.
      ...(usage !== undefined ? { usage } : body['usage'] === undefined ? {} : { usage: null }),
    };
  }

  /**
   * The first name of each wins: a stream is one reply. Azure's first chunk has empty ones, and no choices; with the first choice a
   * server that names nothing is known for one.
   */
  #remember(body: Loose, hasChoices: boolean): void {
    const { id, model, created, search_results: results, citations } = body;
    const { requestId = '', model: asked, now } = this.#context;
    if (this.#id === '') this.#id = isName(id) ? id : hasChoices ? requestId : '';
    if (this.#model === '') this.#model = isName(model) ? model : hasChoices ? asked : '';
    if (this.#created === 0) this.#created = isTime(created) ? created : hasChoices ? Math.floor(now / 1000) : 0;
    if (results != null || citations != null) this.#sources = { search_results: results, citations };
  }

  /** `given` itself where there is nothing to do, as for nearly every chunk of a server that keeps to the shape. */
  #toChoices(given: readonly unknown[]): readonly ChunkChoice[] {
    const choices: ChunkChoice[] = [];
    let isSame = true;
    for (const choice of given) {
      const full = isLoose(choice) ? this.#toChoice(choice, choices.length) : undefined;
      if (full !== undefined) choices.push(full);
      if (full !== choice) isSame = false;
    }
    // Every one of them was looked at.
    return isSame ? (given as readonly ChunkChoice[]) : choices;
  }

  #toChoice(choice: Loose, position: number): ChunkChoice {
    const index = toIndex(choice['index']) ?? position;
    const end = toFinish(choice['finish_reason'], choice['native_finish_reason']);
    const finish = end.finish_reason;
    this.#count(index, finish !== null);
    const isMissing = this.#isMissing(choice, index);
    const said = this.#toDelta(isMissing ? choice['message'] : choice['delta'], index);
    const delta = finish === null ? said : this.#cite(said, index);
    const isSame = delta === choice['delta'] && index === choice['index'] && finish === choice['finish_reason'];
    const full = isSame ? choice : { ...(isMissing ? withoutMessage(choice) : choice), index, delta, ...end };
    // Unforcing changes the delta and the reason, and keeps what a choice needs.
    return (this.#unforcing === undefined ? full : this.#unforcing.unforce(full, index)) as unknown as ChunkChoice;
  }

  #count(choice: number, ends: boolean): void {
    if (ends) this.#finished.add(choice);
    if (this.#finished.size > 0 && this.#finished.has(choice)) this.#open.delete(choice);
    else this.#open.add(choice);
  }

  /** Some servers write a message for a delta; beside deltas, or after them, it says the same again. */
  #isMissing({ delta, message }: Loose, index: number): boolean {
    if (this.#told.has(index)) return false;
    if (isLoose(delta) && tells(delta)) this.#told.add(index);
    return isLoose(message) && (!isLoose(delta) || Object.keys(delta).length === 0);
  }

  #toDelta(delta: unknown, choice: number): Delta {
    if (!isLoose(delta)) return {};
    const normal = toNormal(delta);
    if (normal['annotations'] != null) this.#cited.add(choice);
    const calls = normal['tool_calls'];
    if (calls === undefined) return normal;
    const read = Array.isArray(calls) ? this.#toCalls(calls, choice) : [];
    return read === calls ? normal : { ...normal, tool_calls: read };
  }

  #toCalls(given: readonly unknown[], choice: number): readonly ToolCallDelta[] {
    const calls = given.filter(isLoose).map((call): ToolCallDelta => {
      const index = this.#tools.indexOf(choice, call);
      const said = withText(call);
      return index === said['index'] ? (said as unknown as ToolCallDelta) : { ...said, index };
    });
    // Every one of them is as it came.
    return calls.length === given.length && calls.every((call, at) => call === given[at]) ? (given as readonly ToolCallDelta[]) : calls;
  }

  /** With a choice's last delta, as every chunk may tell them anew. */
  #cite(delta: Delta, choice: number): Delta {
    const sources = this.#cited.has(choice) ? [] : readSources(this.#sources);
    this.#cited.add(choice);
    // Made in the shape of annotations.
    return sources.length === 0 ? delta : { ...delta, annotations: sources as unknown as NonNullable<Delta['annotations']> };
  }
}

function withoutMessage(choice: Loose): Loose {
  const { message: _, ...rest } = choice;
  return rest;
}

function tells(delta: Loose): boolean {
  return Object.entries(delta).some(([field, value]) => field !== 'role' && value != null && value !== '');
}

/** The error that an object carries, in the shape for `classify`. */
function findError(body: Loose): unknown {
  if (saysError(body)) return body;
  const groq = isLoose(body['x_groq']) ? body['x_groq']['error'] : undefined;
  if (isTold(groq)) return { error: groq };
  const { choices } = body;
  if (Array.isArray(choices)) {
    const failed = (choices as unknown[]).filter(isLoose).find(isFailed);
    return failed === undefined ? undefined : toFailure(failed);
  }
  // FastAPI, Cerebras and others: flat, without an `error`.
  const isFlat = typeof body['message'] === 'string' || typeof body['detail'] === 'string';
  return isFlat && body['usage'] === undefined ? body : undefined;
}

/** Google's compatible endpoint sends its errors in an array. */
function decodeOther(parsed: unknown): Decoded {
  const isError = Array.isArray(parsed) && (parsed as unknown[]).some((item) => isLoose(item) && saysError(item));
  return isError ? { kind: 'error', body: parsed } : NOTHING;
}

const MALFORMED = Symbol('malformed');

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return MALFORMED;
  }
}

/**
 * A cut error still tells its code, so it goes to `classify` as text. A cut chunk does not: the words in it are the model's own,
 * and a story about rate limits is none.
 */
function toMalformed(text: string, event: string | undefined): unknown {
  const isError = event === 'error' || (/^[{[]/.test(text) && /"error"\s*:/.test(text) && !/"choices"\s*:/.test(text));
  return isError
    ? text
    : { error: { type: 'malformed_event', message: `The stream has an event that is no JSON, of ${text.length} characters` } };
}
