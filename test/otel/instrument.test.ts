import { describe, expect, test } from 'vitest';
import { type CallReport, type CallStarted, ConfigError } from '../../src/index.ts';
import { instrument } from '../../src/otel/index.ts';
import type { AttemptReport } from '../../src/report.ts';
import { fakeClient, type FakeClient, toMs, useTelemetry } from './support.ts';

const telemetry = useTelemetry();

const TARGET = { provider: 'openai', model: 'gpt', protocol: 'openai', host: 'api.openai.com', port: 443 };

function started(callId: string, more: Partial<CallStarted> = {}): CallStarted {
  return { callId, operation: 'chat', requested: 'gpt', stream: false, tags: {}, at: 1_000, targets: [TARGET], asked: () => ({}), ...more };
}

function reportOf(id: string, more: Partial<CallReport> = {}): CallReport {
  const from = { operation: 'chat', requested: 'gpt', stream: false, provider: 'openai', model: 'gpt', key: 'k' } as const;
  return { id, ...from, cache: 'off', attempts: [], waitedMs: 0, durationMs: 10, tags: {}, ...more };
}

function attempt(more: Partial<AttemptReport> = {}): AttemptReport {
  const from = { provider: 'openai', model: 'gpt', key: 'k', group: 'g', startedAt: 1_002, durationMs: 5, waitedMs: 0 };
  return { ...from, class: 'ok', why: 'the only key', ...more };
}

function instrumented(): FakeClient {
  const client = fakeClient();
  telemetry.instrument(client);
  return client;
}

interface FetchAsked {
  readonly endpoint: { readonly kind: string };
  readonly json: Readonly<Record<string, unknown>> | undefined;
}

describe('requests of fetch', () => {
  test.each<readonly [string, FetchAsked, string]>([
    ['chat', { endpoint: { kind: 'chat' }, json: { max_tokens: 5, temperature: 1, system: 'prompt' } }, 'chat gpt'],
    ['embed', { endpoint: { kind: 'embed' }, json: {} }, 'embeddings gpt'],
    ['other', { endpoint: { kind: 'other' }, json: undefined }, 'fetch gpt'],
  ])('for %s are called by what is known of them', (_, asked, name) => {
    const client = fakeClient();
    telemetry.instrument(client, { captureContent: true });
    client.emit('call-started', started('call-1', { operation: 'fetch', asked: () => asked }));
    client.emit('call-finished', { report: reportOf('call-1', { operation: 'fetch' }) });
    const { attributes } = telemetry.span(name);
    expect(attributes['gen_ai.operation.name']).toBe(name.split(' ')[0]);
    expect(attributes['gen_ai.request.max_tokens']).toBe(asked.json?.['max_tokens']);
    expect(JSON.stringify(attributes)).not.toContain('prompt');
  });

  test('without a model have a name of one word', () => {
    const client = instrumented();
    client.emit('call-started', started('call-1', { operation: 'fetch', targets: [{ ...TARGET, model: '' }] }));
    client.emit('call-finished', { report: reportOf('call-1', { operation: 'fetch', model: '' }) });
    expect(telemetry.span('fetch').attributes).not.toHaveProperty('gen_ai.request.model');
  });
});

describe('what comes late or never', () => {
  test('an attempt that is told of after its call is a span below it, with its own times', () => {
    const client = instrumented();
    client.emit('call-started', started('call-1'));
    client.emit('call-finished', { report: reportOf('call-1') });
    client.emit('attempt-failed', { callId: 'call-1', attempt: attempt({ class: 'aborted', durationMs: 30 }) });
    const [call, late] = [telemetry.span('chat gpt'), telemetry.span('attempt openai')];
    expect(late.parentSpanContext?.spanId).toBe(call.spanContext().spanId);
    expect([toMs(call.endTime), toMs(late.startTime), toMs(late.endTime)]).toEqual([1_010, 1_002, 1_032]);
  });

  test('an attempt of a call that nobody remembers, or that began before, is no span', () => {
    const client = instrumented();
    for (let index = 0; index < 300; index += 1) {
      client.emit('call-started', started(`call-${index}`));
      client.emit('call-finished', { report: reportOf(`call-${index}`) });
    }
    for (const callId of ['call-0', 'call-43', 'call-44', 'another']) client.emit('attempt-finished', { callId, attempt: attempt() });
    expect(telemetry.spans().filter(({ name }) => name === 'attempt openai')).toHaveLength(1);
  });

  test('a call that began before is counted, and is no span', async () => {
    const client = instrumented();
    client.emit('call-finished', { report: reportOf('call-1', { tokens: { input: 1, output: 2 }, attempts: [attempt()] }) });
    client.emit('call-failed', { report: reportOf('call-2', { provider: 'mine' }), class: 'network' });
    expect(telemetry.spans()).toEqual([]);
    const duration = (await telemetry.metrics()).get('gen_ai.client.operation.duration');
    expect(duration?.points.map(({ attributes }) => attributes['gen_ai.provider.name'])).toEqual(['openai', 'mine']);
  });

  test('to stop ends the spans of calls under way, and hears nothing any more', () => {
    const client = fakeClient();
    const stop = telemetry.instrument(client);
    client.emit('call-started', started('call-1'));
    expect(client.listeners).toBe(5);
    stop();
    stop();
    expect(client.listeners).toBe(0);
    expect(telemetry.span('chat gpt').attributes['keywheel.unfinished']).toBe(true);
  });
});

describe('names', () => {
  test.each<readonly [Partial<typeof TARGET>, string, string | undefined, number]>([
    [{ provider: 'openai', host: '127.0.0.1:8080', port: 8080 }, 'openai', '127.0.0.1', 8080],
    [{ provider: 'openai', host: 'llm.lan', port: 80 }, 'openai', 'llm.lan', 80],
    [{ provider: 'mine', host: 'api.openai.com' }, 'openai', 'api.openai.com', 443],
    [{ provider: 'azure', host: 'me.openai.azure.com' }, 'azure.ai.openai', 'me.openai.azure.com', 443],
    [{ provider: 'google', protocol: 'google', host: 'generativelanguage.googleapis.com' }, 'gcp.gemini', undefined, 443],
    [{ provider: 'mine', host: 'generativelanguage.googleapis.com' }, 'gcp.gemini', undefined, 443],
    [{ provider: 'google', protocol: 'google', host: 'us-east1-aiplatform.googleapis.com' }, 'gcp.vertex_ai', undefined, 443],
    [{ provider: 'p', protocol: 'bedrock', host: 'bedrock-runtime.eu-west-1.amazonaws.com' }, 'aws.bedrock', undefined, 443],
    [{ provider: 'p', protocol: 'anthropic', host: 'proxy.test:8443', port: 8443 }, 'anthropic', 'proxy.test', 8443],
    [{ provider: 'mistral' }, 'mistral_ai', undefined, 443],
    [{ provider: 'xai', host: 'api.x.ai' }, 'x_ai', undefined, 443],
    [{ provider: 'together', host: 'api.together.xyz' }, 'together', undefined, 443],
    [{ provider: 'local', host: '[::1]:11434', port: 11_434 }, 'local', '::1', 11_434],
    [{ provider: 'local', host: '[::1]' }, 'local', '::1', 443],
    [{ provider: 'constructor', host: 'a.test' }, 'constructor', 'a.test', 443],
  ])('of %o: %s', (target, name, address, port) => {
    const client = instrumented();
    client.emit('call-started', started('call-1', { targets: [{ ...TARGET, ...target }] }));
    client.emit('call-finished', { report: reportOf('call-1', target) });
    const { attributes } = telemetry.span('chat gpt');
    expect(attributes['gen_ai.provider.name']).toBe(name);
    expect(attributes['server.address']).toBe(address ?? target.host ?? TARGET.host);
    expect(attributes['server.port']).toBe(port);
  });

  test('and texts of callers are bounded', () => {
    const client = instrumented();
    const tags = Object.fromEntries(Array.from({ length: 100 }, (_, index) => [`tag${index}`, 'x'.repeat(10_000)]));
    client.emit('call-started', started('call-1', { tags, requested: `a\n${'m'.repeat(1_000)}` }));
    client.emit('call-finished', { report: reportOf('call-1') });
    const { attributes } = telemetry.span('chat gpt');
    expect(Object.keys(attributes).filter((name) => name.startsWith('keywheel.tag.'))).toHaveLength(32);
    expect(Math.max(...Object.values(attributes).map((value) => String(value).length))).toBe(256);
    expect(attributes['keywheel.requested_model']).toMatch(/^a m+…$/);
  });
});

test.each([
  [null, 'its options must be an object: current value is null'],
  [{ content: true }, 'an option must be one of tracerProvider, meterProvider, captureContent, attempts: current value is "content"'],
  [{ captureContent: 'no' }, `'captureContent' must be true or false: current value is "no"`],
  [{ tracerProvider: {} }, `'tracerProvider' must be a provider of tracers: current value is an object`],
])('options that are wrong: %o', (options, reason) => {
  const client = fakeClient();
  // @ts-expect-error -- as JavaScript may call it
  expect(() => instrument(client, options)).toThrow(new ConfigError(`Cannot instrument the client as ${reason}`));
  expect(client.listeners).toBe(0);
});
