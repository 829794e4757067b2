import { describe, expect, test } from 'vitest';
import { Pace, Paces } from '../../src/pool/capacity-pace.ts';
import { START } from './rig.ts';

describe('a pace', () => {
  test('is 0 while nothing was asked, and knows no means', () => {
    const pace = new Pace();
    expect([pace.perMinute(START), pace.meanOf('tokens'), pace.meanMs, pace.meanOf('requests')]).toEqual([0, undefined, undefined, 1]);
  });

  test('is of the time that has passed, and means are of all calls', () => {
    const pace = new Pace();
    for (let call = 1; call <= 120; call += 1) pace.note({ input: 100, output: call % 2 === 0 ? 0 : 20 }, 500, START + call * 500);
    expect(pace.perMinute(START + 60_000)).toBeCloseTo(120.5, 1);
    expect(Math.round(pace.meanOf('tokens') ?? 0)).toBe(110);
    expect([Math.round(pace.meanOf('input') ?? 0), Math.round(pace.meanMs ?? 0)]).toEqual([100, 500]);
  });

  test('forgets: the pace goes, what a call takes stays known', () => {
    const pace = new Pace();
    for (let call = 0; call < 100; call += 1) pace.note({ input: 10, output: 10 }, 5, START + call);
    expect(pace.perMinute(START + 600_000)).toBeLessThan(0.01);
    expect(pace.meanOf('tokens')).toBeCloseTo(20);
    for (let call = 0; call < 20; call += 1) pace.note({ input: 30, output: 10 }, 5, START + 600_000 + call);
    expect(Math.round(pace.meanOf('tokens') ?? 0)).toBe(40);
  });
});

test('paces remember the models of the last quotas, not of all that ever were', () => {
  const paces = new Paces();
  for (let model = 0; model < 600; model += 1) paces.note({}, { provider: 'p', model: `m${model}` }, { input: 1, output: 1 }, 1, START);
  paces.note({}, { provider: 'p', model: '' }, { input: 1, output: 1 }, 1, START);
  expect(paces.used()).toHaveLength(512);
  expect(paces.used().at(-1)).toEqual({ provider: 'p', model: 'm599' });
});
