import { calcPrice, findProvider } from '@pydantic/genai-prices';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { findListed } from '../../src/usage/price-list.ts';
import { costAt, ofPrice } from '../../src/usage/rates.ts';

const NOW = Date.UTC(2026, 6, 1, 9);
const ADDRESS = 'http://127.0.0.1:1/v1';

describe('costAt', () => {
  const rates = { input: 4, output: 10, cached: 1, cacheWrite: 5, request: 0 };

  test.each([
    ['input and output', { input: 1_000_000, output: 500_000 }, 9],
    ['a part of the input that was read from the cache', { input: 1_000_000, output: 0, cached: 400_000 }, 2.8],
    ['a part of it that was written there', { input: 1_000_000, output: 0, cached: 400_000, cacheWrite: 600_000 }, 3.4],
    ['reasoning as output', { input: 0, output: 100_000, reasoning: 90_000 }, 1],
    ['parts that are more than the whole', { input: 100_000, output: 0, cached: 200_000 }, 0.2],
    ['nothing', { input: 0, output: 0 }, 0],
  ])('prices %s', (_, tokens, cost) => {
    expect(costAt(rates, tokens)).toBe(cost);
  });

  test('prices parts of the input as the input where they have no price of their own', () => {
    expect(costAt(ofPrice({ input: 2, output: 3 }), { input: 1_000_000, output: 0, cached: 500_000, cacheWrite: 500_000 })).toBe(2);
  });

  test('takes a price for a long prompt for all of its tokens', () => {
    const tiered = { input: { base: 1, tiers: [{ start: 200_000, price: 2 }] }, output: 0, request: 0 };
    expect([200_000, 200_001].map((input) => costAt(tiered, { input, output: 0 }))).toEqual([0.2, 0.400002]);
  });

  test('adds what a request costs by itself', () => {
    expect(costAt({ input: 1, output: 1, request: 0.005 }, { input: 0, output: 0 })).toBe(0.005);
  });

  test('has no price for output of a model that is sold without', () => {
    const embedding = { input: 1, output: undefined, request: 0 };
    expect([0, 1].map((output) => costAt(embedding, { input: 1_000_000, output }))).toEqual([1, undefined]);
  });
});

describe('the kept list', () => {
  test.each([
    ['a model', 'openai', 'gpt-5-mini', 2.25],
    ['a dated one', 'openai', 'gpt-5-mini-2025-08-07', 2.25],
    ['a provider of another name there', 'xai', 'grok-4', 18],
    ['a model with a region', 'bedrock', 'eu.anthropic.claude-sonnet-4-5-20250929-v1:0', 19.8],
    ['a model of an aggregator', 'openrouter', 'openai/gpt-4o-mini', 0.75],
    ['a deployment of the name of its model', 'azure', 'gpt-4o', 12.5],
    ['a model that nobody knows', 'openai', 'gpt-made-up', undefined],
    ['a model by the hour', 'openai', 'whisper-1', undefined],
    ['a known model at a provider of a name of its own', 'mine', 'gpt-4o', undefined],
    ['a known model on a machine of its own', 'ollama', 'gpt-oss:20b', undefined],
    ['a provider whose name only resembles one', 'my-openai-proxy', 'gpt-4o', undefined],
  ])('knows %s', (_, provider, model, cost) => {
    const { rates } = findListed({ provider, baseURL: ADDRESS, model }, NOW);
    const found = rates === undefined ? undefined : costAt({ ...rates, input: low(rates.input), output: low(rates.output) }, MILLIONS);
    expect(found).toBe(cost);
  });

  test('knows a provider of another name by its address, which goes before its name', () => {
    const at = (provider: string, baseURL: string) => findListed({ provider, baseURL, model: 'claude-sonnet-4-5' }, NOW).rates;
    expect(at('mine', 'https://api.anthropic.com/v1')).toEqual(at('anthropic', ADDRESS));
    expect(at('openai', 'https://api.anthropic.com/v1')).toEqual(at('anthropic', ADDRESS));
    expect(at('anthropic', ADDRESS)).toBeDefined();
  });

  test('says until when a price holds that changes with the time of day', () => {
    const price = (hour: number) =>
      findListed({ provider: 'deepseek', baseURL: ADDRESS, model: 'deepseek-chat' }, Date.UTC(2025, 6, 1, hour));
    expect(price(17).rates).not.toEqual(price(3).rates);
    expect(price(3).until).toBe(Date.UTC(2025, 6, 1, 3, 1));
    expect(findListed({ provider: 'openai', baseURL: ADDRESS, model: 'gpt-5-mini' }, NOW).until).toBe(Infinity);
  });

  test('is reckoned with as it reckons itself, for all of its models', () => {
    const tokens = fc.record({ input: fc.nat(400_000), output: fc.nat(50_000), cached: fc.nat(100), cacheWrite: fc.nat(100) });
    const models = ['openai', 'anthropic', 'google', 'mistral', 'deepseek', 'perplexity', 'groq'].flatMap((provider) =>
      (findProvider({ providerId: provider })?.models ?? []).map(({ id }) => ({ provider, model: id })),
    );
    expect(models.length).toBeGreaterThan(200);
    fc.assert(
      fc.property(fc.constantFrom(...models), tokens, ({ provider, model }, { input, output, cached, cacheWrite }) => {
        const used = { input: input + 200, output, cached, cacheWrite };
        const { rates } = findListed({ provider, baseURL: ADDRESS, model }, NOW);
        const cost = rates === undefined ? undefined : costAt(rates, used);
        const usage = { input_tokens: used.input, output_tokens: output, cache_read_tokens: cached, cache_write_tokens: cacheWrite };
        const theirs = calcPrice(usage, model, { providerId: provider, timestamp: new Date(NOW) })?.total_price;
        // Ours has none where a model is not sold by its tokens; both have none for a few that the list does not find itself.
        expect(cost ?? theirs ?? 0).toBeCloseTo(theirs ?? 0, 9);
      }),
    );
  });
});

const MILLIONS = { input: 1_000_000, output: 1_000_000 };

type Rate = ReturnType<typeof findListed>['rates'];

/** The price of short prompts. */
function low<R extends NonNullable<Rate>['output']>(rate: R): R | number {
  return typeof rate === 'object' ? rate.base : rate;
}
