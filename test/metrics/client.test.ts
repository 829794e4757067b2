import { expect, test } from 'vitest';
import { ProviderError } from '../../src/index.ts';
import { ask, askStream, at, errorOf, group, key, readAll, secretOf, useWorld } from '../support/world.ts';
import { readExposition, valueOf } from './exposition.ts';

const world = useWorld();

test('a run with answers, streams, refusals, failures and hits is counted, and no secret is in it', async () => {
  const simulator = await world.simulator({
    groups: [group('dead', { state: 'dead' }), group('a', { limits: { rpm: 100 } })],
    faults: [{ kind: 'status', status: 500, after: 3, times: 2, group: 'a' }],
  });
  const options = at(simulator, key('dead', { weight: 9 }), 'a');
  const client = world.client({ ...options, cache: true, retry: { attempts: 2 } });
  await client.chat(ask('one'));
  await client.chat(ask('one'));
  await readAll(await client.chat(askStream('two')));
  await client.embed({ model: 'openai/text-embedding-3-small', input: ['a', 'b'] });
  await errorOf(client.chat(ask('three')), ProviderError);
  const text = client.metrics();
  const families = readExposition(text);
  const chat = { provider: 'openai', model: 'gpt-5-mini', operation: 'chat' };
  expect(valueOf(families, 'keywheel_calls_total', { ...chat, outcome: 'ok' })).toBe(3);
  expect(valueOf(families, 'keywheel_calls_total', { ...chat, outcome: 'server_error' })).toBe(1);
  expect(valueOf(families, 'keywheel_calls_total', { operation: 'embed', outcome: 'ok' })).toBe(1);
  expect(valueOf(families, 'keywheel_attempts_total', { ...chat, class: 'ok' })).toBe(2);
  expect(valueOf(families, 'keywheel_attempts_total', { ...chat, class: 'key_invalid' })).toBe(1);
  expect(valueOf(families, 'keywheel_attempts_total', { ...chat, class: 'server_error' })).toBe(2);
  expect(valueOf(families, 'keywheel_cache_results_total', { ...chat, status: 'hit' })).toBe(1);
  expect(valueOf(families, 'keywheel_first_token_seconds_count', chat)).toBe(1);
  expect(valueOf(families, 'keywheel_call_duration_seconds_count', { ...chat, answered: 'true' })).toBe(3);
  expect(valueOf(families, 'keywheel_keys', { state: 'invalid' })).toBe(1);
  expect(valueOf(families, 'keywheel_calls_in_flight')).toBe(0);
  expect(families.find(({ name }) => name === 'keywheel_bucket_limit')?.samples.map(({ labels }) => labels['group'])).toContain('a');
  for (const name of ['dead', 'a']) expect(text).not.toContain(secretOf(name));
});

test('a provider without keys is told to have none: an alert on zero needs a series', async () => {
  const simulator = await world.simulator({ groups: [group('a')] });
  const client = world.client(at(simulator, 'a'));
  client.keys.remove('a');
  const families = readExposition(client.metrics());
  expect(valueOf(families, 'keywheel_keys', { provider: 'openai', state: 'ready' })).toBe(0);
  expect(valueOf(families, 'keywheel_attempts_in_flight', { provider: 'openai' })).toBe(0);
});

test('calls under way and calls that wait are seen while they do', async () => {
  const simulator = await world.simulator({ groups: [group('a')], faults: [{ kind: 'hang', times: 1 }] });
  const client = world.client(at(simulator, key('a', { limits: { concurrency: 1 } })));
  const controller = new AbortController();
  const calls = [ask('one'), ask('two'), ask('three')].map((request) => client.chat(request, { signal: controller.signal }));
  const families = readExposition(client.metrics());
  expect(valueOf(families, 'keywheel_calls_in_flight')).toBe(3);
  expect(valueOf(families, 'keywheel_calls_waiting')).toBe(2);
  expect(valueOf(families, 'keywheel_attempts_in_flight', { provider: 'openai' })).toBe(1);
  controller.abort();
  await Promise.allSettled(calls);
  expect(valueOf(readExposition(client.metrics()), 'keywheel_calls_total', { outcome: 'aborted' })).toBe(3);
});
