import { describe, expect, it } from 'vitest';
import { Breakers, type RouteChange } from '../../../src/layers/route/breakers.ts';
import { createManualClock } from '../../../src/simulator/manual-clock.ts';

function start(maxRoutes = 1_000) {
  const clock = createManualClock();
  const changes: RouteChange[] = [];
  const breakers = new Breakers({ clock, random: () => 0, onRouteChange: (change) => changes.push(change), maxRoutes });
  const fail = (route: string, count = 1): void => {
    for (let i = 0; i < count; i++) breakers.leave(route, breakers.force(route), 'sick');
  };
  return { clock, changes, breakers, fail };
}

describe('Breakers', () => {
  it('tells each change once', () => {
    const { clock, changes, breakers, fail } = start();
    const until = clock.now() + 1_000;
    fail('a', 15);
    clock.advanceSync(1_000);
    const passage = breakers.force('a');
    expect(breakers.enter('a')).toBeUndefined();
    breakers.leave('a', passage, 'well');
    expect(changes).toEqual([
      { route: 'a', status: 'open', until },
      { route: 'a', status: 'half-open', until: undefined },
      { route: 'a', status: 'closed', until: undefined },
    ]);
  });

  it('asks without taking the probe', () => {
    const { clock, breakers, fail } = start();
    fail('a', 10);
    clock.advanceSync(1_000);
    expect([breakers.admits('a'), breakers.admits('a'), breakers.enter('a')?.as, breakers.admits('a')]).toEqual([
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
    expect(['a', 'b'].map((route) => breakers.admits(route))).toEqual([false, true]);
  });
});
