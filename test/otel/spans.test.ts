import { SpanKind, SpanStatusCode } from '@opentelemetry/api';
import { describe, expect, test } from 'vitest';
import { KeysExhaustedError, KeywheelError, ProviderError, RequestError, StreamInterruptedError } from '../../src/index.ts';
import { instrument } from '../../src/otel/index.ts';
import type { KeyOptions } from '../../src/options/types.ts';
import { ask, askStream, at, errorOf, group, key, readAll, secretOf, useWorld } from '../support/world.ts';
import { toMs, useTelemetry, within } from './support.ts';

const world = useWorld();
const telemetry = useTelemetry();

describe('a call', () => {
  test('is a span after the conventions, below the span that is active where it is made', async () => {
    const clock = world.clock();
    const simulator = await world.simulator({ groups: [group('a')] });
    const client = world.client({ ...at(simulator, 'a'), clock });
    telemetry.instrument(client);
    const request = ask('Hi', { max_tokens: 50, temperature: 0.5, top_p: 0.9, seed: 7, stop: ['END'], presence_penalty: 0.1 });
    const reply = await within(telemetry, 'page', () => client.chat(request, { tags: { page: '7' }, tenant: 'acme' }));
    const span = telemetry.span('chat gpt-5-mini');
    const host = new URL(simulator.baseURL);
    expect([span.kind, span.status.code, span.instrumentationScope.name]).toEqual([SpanKind.CLIENT, SpanStatusCode.UNSET, 'keywheel']);
    expect(span.parentSpanContext?.spanId).toBe(telemetry.span('page').spanContext().spanId);
    expect([toMs(span.startTime), toMs(span.endTime)]).toEqual([clock.now(), clock.now()]);
    const { costUsd } = reply.report;
    expect(span.attributes).toEqual({
      'gen_ai.operation.name': 'chat',
      'gen_ai.provider.name': 'openai',
      'gen_ai.request.model': 'gpt-5-mini',
      'gen_ai.request.max_tokens': 50,
      'gen_ai.request.temperature': 0.5,
      'gen_ai.request.top_p': 0.9,
      'gen_ai.request.seed': 7,
      'gen_ai.request.presence_penalty': 0.1,
      'gen_ai.request.stop_sequences': ['END'],
      'gen_ai.response.id': reply.id,
      'gen_ai.response.model': reply.model,
      'gen_ai.response.finish_reasons': [reply.choices[0]?.finish_reason],
      'gen_ai.usage.input_tokens': reply.usage?.prompt_tokens,
      'gen_ai.usage.output_tokens': reply.usage?.completion_tokens,
      'gen_ai.usage.cache_read.input_tokens': 0,
      'gen_ai.usage.reasoning.output_tokens': 0,
      'server.address': '127.0.0.1',
      'server.port': Number(host.port),
      'keywheel.call.id': 'call-1',
      'keywheel.requested_model': 'openai/gpt-5-mini',
      'keywheel.key.id': 'a',
      'keywheel.group': 'a',
      'keywheel.cache.status': 'off',
      'keywheel.waited_ms': 0,
      'keywheel.attempts': 1,
      'keywheel.rotations': 0,
      'keywheel.tenant': 'acme',
      'keywheel.tag.page': '7',
      ...(costUsd === undefined ? {} : { 'keywheel.cost_usd': costUsd }),
    });
  });

  test('each of many at once has the parent of its own caller', async () => {
    const simulator = await world.simulator({ groups: [group('a')] });
    const client = world.client(at(simulator, 'a'));
    telemetry.instrument(client);
    const pages = Array.from({ length: 20 }, (_, page) => `page ${page}`);
    await Promise.all(pages.map((page) => within(telemetry, page, () => client.chat(ask(page), { tags: { page } }))));
    const calls = telemetry.spans().filter(({ name }) => name === 'chat gpt-5-mini');
    expect(calls).toHaveLength(20);
    for (const call of calls) {
      const page = telemetry.span(String(call.attributes['keywheel.tag.page']));
      expect(call.parentSpanContext?.spanId).toBe(page.spanContext().spanId);
    }
  });

  test('with keys that have to be loaded first keeps its parent, and its start', async () => {
    const clock = world.clock();
    const simulator = await world.simulator({ groups: [group('a')] });
    const load = (): Promise<KeyOptions[]> => new Promise((resolve) => void clock.after(500, () => resolve([key('a')])));
    const client = world.client({ providers: { openai: { baseURL: simulator.baseURL, keys: load } }, clock });
    telemetry.instrument(client);
    const startedAt = clock.now();
    const calling = within(telemetry, 'page', () => client.chat(ask()));
    await clock.advance(500);
    await calling;
    const span = telemetry.span('chat gpt-5-mini');
    expect(span.parentSpanContext?.spanId).toBe(telemetry.span('page').spanContext().spanId);
    expect([toMs(span.startTime), toMs(span.endTime)]).toEqual([startedAt, startedAt + 500]);
    expect(span.attributes['keywheel.waited_ms']).toBe(500);
  });
});

describe('attempts', () => {
  test('are spans below the call, with their own times and ends', async () => {
    const simulator = await world.simulator({
      groups: [group('dead', { state: 'dead' }), group('b')],
      faults: [{ kind: 'status', status: 500, key: 'b', times: 1 }],
    });
    const client = world.client(at(simulator, key('dead', { weight: 9 }), 'b'));
    telemetry.instrument(client);
    const { report } = await client.chat(ask());
    const call = telemetry.span('chat gpt-5-mini');
    const attempts = telemetry.spans().filter(({ name }) => name === 'attempt openai');
    expect(call.attributes).toMatchObject({ 'keywheel.attempts': 3, 'keywheel.rotations': 1, 'keywheel.key.id': 'b' });
    for (const [index, span] of attempts.entries()) {
      const attempt = report.attempts[index];
      expect(span.parentSpanContext?.spanId).toBe(call.spanContext().spanId);
      expect(toMs(span.startTime)).toBe(attempt?.startedAt);
      expect(span.attributes).toMatchObject({
        'keywheel.provider': 'openai',
        'keywheel.model': 'gpt-5-mini',
        'keywheel.key.id': attempt?.key,
        'keywheel.attempt.class': attempt?.class,
        'http.response.status_code': attempt?.status,
        'server.address': '127.0.0.1',
      });
      expect(Object.keys(span.attributes).filter((name) => name.startsWith('gen_ai'))).toEqual([]);
    }
    expect(attempts.map(({ attributes, status }) => [attributes['error.type'], status.code])).toEqual([
      ['key_invalid', SpanStatusCode.ERROR],
      ['server_error', SpanStatusCode.ERROR],
      [undefined, SpanStatusCode.UNSET],
    ]);
  });

  test('are left out where nobody wants them', async () => {
    const simulator = await world.simulator({ groups: [group('a')] });
    const client = world.client(at(simulator, 'a'));
    telemetry.instrument(client, { attempts: false });
    await client.chat(ask());
    expect(telemetry.spans().map(({ name }) => name)).toEqual(['chat gpt-5-mini']);
  });

  test('at another target: the call is called after the one that answered', async () => {
    const simulator = await world.simulator({ groups: [group('a')], faults: [{ kind: 'overloaded', model: 'gpt-5', times: 9 }] });
    const options = { ...at(simulator, 'a'), models: { best: ['openai/gpt-5', 'openai/gpt-5-mini'] }, retry: { attempts: 1 } };
    const client = world.client(options);
    telemetry.instrument(client);
    await client.chat(ask('Hi', { model: 'best' }));
    expect(telemetry.span('chat gpt-5-mini').attributes).toMatchObject({
      'gen_ai.request.model': 'gpt-5-mini',
      'keywheel.requested_model': 'best',
      'keywheel.attempts': 2,
    });
  });
});

describe('a call that fails', () => {
  test('has the status, the type of the error and an exception without a stack', async () => {
    const simulator = await world.simulator({ groups: [group('a')], faults: [{ kind: 'status', status: 500, times: 9 }] });
    const client = world.client({ ...at(simulator, 'a'), retry: { attempts: 2 } });
    telemetry.instrument(client);
    const error = await errorOf(client.chat(ask()), ProviderError);
    const span = telemetry.span('chat gpt-5-mini');
    expect(span.status).toEqual({ code: SpanStatusCode.ERROR, message: error.message });
    expect(span.attributes).toMatchObject({ 'error.type': 'server_error', 'keywheel.error.code': 'provider_failed' });
    expect(span.events).toMatchObject([
      { name: 'exception', attributes: { 'exception.type': 'ProviderError', 'exception.message': error.message } },
    ]);
    expect(span.events[0]?.attributes).not.toHaveProperty('exception.stacktrace');
  });

  test.each([
    ['no key can serve', { kind: 'rate_limit', retryAfterMs: 60_000 }, KeysExhaustedError, 'rate_limited', 'keys_exhausted'],
    ['the request is wrong', { kind: 'status', status: 400 }, RequestError, 'bad_request', 'request_rejected'],
  ] as const)('as %s', async (_, fault, type, failure, code) => {
    const simulator = await world.simulator({ groups: [group('a')], faults: [fault] });
    const client = world.client(at(simulator, 'a'));
    telemetry.instrument(client);
    expect(await errorOf(client.chat(ask(), { maxWaitMs: 0 }), KeywheelError)).toBeInstanceOf(type);
    const { attributes } = telemetry.span('chat gpt-5-mini');
    expect(attributes).toMatchObject({ 'error.type': failure, 'keywheel.error.code': code });
  });

  test('by an abort: its type says so, and there is no exception, as the reason is the callers own', async () => {
    const simulator = await world.simulator({ groups: [group('a')], faults: [{ kind: 'hang' }] });
    const client = world.client(at(simulator, 'a'));
    telemetry.instrument(client);
    const controller = new AbortController();
    const call = client.chat(ask(), { signal: controller.signal });
    controller.abort(new Error('the secret reason'));
    await Promise.allSettled([call]);
    const span = telemetry.span('chat gpt-5-mini');
    expect([span.status, span.attributes['error.type'], span.events]).toEqual([
      { code: SpanStatusCode.ERROR, message: 'aborted' },
      'aborted',
      [],
    ]);
  });
});

describe('streams', () => {
  test('end with their last chunk, and say when the first came', async () => {
    const simulator = await world.simulator({ groups: [group('a')] });
    const client = world.client(at(simulator, 'a'));
    telemetry.instrument(client);
    const stream = await client.chat(askStream());
    expect(telemetry.spans()).toEqual([]);
    await readAll(stream);
    const { report, id, choices } = await stream.reply();
    expect(telemetry.span('chat gpt-5-mini').attributes).toMatchObject({
      'gen_ai.request.stream': true,
      'gen_ai.response.time_to_first_chunk': (report.firstTokenMs ?? Number.NaN) / 1000,
      'gen_ai.response.id': id,
      'gen_ai.response.finish_reasons': [choices[0]?.finish_reason],
      'gen_ai.usage.output_tokens': report.tokens?.output,
    });
  });

  test.each([true, false])('that break off tell whose answer it was, and (asked for: %s) what was said of it', async (captureContent) => {
    const simulator = await world.simulator({
      groups: [group('a')],
      reply: () => 'the wheel turns',
      faults: [{ kind: 'cut', afterChunks: 3 }],
    });
    const client = world.client(at(simulator, 'a'));
    telemetry.instrument(client, { captureContent });
    const { partial } = await errorOf(client.chat(askStream()).then(readAll), StreamInterruptedError);
    const { attributes } = telemetry.span('chat gpt-5-mini');
    expect(attributes).toMatchObject({ 'gen_ai.response.id': partial.id, 'gen_ai.response.model': 'gpt-5-mini', 'error.type': 'network' });
    const said = [{ role: 'assistant', parts: [{ type: 'text', content: partial.choices[0]?.message.content }], finish_reason: 'error' }];
    expect(attributes['gen_ai.output.messages']).toBe(captureContent ? JSON.stringify(said) : undefined);
  });

  test('whose reader leaves are over, aborted, and their attempt is below them', async () => {
    const simulator = await world.simulator({ groups: [group('a')] });
    const client = world.client(at(simulator, 'a'));
    telemetry.instrument(client);
    for await (const chunk of await client.chat(askStream('Hi', { max_tokens: 500 }))) {
      expect(chunk.object).toBe('chat.completion.chunk');
      break;
    }
    await client.close();
    const call = telemetry.span('chat gpt-5-mini');
    expect(call.attributes['error.type']).toBe('aborted');
    expect(telemetry.span('attempt openai').parentSpanContext?.spanId).toBe(call.spanContext().spanId);
  });
});

test('an answer of the cache used no tokens, no key and no attempt', async () => {
  const simulator = await world.simulator({ groups: [group('a')] });
  const client = world.client({ ...at(simulator, 'a'), cache: true });
  await client.chat(ask());
  telemetry.instrument(client);
  const { id } = await client.chat(ask());
  expect(telemetry.spans()).toHaveLength(1);
  const { attributes } = telemetry.span('chat gpt-5-mini');
  expect(attributes).toMatchObject({ 'keywheel.cache.status': 'hit', 'keywheel.attempts': 0, 'gen_ai.response.id': id });
  for (const name of ['gen_ai.usage.input_tokens', 'keywheel.key.id']) expect(attributes).not.toHaveProperty(name);
});

test('embeddings and lists of models', async () => {
  const simulator = await world.simulator({ groups: [group('a')] });
  const client = world.client(at(simulator, 'a'));
  telemetry.instrument(client);
  await client.embed({ model: 'openai/text-embedding-3-small', input: 'x', dimensions: 256, encoding_format: 'float' });
  await client.models();
  expect(telemetry.span('embeddings text-embedding-3-small').attributes).toMatchObject({
    'gen_ai.operation.name': 'embeddings',
    'gen_ai.embeddings.dimension.count': 256,
    'gen_ai.request.encoding_formats': ['float'],
  });
  expect(telemetry.span('list_models').attributes).not.toHaveProperty('gen_ai.request.model');
});

test('no attribute, event or metric holds a secret, over failures of each kind', async () => {
  const kinds = ['status', 'rate_limit', 'overloaded', 'cut', 'reset'] as const;
  const simulator = await world.simulator({
    groups: [group('dead', { state: 'dead' }), group('spent', { state: 'spent' }), group('a')],
    faults: [
      ...kinds.map((kind) => (kind === 'status' ? { kind, status: 500, key: 'a' } : { kind, key: 'a' })),
      { kind: 'status', status: 400, body: { error: { message: `Incorrect API key provided: ${secretOf('a')}` } } },
    ],
  });
  const client = world.client({ ...at(simulator, 'dead', 'spent', 'a'), cache: true, retry: { attempts: 2 } });
  telemetry.instrument(client, { captureContent: true });
  for (let index = 0; index < 12; index += 1) {
    const call = index % 2 === 0 ? client.chat(ask(`${index}`), { maxWaitMs: 0 }) : client.chat(askStream(`${index}`)).then(readAll);
    await Promise.allSettled([call]);
  }
  const told = JSON.stringify([
    telemetry.spans().map(({ name, attributes, events, status }) => [name, attributes, events, status]),
    [...(await telemetry.metrics())],
  ]);
  expect(telemetry.spans().some(({ attributes }) => attributes['error.type'] !== undefined)).toBe(true);
  for (const name of ['dead', 'spent', 'a']) expect(told).not.toContain(secretOf(name));
});

test('without a registered SDK nothing happens, and nothing breaks', async () => {
  const simulator = await world.simulator({ groups: [group('a')] });
  const client = world.client(at(simulator, 'a'));
  const stop = instrument(client);
  await client.chat(ask());
  await readAll(await client.chat(askStream()));
  stop();
  expect(telemetry.spans()).toEqual([]);
});
