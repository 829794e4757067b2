import Anthropic, { toFile } from '@anthropic-ai/sdk';
import { GoogleGenAI } from '@google/genai';
import { describe, expect, test } from 'vitest';
import { group, key, secretOf, useWorld } from '../support/world.ts';
import { reply, SAID } from './sdks/answers.ts';
import { answering, type Answer, type Arrived, formOf } from './sdks/stub.ts';

const PLACEHOLDER = 'sk-placeholder-of-the-sdk';
const BYTES = Uint8Array.from({ length: 70_000 }, (_, index) => (index * 31) % 256);
const GENERATED = { candidates: [{ content: { role: 'model', parts: [{ text: SAID.text }] }, finishReason: 'STOP' }] };
const world = useWorld();

/** A server of the test's own, where `client.fetch` has the key `a`. */
async function serve(protocol: 'anthropic' | 'google', toAnswer: (asked: Arrived, url: string) => Answer) {
  const arrived: Arrived[] = [];
  const { url } = await world.server(answering(arrived, (asked) => toAnswer(asked, url)));
  const baseURL = url + (protocol === 'anthropic' ? '/v1' : '/v1beta');
  const { fetch } = world.client({ providers: { [protocol]: { baseURL, keys: [key('a')] } } });
  return { url, fetch, arrived };
}

const asksOf = (arrived: readonly Arrived[]): readonly string[] => arrived.map(({ method, target }) => `${method} ${target}`);

/** Whatever shows the placeholder; nothing may. */
const leaks = (arrived: readonly Arrived[]): readonly string[] =>
  arrived.flatMap(({ target, headers }) => [target, JSON.stringify(headers)]).filter((text) => text.includes(PLACEHOLDER));

describe('@anthropic-ai/sdk', () => {
  test('counts tokens and uploads files under the leased key', async () => {
    const { url, fetch, arrived } = await serve('anthropic', ({ target }) => ({
      json: target.includes('files') ? { id: 'file_1', type: 'file' } : { input_tokens: 9 },
    }));
    const anthropic = new Anthropic({ apiKey: PLACEHOLDER, baseURL: url, fetch });
    const asked = { model: 'claude-haiku-4-5', messages: [{ role: 'user' as const, content: 'Hi' }] };
    expect(await anthropic.messages.countTokens(asked)).toEqual({ input_tokens: 9 });
    expect(await anthropic.beta.files.upload({ file: await toFile(BYTES, 'a.bin') })).toMatchObject({ id: 'file_1' });
    const form = await formOf(arrived[1] as Arrived);
    expect(Buffer.from(await (form.get('file') as File).arrayBuffer()).equals(BYTES)).toBe(true);
    expect(asksOf(arrived).map((ask) => ask.replace(/\?.*/, ''))).toEqual(['POST /v1/messages/count_tokens', 'POST /v1/files']);
    expect(leaks(arrived)).toEqual([]);
    expect(arrived.map(({ headers }) => JSON.stringify(headers).includes(secretOf('a')))).toEqual([true, true]);
  });

  test('reads what the provider said of the limits, and the id of the request', async () => {
    const simulator = await world.simulator({ groups: [group('a', { limits: { rpm: 60 } })], reply });
    const { fetch } = world.client({ providers: { anthropic: { baseURL: simulator.baseURLs.anthropic, keys: [key('a')] } } });
    const anthropic = new Anthropic({ apiKey: PLACEHOLDER, baseURL: simulator.url, fetch });
    const { data, response, request_id } = await anthropic.messages
      .create({ model: 'claude-haiku-4-5', max_tokens: 100, messages: [{ role: 'user', content: 'Hi' }] })
      .withResponse();
    expect(data.content).toMatchObject([{ type: 'text', text: SAID.text }]);
    expect(request_id).toMatch(/^req_/);
    expect(response.headers.get('anthropic-ratelimit-requests-limit')).toBe('60');
  });
});

describe('@google/genai', () => {
  test('uploads a file, whose address is beside the usual ones, under the leased key', async () => {
    const { url, fetch, arrived } = await serve('google', (asked, at) => {
      const started = asked.headers['x-goog-upload-command'] === 'start';
      return started
        ? { json: {}, headers: { 'x-goog-upload-url': `${at}/upload/v1beta/files?upload_id=1` } }
        : { json: { file: { name: 'files/1' } }, headers: { 'x-goog-upload-status': 'final' } };
    });
    const { files } = new GoogleGenAI({ apiKey: PLACEHOLDER, httpOptions: { baseUrl: url, fetch } });
    const file = new Blob([BYTES], { type: 'application/pdf' });
    expect(await files.upload({ file })).toMatchObject({ name: 'files/1' });
    expect(asksOf(arrived)).toEqual(['POST /upload/v1beta/files', expect.stringContaining('POST /upload/v1beta/files?upload_id=1')]);
    expect(Buffer.from(arrived[1]?.bytes ?? '').equals(BYTES)).toBe(true);
    expect(leaks(arrived)).toEqual([]);
    expect(arrived.map(({ headers }) => headers['x-goog-api-key'])).toEqual([secretOf('a'), secretOf('a')]);
  });

  test('may speak another version than the base URL', async () => {
    const { url, fetch, arrived } = await serve('google', () => ({ json: GENERATED }));
    const { models } = new GoogleGenAI({ apiKey: PLACEHOLDER, apiVersion: 'v1', httpOptions: { baseUrl: url, fetch } });
    expect((await models.generateContent({ model: 'gemini-3-pro', contents: 'Hi' })).text).toBe(SAID.text);
    expect(asksOf(arrived)).toEqual(['POST /v1/models/gemini-3-pro:generateContent']);
    expect(arrived.map(({ headers }) => headers['x-goog-api-key'])).toEqual([secretOf('a')]);
  });

  test('lists models', async () => {
    const simulator = await world.simulator({ groups: [group('a')], models: ['gemini-3-pro', 'gemini-3-flash'] });
    const { fetch } = world.client({ providers: { google: { baseURL: simulator.baseURLs.google, keys: [key('a')] } } });
    const { models } = new GoogleGenAI({ apiKey: PLACEHOLDER, httpOptions: { baseUrl: simulator.url, fetch } });
    const names: (string | undefined)[] = [];
    for await (const { name } of await models.list()) names.push(name);
    expect(names).toEqual(['models/gemini-3-pro', 'models/gemini-3-flash']);
  });
});

describe('a script', () => {
  test('may show a key in the query, in a Request or not at all: the leased one arrives', async () => {
    const { url, fetch, arrived } = await serve('google', () => ({ json: GENERATED }));
    const target = `${url}/v1beta/models/gemini-3-pro:generateContent`;
    const init = { method: 'POST', body: '{"contents":[]}', headers: { 'content-type': 'application/json' } };
    const { fetch: unbound } = { fetch };
    await (await unbound(`${target}?key=${PLACEHOLDER}&alt=json`, init)).json();
    await (await unbound(new Request(new URL(target), { ...init, headers: { 'x-goog-api-key': PLACEHOLDER } }))).json();
    await (await unbound(new URL(target), init)).json();
    expect(asksOf(arrived).map((ask) => ask.replace('/v1beta/models/gemini-3-pro', ''))).toEqual([
      'POST :generateContent?alt=json',
      'POST :generateContent',
      'POST :generateContent',
    ]);
    expect(leaks(arrived)).toEqual([]);
    expect(arrived.map(({ headers }) => headers['x-goog-api-key'])).toEqual([secretOf('a'), secretOf('a'), secretOf('a')]);
  });
});
