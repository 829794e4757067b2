import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { readUsage, toUsage } from '../../../src/chat/usage.ts';
import { decodeWhole } from '../../../src/providers/openai/decode.ts';
import { startStream } from '../../../src/providers/openai/stream.ts';
import { aContext, EMBED } from '../support.ts';

const chat = aContext();
const embed = aContext({ asked: EMBED });
const good = {
  id: 'c',
  object: 'chat.completion',
  created: 1,
  model: 'm',
  choices: [{ index: 0, message: { role: 'assistant', content: 'x' }, finish_reason: 'stop' }],
  extra: { kept: true },
};

describe('decodeWhole', () => {
  test('passes a good answer through as it came', () => {
    const result = decodeWhole(good, chat);
    expect('whole' in result && result.whole).toBe(good);
    expect('whole' in decodeWhole({ ...good, error: null }, chat)).toBe(true);
    expect('whole' in decodeWhole({ object: 'list', data: [], model: 'm' }, embed)).toBe(true);
  });

  test.each([
    [null],
    ['<html>'],
    [[{ error: { code: 429 } }]],
    [{}],
    [{ ...good, choices: [] }],
    [{ ...good, choices: 'x' }],
    [{ ...good, choices: [{ text: 'a completion' }] }],
    [{ ...good, error: { message: 'x' } }],
    [{ object: 'error', message: 'x' }],
  ])('takes %j for an error', (body) => {
    expect(decodeWhole(body, chat)).toEqual({ error: body });
  });

  test('finds the error of a choice', () => {
    expect(decodeWhole({ ...good, choices: [{ error: { code: 502 }, finish_reason: 'error' }] }, chat)).toEqual({
      error: { error: { code: 502 } },
    });
  });
});

describe('decodeWhole fills the holes that compatible servers leave', () => {
  const decode = (more: object): unknown => {
    const decoded = decodeWhole({ ...good, ...more }, chat);
    return 'whole' in decoded ? decoded.whole : decoded;
  };

  test('in choices', () => {
    const message = { role: 'assistant', content: 'x' };
    expect(
      decode({ choices: [{ message }, { index: 'a', message: { ...message, tool_calls: null }, finish_reason: '', logprobs: 1 }] }),
    ).toEqual({
      ...good,
      choices: [
        { index: 0, message, finish_reason: null },
        { index: 1, message, finish_reason: null, logprobs: 1 },
      ],
    });
  });

  test('in names', () => {
    expect(decode({ id: undefined, created: 'now', model: null })).toEqual({ ...good, id: '', created: 0, model: '' });
  });

  test.each([
    [{ prompt_tokens: 3 }, { prompt_tokens: 3, completion_tokens: 0, total_tokens: 3 }],
    [{ prompt_tokens: {}, completion_tokens: 1, total_tokens: 1 }, null],
    [{ prompt_tokens: '12', completion_tokens: 1, total_tokens: 13 }, null],
    [{ prompt_tokens: 1, completion_tokens: -1e6, total_tokens: 1 }, null],
    [{ prompt_tokens: 1e308, completion_tokens: 1e308, total_tokens: 1e308 }, null],
    ['none', null],
    [null, null],
  ])('in the usage %j, as %j', (usage, read) => {
    expect(decode({ usage })).toEqual({ ...good, usage: read });
    const streamed = startStream().decode({ event: undefined, data: JSON.stringify({ ...good, usage }) });
    expect(streamed).toMatchObject({ kind: 'chunk', chunk: { usage: read } });
  });

  test('in the place of the usage', () => {
    const usage = { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 };
    expect(decode({ x_groq: { usage } })).toEqual({ ...good, x_groq: { usage }, usage });
  });
});

describe('readUsage', () => {
  test('reads what was counted; absent is not zero', () => {
    expect(toUsage({ prompt_tokens: 1, completion_tokens: 2, total_tokens: 3, prompt_tokens_details: { cached_tokens: 1 } })).toEqual({
      prompt_tokens: 1,
      completion_tokens: 2,
      total_tokens: 3,
      prompt_tokens_details: { cached_tokens: 1 },
    });
    expect(toUsage({ prompt_tokens: 4, total_tokens: 4 })).toMatchObject({ completion_tokens: 0 });
    expect([toUsage(null), toUsage({}), toUsage({ prompt_tokens: 'x' }), toUsage({ completion_tokens: 3 })]).toEqual([
      undefined,
      undefined,
      undefined,
      undefined,
    ]);
    const decoded = decodeWhole({ ...good, x_groq: { usage: { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 } } }, chat);
    expect('whole' in decoded && readUsage(decoded.whole)?.total_tokens).toBe(2);
  });
});

// Recorded answers of real servers; the folder is not part of the project.
const FIXTURES = new URL('../../../../shared/fixtures/vercel-ai/', import.meta.url);
const FOLDERS = ['openai/chat/', 'groq/', 'deepseek/chat/', 'mistral/', 'moonshotai/', 'xai/', 'perplexity/', 'openai-compatible/chat/'];
const files = existsSync(FIXTURES) ? FOLDERS.flatMap((folder) => readdirSync(new URL(folder, FIXTURES)).map((name) => folder + name)) : [];
const read = (file: string): string => readFileSync(new URL(file, FIXTURES), 'utf8');

describe.skipIf(files.length === 0)('recorded answers (skipped where ../shared is missing)', () => {
  test.each(files.filter((file) => file.endsWith('.json') && !file.includes('error')))('decodes %s', (file) => {
    const body: unknown = JSON.parse(read(file));
    const decoded = decodeWhole(body, chat);
    // Mistral writes a null for no calls.
    const filled: unknown = JSON.parse(read(file), (name, value: unknown) => (name === 'tool_calls' && value === null ? undefined : value));
    expect('whole' in decoded && decoded.whole).toEqual(filled);
    expect('whole' in decoded && readUsage(decoded.whole)?.total_tokens).toBeGreaterThan(0);
  });

  test.each(files.filter((file) => file.endsWith('.json') && file.includes('error')))('refuses %s', (file) => {
    expect('error' in decodeWhole(chat, JSON.parse(read(file)))).toBe(true);
  });

  test.each(files.filter((file) => file.endsWith('.chunks.txt')))('decodes the stream of %s', (file) => {
    const decoder = startStream();
    const lines = read(file)
      .split('\n')
      .filter((line) => line.trim() !== '');
    const decoded = lines.map((data) => decoder.decode({ event: undefined, data }));
    expect(decoded.filter(({ kind }) => kind === 'error')).toEqual([]);
    expect(decoded.filter(({ kind }) => kind === 'chunk').length).toBe(lines.length);
    expect(decoder.complete).toBe(true);
  });
});
