import { describe, expect, test } from 'vitest';
import type { End, PartsAnswer } from '../../src/call.ts';
import type { ChatChunk } from '../../src/chat/chunk.ts';
import type { ChatReply } from '../../src/chat/reply.ts';
import { ChatStream } from '../../src/client/stream.ts';
import { StreamInterruptedError } from '../../src/errors.ts';
import { createDeferred } from '../support/deferred.ts';

function chunk(content: string): ChatChunk {
  return {
    id: 'c',
    object: 'chat.completion.chunk',
    created: 0,
    model: 'm',
    choices: [{ index: 0, delta: { content }, finish_reason: null }],
  };
}

/** A stream of these texts, which ends as the transport's do: `failure` is thrown after the last one. */
function streamOf(texts: readonly string[], failure?: Error) {
  const done = createDeferred<End>();
  const read: string[] = [];
  async function* parts(): AsyncGenerator<ChatChunk, undefined, undefined> {
    let end: End = { status: 'abandoned' };
    try {
      for (const text of texts) {
        read.push(text);
        yield chunk(text);
      }
      end = failure === undefined ? { status: 'complete' } : { status: 'failed', error: failure };
      if (failure !== undefined) throw failure;
    } finally {
      done.resolve(end);
    }
  }
  const collected = () => ({ id: 'c', object: 'chat.completion', created: 0, model: 'm', choices: [], text: read.join('') }) as const;
  const answer: PartsAnswer = { kind: 'parts', parts: parts(), done: done.promise, collected };
  const report = { id: 'call-1' } as ChatReply['report'];
  const toReply = async (): Promise<ChatReply> => ({ ...collected(), report, raw: undefined });
  return { stream: new ChatStream(answer, toReply, () => report), read };
}

async function textOf(stream: AsyncIterable<ChatChunk>, most = Infinity): Promise<string> {
  let text = '';
  for await (const { choices } of stream) {
    text += choices[0]?.delta.content ?? '';
    if (text.length >= most) break;
  }
  return text;
}

describe('a ChatStream', () => {
  test('gives its chunks, then its whole reply', async () => {
    const { stream } = streamOf(['He', 'llo']);
    expect(await textOf(stream)).toBe('Hello');
    expect(await stream.reply()).toMatchObject({ text: 'Hello', report: { id: 'call-1' } });
  });

  test('can be read once: reading again is an error, not an empty stream', async () => {
    const { stream } = streamOf(['He', 'llo']);
    await textOf(stream);
    await expect(textOf(stream)).rejects.toThrow(
      new TypeError('Cannot read the stream as it can be read once, and was: `reply()` gives the whole of it'),
    );
  });

  test('reads nothing before somebody asks', async () => {
    const { stream, read } = streamOf(['He']);
    await new Promise((resolve) => setImmediate(resolve));
    expect(read).toEqual([]);
    await stream.reply();
    expect(read).toEqual(['He']);
  });

  test('reply() drives a stream that nobody reads; then nobody can', async () => {
    const { stream } = streamOf(['He', 'llo']);
    expect((await stream.reply()).text).toBe('Hello');
    await expect(textOf(stream)).rejects.toThrow(TypeError);
  });

  test('reply() twice, at once and later, is the same reply', async () => {
    const { stream, read } = streamOf(['He', 'llo']);
    const [first, second] = await Promise.all([stream.reply(), stream.reply()]);
    expect([first.text, second.text, (await stream.reply()).text]).toEqual(['Hello', 'Hello', 'Hello']);
    expect(read).toEqual(['He', 'llo']);
  });

  test('reply() waits for the reader that is there', async () => {
    const { stream } = streamOf(['He', 'llo']);
    const chunks = stream[Symbol.asyncIterator]();
    await chunks.next();
    const order: string[] = [];
    const reply = stream.reply().then(({ text }) => order.push(`reply ${text}`));
    await new Promise((resolve) => setImmediate(resolve));
    order.push('still reading');
    await chunks.next();
    await chunks.next();
    await reply;
    expect(order).toEqual(['still reading', 'reply Hello']);
  });

  test('reply() after a break tells what was received, with the report', async () => {
    const { stream, read } = streamOf(['He', 'llo']);
    expect(await textOf(stream, 2)).toBe('He');
    const error: unknown = await stream.reply().catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(StreamInterruptedError);
    expect(error).toMatchObject({ code: 'stream_interrupted', class: 'aborted', partial: { text: 'He' }, report: { id: 'call-1' } });
    expect(read).toEqual(['He']);
  });

  test('a failure reaches the reader and reply() alike, whoever reads', async () => {
    const failure = new Error('cut');
    const read = streamOf(['He'], failure).stream;
    await expect(textOf(read)).rejects.toBe(failure);
    await expect(read.reply()).rejects.toBe(failure);
    const driven = streamOf(['He'], failure).stream;
    const outcomes = await Promise.allSettled([driven.reply(), driven.reply()]);
    expect(outcomes).toEqual([
      { status: 'rejected', reason: failure },
      { status: 'rejected', reason: failure },
    ]);
  });
});
