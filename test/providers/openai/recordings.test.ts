import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { Collector } from '../../../src/chat/collect.ts';
import type { ChatCompletion } from '../../../src/chat/reply.ts';
import { readUsage } from '../../../src/chat/usage.ts';
import { knownProviders } from '../../../src/providers/known.ts';
import { openai } from '../../../src/providers/openai/openai.ts';
import type { Protocol } from '../../../src/providers/provider.ts';
import { chunksOf, aContext, EMBED } from '../support.ts';

/** Recorded answers of real servers; the folder is not part of the project. */
const FIXTURES = new URL('../../../../shared/fixtures/vercel-ai/', import.meta.url);
const FOLDERS: Readonly<Record<string, string>> = {
  'openai/chat/': 'openai',
  'azure/': 'azure',
  'groq/': 'groq',
  'deepseek/chat/': 'deepseek',
  'mistral/': 'mistral',
  'moonshotai/': 'moonshot',
  'xai/': 'xai',
  'perplexity/': 'perplexity',
  'openai-compatible/chat/': 'own',
};

interface Recording {
  readonly name: string;
  readonly protocol: Protocol;
  readonly text: string;
}

const recordings: readonly Recording[] = existsSync(FIXTURES)
  ? Object.entries(FOLDERS).flatMap(([folder, provider]) =>
      readdirSync(new URL(folder, FIXTURES), { withFileTypes: true })
        .filter((file) => file.isFile())
        .map((file) => ({
          name: folder + file.name,
          protocol: knownProviders[provider]?.protocol ?? openai,
          text: readFileSync(new URL(folder + file.name, FIXTURES), 'utf8'),
        })),
    )
  : [];
/** Recordings of OpenAI's other protocol, the Responses, are not for this one. */
const isChat = ({ text }: Recording): boolean => /"choices"\s*:/.test(text);
const plain = recordings.filter((recording) => recording.name.endsWith('.json') && isChat(recording));
const errors = recordings.filter(({ name }) => name.endsWith('error.json'));
const streams = recordings.filter((recording) => !recording.name.endsWith('.json') && isChat(recording));

function payloadsOf({ name, text }: Recording): readonly string[] {
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  return name.endsWith('.sse') ? lines.map((line) => line.replace(/^data: /, '')) : [...lines, '[DONE]'];
}

function decodePlain({ protocol, text }: Recording): ChatCompletion {
  const decoded = protocol.decodeWhole(JSON.parse(text), aContext());
  if (!('whole' in decoded)) throw new Error('The recording is taken for an error');
  return decoded.whole as ChatCompletion;
}

function collect(recording: Recording): { readonly reply: ChatCompletion; readonly complete: boolean } {
  const decoder = recording.protocol.startStream(aContext());
  const collector = new Collector();
  for (const data of payloadsOf(recording)) {
    const event = decoder.decode({ event: undefined, data });
    if (event.kind === 'error') throw new Error(`The recording is taken for an error: ${data}`);
    for (const chunk of chunksOf(event)) collector.add(chunk);
  }
  return { reply: collector.reply(), complete: decoder.complete };
}

describe.skipIf(recordings.length === 0)('recorded answers (skipped where ../shared is missing)', () => {
  test('are there', () => {
    expect([plain.length, streams.length, errors.length]).toEqual([21, 18, 1]);
  });

  test.each(plain)('decodes $name', (recording) => {
    const { choices, ...reply } = decodePlain(recording);
    const [choice] = choices;
    const said = choice?.message.content ?? choice?.message.tool_calls?.[0]?.function.name;
    expect(typeof said).toBe('string');
    expect(choice?.finish_reason).toMatch(/^(stop|tool_calls|length)$/);
    const usage = readUsage({ choices, ...reply });
    expect(usage?.total_tokens).toBe((usage?.prompt_tokens ?? 0) + (usage?.completion_tokens ?? 0));
  });

  test.each(errors)('refuses $name', ({ protocol, text }) => {
    expect('error' in protocol.decodeWhole(JSON.parse(text), aContext())).toBe(true);
  });

  test.each(streams)('decodes the stream of $name', (recording) => {
    const { reply, complete } = collect(recording);
    expect(complete).toBe(true);
    const [choice] = reply.choices;
    const said = choice?.message.content ?? choice?.message.tool_calls?.[0]?.function.name;
    expect(typeof said).toBe('string');
    expect(choice?.finish_reason).toMatch(/^(stop|tool_calls|length)$/);
  });

  // The same answer was recorded twice only here: elsewhere the model spoke anew.
  test('a stream is the plain answer', () => {
    const find = (from: readonly Recording[], name: string): Recording => {
      const found = from.find((recording) => recording.name === name);
      if (found === undefined) throw new Error(`There is no ${name}`);
      return found;
    };
    const streamed = collect(find(streams, 'mistral/mistral-reasoning.chunks.txt')).reply;
    expect(streamed).toEqual(decodePlain(find(plain, 'mistral/mistral-reasoning.json')));
  });

  test('a reply and its stream have the same fields in their message', () => {
    const pairs = streams.flatMap((streamed) => {
      const whole = plain.find(({ name }) => name === streamed.name.replace('.chunks.txt', '.json'));
      return whole === undefined
        ? []
        : [{ name: whole.name, whole: fieldsOf(decodePlain(whole)), streamed: fieldsOf(collect(streamed).reply) }];
    });
    expect(pairs.length).toBe(14);
    for (const { name, whole, streamed } of pairs) expect(streamed, name).toEqual(whole);
  });

  test('embeddings pass', () => {
    const body: unknown = JSON.parse(readFileSync(new URL('openai/embedding/openai-embedding.json', FIXTURES), 'utf8'));
    expect(openai.decodeWhole(body, aContext({ asked: EMBED }))).toEqual({ whole: body });
  });
});

/** Fields that say something. */
function fieldsOf({ choices, usage }: ChatCompletion): unknown {
  const message = choices[0]?.message ?? {};
  const said = Object.entries(message).filter(([, value]) => value !== null && value !== '' && (!Array.isArray(value) || value.length > 0));
  return { message: said.map(([field]) => field).toSorted(), finish: choices[0]?.finish_reason, counted: usage != null };
}
