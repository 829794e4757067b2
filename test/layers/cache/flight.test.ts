import { Collector } from '../../../src/chat/collect.ts';
import { describe, expect, test } from 'vitest';
import { KeysExhaustedError, StreamInterruptedError } from '../../../src/errors.ts';
import {
  completion,
  createRig,
  delta,
  finish,
  partsOf,
  replyTo,
  type Rig,
  settle,
  stateOf,
  StreamSource,
  textOf,
  toCall,
  usageChunk,
} from './rig.ts';

const left = (rig: Rig): readonly number[] => [rig.clock.pending, rig.clock.pendingBackground];

describe('a thousand equal calls', () => {
  test('make one request, plain and streamed together', async () => {
    const rig = createRig();
    const asked = Array.from({ length: 1000 }, (_, index) => rig.ask({ stream: index % 2 === 1 }));
    await settle();
    expect(rig.upstreams).toHaveLength(1);
    rig.upstreams[0]?.reply(completion('one'));
    const texts = await Promise.all(asked.map(async ({ answer }) => textOf(await answer)));
    expect(new Set(texts)).toEqual(new Set(['one']));
    expect(asked.map(({ call }) => call.trace.cache)).toEqual(['miss', ...Array.from({ length: 999 }, () => 'shared')]);
    expect(asked[999]?.call.trace).toMatchObject({ source: { provider: 'openai', model: 'gpt' }, costUsd: 0, attempts: [] });
    expect(asked[0]?.call.trace).toMatchObject({ source: undefined, attempts: [{ key: 'key-1' }] });
    expect(left(rig)).toEqual([0, 0]);
  });

  test('share a stream, plain ones too', async () => {
    const rig = createRig();
    const asked = Array.from({ length: 1000 }, (_, index) => rig.ask({ stream: index % 2 === 0 }));
    await settle();
    const texts = Promise.all(asked.map(async ({ answer }) => textOf(await answer)));
    const source = rig.upstreams[0]?.stream();
    for (const part of ['a', 'b', 'c']) {
      source?.push(delta(part));
      await settle();
    }
    source?.push(finish());
    source?.end();
    expect(new Set(await texts)).toEqual(new Set(['abc']));
    expect(rig.upstreams).toHaveLength(1);
    expect(source?.reads).toBe(5);
    expect((await rig.read()).call.trace.cache).toBe('hit');
    expect(left(rig)).toEqual([0, 0]);
  });

  test('fail together, and the next one tries anew', async () => {
    const rig = createRig();
    const asked = Array.from({ length: 1000 }, () => rig.ask());
    await settle();
    const error = new KeysExhaustedError('none', { retryAt: undefined, keys: [] });
    rig.upstreams[0]?.fail(error);
    const ends = await Promise.allSettled(asked.map(({ answer }) => answer));
    expect(ends.every((end) => end.status === 'rejected' && end.reason === error)).toBe(true);
    rig.auto = replyTo;
    expect((await rig.read()).call.trace.cache).toBe('miss');
    expect(rig.upstreams).toHaveLength(2);
  });

  test('that share an answer share no object', async () => {
    const rig = createRig();
    const asked = [rig.ask(), rig.ask(), rig.ask()];
    await settle();
    // Not worth storing, so that nothing but the flight could keep them apart.
    rig.upstreams[0]?.reply(completion('x', { choices: [] }));
    const wholes = await Promise.all(asked.map(async ({ answer }) => answer.then((got) => (got.kind === 'whole' ? got.whole : undefined))));
    expect(new Set(wholes).size).toBe(3);
    expect(wholes[1]).toEqual(wholes[0]);
    expect(rig.facts).toEqual([]);
  });
});

describe('an aborted passenger', () => {
  const reason = new Error('mine');

  test('who led leaves 999 others flying', async () => {
    const rig = createRig();
    const controller = new AbortController();
    const leader = rig.ask({ signal: controller.signal, timeoutMs: 60_000 });
    const others = Array.from({ length: 999 }, () => rig.ask({ timeoutMs: 60_000 }));
    await settle();
    controller.abort(reason);
    await expect(leader.answer).rejects.toBe(reason);
    expect(rig.upstreams[0]?.call.deadline.ended).toBeUndefined();
    rig.upstreams[0]?.reply(completion('still'));
    const texts = await Promise.all(others.map(async ({ answer }) => textOf(await answer)));
    expect(new Set(texts)).toEqual(new Set(['still']));
    expect(rig.upstreams).toHaveLength(1);
  });

  test('is let go before the next turn of the loop', async () => {
    const rig = createRig();
    const controller = new AbortController();
    const { answer } = rig.ask({ signal: controller.signal });
    await settle();
    const order: string[] = [];
    answer.catch(() => order.push('rejected'));
    controller.abort(reason);
    const turned = new Promise<void>((resolve) => setImmediate(() => resolve(void order.push('turn'))));
    await turned;
    expect(order).toEqual(['rejected', 'turn']);
    expect(rig.upstreams[0]?.call.deadline.ended).toEqual({ reason });
  });

  test('who was the last ends the request at once, and an equal call sets out anew', async () => {
    const rig = createRig();
    const controllers = [new AbortController(), new AbortController()];
    const asked = controllers.map(({ signal }) => rig.ask({ signal }));
    await settle();
    for (const controller of controllers) controller.abort(reason);
    await expect(Promise.allSettled(asked.map(({ answer }) => answer))).resolves.toMatchObject([{ reason }, { reason }]);
    expect(rig.upstreams[0]?.call.deadline.ended).toEqual({ reason });
    const again = rig.ask();
    await settle();
    expect(rig.upstreams).toHaveLength(2);
    rig.upstreams[1]?.reply();
    expect(await textOf(await again.answer)).toBe('Hello');
    expect(left(rig)).toEqual([0, 0]);
  });

  test('whose flight answers nevertheless is not stored', async () => {
    const rig = createRig();
    const controller = new AbortController();
    const { answer } = rig.ask({ signal: controller.signal, stream: true });
    await settle();
    const { call } = rig.upstreams[0] ?? {};
    controller.abort(reason);
    await expect(answer).rejects.toBe(reason);
    expect(call?.deadline.ended).toEqual({ reason });
    expect(rig.facts).toEqual([]);
  });

  test('in mid-stream loses only its own stream', async () => {
    const rig = createRig();
    const controller = new AbortController();
    const first = rig.ask({ stream: true, signal: controller.signal });
    const second = rig.ask({ stream: true });
    await settle();
    const source = rig.upstreams[0]?.stream();
    source?.push(delta('a'));
    const mine = partsOf(await first.answer);
    const theirs = textOf(await second.answer);
    await mine.parts.next();
    const pending = mine.parts.next();
    controller.abort(reason);
    await expect(pending).rejects.toBe(reason);
    await expect(mine.done).resolves.toEqual({ status: 'failed', error: reason });
    expect(source?.returned).toBe(0);
    source?.push(delta('b'), finish());
    source?.end();
    expect(await theirs).toBe('ab');
    await settle();
    expect(rig.facts).toEqual(['stored']);
    expect(left(rig)).toEqual([0, 0]);
  });
});

describe('a flight', () => {
  test('lives until the latest deadline of its passengers, with the settings of its leader', async () => {
    const rig = createRig();
    const short = rig.ask({ timeoutMs: 1000, settings: { priority: 1 } });
    await settle();
    const long = rig.ask({ timeoutMs: 5000, settings: { priority: 7, maxWaitMs: 90_000 } });
    const low = rig.ask({ timeoutMs: 2000, settings: { priority: -1 } });
    await settle();
    const { call } = rig.upstreams[0] ?? {};
    expect(call?.settings).toMatchObject({ priority: 1, maxWaitMs: 60_000 });
    expect(call?.deadline.at).toBe(rig.clock.now() + 5000);
    const timeouts = Promise.allSettled([short.answer, low.answer]);
    await rig.clock.advance(2000);
    expect(await timeouts).toMatchObject([
      { reason: { message: expect.stringContaining('1000') } },
      { reason: { message: expect.stringContaining('2000') } },
    ]);
    expect(call?.deadline.ended).toBeUndefined();
    const last = Promise.allSettled([long.answer]);
    await rig.clock.advance(3000);
    expect(await last).toMatchObject([{ reason: { code: 'deadline_exceeded', message: expect.stringContaining('5000') } }]);
    expect(call?.deadline.ended).toBeDefined();
  });

  test('takes along a refresh, and its answer is stored once', async () => {
    const rig = createRig();
    const first = rig.ask();
    await settle();
    const second = rig.ask({ mode: 'refresh' });
    rig.upstreams[0]?.reply();
    await Promise.all([first.answer, second.answer]);
    expect(rig.upstreams).toHaveLength(1);
    await settle();
    expect(rig.facts).toEqual(['stored']);
  });

  test('that runs out of time together with its last passenger ends by the reason of the passenger', async () => {
    const rig = createRig();
    const leader = rig.ask({ timeoutMs: 2000 });
    await settle();
    await rig.clock.advance(1000);
    const joiner = rig.ask({ timeoutMs: 3000 });
    const ends = Promise.allSettled([leader.answer, joiner.answer]);
    await rig.clock.advance(3000);
    const message = (ms: number) => ({ reason: { message: expect.stringContaining(`'timeoutMs' is ${ms}`) } });
    expect(await ends).toMatchObject([message(2000), message(3000)]);
  });

  test('leaves no timer and no listener, whole or streamed', async () => {
    const rig = createRig();
    let listeners = 0;
    const asked = [rig.ask({ timeoutMs: 5000 }), rig.ask({ timeoutMs: 5000, stream: true, text: 'other' })];
    for (const { call } of asked) {
      const listen = call.deadline.listen.bind(call.deadline);
      call.deadline.listen = (listener) => {
        listeners++;
        const unlisten = listen(listener);
        return () => {
          listeners--;
          unlisten();
        };
      };
    }
    await settle();
    expect(listeners).toBe(2);
    for (const upstream of rig.upstreams) replyTo(upstream, 'x');
    for (const { answer } of asked) await textOf(await answer);
    for (const { call } of asked) call.deadline.close();
    expect(listeners).toBe(0);
    expect(left(rig)).toEqual([0, 0]);
  });

  test('tells its leader of attempts until the leader leaves', async () => {
    const rig = createRig();
    const controller = new AbortController();
    const heard: string[] = [];
    const leader = rig.ask({ signal: controller.signal, onEvent: ({ name }) => void heard.push(name) });
    await settle();
    const other = rig.ask();
    const { call } = rig.upstreams[0] ?? {};
    call?.onEvent?.({ name: 'cache-stored', callId: call.id });
    controller.abort('mine');
    await expect(leader.answer).rejects.toBe('mine');
    call?.onEvent?.({ name: 'cache-stored', callId: call.id });
    expect(heard).toEqual(['cache-stored']);
    rig.upstreams[0]?.reply();
    await other.answer;
  });

  test('that failed to start is no flight', async () => {
    const rig = createRig();
    rig.auto = () => {
      throw new TypeError('bug');
    };
    await expect(rig.ask().answer).rejects.toThrow('bug');
    rig.auto = replyTo;
    expect((await rig.read()).text).toBe('');
  });

  test('whose stream comes after everybody left is sent back', async () => {
    const rig = createRig();
    const controller = new AbortController();
    let deaf: ((value: never) => void) | undefined;
    const layer = rig.cache.layer(() => new Promise((resolve) => (deaf = resolve as typeof deaf)));
    const answer = layer(toCall(rig.clock, { stream: true, signal: controller.signal }));
    await settle();
    controller.abort('gone');
    await expect(answer).rejects.toBe('gone');
    const source = new StreamSource(toCall(rig.clock, {}));
    deaf?.(source.answer as never);
    await settle();
    expect(source.returned).toBe(1);
  });
});

describe('a shared stream', () => {
  async function fly(rig: Rig, count: number) {
    const asked = Array.from({ length: count }, () => rig.ask({ stream: true }));
    await settle();
    const source = rig.upstreams.at(-1)?.stream();
    if (source === undefined) throw new Error('No flight');
    const readers = await Promise.all(asked.map(async ({ answer }) => partsOf(await answer)));
    return { source, readers };
  }

  const small = { maxBytes: 8 * 1000 };

  test('is read when somebody needs it, and no further', async () => {
    const rig = createRig();
    const { source, readers } = await fly(rig, 2);
    source.push(delta('a'), delta('b'), delta('c'));
    await settle();
    expect(source.reads).toBe(0);
    await readers[0]?.parts.next();
    await readers[1]?.parts.next();
    expect(source.reads).toBe(1);
    await readers[0]?.parts.next();
    expect(source.reads).toBe(2);
  });

  test('gives a late comer everything from the start', async () => {
    const rig = createRig();
    const { source, readers } = await fly(rig, 1);
    source.push(delta('a'), delta('b'));
    await readers[0]?.parts.next();
    await readers[0]?.parts.next();
    const streamed = rig.ask({ stream: true });
    const plain = rig.ask();
    const texts = Promise.all([streamed, plain].map(async ({ answer }) => textOf(await answer)));
    await settle();
    source.push(delta('c'), finish());
    source.end();
    expect(await texts).toEqual(['abc', 'abc']);
    expect([streamed.call.trace.cache, plain.call.trace.cache]).toEqual(['shared', 'shared']);
    expect(streamed.call.trace.firstTokenAt).toBe(rig.clock.now());
    expect(rig.upstreams).toHaveLength(1);
  });

  test('waits for no slow reader', async () => {
    const rig = createRig();
    const { source, readers } = await fly(rig, 2);
    source.push(delta('a'), delta('b'), finish());
    source.end();
    const [fast, slow] = readers;
    expect(fast && (await textOf(fast))).toBe('ab');
    await expect(fast?.done).resolves.toMatchObject({ status: 'complete' });
    expect(await stateOf(slow?.done ?? Promise.reject(new Error()))).toBe('pending');
    await slow?.parts.next();
    expect([fast, slow].map((reader) => reader?.collected().choices[0]?.message.content)).toEqual(['ab', 'a']);
    expect(slow && (await textOf(slow))).toBe('b');
  });

  test('gives each reader chunks of its own', async () => {
    const rig = createRig();
    const { source, readers } = await fly(rig, 2);
    source.push(delta('a'));
    const first = await readers[0]?.parts.next();
    Object.assign(first?.value ?? {}, { id: 'spoilt' });
    expect(await readers[1]?.parts.next()).toEqual({ done: false, value: delta('a') });
  });

  test('serves reads that do not wait for each other, in order', async () => {
    const rig = createRig();
    const { source, readers } = await fly(rig, 1);
    const reads = [1, 2, 3].map(async () => readers[0]?.parts.next());
    source.push(delta('a'), delta('b'));
    await settle();
    source.end();
    const results = await Promise.all(reads);
    expect(results.map((result) => result?.value?.choices[0]?.delta.content)).toEqual(['a', 'b', undefined]);
  });

  test('that fails is thrown to each reader at the end of what came', async () => {
    const rig = createRig();
    const { source, readers } = await fly(rig, 2);
    const error = new StreamInterruptedError('cut', { class: 'network', partial: new Collector().reply() });
    source.push(delta('a'));
    const [first, second] = readers;
    await first?.parts.next();
    source.fail(error);
    const thrown: unknown[] = [];
    await first?.parts.next().catch((own: unknown) => thrown.push(own));
    await expect(second?.parts.next()).resolves.toMatchObject({ value: delta('a') });
    await second?.parts.next().catch((own: unknown) => thrown.push(own));
    // Each its own, for its own report, and the very one that `done` tells.
    expect(thrown).toMatchObject([
      { code: 'stream_interrupted', message: 'cut', partial: error.partial },
      { code: 'stream_interrupted', message: 'cut', partial: error.partial },
    ]);
    expect(new Set([...thrown, error]).size).toBe(3);
    const end = await second?.done;
    expect(end?.status === 'failed' && end.error).toBe(thrown[1]);
    await expect(second?.parts.next()).resolves.toMatchObject({ done: true });
    rig.auto = replyTo;
    expect((await rig.read()).call.trace.cache).toBe('miss');
    expect(rig.facts).toEqual(['stored']);
    expect(left(rig)).toEqual([0, 0]);
  });

  test('is sent back when the last reader leaves, not before', async () => {
    const rig = createRig();
    const { source, readers } = await fly(rig, 2);
    source.push(delta('a'));
    for await (const _ of readers[0]?.parts ?? []) break;
    expect(source.returned).toBe(0);
    await readers[1]?.parts.return?.();
    expect(source.returned).toBe(1);
    expect(rig.upstreams[0]?.call.deadline.ended).toBeDefined();
    await expect(readers[1]?.done).resolves.toEqual({ status: 'abandoned' });
    rig.ask();
    await settle();
    expect(rig.upstreams).toHaveLength(2);
    expect(left(rig)).toEqual([0, 0]);
  });

  test('that ends by itself while unread fails its readers and takes nobody more', async () => {
    const rig = createRig();
    const { source, readers } = await fly(rig, 1);
    source.abandon();
    await settle();
    await expect(readers[0]?.parts.next()).rejects.toBeInstanceOf(StreamInterruptedError);
    rig.ask();
    await settle();
    expect(rig.upstreams).toHaveLength(2);
  });

  test('lets go of a reader that has not read for a minute', async () => {
    const rig = createRig();
    const { source, readers } = await fly(rig, 2);
    const waiting = readers[0]?.parts.next();
    await rig.clock.advance(60_000);
    await expect(readers[1]?.done).resolves.toEqual({ status: 'abandoned' });
    expect(source.returned).toBe(0);
    source.push(delta('a'));
    await expect(waiting).resolves.toMatchObject({ value: delta('a') });
  });

  test('that grew too long takes nobody more, is not stored, and still reaches who is in it', async () => {
    const rig = createRig(small);
    const { source, readers } = await fly(rig, 1);
    const parts = Array.from({ length: 20 }, (_, index) => String(index % 10).repeat(100));
    source.push(...parts.slice(0, 10).map(delta));
    for (let index = 0; index < 10; index++) await readers[0]?.parts.next();
    const late = rig.ask({ stream: true });
    await settle();
    expect(rig.upstreams).toHaveLength(2);
    source.push(...parts.slice(10).map(delta), finish());
    source.end();
    expect(readers[0] && (await textOf(readers[0]))).toBe(parts.slice(10).join(''));
    expect(rig.facts).toEqual([]);
    const other = rig.upstreams[1]?.stream();
    other?.push(delta('b'), finish());
    other?.end();
    expect(await textOf(await late.answer)).toBe('b');
  });

  test('that grew too long cuts a reader who is too far behind, and only that one', async () => {
    const rig = createRig(small);
    const { source, readers } = await fly(rig, 3);
    const [fast, close, slow] = readers;
    const parts = Array.from({ length: 20 }, (_, index) => String(index % 10).repeat(100));
    source.push(...parts.map(delta), finish());
    source.end();
    let text = '';
    for (const _ of parts) {
      const { value } = (await fast?.parts.next()) ?? {};
      text += value?.choices[0]?.delta.content ?? '';
      await close?.parts.next();
    }
    expect(text).toBe(parts.join(''));
    await expect(slow?.done).resolves.toMatchObject({ status: 'failed', error: { code: 'stream_interrupted' } });
    await expect(slow?.parts.next()).rejects.toBeInstanceOf(StreamInterruptedError);
    expect(close?.collected().choices[0]?.message.content).toBe(parts.join(''));
    await expect(fast?.parts.next()).resolves.toMatchObject({ value: finish() });
    await expect(close?.parts.next()).resolves.toMatchObject({ value: finish() });
    await expect(close?.parts.next()).resolves.toMatchObject({ done: true });
    await fast?.parts.next();
    expect(left(rig)).toEqual([0, 0]);
  });

  test('that grew too long loses nothing when who asked for a chunk leaves before it comes', async () => {
    const rig = createRig(small);
    const { source, readers } = await fly(rig, 2);
    const [first, second] = readers;
    const parts = Array.from({ length: 10 }, (_, index) => String(index).repeat(100));
    source.push(...parts.map(delta));
    for (const _ of parts) {
      await first?.parts.next();
      await second?.parts.next();
    }
    void first?.parts.next();
    const waiting = second?.parts.next();
    await first?.parts.return?.();
    source.push(delta('last'), usageChunk);
    await expect(waiting).resolves.toMatchObject({ value: delta('last') });
    await expect(second?.parts.next()).resolves.toMatchObject({ value: usageChunk });
  });
});
