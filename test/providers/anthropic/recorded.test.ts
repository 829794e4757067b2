import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { ChatCompletion } from '../../../src/chat/reply.ts';
import { Collector } from '../../../src/chat/collect.ts';
import { anthropic } from '../../../src/providers/anthropic/anthropic.ts';
import type { Decoded } from '../../../src/providers/provider.ts';
import { EventDecoder } from '../../../src/wire/sse.ts';
import { chunksOf, aContext } from '../support.ts';

// Recorded answers; the folder is not part of the project.
const FIXTURES = new URL('../../../../shared/fixtures/vercel-ai/anthropic/', import.meta.url);
const files = existsSync(FIXTURES) ? readdirSync(FIXTURES) : [];
const wholes = files.filter((file) => file.endsWith('.json'));
const streams = files.filter((file) => file.endsWith('.chunks.txt'));
const read = (file: string): string => readFileSync(new URL(file, FIXTURES), 'utf8');

interface Wire {
  readonly type?: string;
  readonly stop_reason?: string;
  readonly content: readonly { readonly type: string; readonly text?: string; readonly id?: string; readonly input?: unknown }[];
  readonly usage: Readonly<Record<string, number>>;
}

/** The messages of one recording: some hold several answers of one conversation. */
function splitMessages(file: string): readonly string[][] {
  const messages: string[][] = [[]];
  for (const line of read(file).split('\n')) {
    if (line.trim() === '') continue;
    if (messages.at(-1)?.at(-1)?.includes('"type":"message_stop"') === true) messages.push([]);
    messages.at(-1)?.push(line);
  }
  return messages;
}

function decodeLines(lines: readonly string[]): {
  readonly decoded: readonly Decoded[];
  readonly reply: ChatCompletion;
  readonly complete: boolean;
} {
  const decoder = anthropic.startStream(aContext());
  const collector = new Collector();
  const decoded = lines.map((data) => decoder.decode({ event: (JSON.parse(data) as Wire).type, data }));
  for (const chunk of decoded.flatMap(chunksOf)) collector.add(chunk);
  return { decoded, reply: collector.reply(), complete: decoder.complete };
}

function decodeWhole(body: unknown): ChatCompletion {
  const decoded = anthropic.decodeWhole(body, aContext());
  if ('error' in decoded) throw new Error('an error where a message was expected');
  // A chat was asked for.
  return decoded.whole as ChatCompletion;
}

/** What an answer says, without what tells two recordings apart. */
function said({ id: _id, created: _created, ...reply }: ChatCompletion): unknown {
  const choices = reply.choices.map((choice) => ({
    ...choice,
    message: {
      ...choice.message,
      ...(choice.message.tool_calls === undefined
        ? {}
        : {
            tool_calls: choice.message.tool_calls.map((call) => ({
              ...call,
              function: { ...call.function, arguments: JSON.parse(call.function.arguments) as unknown },
            })),
          }),
    },
  }));
  return { ...reply, choices };
}

describe.skipIf(files.length === 0)('recorded answers (skipped where ../shared is missing)', () => {
  test.each(wholes)('decodes %s', (file) => {
    const body = JSON.parse(read(file)) as Wire;
    const { choices, usage } = decodeWhole(body);
    const { message } = choices[0] ?? {};
    const texts = body.content.filter(({ type }) => type === 'text').map(({ text }) => text ?? '');
    expect(message?.content ?? '').toBe(texts.join(''));
    const calls = body.content.filter(({ type }) => type === 'tool_use');
    expect((message?.tool_calls ?? []).map((call) => [call.id, JSON.parse(call.function.arguments)])).toEqual(
      calls.map(({ id, input }) => [id, input]),
    );
    const { input_tokens: input = 0, cache_read_input_tokens: cached = 0, cache_creation_input_tokens: written = 0 } = body.usage;
    expect(usage?.prompt_tokens).toBeGreaterThanOrEqual(input + cached + written);
    expect(usage?.completion_tokens).toBeGreaterThanOrEqual(body.usage['output_tokens'] ?? 0);
    expect(['stop', 'tool_calls', 'content_filter']).toContain(choices[0]?.finish_reason);
  });

  test.each(streams.filter((file) => file !== 'spliced-message-start.chunks.txt'))('decodes the streams of %s', (file) => {
    for (const lines of splitMessages(file)) {
      const { decoded, reply, complete } = decodeLines(lines);
      expect(decoded.filter(({ kind }) => kind === 'error')).toEqual([]);
      expect(complete).toBe(true);
      expect(reply.choices).toHaveLength(1);
      expect(reply.choices[0]?.finish_reason).toMatch(/stop|tool_calls|content_filter/);
      expect(reply.usage?.total_tokens).toBeGreaterThanOrEqual(0);
      const chunks = decoded.flatMap((item) => chunksOf(item));
      expect(chunks[0]?.choices[0]?.delta.role).toBe('assistant');
      expect(chunks.at(-1)).toMatchObject({ choices: [], usage: reply.usage });
      // The message that the stream grew, sent as a plain answer, is the same.
      expect(said(decodeWhole(toMessage(lines)))).toEqual(said(reply));
    }
  });

  test('two answers mixed into each other are an error, not one answer', () => {
    const lines = splitMessages('spliced-message-start.chunks.txt')[0] ?? [];
    const { decoded, complete } = decodeLines(lines.slice(0, 8));
    expect(decoded.at(-1)).toMatchObject({ kind: 'error', body: { error: { type: 'api_error' } } });
    expect(complete).toBe(false);
  });

  test.each(['anthropic-refusal', 'anthropic-compaction.1', 'anthropic-fallback'])('both recordings of %s say the same', (name) => {
    const { reply } = decodeLines(splitMessages(`${name}.chunks.txt`)[0] ?? []);
    const whole = decodeWhole(JSON.parse(read(`${name}.json`)));
    expect(reply.choices[0]?.finish_reason).toBe(whole.choices[0]?.finish_reason);
    expect(reply.choices[0]?.message.refusal).toBe(whole.choices[0]?.message.refusal);
    expect(Object.keys(reply.choices[0]?.message ?? {}).sort()).toEqual(Object.keys(whole.choices[0]?.message ?? {}).sort());
  });

  test('one byte at a time is the same stream', () => {
    const text = read('anthropic-web-search-tool.1.chunks.txt')
      .split('\n')
      .filter((line) => line.trim() !== '')
      .map((line) => `event: ${(JSON.parse(line) as Wire).type ?? ''}\r\ndata: ${line}\r\n\r\n`)
      .join('');
    const events = new EventDecoder(1e7);
    const decoder = anthropic.startStream(aContext());
    const collector = new Collector();
    const drain = (): void => {
      for (let event = events.take(); event !== undefined; event = events.take()) {
        const decoded = decoder.decode(event);
        for (const chunk of chunksOf(decoded)) collector.add(chunk);
      }
    };
    for (const byte of Buffer.from(text)) {
      events.feed(Uint8Array.of(byte));
      drain();
    }
    events.end();
    drain();
    expect(decoder.complete).toBe(true);
    expect(collector.reply()).toEqual(decodeLines(splitMessages('anthropic-web-search-tool.1.chunks.txt')[0] ?? []).reply);
  });
});

/** The message that a stream's events grow, put together by other means than the decoder's. */
function toMessage(lines: readonly string[]): unknown {
  const message: Record<string, unknown> = {};
  const blocks: Record<string, unknown>[] = [];
  for (const line of lines) {
    const event = JSON.parse(line) as {
      readonly type: string;
      readonly index: number;
      readonly message: object;
      readonly content_block: object;
      readonly delta: Readonly<Record<string, string>>;
      readonly usage: object;
    };
    if (event.type === 'message_start' && message['content'] === undefined) {
      Object.assign(message, event.message);
      blocks.push(...((message['content'] ?? []) as Record<string, unknown>[]));
    }
    if (event.type === 'content_block_start') blocks[event.index] = { ...event.content_block, json: '' };
    if (event.type === 'content_block_delta') grow(blocks[event.index] ?? {}, event.delta);
    if (event.type === 'message_delta') {
      const { type: _type, delta, usage, ...beside } = event as typeof event & { readonly type: string };
      Object.assign(message, beside, delta, { usage: { ...(message['usage'] as object), ...usage } });
    }
  }
  const content = blocks.map(({ json, ...block }) =>
    typeof json === 'string' && json !== '' ? { ...block, input: JSON.parse(json) as unknown } : block,
  );
  return { ...message, content };
}

function grow(block: Record<string, unknown>, delta: Readonly<Record<string, unknown>>): void {
  const add = (field: string, text: unknown): void => {
    Object.assign(block, { [field]: (typeof block[field] === 'string' ? block[field] : '') + String(text) });
  };
  if (delta['type'] === 'text_delta') add('text', delta['text']);
  if (delta['type'] === 'thinking_delta') add('thinking', delta['thinking']);
  if (delta['type'] === 'signature_delta') add('signature', delta['signature']);
  if (delta['type'] === 'input_json_delta') add('json', delta['partial_json']);
  if (delta['type'] === 'compaction_delta') add('content', delta['content']);
  if (delta['type'] === 'citations_delta')
    Object.assign(block, { citations: [...((block['citations'] as unknown[]) ?? []), delta['citation']] });
}
