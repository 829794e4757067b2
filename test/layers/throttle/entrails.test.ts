import Bottleneck from 'bottleneck';
import { describe, expect, it } from 'vitest';
import { lackingFields } from '../../../src/layers/throttle/entrails.ts';

describe('bottleneck', () => {
  it('still has every private part that the limiter replaces or reads', () => {
    expect(lackingFields(new Bottleneck({ maxConcurrent: 1, minTime: 1 }))).toEqual([]);
  });

  it.each(['_store', '_queues', 'Events', '_scheduled', '_run', '_drainAll', '_clearGlobalState', '_free'])(
    'is refused without %s',
    (name) => {
      const limiter = new Bottleneck();
      Object.defineProperty(limiter, name, { value: undefined });
      expect(lackingFields(limiter).every((path) => path.startsWith(name))).toBe(true);
      expect(lackingFields(limiter)).not.toEqual([]);
    },
  );
});
