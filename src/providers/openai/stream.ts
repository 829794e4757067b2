import type { ChatChunk, ChunkChoice, Delta, ToolCallDelta } from '../../chat/chunk.ts';
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
    if (!Array.isArray(body['choices']) && usage === undefined) return NOTHING;
    const choices = (Array.isArray(body['choices']) ? (body['choices'] as unknown[]) : []).filter(isLoose);
    this.#remember(body, choices.length > 0);
    const chunk: ChatChunk = {
      ...body,
      id: this.#id,
      object: 'chat.completion.chunk',
      created: this.#created,
      model: this.#model,
      choices: choices.map((choice, position) => this.#toChoice(choice, position)),
      // Numbers that do not count are no usage: absent is not zero.
      ...(usage !== undefined ? { usage } : body['usage'] === undefined ? {} : { usage: null }),
    };
    return { kind: 'chunk', chunk };
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

  #toChoice(choice: Loose, position: number): ChunkChoice {
    const index = toIndex(choice['index']) ?? position;
    const end = toFinish(choice['finish_reason'], choice['native_finish_reason']);
    const finish = end.finish_reason;
    if (finish !== null) this.#finished.add(index);
    if (this.#finished.has(index)) this.#open.delete(index);
    else this.#open.add(index);
    const { message, ...rest } = choice;
    const isMissing = this.#isMissing(choice, index);
    const delta = this.#toDelta(isMissing ? message : choice['delta'], index);
    const full = { ...(isMissing ? rest : choice), index, delta: finish === null ? delta : this.#cite(delta, index), ...end };
    // It changes the delta and the reason, and keeps what a choice needs.
    return this.#unforcing === undefined ? full : (this.#unforcing.unforce(full, index) as unknown as ChunkChoice);
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
    if (!Array.isArray(calls)) return calls === undefined ? normal : { ...normal, tool_calls: [] };
    return {
      ...normal,
      tool_calls: (calls as unknown[])
        .filter(isLoose)
        .map((call): ToolCallDelta => ({ ...withText(call), index: this.#tools.indexOf(choice, call) })),
    };
  }

  /** With a choice's last delta, as every chunk may tell them anew. */
  #cite(delta: Delta, choice: number): Delta {
    const sources = this.#cited.has(choice) ? [] : readSources(this.#sources);
    this.#cited.add(choice);
    // Made in the shape of annotations.
    return sources.length === 0 ? delta : { ...delta, annotations: sources as unknown as NonNullable<Delta['annotations']> };
  }
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
