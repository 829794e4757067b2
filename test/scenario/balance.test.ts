import { expect, test } from 'vitest';
import type { AliasOptions } from '../../src/index.ts';
import { ask, group, key, useWorld } from '../support/world.ts';

// An alias that says which of its targets is asked first, through the whole client.

const world = useWorld();

async function open(fast: AliasOptions) {
  const one = await world.simulator({ groups: [group('a')] });
  const two = await world.simulator({ groups: [group('b')] });
  const client = world.client({
    providers: {
      one: { protocol: 'openai', baseURL: one.baseURL, keys: [key('a')] },
      two: { protocol: 'openai', baseURL: two.baseURL, keys: [key('b')] },
    },
    models: { fast },
    retry: { attempts: 1 },
  });
  const call = async () => (await client.chat(ask('Hi', { model: 'fast' }))).report;
  return { one, two, call };
}

const CHEAP = { input: 0.1, output: 0.4 };
const DEAR = { input: 3, output: 15 };

test('by cost the cheaper target is asked first, the report says why, and the dearer one takes over when it fails', async () => {
  const targets = [
    { model: 'one/m', price: DEAR },
    { model: 'two/m', price: CHEAP },
  ];
  const { one, two, call } = await open({ targets, balance: 'cost' });
  const { provider, attempts } = await call();
  expect([provider, attempts[0]?.why]).toEqual(['two', 'the cheapest of 2 targets; the only group that could start']);
  two.fail({ kind: 'status', status: 500, times: 1 });
  const second = await call();
  expect(second.attempts.map((attempt) => [attempt.provider, attempt.action])).toEqual([
    ['two', 'fallback'],
    ['one', 'answer'],
  ]);
  expect(one.stats().received).toBe(1);
});

test('by latency each is asked once before one is preferred', async () => {
  const { call } = await open({ targets: ['one/m', 'two/m'], balance: 'latency' });
  expect([(await call()).provider, (await call()).provider]).toEqual(['one', 'two']);
});

test('without a balance targets are asked as they stand, and nothing is said of it', async () => {
  const { call } = await open({ targets: [{ model: 'one/m', price: DEAR }, 'two/m'] });
  const { provider, attempts } = await call();
  expect([provider, attempts[0]?.why]).toEqual(['one', 'the only group that could start']);
});
