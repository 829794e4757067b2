import { describe, expect, test } from 'vitest';
import { ProviderError } from '../../src/index.ts';
import { ask, askStream, at, errorOf, group, key, readAll, useWorld } from '../support/world.ts';
import { fakeClient, type Point, useTelemetry } from './support.ts';

const world = useWorld();
const telemetry = useTelemetry();

const SECONDS = [0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92];

async function pointsOf(name: string): Promise<readonly Point[]> {
  return (await telemetry.metrics()).get(name)?.points ?? [];
}

test('the names and units, after the conventions and our own', async () => {
  const simulator = await world.simulator({ groups: [group('a', { limits: { rpm: 50 } })], faults: [{ kind: 'rate_limit', key: 'b' }] });
  const client = world.client({ ...at(simulator, 'a'), cache: true, prices: { 'openai/gpt-5-mini': { input: 1, output: 2 } } });
  telemetry.instrument(client);
  await readAll(await client.chat(askStream()));
  const told = await telemetry.metrics();
  const units = [...told.values()].map(({ name, unit }) => `${name} ${unit}`).toSorted((a, b) => (a < b ? -1 : 1));
  expect(units.filter((line) => !line.startsWith('keywheel.cost'))).toEqual([
    'gen_ai.client.operation.duration s',
    'gen_ai.client.operation.time_to_first_chunk s',
    'gen_ai.client.token.usage {token}',
    'keywheel.bucket.limit ',
    'keywheel.bucket.remaining ',
    'keywheel.cache.results {call}',
    'keywheel.call.wait.duration s',
    'keywheel.keys {key}',
  ]);
});

describe('a call', () => {
  test('gives its duration, and tokens by type, with the bounds of the conventions', async () => {
    const simulator = await world.simulator({ groups: [group('a')] });
    const client = world.client(at(simulator, 'a'));
    telemetry.instrument(client);
    const { report } = await client.chat(ask(), { tags: { user: '7' }, tenant: 'acme' });
    const attributes = {
      'gen_ai.operation.name': 'chat',
      'gen_ai.provider.name': 'openai',
      'gen_ai.request.model': 'gpt-5-mini',
      'gen_ai.response.model': 'gpt-5-mini',
      'server.address': '127.0.0.1',
      'server.port': Number(new URL(simulator.baseURL).port),
    };
    const [duration] = await pointsOf('gen_ai.client.operation.duration');
    expect(duration?.attributes).toEqual(attributes);
    expect(duration?.value).toMatchObject({ count: 1, sum: report.durationMs / 1000, buckets: { boundaries: SECONDS } });
    const tokens = await pointsOf('gen_ai.client.token.usage');
    expect(tokens).toMatchObject([
      { attributes: { ...attributes, 'gen_ai.token.type': 'input' }, value: { count: 1, sum: report.tokens?.input } },
      { attributes: { ...attributes, 'gen_ai.token.type': 'output' }, value: { count: 1, sum: report.tokens?.output } },
    ]);
    expect(tokens[0]?.value).toMatchObject({ buckets: { boundaries: Array.from({ length: 14 }, (_, index) => 4 ** index) } });
    // A plain reply has no first chunk.
    expect(await pointsOf('gen_ai.client.operation.time_to_first_chunk')).toEqual([]);
  });

  test('that fails gives its duration with the type of its error, and its refused attempts', async () => {
    const simulator = await world.simulator({ groups: [group('a')], faults: [{ kind: 'status', status: 500, times: 9 }] });
    const client = world.client({ ...at(simulator, 'a'), retry: { attempts: 3 } });
    telemetry.instrument(client);
    await errorOf(client.chat(ask()), ProviderError);
    expect(await pointsOf('gen_ai.client.operation.duration')).toMatchObject([{ attributes: { 'error.type': 'server_error' } }]);
    expect(await pointsOf('keywheel.attempts.refused')).toEqual([
      { attributes: { 'keywheel.provider': 'openai', 'error.type': 'server_error' }, value: 3 },
    ]);
    expect(await pointsOf('gen_ai.client.token.usage')).toEqual([]);
  });

  test('that the cache answers is counted so, and used no tokens', async () => {
    const simulator = await world.simulator({ groups: [group('a')] });
    const client = world.client({ ...at(simulator, 'a'), cache: true });
    telemetry.instrument(client);
    for (let index = 0; index < 3; index += 1) await client.chat(ask());
    const cache = await pointsOf('keywheel.cache.results');
    expect(cache.map(({ attributes, value }) => [attributes['keywheel.cache.status'], value])).toEqual([
      ['miss', 1],
      ['hit', 2],
    ]);
    expect(await pointsOf('gen_ai.client.token.usage')).toMatchObject([{ value: { count: 1 } }, { value: { count: 1 } }]);
  });

  test('that waits says how long', async () => {
    const clock = world.clock();
    const simulator = await world.simulator({ groups: [group('a')], faults: [{ kind: 'rate_limit', retryAfterMs: 4_000 }] });
    const client = world.client({ ...at(simulator, 'a'), clock });
    telemetry.instrument(client);
    const failed = new Promise((resolve) => client.on('key-held', resolve));
    const call = client.chat(ask());
    await failed;
    const [held] = await pointsOf('keywheel.holds');
    await clock.advance(4_000);
    const { report } = await call;
    expect(held).toEqual({ attributes: { 'keywheel.provider': 'openai', 'keywheel.hold.class': 'rate_limited' }, value: 1 });
    expect(await pointsOf('keywheel.call.wait.duration')).toMatchObject([{ value: { count: 1, sum: report.waitedMs / 1000 } }]);
    expect(report.waitedMs).toBeGreaterThanOrEqual(4_000);
    expect(await pointsOf('keywheel.holds')).toMatchObject([{ attributes: held?.attributes, value: 0 }]);
  });
});

test('keys and what is left of their limits, as they stand when a reader collects', async () => {
  const simulator = await world.simulator({ groups: [group('a')] });
  const client = world.client(
    at(simulator, key('a', { limits: { buckets: [{ counts: 'requests', limit: 5, windowMs: 60_000, burst: 5 }] } })),
  );
  telemetry.instrument(client);
  const attributes = {
    'keywheel.provider': 'openai',
    'keywheel.group': 'a',
    'keywheel.bucket.counts': 'requests',
    'keywheel.bucket.window': 60,
  };
  expect(await pointsOf('keywheel.bucket.limit')).toEqual([{ attributes, value: 5 }]);
  expect(await pointsOf('keywheel.bucket.remaining')).toEqual([{ attributes, value: 5 }]);
  client.keys.disable('a');
  const states = await pointsOf('keywheel.keys');
  const ofState = Object.fromEntries(states.map((point) => [point.attributes['keywheel.key.state'], point.value]));
  expect(ofState).toEqual({ ready: 0, cooling: 0, exhausted: 0, invalid: 0, disabled: 1, expired: 0 });
});

test('a provider whose keys are all gone has none, rather than those it had last', async () => {
  const simulator = await world.simulator({ groups: [group('a')] });
  const client = world.client(at(simulator, 'a'));
  telemetry.instrument(client);
  const attributes = { 'keywheel.provider': 'openai', 'keywheel.key.state': 'ready' };
  expect(await pointsOf('keywheel.keys')).toContainEqual({ attributes, value: 1 });
  client.keys.remove('a');
  expect(await pointsOf('keywheel.keys')).toContainEqual({ attributes, value: 0 });
});

test('made-up models are a hundred series and one for the others', async () => {
  const client = fakeClient();
  telemetry.instrument(client);
  for (let index = 0; index < 1_000; index += 1) {
    const [id, model] = [`call-${index}`, `made-up-${index}`];
    const target = { provider: 'openai', model, protocol: 'openai', host: 'a.test', port: 443 };
    const common = { operation: 'chat', requested: model, stream: false, tags: {} } as const;
    client.emit('call-started', { callId: id, ...common, at: 0, targets: [target], asked: () => ({}) });
    const report = { id, ...common, provider: 'openai', model, key: 'k', cache: 'off', attempts: [], waitedMs: 0, durationMs: 1 } as const;
    client.emit('call-finished', { report, answer: () => ({ model: `${model}-2026` }) });
  }
  const durations = await pointsOf('gen_ai.client.operation.duration');
  expect(durations).toHaveLength(101);
  expect(durations.at(-1)?.attributes).toMatchObject({ 'gen_ai.request.model': '(others)', 'gen_ai.response.model': '(others)' });
});
