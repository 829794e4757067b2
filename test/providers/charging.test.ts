import { expect, test } from 'vitest';
import { uncertain } from '../../src/charging.ts';
import { resolveProviders } from '../../src/options/providers.ts';
import type { ProviderOptions } from '../../src/options/types.ts';

function chargingOf(name: string, options: ProviderOptions = {}) {
  const [resolved] = resolveProviders({ [name]: { keys: ['k'], ...options } }, {});
  return resolved?.provider.charging;
}

test('a provider counts against its limits what its row says', () => {
  expect(chargingOf('openai')).toMatchObject({ admission: 'max_tokens', settles: false, refusedCount: true });
  expect(chargingOf('anthropic')).toMatchObject({ admission: 'true', settles: true, cachedInput: 0 });
  expect(chargingOf('bedrock')).toMatchObject({ admission: 'max_tokens', settles: true, cachedInput: 0 });
  expect(chargingOf('google', { project: 'p' })).toMatchObject({ admission: 'true' });
  expect(chargingOf('mistral')).toEqual({ ...uncertain, cachedPrice: 0.1 });
  expect(chargingOf('together')).toBe(uncertain);
});

test('a row speaks of its own hosts: a gateway elsewhere counts in its own way, and a host is known by any name', () => {
  expect(chargingOf('openai', { baseURL: 'http://127.0.0.1:9/v1' })).toBe(uncertain);
  expect(chargingOf('mine', { protocol: 'openai', baseURL: 'https://api.openai.com/v1' })).toMatchObject({ admission: 'max_tokens' });
  expect(chargingOf('mine', { protocol: 'openai', baseURL: 'https://mine.test/v1' })).toBe(uncertain);
});

test('output of newer Claude models counts five times at Bedrock', () => {
  const models = chargingOf('bedrock')?.output?.models;
  const counted = ['us.anthropic.claude-sonnet-4-5-20250929-v1:0', 'anthropic.claude-3-7-sonnet-20250219-v1:0'];
  const plain = ['anthropic.claude-3-5-sonnet-20240620-v1:0', 'amazon.nova-pro-v1:0'];
  expect([...counted, ...plain].map((model) => models?.test(model))).toEqual([true, true, false, false]);
});
