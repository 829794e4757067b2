import { describe, expect, test } from 'vitest';
import type { FindRates } from '../../src/usage/price-list.ts';
import { Prices } from '../../src/usage/prices.ts';

const MILLION = { input: 1_000_000, output: 0 };
const gpt = { provider: 'openai', baseURL: 'https://api.openai.com/v1', model: 'gpt-5-mini' };

/** A list that says how often it was asked. */
function listOf(input: number, until = Infinity) {
  const asked: string[] = [];
  const find: FindRates = ({ model }, at) => {
    asked.push(`${model} at ${at}`);
    return { rates: { input, output: 1, request: 0 }, until };
  };
  return { asked, open: () => Promise.resolve(find) };
}

const broken = (): Promise<FindRates> => Promise.reject(new Error('Cannot find the package'));

describe('prices', () => {
  test('are those of the kept list, once it is loaded', async () => {
    const prices = new Prices(true);
    expect([prices.ready, prices.costOf(gpt, MILLION, 0)]).toEqual([false, undefined]);
    await prices.load();
    expect([prices.ready, prices.costOf(gpt, MILLION, 0)]).toEqual([true, 0.25]);
    expect(prices.costOf({ ...gpt, model: 'made-up' }, MILLION, 0)).toBeUndefined();
  });

  test('are not loaded when there are to be none', async () => {
    const prices = new Prices(false, broken);
    await prices.load();
    expect([prices.ready, prices.costOf(gpt, MILLION, 0)]).toEqual([true, undefined]);
  });

  test('are undefined where the list cannot be loaded, and those of your own are known', async () => {
    const prices = new Prices({ 'openai/gpt-5*': { input: 3, output: 0 } }, broken);
    await prices.load();
    await prices.settled();
    expect(prices.ready).toBe(true);
    expect([gpt, { ...gpt, model: 'gpt-4' }].map((priced) => prices.costOf(priced, MILLION, 0))).toEqual([3, undefined]);
  });

  test('are loaded once, however many wait for them', async () => {
    let opened = 0;
    const { open } = listOf(1);
    const prices = new Prices(true, () => ((opened += 1), open()));
    await Promise.all([prices.load(), prices.load()]);
    await prices.load();
    expect(opened).toBe(1);
  });

  test('of your own go before the list: by name, then by the longest pattern, also when they are 0', async () => {
    const own = {
      'openai/*': { input: 5, output: 0 },
      'openai/gpt-5-mini': { input: 0, output: 0 },
      'openai/gpt-5*': { input: 7, output: 0 },
      '*/llama*': { input: 8, output: 0 },
    };
    const prices = new Prices(own, listOf(1).open);
    await prices.load();
    const cost = (provider: string, model: string) => prices.costOf({ provider, baseURL: '', model }, MILLION, 0);
    expect(cost('openai', 'gpt-5-mini')).toBe(0);
    expect(cost('openai', 'gpt-5')).toBe(7);
    expect(cost('openai', 'o3')).toBe(5);
    expect(cost('local', 'llama3:8b')).toBe(8);
    expect(cost('local', 'mistral')).toBe(1);
  });

  test('of the list are asked for once a model, and again when they end', async () => {
    const { asked, open } = listOf(2, 100);
    const prices = new Prices(true, open);
    await prices.load();
    for (const at of [1, 2, 99, 100, 101]) prices.costOf(gpt, MILLION, at);
    expect(asked).toEqual(['gpt-5-mini at 1', 'gpt-5-mini at 100', 'gpt-5-mini at 101']);
  });

  test('are kept for a bounded number of models', async () => {
    const { asked, open } = listOf(2);
    const prices = new Prices(true, open);
    await prices.load();
    for (let index = 0; index <= 1000; index += 1) prices.costOf({ ...gpt, model: `m${index}` }, MILLION, 0);
    prices.costOf({ ...gpt, model: 'm1000' }, MILLION, 0);
    prices.costOf({ ...gpt, model: 'm0' }, MILLION, 0);
    expect(asked.length).toBe(1002);
  });
});
