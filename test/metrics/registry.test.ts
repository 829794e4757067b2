import { AggregatorRegistry, Counter, Registry } from 'prom-client';
import { expect, test } from 'vitest';
import { ConfigError, type Client } from '../../src/index.ts';
import { ask, at, group, useWorld } from '../support/world.ts';
import { readExposition, valueOf } from './exposition.ts';

const world = useWorld();

async function answered(): Promise<Client> {
  const simulator = await world.simulator({ groups: [group('a')] });
  const client = world.client(at(simulator, 'a'));
  await client.chat(ask());
  return client;
}

test('a registry has what the text has, at each scrape anew, however often the client is asked to register', async () => {
  const client = await answered();
  const registry = new Registry();
  expect(client.metrics(registry)).toBe(client.metrics());
  client.metrics(registry);
  expect(await registry.metrics()).toBe(client.metrics());
  await client.chat(ask('again'));
  expect(await registry.metrics()).toBe(client.metrics());
  expect(valueOf(readExposition(await registry.metrics()), 'keywheel_calls_total', { outcome: 'ok' })).toBe(2);
});

test('a change in the same turn as a scrape is in the text', async () => {
  const client = await answered();
  const registry = new Registry();
  client.metrics(registry);
  const scraping = registry.metrics();
  client.keys.disable('a');
  expect(valueOf(readExposition(client.metrics()), 'keywheel_keys', { state: 'disabled' })).toBe(1);
  expect(valueOf(readExposition(await scraping), 'keywheel_keys', { state: 'disabled' })).toBe(0);
});

test('it stands among the metrics of others, takes default labels, and a reset harms nothing', async () => {
  const client = await answered();
  const registry = new Registry();
  new Counter({ name: 'mine_total', help: 'Mine.', registers: [registry] }).inc();
  registry.setDefaultLabels({ app: 'shop' });
  client.metrics(registry);
  registry.resetMetrics();
  const families = readExposition(await registry.metrics());
  expect(valueOf(families, 'mine_total', { app: 'shop' })).toBe(0);
  expect(valueOf(families, 'keywheel_calls_total', { app: 'shop', outcome: 'ok' })).toBe(1);
});

test('a registry of OpenMetrics names counters its own way', async () => {
  const client = await answered();
  // Typed for one content type, and made for both.
  const registry = new Registry() as Registry<typeof Registry.OPENMETRICS_CONTENT_TYPE>;
  registry.setContentType(Registry.OPENMETRICS_CONTENT_TYPE);
  client.metrics(registry);
  await registry.metrics();
  client.metrics(registry);
  const text = await registry.metrics();
  expect(text).toContain('# TYPE keywheel_calls counter\nkeywheel_calls_total{provider="openai"');
  expect(text).toContain('keywheel_call_duration_seconds_bucket{le="+Inf"');
  expect(text.endsWith('# EOF\n')).toBe(true);
});

test('two clients in one registry: the second has a label of its own, until it is closed', async () => {
  const [first, second, third] = [await answered(), await answered(), await answered()];
  await second.chat(ask('again'));
  const registry = new Registry();
  for (const client of [first, second, third]) client.metrics(registry);
  const told = async (): Promise<readonly string[]> => {
    const calls = readExposition(await registry.metrics()).find(({ name }) => name === 'keywheel_calls_total');
    return (calls?.samples ?? []).map(({ labels, value }) => `${labels['client'] ?? 'none'} ${value}`);
  };
  expect(await told()).toEqual(['none 1', '2 2', '3 1']);
  await second.close();
  expect(await told()).toEqual(['none 1', '3 1']);
  // Its own text is still there, and its number is free.
  expect(valueOf(readExposition(second.metrics()), 'keywheel_calls_total')).toBe(2);
  const fourth = await answered();
  fourth.metrics(registry);
  expect(await told()).toEqual(['none 1', '3 1', '2 1']);
});

test('a client that is closed says what it counted, and stands in no registry any more', async () => {
  const client = await answered();
  await client.close();
  const registry = new Registry();
  expect(valueOf(readExposition(client.metrics(registry)), 'keywheel_calls_total')).toBe(1);
  expect(readExposition(await registry.metrics()).flatMap(({ samples }) => samples)).toEqual([]);
});

test('the workers of a cluster are put together', async () => {
  const client = await answered();
  const registry = new Registry();
  client.metrics(registry);
  const json = await registry.getMetricsAsJSON();
  const all = await AggregatorRegistry.aggregate([json, json]).metrics();
  const families = readExposition(all);
  expect(valueOf(families, 'keywheel_calls_total')).toBe(2);
  // Both workers have the same key.
  expect(valueOf(families, 'keywheel_keys', { state: 'ready' })).toBe(1);
});

test('a name that is taken is refused before anything is registered, and so is what is no registry', async () => {
  const client = await answered();
  const registry = new Registry();
  const mine = new Counter({ name: 'keywheel_wait_seconds', help: 'Mine.', registers: [registry] });
  expect(() => client.metrics(registry)).toThrow(
    new ConfigError(
      'Cannot register the metrics as the registry has another metric of the same name: current value is "keywheel_wait_seconds"',
    ),
  );
  expect(registry.getMetricsAsArray()).toEqual([mine]);
  for (const wrong of [5, null, 'text', {}, { registerMetric: () => {} }]) {
    // @ts-expect-error -- as JavaScript may call it
    expect(() => client.metrics(wrong)).toThrow(ConfigError);
  }
});
