import { describe, expect, it } from 'vitest';
import { Holds } from '../../../src/pool/keys/holds.ts';
import type { Refusal } from '../../../src/pool/keys/hold.ts';
import { START, verdict } from '../rig.ts';

const never = (): number => 0;
const HOUR = 3_600_000;

function refuse(holds: Holds, model: string | undefined, more: Partial<Refusal> = {}): ReturnType<Holds['refuse']> {
  return holds.refuse(
    { verdict: verdict('quota_exhausted'), scope: 'key', model, sentAt: START - 1, now: START, bucketAt: undefined, ...more },
    never,
  );
}

describe('holds of one holder', () => {
  it('one for a model leaves the others, one for all holds each', () => {
    const holds = new Holds();
    refuse(holds, 'gpt');
    expect([holds.readyAt('gpt'), holds.readyAt('o1')]).toEqual([START + HOUR, 0]);
    expect([holds.current(START)?.model, holds.current(START, 'gpt')?.model]).toEqual([undefined, 'gpt']);
    refuse(holds, undefined, { now: START + 5 });
    expect([holds.readyAt('gpt'), holds.readyAt('o1')]).toEqual([START + HOUR + 5, START + HOUR + 5]);
    expect(holds.active(START)).toHaveLength(2);
    expect(holds.active(START + HOUR)).toHaveLength(1);
  });

  it('tells of a hold only when it began or changed', () => {
    const holds = new Holds();
    expect(refuse(holds, 'gpt')).toBeDefined();
    expect(refuse(holds, 'gpt', { now: START + 1 })).toBeUndefined();
  });

  it('only an answer to a request sent after the end frees it', () => {
    const holds = new Holds();
    refuse(holds, 'gpt');
    expect(holds.serve('gpt', START + HOUR - 1)).toBe(false);
    expect(holds.serve('o1', START + HOUR)).toBe(false);
    expect(holds.serve('gpt', START + HOUR)).toBe(true);
    expect(holds.active(START)).toEqual([]);
  });

  it('one probe at a time: for the model, and for all models with a hold on all', () => {
    const holds = new Holds();
    const lease = {};
    refuse(holds, 'gpt');
    holds.startProbe('gpt', lease);
    expect([holds.probing('gpt', START + HOUR), holds.probing('o1', START + HOUR)]).toEqual([true, false]);
    holds.endProbe({});
    expect(holds.probing('gpt', START + HOUR)).toBe(true);
    holds.endProbe(lease);
    expect(holds.probing('gpt', START + HOUR)).toBe(false);
    refuse(holds, undefined);
    holds.startProbe('gpt', lease);
    expect(holds.probing('o1', START + HOUR)).toBe(true);
  });

  it('a hold that only time ends needs no probe', () => {
    const holds = new Holds();
    refuse(holds, 'gpt', { verdict: verdict('rate_limited') });
    holds.startProbe('gpt', {});
    expect(holds.probing('gpt', START + 1000)).toBe(false);
  });

  it('an acquittal takes back what was said of the key, not what was said of its quota', () => {
    const holds = new Holds();
    refuse(holds, 'gpt');
    refuse(holds, undefined, { verdict: verdict('key_forbidden') });
    holds.acquit();
    expect(holds.active(START).map((hold) => hold.class)).toEqual(['quota_exhausted']);
    holds.clear();
    expect(holds.readyAt('gpt')).toBe(0);
  });

  it('holds of made-up models are bounded: those that end first are forgotten, but for those under probe', () => {
    const holds = new Holds();
    const lease = {};
    refuse(holds, 'probed');
    holds.startProbe('probed', lease);
    refuse(holds, undefined, { verdict: verdict('key_forbidden') });
    for (let count = 0; count < 20_000; count += 1)
      refuse(holds, `made-up-${count}`, {
        now: START + count,
        verdict: verdict('model_unavailable', { until: { at: START + HOUR + count, source: 'body' } }),
      });
    expect(holds.active(START).length).toBeLessThanOrEqual(256);
    expect(holds.readyAt('made-up-19999')).toBe(START + HOUR + 19_999);
    expect(holds.unproved()?.class).toBe('key_forbidden');
    expect(holds.probing('probed', START + 2 * HOUR)).toBe(true);
    holds.endProbe(lease);
    expect(holds.probing('probed', START + 2 * HOUR)).toBe(false);
  });
});
