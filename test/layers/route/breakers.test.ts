import { describe, expect, it } from 'vitest';
import type { RouteChanged } from '../../../src/events.ts';
import { Breakers, type Route } from '../../../src/layers/route/breakers.ts';
import { createManualClock } from '../../../src/simulator/manual-clock.ts';

const at = (model: string): Route => ({ route: `openai https://openai.test/v1 ${model}`, provider: { name: 'openai' }, model });

function start(maxRoutes = 1_000) {
  const clock = createManualClock();
  const changes: RouteChanged[] = [];
  const breakers = new Breakers({ clock, random: () => 0, onRouteChange: (change) => changes.push(change), maxRoutes });
  const fail = (route: string, count = 1): void => {
    for (let i = 0; i < count; i++) breakers.leave(at(route), breakers.force(at(route)), 'sick');
  };
  return { clock, changes, breakers, fail };
}

describe('Breakers', () => {
  it('tells each change once', () => {
    const { clock, changes, breakers, fail } = start();
    const until = clock.now() + 1_000;
    fail('a', 15);
    clock.advanceSync(1_000);
    const passage = breakers.force(at('a'));
    expect(breakers.enter(at('a'))).toBeUndefined();
    breakers.leave(at('a'), passage, 'well');
    expect(changes).toEqual([
      { provider: 'openai', model: 'a', status: 'open', until },
      { provider: 'openai', model: 'a', status: 'half-open' },
      { provider: 'openai', model: 'a', status: 'closed' },
    ]);
  });

  it('asks without taking the probe', () => {
    const { clock, breakers, fail } = start();
    fail('a', 10);
    clock.advanceSync(1_000);
    expect([breakers.admits(at('a')), breakers.admits(at('a')), breakers.enter(at('a'))?.as, breakers.admits(at('a'))]).toEqual([
      true,
      true,
      'probe',
      false,
    ]);
  });

  it('forgets the route longest unused when there are too many', () => {
    const { breakers, fail } = start(2);
    for (const route of ['a', 'b', 'a', 'c']) fail(route);
    expect(breakers.size).toBe(2);
    fail('a', 8);
    fail('b', 9);
    expect(['a', 'b'].map((route) => breakers.admits(at(route)))).toEqual([false, true]);
  });
});
