import OpenAI, { toFile } from 'openai';
import type { Client } from 'keywheel';
import { describe, expect, test } from 'vitest';
import { at, group, key, record, secretOf, useWorld } from '../support/world.ts';
import { reply, SAID } from './sdks/answers.ts';
import { answering, type Answer, type Arrived, formOf } from './sdks/stub.ts';

const PLACEHOLDER = 'sk-placeholder-of-the-sdk';
/** Asked before `b`, as it is the heavier one. */
const FIRST = key('a', { weight: 2 });
const ASKED = { model: 'gpt-5-mini', messages: [{ role: 'user' as const, content: 'Hi' }] };
const world = useWorld();

interface Setup {
  readonly openai: OpenAI;
  readonly client: Client;
  readonly arrived: readonly Arrived[];
}

/** The SDK over `client.fetch` with the keys `a` and `b`, at a server of the test's own. */
async function setUp(toAnswer: (asked: Arrived) => Answer, options: { readonly timeout?: number } = {}): Promise<Setup> {
  const arrived: Arrived[] = [];
  const { url } = await world.server(answering(arrived, toAnswer));
  const client = world.client(at({ baseURL: `${url}/v1` }, FIRST, 'b'));
  const openai = new OpenAI({ apiKey: PLACEHOLDER, baseURL: `${url}/v1`, fetch: client.fetch, ...options });
  return { openai, client, arrived };
}

const bearers = (arrived: readonly Arrived[]): readonly unknown[] => arrived.map(({ headers }) => headers.authorization);
const A = `Bearer ${secretOf('a')}`;
const B = `Bearer ${secretOf('b')}`;

/** Bytes that no text would survive as. */
const BYTES = Uint8Array.from({ length: 70_000 }, (_, index) => (index * 31) % 256);

describe('openai, uploads', () => {
  const FILE = {
    id: 'file-1',
    object: 'file',
    bytes: BYTES.length,
    created_at: 1,
    filename: 'a ü.bin',
    purpose: 'batch',
    status: 'processed',
  };

  test('a file arrives whole, under the leased key', async () => {
    const { openai, arrived } = await setUp(() => ({ json: FILE }));
    expect(await openai.files.create({ file: await toFile(BYTES, 'a ü.bin'), purpose: 'batch' })).toMatchObject({ id: 'file-1' });
    expect(bearers(arrived)).toEqual([A]);
    const form = await formOf(arrived[0] as Arrived);
    const file = form.get('file') as File;
    expect([form.get('purpose'), file.name]).toEqual(['batch', 'a ü.bin']);
    expect(Buffer.from(await file.arrayBuffer()).equals(BYTES)).toBe(true);
  });

  test('a refused file is sent once, and the SDK has its own error', async () => {
    const json = { error: { message: 'Too many files.', type: 'requests', code: 'rate_limit_exceeded', param: null } };
    const { openai, client, arrived } = await setUp(() => ({ status: 429, headers: { 'retry-after': '7' }, json }));
    const calls = record(client, 'call-started');
    const failing = openai.files.create({ file: await toFile(BYTES, 'a.bin'), purpose: 'batch' });
    await expect(failing).rejects.toBeInstanceOf(OpenAI.RateLimitError);
    await expect(failing).rejects.toMatchObject({ status: 429, error: { message: 'Too many files.' } });
    expect([arrived.length, calls.length]).toEqual([1, 1]);
  });

  test('a transcription goes up as a form and comes back as JSON', async () => {
    const { openai, arrived } = await setUp(() => ({ json: { text: SAID.text } }));
    const { text } = await openai.audio.transcriptions.create({ file: await toFile(BYTES, 'a.wav'), model: 'whisper-1' });
    expect(text).toBe(SAID.text);
    expect((await formOf(arrived[0] as Arrived)).get('model')).toBe('whisper-1');
    expect(bearers(arrived)).toEqual([A]);
  });

  test('a stream of bytes as the body arrives whole, and once', async () => {
    const { openai, arrived } = await setUp(() => ({ status: 503, json: { error: { message: 'Busy' } } }));
    const body = new ReadableStream({
      start(controller) {
        for (let from = 0; from < BYTES.length; from += 10_000) controller.enqueue(BYTES.subarray(from, from + 10_000));
        controller.close();
      },
    });
    const failing = openai.post('/uploads', { body, headers: { 'content-type': 'application/octet-stream' } });
    await expect(failing).rejects.toBeInstanceOf(OpenAI.InternalServerError);
    expect(arrived.map(({ bytes }) => Buffer.from(bytes).equals(BYTES))).toEqual([true]);
    expect(bearers(arrived)).toEqual([A]);
  });
});

describe('openai, downloads', () => {
  test('the bytes of a file come unchanged', async () => {
    const { openai, arrived } = await setUp(() => ({ bytes: BYTES }));
    const response = await openai.files.content('file-1');
    expect(Buffer.from(await response.arrayBuffer()).equals(BYTES)).toBe(true);
    expect(arrived.map(({ method, target }) => `${method} ${target}`)).toEqual(['GET /v1/files/file-1/content']);
  });

  test('pages of a list follow each other', async () => {
    const page = ({ target }: Arrived): Answer => {
      const [id, more] = target.includes('after=file-1') ? ['file-2', false] : ['file-1', true];
      return { json: { object: 'list', data: [{ id, object: 'file' }], has_more: more } };
    };
    const { openai, arrived } = await setUp(page);
    const ids: string[] = [];
    for await (const { id } of openai.files.list({ limit: 1 })) ids.push(id);
    expect(ids).toEqual(['file-1', 'file-2']);
    expect(arrived.map(({ target }) => target)).toEqual(['/v1/files?limit=1', '/v1/files?limit=1&after=file-1']);
  });
});

describe('openai, responses', () => {
  const whole = (status: string) => ({
    id: 'resp_1',
    object: 'response',
    model: 'gpt-5-mini',
    status,
    output: [{ type: 'message', id: 'm', role: 'assistant', status, content: [{ type: 'output_text', text: SAID.text, annotations: [] }] }],
    usage: { input_tokens: 3, output_tokens: 7, total_tokens: 10 },
  });
  const begun = { ...whole('in_progress'), output: [] };
  const EVENTS = [
    ['response.created', { type: 'response.created', sequence_number: 0, response: begun }],
    ...SAID.pieces.map(
      (delta, index) => ['response.output_text.delta', { type: 'response.output_text.delta', sequence_number: index + 1, delta }] as const,
    ),
    ['response.completed', { type: 'response.completed', sequence_number: 20, response: whole('completed') }],
  ] as const;
  const failed = { ...begun, status: 'failed', error: { code: 'server_error', message: 'Sorry' } };
  const FAILING = [EVENTS[0], ['response.failed', { type: 'response.failed', sequence_number: 1, response: failed }]] as const;

  const read = async (openai: OpenAI): Promise<readonly string[]> => {
    const pieces: string[] = [];
    for await (const event of await openai.responses.create({ model: 'gpt-5-mini', input: 'Hi', store: false, stream: true })) {
      if (event.type === 'response.output_text.delta') pieces.push(event.delta);
    }
    return pieces;
  };

  test('come whole', async () => {
    const { openai, arrived } = await setUp(() => ({ json: whole('completed') }));
    expect((await openai.responses.create({ model: 'gpt-5-mini', input: 'Hi' })).output_text).toBe(SAID.text);
    expect(JSON.parse(Buffer.from(arrived[0]?.bytes ?? '').toString())).toEqual({ model: 'gpt-5-mini', input: 'Hi' });
    expect(bearers(arrived)).toEqual([A]);
  });

  test('come as a stream', async () => {
    const { openai, arrived } = await setUp(() => ({ events: EVENTS }));
    expect(await read(openai)).toEqual(SAID.pieces);
    expect(bearers(arrived)).toEqual([A]);
  });

  test('come from another key where the first is out of quota', async () => {
    const json = {
      error: { message: 'You exceeded your current quota.', type: 'insufficient_quota', code: 'insufficient_quota', param: null },
    };
    const { openai, arrived } = await setUp(({ headers }) => (headers.authorization === A ? { status: 429, json } : { events: EVENTS }));
    expect(await read(openai)).toEqual(SAID.pieces);
    expect(bearers(arrived)).toEqual([A, B]);
  });

  test('come from a second attempt where the first fails before its first words', async () => {
    const { openai, client, arrived } = await setUp(() => ({ events: arrived.length === 1 ? FAILING : EVENTS }));
    const calls = record(client, 'call-started');
    expect(await read(openai)).toEqual(SAID.pieces);
    expect([arrived.length, calls.length]).toEqual([2, 1]);
  });
});

describe('openai, answers', () => {
  test('asResponse() and withResponse() give the Response as the provider wrote it', async () => {
    const simulator = await world.simulator({ groups: [group('a'), group('b', { state: 'spent' })], reply });
    const { fetch } = world.client(at(simulator, key('b', { weight: 2 }), 'a'));
    const openai = new OpenAI({ apiKey: PLACEHOLDER, baseURL: simulator.baseURL, fetch });
    const response = await openai.chat.completions.create(ASKED).asResponse();
    expect(response).toBeInstanceOf(Response);
    expect([response.status, response.headers.get('content-type'), response.bodyUsed]).toEqual([200, 'application/json', false]);
    expect(await response.clone().json()).toEqual(await response.json());
    const { data, request_id, response: raw } = await openai.chat.completions.create(ASKED).withResponse();
    expect(data.choices[0]?.message.content).toBe(SAID.text);
    expect(request_id).toBe(raw.headers.get('x-request-id'));
    expect(request_id).toMatch(/^req/);
  });

  test('models.list() lists the models', async () => {
    const simulator = await world.simulator({ groups: [group('a')], models: ['gpt-5', 'gpt-5-mini'] });
    const { fetch } = world.client(at(simulator, 'a'));
    const ids: string[] = [];
    for await (const { id } of new OpenAI({ apiKey: PLACEHOLDER, baseURL: simulator.baseURL, fetch }).models.list()) ids.push(id);
    expect(ids).toEqual(['gpt-5', 'gpt-5-mini']);
  });

  test('headers of the SDK and of its user reach the provider', async () => {
    const { openai, arrived } = await setUp(() => ({
      json: { choices: [{ index: 0, message: { content: 'Yes' }, finish_reason: 'stop' }] },
    }));
    await openai.chat.completions.create(ASKED, { headers: { 'x-mine': 'yes' }, query: { v: '1' }, idempotencyKey: 'once' });
    expect(arrived[0]?.target).toBe('/v1/chat/completions?v=1');
    expect(arrived[0]?.headers).toMatchObject({
      'x-mine': 'yes',
      'x-stainless-lang': 'js',
      'user-agent': expect.stringContaining('OpenAI/JS'),
    });
  });
});

describe('openai, its own time-out', () => {
  test('ends the call: the SDK has its own error and nothing is sent again', async () => {
    const { url } = await world.mute();
    const client = world.client(at({ baseURL: `${url}/v1` }, 'a', 'b'));
    const heard = record(client, 'call-started', 'call-failed');
    const openai = new OpenAI({ apiKey: PLACEHOLDER, baseURL: `${url}/v1`, fetch: client.fetch, timeout: 50, maxRetries: 0 });
    await expect(openai.chat.completions.create(ASKED)).rejects.toBeInstanceOf(OpenAI.APIConnectionTimeoutError);
    expect(heard).toMatchObject([{ name: 'call-started' }, { name: 'call-failed', payload: { class: 'aborted' } }]);
  });
});
