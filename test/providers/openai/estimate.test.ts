import { expect, test } from 'vitest';
import type { ChatRequest } from '../../../src/chat/request.ts';
import { estimate } from '../../../src/providers/openai/estimate.ts';

const chat = (request: Partial<ChatRequest>): ReturnType<typeof estimate> =>
  estimate({ operation: 'chat', request: { model: 'm', messages: [{ role: 'user', content: 'x'.repeat(400) }], ...request } });

test('estimate takes four characters for a token and a few for each message', () => {
  expect(chat({})).toEqual({ input: 104, output: undefined });
});

test('estimate takes the longest output that was asked for, for each choice', () => {
  expect(chat({ max_tokens: 100 }).output).toBe(100);
  expect(chat({ max_tokens: 100, max_completion_tokens: 50, n: 3 }).output).toBe(150);
  expect(chat({ max_tokens: -1, n: Number.NaN }).output).toBeUndefined();
});

test('estimate sees what a text is made of', () => {
  const input = (content: string): number => chat({ messages: [{ role: 'user', content }] }).input - 4;
  expect(input('word and '.repeat(100))).toBe(225);
  expect(input('令和七年の予算案'.repeat(100))).toBe(800);
  expect(input('счёт и '.repeat(100))).toBeGreaterThan(225);
  expect(input('iVBORw0KGgoAAAANSUhEUgAAAAUA9TXL0Y4O'.repeat(100))).toBe(2160);
  expect(input('')).toBe(0);
});

test('estimate counts images flat, files within bounds, tools and schemas by their text', () => {
  const image = { type: 'image_url', image_url: { url: 'data:'.padEnd(1_000_000, 'x') } } as const;
  const file = { type: 'file', file: { file_data: 'x'.repeat(90_000_000) } } as const;
  expect(chat({ messages: [{ role: 'user', content: [image] }] }).input).toBe(1004);
  expect(chat({ messages: [{ role: 'user', content: [file] }] }).input).toBe(50_004);
  const parameters = { type: 'object', properties: { city: { type: 'string', description: 'x'.repeat(4000) } } };
  expect(chat({ tools: [{ type: 'function', function: { name: 'f', parameters } }] }).input).toBeGreaterThan(1104);
});

test('estimate ends on a cycle, which is refused later', () => {
  const parameters: Record<string, unknown> = {};
  parameters['self'] = parameters;
  expect(chat({ tools: [{ type: 'function', function: { name: 'f', parameters } }] }).input).toBeGreaterThan(104);
});

test('estimate counts texts and tokens of embeddings', () => {
  const inputs = ['x'.repeat(8), ['x'.repeat(8), 'y'], [1, 2, 3], [[1, 2], [3]]] as const;
  expect(inputs.map((input) => estimate({ operation: 'embed', request: { model: 'm', input } }).input)).toEqual([2, 3, 3, 3]);
});
