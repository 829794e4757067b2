import type { Answer, Layer, Routed, Send } from '../call.ts';
import type { EmbedRequest } from '../chat/request.ts';
import type { Embeddings } from '../chat/reply.ts';
import { readUsage } from '../chat/usage.ts';
import type { Deadline } from '../deadline.ts';
import { AttemptError } from '../failure.ts';
import type { Trace } from '../trace.ts';
import { countInputs, mergePieces, toOrdered, toPieces } from './batch/pieces.ts';
import { noteUnusable } from './output/fault.ts';

/** Pieces of one call under way at once. */
const AT_ONCE = 4;

/**
 * Splits embeddings of more inputs than the provider takes in one request. The first piece goes alone, as a target that refuses it would
 * refuse all; the others a few at once. A piece that fails ends the call here: pieces of two models do not fit together.
 */
export function batch(): Layer<Routed> {
  return (next) => (call) => {
    const { asked, target } = call;
    const { embeddings } = target.provider.capabilities;
    if (asked.operation !== 'embed' || embeddings === false) return next(call);
    const pieces = toPieces(asked.request.input, embeddings.maxInputs);
    return pieces.length === 1 ? one(next, call, asked.request.input) : new Batch(next, call, asked.request, pieces).run();
  };
}

/** Vectors that belong to other texts than the caller thinks are worse than an error, so that a single request is looked at, too. */
async function one(next: Send<Routed>, call: Routed, input: EmbedRequest['input']): Promise<Answer> {
  const answer = await next(call);
  const { answer: whole, data } = toPiece(answer, input, call.trace);
  const isInOrder = data.every((item, position) => item === whole.data[position] && item.index === position);
  if (isInOrder || answer.kind !== 'whole') return answer;
  return { ...answer, whole: { ...whole, data: data.map((item, index) => ({ ...item, index })) } };
}

/** Why pieces under way are aborted when another one failed. Nobody outside sees it but the report. */
class PieceFailed extends Error {}

interface Piece {
  readonly answer: Embeddings;
  readonly data: Embeddings['data'];
  readonly raw: unknown;
}

/** One call at one target, in pieces. */
class Batch {
  readonly #next: Send<Routed>;
  readonly #call: Routed;
  readonly #request: EmbedRequest;
  readonly #pieces: readonly EmbedRequest['input'][];
  readonly #deadline: Deadline;
  readonly #done: Piece[] = [];
  #begun = 0;
  #failed: { readonly error: unknown } | undefined;

  constructor(next: Send<Routed>, call: Routed, request: EmbedRequest, pieces: readonly EmbedRequest['input'][]) {
    this.#next = next;
    this.#call = call;
    this.#request = request;
    this.#pieces = pieces;
    this.#deadline = call.deadline.fork();
  }

  async run(): Promise<Answer> {
    try {
      await this.#one(this.#call.startBy);
      // The target has begun: now it has as long as the call, and nobody else can answer.
      await Promise.all(Array.from({ length: AT_ONCE }, () => this.#lane()));
    } finally {
      this.#deadline.close();
    }
    if (this.#failed !== undefined) throw this.#failed.error;
    return this.#merged();
  }

  async #lane(): Promise<void> {
    while (this.#begun < this.#pieces.length && this.#failed === undefined) await this.#one(Infinity);
  }

  /** Asks for the next piece. Never rejects: the first failure counts, what ends because of it does not. */
  async #one(startBy: number): Promise<void> {
    const position = this.#begun++;
    const input = this.#pieces[position] ?? [];
    const trace = this.#call.trace.fork();
    const asked = { operation: 'embed', request: { ...this.#request, input } } as const;
    try {
      const answer = await this.#next({ ...this.#call, asked, trace, deadline: this.#deadline, startBy });
      this.#done[position] = toPiece(answer, input, trace);
    } catch (error) {
      this.#failed ??= { error };
      this.#deadline.end(new PieceFailed('Cannot go on with this piece as another one of the same call failed'));
    } finally {
      this.#call.trace.join(trace);
    }
  }

  #merged(): Answer {
    const whole = mergePieces(
      this.#done.map(({ answer }) => answer),
      this.#done.map(({ data }) => data),
    );
    return {
      kind: 'whole',
      whole,
      raw: this.#done.map(({ raw }) => raw),
      done: Promise.resolve({ status: 'complete', usage: readUsage(whole) }),
    };
  }
}

function toPiece(answer: Answer, input: EmbedRequest['input'], trace: Trace): Piece {
  if (answer.kind !== 'whole') throw new TypeError('Embeddings were answered with a stream');
  // What was asked for is what the transport decoded.
  const whole = answer.whole as Embeddings;
  const inputs = countInputs(input);
  const data = toOrdered(whole.data, inputs);
  if (data !== undefined) return { answer: whole, data, raw: answer.raw ?? whole };
  const why = `the answer has ${whole.data.length} embeddings for ${inputs} inputs`;
  noteUnusable(trace, why, 'reject');
  throw new AttemptError({ class: 'bad_output', scope: 'request', perModel: false, definitive: false, why }, { reached: true });
}
