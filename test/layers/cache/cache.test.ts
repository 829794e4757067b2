import { describe, expect, test } from 'vitest';
import { CacheMissError, ConfigError, DeadlineError, KeysExhaustedError, ProviderError, RequestError } from '../../../src/errors.ts';
import { completion, createRig, delta, finish, HOUR_MS, partsOf, replyTo, settle, stateOf, textOf, usageChunk } from './rig.ts';

const exhausted = new KeysExhaustedError('No key', { retryAt: undefined, keys: [] });
const sick = new ProviderError('Sick', { class: 'server_error', status: 500 });

describe('a cached answer', () => {
  test('serves the next equal call, with its source, its usage and no cost', async () => {
    const rig = createRig();
    rig.auto = replyTo;
    const first = await rig.read();
    const { call, answer } = rig.ask();
    const second = await answer;
    expect(rig.upstreams).toHaveLength(1);
    expect(first.call.trace.cache).toBe('miss');
    expect(call.trace).toMatchObject({ cache: 'hit', source: { provider: 'openai', model: 'gpt' }, costUsd: 0, attempts: [] });
    expect(second).toMatchObject({ kind: 'whole', whole: completion('') });
    await expect(second.done).resolves.toEqual({ status: 'complete', usage: completion().usage });
    expect(rig.facts).toEqual(['stored', 'hit']);
  });

  test.each([
    ['plain', 'plain'],
    ['plain', 'streamed'],
    ['streamed', 'plain'],
    ['streamed', 'streamed'],
  ])('that was %s serves a %s call', async (made, asked) => {
    const rig = createRig();
    rig.auto = (upstream) => replyTo(upstream, 'Hel', 'lo');
    await rig.read({ stream: made === 'streamed' });
    const { call, answer } = rig.ask({ stream: asked === 'streamed' });
    const got = await answer;
    expect(got.kind).toBe(asked === 'streamed' ? 'parts' : 'whole');
    await expect(textOf(got)).resolves.toBe('Hello');
    expect(call.trace.cache).toBe('hit');
    await expect(got.done).resolves.toEqual({ status: 'complete', usage: completion().usage });
    expect(rig.upstreams).toHaveLength(1);
  });

  test('keeps the chunks of a stream as they came', async () => {
    const rig = createRig();
    rig.auto = (upstream) => replyTo(upstream, 'Hel', 'lo');
    await rig.read({ stream: true });
    const parts = partsOf(await rig.ask({ stream: true }).answer);
    const chunks = [];
    for await (const chunk of parts.parts) chunks.push(chunk);
    expect(chunks).toEqual([delta('Hel'), delta('lo'), finish(), usageChunk]);
  });

  test('is not changed by what a caller does to an answer', async () => {
    const rig = createRig();
    rig.auto = (upstream) => replyTo(upstream, 'Hello');
    const spoil = async (): Promise<void> => {
      const answer = await rig.ask().answer;
      if (answer.kind === 'whole')
        Object.assign((answer.whole as ReturnType<typeof completion>).choices[0]?.message ?? {}, { content: 'spoilt' });
    };
    await spoil();
    await spoil();
    expect((await rig.read()).text).toBe('Hello');
    expect((await rig.read({ stream: true })).text).toBe('Hello');
  });

  test('may be embeddings', async () => {
    const rig = createRig();
    const whole = { object: 'list' as const, data: [{ object: 'embedding' as const, index: 0, embedding: [1, 2] }], model: 'e' };
    rig.auto = (upstream) => upstream.reply(whole as never);
    const asked = { operation: 'embed' as const, request: { model: 'e', input: 'Hi' } };
    await rig.read({ asked });
    const { call, answer } = rig.ask({ asked });
    expect(await answer).toMatchObject({ kind: 'whole', whole });
    expect(call.trace.cache).toBe('hit');
  });

  test('is fresh for its ttl and not a millisecond longer', async () => {
    const rig = createRig();
    rig.auto = replyTo;
    await rig.read({ ttlMs: 1000 });
    await rig.clock.advance(999);
    expect((await rig.read()).call.trace.cache).toBe('hit');
    await rig.clock.advance(1);
    expect((await rig.read()).call.trace.cache).toBe('miss');
    expect(rig.upstreams).toHaveLength(2);
  });

  test('is fresh for ever with a ttl of Infinity, and not kept with one of 0', async () => {
    const rig = createRig();
    rig.auto = replyTo;
    await rig.read({ text: 'for ever', ttlMs: Infinity });
    await rig.read({ text: 'never', ttlMs: 0 });
    await rig.clock.advance(1000 * 24 * HOUR_MS);
    expect((await rig.read({ text: 'for ever' })).call.trace.cache).toBe('hit');
    expect((await rig.read({ text: 'never' })).call.trace.cache).toBe('miss');
  });

  test('is bounded in number and in bytes', async () => {
    const few = createRig({ maxEntries: 2 });
    few.auto = replyTo;
    for (const text of ['a', 'b', 'c']) await few.read({ text });
    expect((await few.read({ text: 'c' })).call.trace.cache).toBe('hit');
    expect((await few.read({ text: 'a' })).call.trace.cache).toBe('miss');

    const small = createRig({ maxBytes: 1000 });
    small.auto = (upstream) => replyTo(upstream, 'x'.repeat(2000));
    await small.read();
    expect((await small.read()).call.trace.cache).toBe('miss');
    expect(small.facts).toEqual([]);
  });

  test('leaves no timer behind', async () => {
    const rig = createRig();
    rig.auto = (upstream) => replyTo(upstream, 'Hello');
    await rig.read({ stream: true });
    await rig.read({ stream: true });
    const parts = partsOf(await rig.ask({ stream: true }).answer);
    await parts.parts.return?.();
    await expect(parts.done).resolves.toEqual({ status: 'abandoned' });
    await rig.cache.close();
    expect([rig.clock.pending, rig.clock.pendingBackground]).toEqual([0, 0]);
  });
});

describe('the mode', () => {
  test('off passes the very call and touches nothing', async () => {
    const rig = createRig();
    rig.auto = replyTo;
    const { call } = await rig.read({ mode: 'off' });
    await rig.read({ mode: 'off' });
    expect(rig.upstreams[0]?.call).toBe(call);
    expect(rig.upstreams).toHaveLength(2);
    expect(call.trace.cache).toBe('off');
    expect(rig.facts).toEqual([]);
  });

  test('refresh asks anew and stores what it gets', async () => {
    const rig = createRig();
    rig.auto = (upstream) => replyTo(upstream, `answer ${rig.upstreams.length}`);
    await rig.read();
    const fresh = await rig.read({ mode: 'refresh' });
    const after = await rig.read();
    expect([fresh.text, fresh.call.trace.cache]).toEqual(['answer 2', 'miss']);
    expect([after.text, after.call.trace.cache]).toEqual(['answer 2', 'hit']);
  });

  test('only answers from the store or rejects, and joins no flight', async () => {
    const rig = createRig();
    const asking = rig.ask();
    await settle();
    const { call, answer } = rig.ask({ mode: 'only' });
    await expect(answer).rejects.toBeInstanceOf(CacheMissError);
    expect(call.trace.cache).toBe('miss');
    rig.upstreams[0]?.reply();
    await asking.answer;
    expect((await rig.read({ mode: 'only' })).text).toBe('Hello');
    expect(rig.upstreams).toHaveLength(1);
  });
});

describe('an answer past its time', () => {
  const stale = { staleMs: 10_000, staleAfterMs: 500 };

  test.each([
    ['no key can serve', exhausted, 'stale'],
    ['the provider failed', sick, 'stale'],
    ['the request is wrong', new RequestError('Bad', { class: 'bad_request', status: 400 }), undefined],
    ['the time is over', new DeadlineError('Late'), undefined],
    ['there is a bug', new TypeError('bug'), undefined],
    ['the configuration is wrong', new ConfigError('no'), undefined],
  ])('when %s', async (_why, error, served) => {
    const rig = createRig(stale);
    rig.auto = replyTo;
    await rig.read({ ttlMs: 1000 });
    await rig.clock.advance(1000);
    rig.auto = (upstream) => upstream.fail(error);
    const { call, answer } = rig.ask();
    const got = await answer.then(
      () => call.trace.cache,
      (thrown: unknown) => thrown,
    );
    expect(got).toBe(served ?? error);
    expect(rig.facts).toEqual(served === undefined ? ['stored'] : ['stored', 'stale']);
  });

  test('gives way to a fresh one, which must start in time', async () => {
    const rig = createRig(stale);
    rig.auto = replyTo;
    await rig.read({ ttlMs: 1000 });
    await rig.clock.advance(1000);
    rig.auto = (upstream) => replyTo(upstream, 'fresh');
    expect((await rig.read()).text).toBe('fresh');
    expect(rig.upstreams.map(({ call }) => call.startBy)).toEqual([Infinity, rig.clock.now() + 500]);
  });

  test.each([
    [10_999, 'stale'],
    [11_000, exhausted],
  ])('after %d ms', async (ms, expected) => {
    const rig = createRig(stale);
    rig.auto = replyTo;
    await rig.read({ ttlMs: 1000 });
    await rig.clock.advance(ms);
    rig.auto = (upstream) => upstream.fail(exhausted);
    const { call, answer } = rig.ask({ stream: true });
    const got = await answer.then(
      () => call.trace.cache,
      (thrown: unknown) => thrown,
    );
    expect(got).toBe(expected);
  });

  test('serves every passenger of a flight that nobody can serve, but for a refresh', async () => {
    const rig = createRig(stale);
    rig.auto = replyTo;
    await rig.read({ ttlMs: 1000 });
    await rig.clock.advance(1000);
    rig.auto = undefined;
    const leader = rig.ask();
    await settle();
    const joiner = rig.ask();
    const refresh = rig.ask({ mode: 'refresh' });
    await settle();
    expect(rig.upstreams).toHaveLength(3);
    for (const { fail } of rig.upstreams.slice(1)) fail(exhausted);
    await Promise.all([leader.answer, joiner.answer]);
    await expect(refresh.answer).rejects.toBe(exhausted);
    expect([leader.call.trace.cache, joiner.call.trace.cache]).toEqual(['stale', 'stale']);
  });

  test('whose flight ends takes no other flight with it', async () => {
    const rig = createRig(stale);
    rig.auto = replyTo;
    await rig.read({ ttlMs: 1000 });
    await rig.clock.advance(1000);
    rig.auto = undefined;
    const hurried = rig.ask();
    await settle();
    const patient = rig.ask({ mode: 'refresh' });
    rig.upstreams[1]?.fail(exhausted);
    await hurried.answer;
    const third = rig.ask({ mode: 'refresh' });
    await settle();
    expect(rig.upstreams).toHaveLength(3);
    rig.upstreams[2]?.reply();
    await Promise.all([patient.answer, third.answer]);
    expect(third.call.trace.cache).toBe('shared');
  });

  test('is good enough for the mode only', async () => {
    const rig = createRig(stale);
    rig.auto = replyTo;
    await rig.read({ ttlMs: 1000 });
    await rig.clock.advance(1000);
    expect((await rig.read({ mode: 'only' })).call.trace.cache).toBe('stale');
  });
});

describe('an abort', () => {
  test('before the call, and while memory is read, wins over a hit', async () => {
    const rig = createRig();
    rig.auto = replyTo;
    await rig.read();
    const reason = new Error('mine');
    await expect(rig.ask({ signal: AbortSignal.abort(reason) }).answer).rejects.toBe(reason);
    const controller = new AbortController();
    const { answer } = rig.ask({ signal: controller.signal });
    controller.abort(reason);
    await expect(answer).rejects.toBe(reason);
    expect(rig.upstreams).toHaveLength(1);
  });

  test('in a replay ends it with the reason', async () => {
    const rig = createRig();
    rig.auto = (upstream) => replyTo(upstream, 'a', 'b');
    await rig.read({ stream: true });
    const controller = new AbortController();
    const { parts, done, collected } = partsOf(await rig.ask({ stream: true, signal: controller.signal }).answer);
    await parts.next();
    expect(collected().choices[0]?.message.content).toBe('a');
    controller.abort('enough');
    await expect(parts.next()).rejects.toBe('enough');
    await expect(parts.next()).resolves.toMatchObject({ done: true });
    await expect(done).resolves.toEqual({ status: 'failed', error: 'enough' });
  });

  test('of a replay that nobody reads: over after a minute', async () => {
    const rig = createRig();
    rig.auto = (upstream) => replyTo(upstream, 'a', 'b');
    await rig.read({ stream: true });
    const { parts, done } = partsOf(await rig.ask({ stream: true }).answer);
    await rig.clock.advance(30_000);
    await parts.next();
    await rig.clock.advance(59_999);
    await expect(stateOf(done)).resolves.toBe('pending');
    await rig.clock.advance(1);
    await expect(done).resolves.toEqual({ status: 'abandoned' });
    await expect(parts.next()).rejects.toMatchObject({ code: 'stream_interrupted' });
  });
});
