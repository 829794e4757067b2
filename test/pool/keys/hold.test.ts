import { describe, expect, it } from 'vitest';
import { afterRefusal, afterServed, type Hold, type Refusal } from '../../../src/pool/keys/hold.ts';
import type { Verdict } from '../../../src/failure.ts';
import { START, verdict } from '../rig.ts';

const SECOND = 1000;
const HOUR = 3_600_000;
const never = (): number => 0;

function refusal(more: Partial<Refusal> = {}): Refusal {
  return { verdict: verdict('rate_limited'), scope: 'group', model: 'gpt', sentAt: START - 1, now: START, bucketAt: undefined, ...more };
}

const until = (at: number): Partial<Verdict> => ({ until: { at, source: 'retry-after' } });
const named = (at: number, more: Partial<Refusal> = {}): Refusal => refusal({ verdict: verdict('rate_limited', until(at)), ...more });
const first = (from: Refusal): Hold => afterRefusal(undefined, from, never);

describe('a first refusal', () => {
  const table: readonly (readonly [string, Refusal, number, Hold['release'], Hold['source']])[] = [
    ['lasts as long as was named', named(START + 7000), 7000, 'time', 'retry-after'],
    ['at least a millisecond, when what was named is over', named(START - 5), 1, 'time', 'retry-after'],
    ['until the bucket has room, when nothing was named', refusal({ bucketAt: START + 300 }), 300, 'time', 'bucket'],
    ['what was named goes before the bucket', named(START + 50, { bucketAt: START + 300 }), 50, 'time', 'retry-after'],
    ['a second, when nobody knows', refusal(), SECOND, 'time', 'default'],
    ['an hour and a probe for money', refusal({ verdict: verdict('quota_exhausted') }), HOUR, 'probe', 'default'],
    [
      'a bucket does not tell when money comes',
      refusal({ verdict: verdict('quota_exhausted'), bucketAt: START + 300 }),
      HOUR,
      'probe',
      'default',
    ],
    ['a probe also where an end was named', refusal({ verdict: verdict('quota_exhausted', until(START + 9)) }), 9, 'probe', 'retry-after'],
    ['an hour and a probe for a model', refusal({ verdict: verdict('model_unavailable') }), HOUR, 'probe', 'default'],
    ['a minute and a probe for a suspect key', refusal({ verdict: verdict('key_forbidden') }), 60 * SECOND, 'probe', 'default'],
    [
      'ten seconds and a probe for a provider',
      refusal({ verdict: verdict('key_invalid'), scope: 'provider' }),
      10 * SECOND,
      'probe',
      'default',
    ],
  ];
  it.each(table)('%s', (_name, from, ms, release, source) => {
    expect(first(from)).toMatchObject({ since: START, until: START + ms, release, source, strikes: 1 });
  });

  it('jitter only ever adds, a quarter at most', () => {
    expect(afterRefusal(undefined, refusal(), () => 0.999).until).toBe(START + 1250);
  });

  it('may last for ever', () => {
    expect(first(named(Infinity)).until).toBe(Infinity);
  });
});

describe('a refusal of what is held', () => {
  const held = first(named(START + 10_000));

  it('sent before the hold began, or in its very millisecond, is the same event', () => {
    expect(afterRefusal(held, refusal({ now: START + 50 }), never)).toBe(held);
    expect(afterRefusal(held, named(START + 5000, { now: START + 50 }), never)).toBe(held);
    expect(afterRefusal(held, refusal({ sentAt: START, now: START + 20_000 }), never)).toBe(held);
  });

  it('a burst may still name a later end', () => {
    const later = afterRefusal(held, named(START + 30_000, { now: START + 50 }), never);
    expect(later).toMatchObject({ until: START + 30_000, since: START, strikes: 1 });
  });

  it('sent inside the hold never lengthens it', () => {
    expect(afterRefusal(held, named(START + 99_000, { sentAt: START + 20, now: START + 50 }), never)).toBe(held);
  });

  it('sent after it ended counts as a strike, and unnamed delays double up to a minute', () => {
    let hold = first(refusal());
    const lengths: number[] = [];
    for (let count = 0; count < 8; count += 1) {
      lengths.push(hold.until - hold.since);
      hold = afterRefusal(hold, refusal({ sentAt: hold.until, now: hold.until + 5 }), never);
    }
    expect(lengths).toEqual([1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000]);
    expect(hold.strikes).toBe(9);
  });

  it('of another class begins to count anew', () => {
    const next = afterRefusal(held, refusal({ verdict: verdict('key_forbidden'), sentAt: held.until, now: held.until + 5 }), never);
    expect(next).toMatchObject({ class: 'key_forbidden', strikes: 1 });
  });

  it('a spent quota outweighs a rate limit, and never shortens it', () => {
    const spent = afterRefusal(held, refusal({ verdict: verdict('quota_exhausted', until(START + 500)), now: START + 50 }), never);
    expect(spent).toMatchObject({ class: 'quota_exhausted', until: START + 10_000, release: 'probe' });
    expect(afterRefusal(spent, named(START + 100, { now: START + 60 }), never)).toBe(spent);
  });
});

describe('an answer', () => {
  const held = first(named(START + 10_000));
  it.each([
    ['to a request sent before the hold', START - 5, true],
    ['to one sent inside it', START + 9999, true],
    ['to one sent when it ended', START + 10_000, false],
  ])('%s leaves it: %s', (_name, sentAt, stays) => {
    expect(afterServed(held, sentAt)).toBe(stays ? held : undefined);
  });
});
