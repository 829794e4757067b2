import type { Usage } from '../../chat/reply.ts';
import { hasOutput } from '../../chat/chunk.ts';
import type { ChatChunk } from '../../chat/chunk.ts';
import { isOwnEnd } from '../../chat/storable.ts';
import type { WireEvent } from '../../wire/index.ts';
import { END, type Judge, NOTHING, OUTPUT, type Seen } from './judge.ts';
import { findUsage, isLoose, readAnyUsage } from './usage.ts';

type Loose = Readonly<Record<string, unknown>>;

/** Events before an answer: that it was taken, that it waits, that the connection lives. */
const PREAMBLES: ReadonlySet<unknown> = new Set(['response.created', 'response.in_progress', 'response.queued', 'message_start', 'ping']);
/** Events after which nothing comes, of answers that came to their own end. */
const ENDS: ReadonlySet<unknown> = new Set(['response.completed', 'message_stop']);
/** The same, of answers that were cut short. */
const CUT_SHORT: ReadonlySet<unknown> = new Set(['response.incomplete', 'response.cancelled']);

/** Of a stream that no protocol here reads (OpenAI's Responses above all): by what nearly all have in common. */
export class GenericJudge implements Judge {
  answered = false;
  #usage: Loose | undefined;
  #ended = false;
  /** It has said something that a marker always follows. */
  #expectsEnd = false;
  /** Nothing was said yet, and something must be. */
  #isDumb: boolean;
  /** Refused, cut short or ended by something else than the model. */
  #spoilt = false;

  /** `mustSpeak`: a body without any event is no answer. */
  constructor(mustSpeak: boolean) {
    this.#isDumb = mustSpeak;
  }

  /** Without a marker nobody knows: a body that ends is the end. */
  get complete(): boolean {
    return this.#ended || !(this.#expectsEnd || this.#isDumb);
  }

  get usage(): Usage | undefined {
    return readAnyUsage(this.#usage);
  }

  get storable(): boolean {
    return this.#ended && !this.#spoilt;
  }

  see(event: WireEvent): Seen {
    this.#isDumb = false;
    const text = event.data.trim();
    if (text === '[DONE]') return this.#end();
    const body = parse(text);
    if (event.exception === true) return { kind: 'error', body: body ?? text };
    if (!isLoose(body)) {
      if (event.event === 'error') return { kind: 'error', body: body ?? text };
      return text === '' || event.event === 'ping' ? NOTHING : this.#output();
    }
    return this.#seeObject(body, event.event);
  }

  #seeObject(body: Loose, name: string | undefined): Seen {
    const type = body['type'] ?? name;
    const failed = findError(body, type, name);
    if (failed !== undefined) return { kind: 'error', body: failed };
    this.#usage = findUsage(body, this.#usage);
    if (type === 'response.created' || type === 'message_start') this.#expectsEnd = true;
    if (ENDS.has(type)) return this.#end();
    if (CUT_SHORT.has(type)) {
      this.#spoilt = true;
      return this.#end();
    }
    if (PREAMBLES.has(type)) return NOTHING;
    if (typeof type === 'string' && type.startsWith('response.refusal')) this.#spoilt = true;
    if (Array.isArray(body['choices'])) return this.#seeChoices(body['choices'] as unknown[]);
    return this.#output();
  }

  /** Completions of texts and chats, under whatever address. */
  #seeChoices(choices: readonly unknown[]): Seen {
    this.#expectsEnd = true;
    if (choices.length === 0) return NOTHING;
    const listed = choices.filter(isLoose);
    for (const { finish_reason: reason } of listed) {
      if (reason === undefined || reason === null) continue;
      this.#expectsEnd = false;
      if (!isOwnEnd(reason)) this.#spoilt = true;
    }
    this.answered = true;
    const hasDeltas = listed.every(({ delta }) => isLoose(delta));
    // As far as it is looked at, checked above.
    return hasDeltas && !hasOutput({ choices: listed } as unknown as ChatChunk) ? NOTHING : this.#output();
  }

  #output(): Seen {
    this.answered = true;
    return OUTPUT;
  }

  #end(): Seen {
    this.#ended = true;
    return END;
  }
}

/** An error in any of the shapes in which streams tell it; in the shape of a refused request where it differs. */
function findError(body: Loose, type: unknown, name: string | undefined): unknown {
  const { error, response } = body;
  if (isTold(error)) return body;
  if (type === 'response.failed' && isLoose(response)) return { error: response['error'] ?? { message: 'The response failed' } };
  // OpenAI's own events of errors have their fields beside the type.
  if (type === 'error' || name === 'error') return isLoose(body) && body['message'] !== undefined ? { error: body } : body;
  return undefined;
}

/** The error inside an answer with status 200 that nobody here can read; `undefined` where it says none. */
export function findWholeError(body: unknown): unknown {
  return isLoose(body) && isTold(body['error']) ? body : undefined;
}

/** The same rule as of a stream, of a whole answer. */
export function isWholeStorable(body: unknown): boolean {
  if (!isLoose(body)) return false;
  const { choices, status } = body;
  if (Array.isArray(choices)) return choices.length > 0 && choices.every((choice) => isLoose(choice) && isOwnEnd(choice['finish_reason']));
  return status === undefined || status === 'completed';
}

function isTold(error: unknown): boolean {
  return (typeof error === 'string' && error !== '') || (typeof error === 'object' && error !== null);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
