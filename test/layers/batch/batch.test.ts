import { describe, expect, test } from 'vitest';
import type { Answer, Routed } from '../../../src/call.ts';
import type { Embeddings } from '../../../src/chat/reply.ts';
import type { EmbedRequest } from '../../../src/chat/request.ts';
import { AttemptError } from '../../../src/failure.ts';
import { batch } from '../../../src/layers/batch.ts';
import { retry } from '../../../src/layers/retry.ts';
import { RetryBudgets } from '../../../src/layers/retry/budget.ts';
import { createManualClock } from '../../../src/simulator/manual-clock.ts';
import { createDeferred, type Deferred } from '../../support/deferred.ts';
import { fakeFailure, fakeRouted, noteAttempt } from '../../support/fake-call.ts';

type Input = EmbedRequest['input'];

/** A call for embeddings at a provider that takes so many inputs at once. */
function embedding(input: Input, maxInputs: number | false = 2): Routed {
  const call = fakeRouted({ clock: createManualClock() });
  const { provider } = call.target;
  const capabilities = { ...provider.capabilities, embeddings: maxInputs === false ? (false as const) : { maxInputs } };
  return {
    ...call,
    asked: { operation: 'embed', request: { model: 'm', input, dimensions: 1 } },
    target: { ...call.target, provider: { ...provider, capabilities } },
  };
}

function inputOf({ asked }: Routed): Input {
  return asked.operation === 'embed' ? asked.request.input : [];
}

function answer(values: readonly string[], more: Partial<Embeddings> = {}): Answer {
  const data = values.map((value, index) => ({ object: 'embedding' as const, index, embedding: value }));
  const whole: Embeddings = { object: 'list', model: 'm', data, ...more };
  return { kind: 'whole', whole, raw: { of: values }, done: Promise.resolve({ status: 'complete' }) };
}

/** Sends a call through the layer; the provider answers each input with itself, unless `reply` says otherwise. */
async function run(call: Routed, reply: (input: readonly string[], sent: Routed) => Answer | Promise<Answer> = (input) => answer(input)) {
  const sent: Routed[] = [];
  const answered = await batch()(async (piece) => {
    sent.push(piece);
    noteAttempt(piece);
    return reply(inputOf(piece) as readonly string[], piece);
  })(call);
  // Nothing but whole answers come in.
  return { sent, answered, whole: (answered as Answer & { readonly whole: Embeddings }).whole };
}

describe('batch', () => {
  test.each([
    ['as many inputs as fit', ['a', 'b'], 2, ['x', 'y']],
    ['one text', 'abc', 1, ['x']],
    ['one list of tokens', [1, 2, 3], 1, ['x']],
    ['one list of tokens among lists', [[1, 2, 3]], 1, ['x']],
  ] as const)('leaves %s as they are', async (_what, input, most, vectors) => {
    const call = embedding(input, most);
    const { sent } = await run(call, () => answer(vectors));
    expect(sent).toHaveLength(1);
    expect(sent[0]).toBe(call);
  });

  test('a single request with another number of embeddings than of inputs is bad output', async () => {
    await expect(run(embedding(['a', 'b', 'c'], 9), () => answer(['x', 'y']))).rejects.toMatchObject({
      verdict: { class: 'bad_output', why: 'the answer has 2 embeddings for 3 inputs' },
    });
  });

  test('a single answer out of order is put in order', async () => {
    const { whole } = await run(embedding(['a', 'b'], 2), () => {
      const data = ['x', 'y'].map((embedding, index) => ({ object: 'embedding' as const, index: 1 - index, embedding }));
      return answer([], { data });
    });
    expect(whole.data.map(({ embedding: vector, index }) => [vector, index])).toEqual([
      ['y', 0],
      ['x', 1],
    ]);
  });

  test('leaves a chat, and a provider that is said to have none, as they are', async () => {
    for (const call of [fakeRouted({ clock: createManualClock() }), embedding(['a', 'b', 'c'], false)]) {
      expect((await run(call, () => answer([]))).sent[0]).toBe(call);
    }
  });

  test('splits texts and lists of tokens, and merges what comes in their order', async () => {
    const { sent, whole, answered } = await run(embedding(['a', 'b', 'c', 'd', 'e']));
    expect(sent.map(inputOf)).toEqual([['a', 'b'], ['c', 'd'], ['e']]);
    expect(sent[0]?.asked.request).toMatchObject({ model: 'm', dimensions: 1 });
    expect(whole).toEqual({
      object: 'list',
      model: 'm',
      data: ['a', 'b', 'c', 'd', 'e'].map((embedding, index) => ({ object: 'embedding', index, embedding })),
    });
    expect(answered).toMatchObject({ raw: [{ of: ['a', 'b'] }, { of: ['c', 'd'] }, { of: ['e'] }] });
    const tokens = await run(embedding([[1], [2], [3]]), (input) => answer(input.map(() => 'x')));
    expect(tokens.sent.map(inputOf)).toEqual([[[1], [2]], [[3]]]);
  });

  test('believes the numbers of a piece where they count its inputs, else its order', async () => {
    const numbered = (...indexes: readonly number[]) => ({
      data: indexes.map((index) => ({ object: 'embedding' as const, index, embedding: `${index}` })),
    });
    const replies = [answer([], numbered(1, 0)), answer([], numbered(0, 0)), answer([], numbered(7))];
    const { whole } = await run(embedding(['a', 'b', 'c', 'd', 'e']), () => replies.shift() ?? answer([]));
    expect(whole.data.map(({ embedding, index }) => [index, embedding])).toEqual([
      [0, '0'],
      [1, '1'],
      [2, '0'],
      [3, '0'],
      [4, '7'],
    ]);
  });

  test('adds the usage up where every piece has one', async () => {
    const usage = { prompt_tokens: 3, total_tokens: 4, extra: 1, words: 'x' };
    const all = await run(embedding(['a', 'b', 'c']), (input) => answer(input, { usage }));
    expect(all.whole.usage).toEqual({ prompt_tokens: 6, total_tokens: 8, extra: 2 });
    expect(await all.answered.done).toMatchObject({ status: 'complete', usage: { prompt_tokens: 6 } });
    const some = await run(embedding(['a', 'b', 'c']), (input) => answer(input, input.length === 1 ? {} : { usage }));
    expect(some.whole).not.toHaveProperty('usage');
    expect(await some.answered.done).toEqual({ status: 'complete', usage: undefined });
  });

  test('keeps what else the first piece said, the model too', async () => {
    const { whole } = await run(embedding(['a', 'b', 'c']), (input) => answer(input, { model: input[0] ?? '', id: input[0] }));
    expect(whole).toMatchObject({ model: 'a', id: 'a' });
  });

  test('sends the first piece alone, then four at once', async () => {
    const pending: Deferred<void>[] = [];
    const texts = Array.from({ length: 20 }, (_, index) => `${index}`);
    const running = run(embedding(texts), async (input) => {
      const gate = createDeferred();
      pending.push(gate);
      await gate.promise;
      return answer(input);
    });
    const settled = async (): Promise<number> => {
      await new Promise((resolve) => setImmediate(resolve));
      return pending.length;
    };
    const begun: number[] = [];
    for (let piece = 0; piece < 10; piece += 1) {
      begun.push(await settled());
      pending[piece]?.resolve();
    }
    expect(begun).toEqual([1, 5, 6, 7, 8, 9, 10, 10, 10, 10]);
    expect((await running).whole.data.map(({ embedding }) => embedding)).toEqual(texts);
  });

  test('the first piece must start as soon as the call; the others have the time of the call', async () => {
    const call = { ...embedding(['a', 'b', 'c']), startBy: 5 };
    expect((await run(call)).sent.map(({ startBy }) => startBy)).toEqual([5, Infinity]);
  });

  test('no piece of a call that ends is told that somebody else could answer: each timeout is repeated', async () => {
    const clock = createManualClock();
    const call = { ...embedding(['a', 'b', 'c']), deadline: fakeRouted({ clock, timeoutMs: 60_000 }).deadline };
    let sent = 0;
    const atTarget = retry({ attempts: 4, budgets: new RetryBudgets(), clock, random: () => 0 })(async (piece) => {
      sent += 1;
      noteAttempt(piece, sent % 2 === 1 ? 'timeout' : 'ok');
      if (sent % 2 === 1) throw fakeFailure('timeout');
      return answer(inputOf(piece) as readonly string[]);
    });
    const answering = batch()(atTarget)(call);
    await clock.advance(0);
    expect(await answering).toMatchObject({ whole: { data: [{ embedding: 'a' }, { embedding: 'b' }, { embedding: 'c' }] } });
    expect(call.trace.attempts.map(({ action }) => action)).toEqual(['retry', 'answer', 'retry', 'answer']);
    call.deadline.close();
  });

  test('a first piece that fails is the only one', async () => {
    const failure = fakeFailure('overloaded');
    const call = embedding(['a', 'b', 'c']);
    const sent: Input[] = [];
    const failed = batch()(async (piece) => {
      sent.push(inputOf(piece));
      noteAttempt(piece, 'overloaded');
      throw failure;
    })(call);
    await expect(failed).rejects.toBe(failure);
    expect(sent).toEqual([['a', 'b']]);
    expect(call.trace.attempts).toHaveLength(1);
  });

  test('a piece that fails ends those under way, and those that have not begun', async () => {
    const failure = fakeFailure('bad_request');
    const call = embedding(Array.from({ length: 40 }, (_, index) => `${index}`));
    const ended: unknown[] = [];
    const failed = run(call, (input, piece) => {
      if (input[0] === '0') return answer(input);
      if (input[0] === '8') throw failure;
      return new Promise((_resolve, reject) => {
        piece.deadline.listen((reason) => {
          ended.push(reason);
          reject(reason);
        });
      });
    });
    await expect(failed).rejects.toBe(failure);
    // Four were under way; the report has them all.
    expect(ended).toHaveLength(3);
    expect(call.trace.attempts).toHaveLength(5);
    expect(call.deadline.ended).toBeUndefined();
  });

  test('an abort of the call ends its pieces', async () => {
    const call = embedding(['a', 'b', 'c', 'd', 'e']);
    const reason = new Error('enough');
    const failed = run(call, (input, piece) => {
      if (input[0] === 'a') return answer(input);
      call.deadline.end(reason);
      piece.deadline.throwIfEnded();
      return answer(input);
    });
    await expect(failed).rejects.toBe(reason);
    expect(call.trace.attempts).toHaveLength(3);
  });

  test('an answer with too few embeddings loses nothing silently', async () => {
    const error: unknown = await run(embedding(['a', 'b', 'c']), (input) => answer(input.slice(1))).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(AttemptError);
    expect(error).toMatchObject({ verdict: { class: 'bad_output', why: 'the answer has 1 embeddings for 2 inputs' }, reached: true });
  });

  test('waits at the same time count once; rotations all count', async () => {
    const call = embedding(['a', 'b', 'c', 'd', 'e']);
    call.trace.waitedMs = 10;
    call.trace.rotations = 1;
    await run(call, (input, piece) => {
      piece.trace.waitedMs += input.length * 5;
      piece.trace.rotations += 1;
      return answer(input);
    });
    expect(call.trace).toMatchObject({ waitedMs: 30, rotations: 4 });
  });
});
