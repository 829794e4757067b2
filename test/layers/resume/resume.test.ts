import { describe, expect, test } from 'vitest';
import type { Answer, Call, End } from '../../../src/call.ts';
import type { ChatChunk } from '../../../src/chat/chunk.ts';
import { Collector } from '../../../src/chat/collect.ts';
import type { ChatRequest } from '../../../src/chat/request.ts';
import { DeadlineError, ProviderError, StreamInterruptedError } from '../../../src/errors.ts';
import { resume } from '../../../src/layers/resume.ts';
import { createManualClock, type ManualClock } from '../../../src/simulator/manual-clock.ts';
import { fakeCall, type FakeCallOptions, fakeFailure, fakeRouted, fakeVerdict, noteAttempt } from '../../support/fake-call.ts';

/** Throws anything, as callers' abort reasons may be anything. */
const fail = (thrown: unknown): never => {
  throw thrown;
};

function toChunk(content: string): ChatChunk {
  return {
    id: 'c',
    object: 'chat.completion.chunk',
    created: 1,
    model: 'm',
    choices: [{ index: 0, delta: { content }, finish_reason: null }],
  };
}

/** A stream of these texts, which then is complete or breaks off. */
function stream(texts: readonly string[], ending: 'complete' | 'broken' = 'complete'): Answer {
  const collector = new Collector();
  let settle: (end: End) => void = () => {};
  const done = new Promise<End>((resolve) => (settle = resolve));
  async function* parts(): AsyncGenerator<ChatChunk, undefined, undefined> {
    for (const chunk of texts.map(toChunk)) {
      collector.add(chunk);
      yield chunk;
    }
    if (ending === 'complete') {
      settle({ status: 'complete' });
      return;
    }
    const error = new StreamInterruptedError('it broke off', {
      class: 'network',
      partial: collector.reply(),
      cause: new Error('the wire'),
    });
    settle({ status: 'failed', error, verdict: fakeVerdict('network') });
    throw error;
  }
  return { kind: 'parts', parts: parts(), done, collected: () => collector.reply() };
}

type Next = (call: Call, sent: number) => Answer | Promise<Answer>;

interface RunOptions extends Partial<FakeCallOptions> {
  readonly clock?: ManualClock;
  readonly request?: Partial<ChatRequest>;
}

/** A stream through the layer; `next` answers the call and its continuations. */
async function open(next: Next, { request, ...options }: RunOptions = {}) {
  const clock = options.clock ?? createManualClock();
  const call = fakeCall({ clock, stream: true, ...options, settings: { resume: true } });
  const [target] = call.targets;
  if (target === undefined) throw new Error('Expected a target');
  const { provider } = target;
  const targets = [{ ...target, provider: { ...provider, capabilities: { ...provider.capabilities, continuation: true } } }];
  const asked = { operation: 'chat', request: { model: 'm', messages: [{ role: 'user', content: 'Hi' }], ...request } } as const;
  const sent: Call[] = [];
  const answer = await resume()(async (each) => {
    sent.push(each);
    return next(each, sent.length);
  })({ ...call, targets, asked });
  if (answer.kind !== 'parts') throw new Error('Expected parts');
  const read = async (): Promise<string> => {
    let text = '';
    for await (const { choices } of answer.parts) text += choices[0]?.delta.content ?? '';
    return text;
  };
  return { call, clock, answer, sent, read };
}

const broken = (...texts: readonly string[]): Answer => stream(texts, 'broken');

/** The first stream breaks off; `then` is the continuation. */
const breaking =
  (then: (call: Call) => Answer | Promise<Answer>): Next =>
  (call, sent) =>
    sent === 1 ? broken('the ', 'wheel') : then(call);

describe('a continuation that does not begin', () => {
  test("as the caller aborts rejects with the caller's own reason", async () => {
    const controller = new AbortController();
    const reason = new Error('enough');
    const { read, answer } = await open(
      breaking(({ deadline }) => {
        controller.abort(reason);
        return fail(deadline.ended?.reason);
      }),
      { signal: controller.signal },
    );
    await expect(read()).rejects.toBe(reason);
    expect(await answer.done).toEqual({ status: 'failed', error: reason });
  });

  test('as the caller aborted before it was sent is not sent', async () => {
    const controller = new AbortController();
    const { answer, sent } = await open(
      breaking(() => stream(['never'])),
      { signal: controller.signal },
    );
    for (const _ of ['the ', 'wheel']) await answer.parts.next();
    controller.abort('enough');
    await expect(answer.parts.next()).rejects.toBe('enough');
    expect(sent).toHaveLength(1);
  });

  test('in the time of the call rejects with DeadlineError', async () => {
    const clock = createManualClock();
    const { read } = await open(
      breaking(async (call) => {
        await clock.advance(1_000);
        return fail(call.deadline.ended?.reason);
      }),
      { clock, timeoutMs: 1_000 },
    );
    await expect(read()).rejects.toBeInstanceOf(DeadlineError);
    expect(clock.pending).toBe(0);
  });

  test.each([
    ['a bug', new TypeError('x is not a function')],
    ['what is no error', 'a text'],
  ])('as of %s rejects with it', async (_name, bug) => {
    const { read, answer } = await open(breaking(() => fail(bug)));
    await expect(read()).rejects.toBe(bug);
    expect(await answer.done).toEqual({ status: 'failed', error: bug });
  });

  test.each([
    ['an error of the family', new ProviderError('Cannot answer', { class: 'overloaded' })],
    ['a failed attempt', fakeFailure('overloaded')],
  ])('for %s leaves the break as it was, and says why', async (_name, why) => {
    const { read } = await open(breaking(() => fail(why)));
    const error: unknown = await read().catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(StreamInterruptedError);
    expect(error).toMatchObject({
      message: 'it broke off',
      class: 'network',
      partial: { choices: [{ message: { content: 'the wheel' } }] },
    });
    expect((error as Error).cause).toBe(why);
  });

  test('as the reader left meanwhile ends the read', async () => {
    const { answer } = await open(
      breaking(({ deadline }) => {
        void answer.parts.return?.();
        return fail(deadline.ended?.reason);
      }),
    );
    for (const _ of ['the ', 'wheel']) await answer.parts.next();
    expect(await answer.parts.next()).toEqual({ done: true, value: undefined });
    expect(await answer.done).toEqual({ status: 'abandoned' });
  });
});

test('the attempt that broke off is the one that was continued, whatever the continuation met', async () => {
  const { call, read } = await open((each, sent) => {
    if (sent === 1) {
      noteAttempt(fakeRoutedOf(each), 'network');
      noteAttempt(fakeRoutedOf(each), 'aborted', { action: 'hedge' });
      return broken('the ');
    }
    noteAttempt(fakeRoutedOf(each), 'rate_limited', { action: 'rotate' });
    noteAttempt(fakeRoutedOf(each));
    return stream(['wheel']);
  });
  expect(await read()).toBe('the wheel');
  expect(call.trace.attempts.map(({ class: failure, action }) => `${failure} ${action}`)).toEqual([
    'network resume',
    'aborted hedge',
    'rate_limited rotate',
    'ok answer',
  ]);
});

function fakeRoutedOf(call: Call) {
  return { ...fakeRouted({ clock: createManualClock() }), trace: call.trace };
}

describe('white space at the seam', () => {
  test.each<readonly [string, string, readonly string[], string]>([
    ['none', 'one', [' two'], 'one two'],
    ['repeated in one chunk', 'one ', [' two'], 'one two'],
    ['not repeated', 'one ', ['two'], 'one two'],
    ['repeated in pieces', 'one \n\n', [' ', '\n', '\n', 'two'], 'one \n\ntwo'],
    ['repeated in pieces, and more of it', 'one\n', ['\n', '\n', '\n two'], 'one\n\n\n two'],
    ['repeated in part', 'one\n\n', ['\n', 'two'], 'one\n\ntwo'],
    ['later ones', 'one ', [' two', ' three', ' ', 'four'], 'one two three four'],
    ['an empty chunk before it', 'one ', ['', ' two'], 'one two'],
  ])('%s', async (_name, said, rest, whole) => {
    const { read, answer } = await open((_call, sent) => (sent === 1 ? broken(said) : stream(rest)));
    expect(await read()).toBe(whole);
    expect(answer.collected().choices[0]?.message.content).toBe(whole);
  });
});

describe('the limit of the answer', () => {
  // 40 characters: some ten tokens.
  const SAID = 'the wheel turns and each key has its day';
  const limitsOf = ({ asked }: Call) => {
    const { max_tokens, max_completion_tokens } = asked.request as ChatRequest;
    return { max_tokens, max_completion_tokens };
  };

  test.each<readonly [string, Partial<ChatRequest>, object]>([
    ['none', {}, {}],
    ['null', { max_tokens: null }, { max_tokens: null }],
    ['max_tokens', { max_tokens: 100 }, { max_tokens: 90 }],
    ['max_completion_tokens', { max_completion_tokens: 11 }, { max_completion_tokens: 1 }],
    ['both, of which the new one counts', { max_tokens: 5, max_completion_tokens: 30 }, { max_tokens: 5, max_completion_tokens: 20 }],
  ])('is less what was said: %s', async (_name, request, limits) => {
    const { read, sent } = await open((_call, count) => (count === 1 ? broken(SAID) : stream([' more'])), { request });
    expect(await read()).toBe(`${SAID} more`);
    expect(sent.slice(1).map(limitsOf)).toEqual([limits]);
  });

  test('is less all that was said, by every stream', async () => {
    const { read, sent } = await open((_call, count) => (count < 3 ? broken(SAID) : stream(['.'])), { request: { max_tokens: 100 } });
    await read();
    expect(sent.map(limitsOf).map(({ max_tokens }) => max_tokens)).toEqual([100, 90, 80]);
  });

  test('of which nothing is left ends the stream where it broke off', async () => {
    const { read, sent } = await open(() => broken(SAID), { request: { max_tokens: 10 } });
    await expect(read()).rejects.toBeInstanceOf(StreamInterruptedError);
    expect(sent).toHaveLength(1);
  });
});
