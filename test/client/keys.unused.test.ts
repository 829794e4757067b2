import { describe, expect, test } from 'vitest';
import { Keys } from '../../src/client/keys.ts';
import { KeySources } from '../../src/client/sources.ts';
import { Deadline } from '../../src/deadline.ts';
import { SignalHub } from '../../src/abort.ts';
import { Events } from '../../src/events.ts';
import { Pool } from '../../src/pool/pool.ts';
import { createManualClock } from '../../src/simulator/manual-clock.ts';
import { refusal, resolve } from '../options/support.ts';
import { fakeVerdict } from '../support/fake-call.ts';

const DAY = 86_400_000;
const secretOf = (id: string): string => `sk-of-${id}-0123456789abcdef`;
const key = (id: string, more: object = {}) => ({ secret: secretOf(id), id, group: `group-of-${id}`, ...more });

function setUp(keys: unknown) {
  const clock = createManualClock();
  const events = new Events();
  const pool = new Pool(clock, () => 0, events);
  const { providers } = resolve({ providers: { openai: { keys, refreshMs: DAY }, ollama: {} } });
  const sources = new KeySources(providers, pool, clock, events);
  const lease = (id: string) => {
    const deadline = new Deadline(clock, new SignalHub(), { timeoutMs: Infinity });
    const ask = { callId: 'call-1', provider: 'openai', model: 'm', cost: { input: 1, output: 1 }, groups: undefined, keys: [id] };
    const leased = pool.lease({ ...ask, avoid: new Set(), priority: 0, tenant: undefined, affinity: undefined, waitUntil: 0 }, deadline);
    if (leased instanceof Promise) throw new Error('It had to wait');
    return leased;
  };
  const use = (id: string) => lease(id).settle({ status: 'served', used: { input: 1, output: 2 } });
  return { keys: new Keys(pool, clock, providers), pool, clock, sources, lease, use };
}

describe('unused keys', () => {
  test('are those that no call used for so many days, the longest unused first', async () => {
    const { keys, clock, use } = setUp([key('never'), key('long-ago'), key('today')]);
    const begin = clock.now();
    await clock.advance(DAY);
    use('long-ago');
    use('today');
    use('today');
    await clock.advance(30 * DAY);
    keys.add('openai', key('fresh'));
    use('today');
    await clock.advance(DAY / 2);
    expect(keys.unused()).toEqual([
      {
        id: 'never',
        provider: 'openai',
        group: 'group-of-never',
        label: 'sk-…cdef',
        state: 'ready',
        firstSeenAt: begin,
        ageDays: 31.5,
        unusedDays: 31.5,
        calls: 0,
      },
      {
        id: 'long-ago',
        provider: 'openai',
        group: 'group-of-long-ago',
        label: 'sk-…cdef',
        state: 'ready',
        firstSeenAt: begin,
        ageDays: 31.5,
        lastUsedAt: begin + DAY,
        unusedDays: 30.5,
        calls: 1,
      },
    ]);
  });

  test.each([
    [undefined, ['b', 'a']],
    [{}, ['b', 'a']],
    [{ days: undefined }, ['b', 'a']],
    [{ days: 0 }, ['b', 'a', 'c', 'd']],
    [{ days: 10 }, ['b', 'a', 'c']],
    [{ days: 10.5 }, ['b', 'a']],
    [{ days: 39 }, ['b', 'a']],
    [{ days: 40 }, ['b']],
    [{ days: 41 }, []],
  ])('by %j: %j', async (options, ids) => {
    const { keys, clock, use } = setUp([key('a'), key('b')]);
    await clock.advance(DAY);
    use('a');
    await clock.advance(29 * DAY);
    keys.add('openai', key('c'));
    await clock.advance(10 * DAY);
    keys.add('openai', key('d'));
    expect(keys.unused(options).map(({ id }) => id)).toEqual(ids);
  });

  test.each([
    [{ days: -1 }, "Cannot list the unused keys as 'days' must be a number of days from 0: current value is -1"],
    [{ days: Number.NaN }, "Cannot list the unused keys as 'days' must be a number of days from 0"],
    [{ days: Infinity }, "Cannot list the unused keys as 'days' must be a number of days from 0"],
    [{ days: '30' }, "Cannot list the unused keys as 'days' must be a number of days from 0"],
    [{ day: 30 }, "did you mean 'days'?"],
    [30, 'Cannot list the unused keys as the options must be an object { days }'],
  ])('%j is refused', (options, message) => {
    const { keys } = setUp([key('a')]);
    // The helper says that it is a ConfigError.
    expect(refusal(() => keys.unused(options as { readonly days?: number }))).toContain(message);
  });

  test('are in it whatever their state is; what stands for a provider without keys is not', async () => {
    const { keys, clock, lease } = setUp([
      key('disabled'),
      key('invalid'),
      key('expired', { expiresAt: Date.UTC(2026, 0, 2) }),
      key('held'),
    ]);
    keys.disable('disabled');
    lease('invalid').settle({ status: 'failed', verdict: fakeVerdict('key_invalid', { scope: 'key', definitive: true }), reached: true });
    const until = { at: clock.now() + 40 * DAY, source: 'body' } as const;
    lease('held').settle({
      status: 'failed',
      verdict: fakeVerdict('quota_exhausted', { scope: 'key', perModel: false, until }),
      reached: true,
    });
    await clock.advance(30 * DAY);
    expect(keys.unused().map(({ id, state }) => `${id} ${state}`)).toEqual([
      'disabled disabled',
      'invalid invalid',
      'expired expired',
      'held exhausted',
    ]);
  });

  test('print no secret', () => {
    expect(JSON.stringify(setUp([key('a')]).keys.unused({ days: 0 }))).not.toContain('0123456789');
  });
});

describe('a key that comes back', () => {
  const age = ({ keys }: ReturnType<typeof setUp>, id: string) => {
    const found = keys.get(id);
    return found && { firstSeenAt: found.firstSeenAt, addedAt: found.addedAt, lastUsedAt: found.lastUsedAt, totals: found.totals };
  };

  test('by its function has its history still; another secret of its id has none', async () => {
    const lists = [[key('a')], [key('b')], [key('a')], [key('a', { secret: 'another-secret-0123456789' })]];
    let asked = 0;
    const rig = setUp(() => lists[Math.min(asked++, lists.length - 1)]);
    await rig.sources.ready();
    const begin = rig.clock.now();
    await rig.clock.advance(1000);
    const late = rig.lease('a');
    rig.use('a');
    await rig.clock.advance(DAY - 1000);
    expect(rig.keys.get('a')).toBeUndefined();
    late.settle({ status: 'served', used: { input: 10, output: 10 } });
    await rig.clock.advance(DAY);
    const totals = { calls: 2, attempts: 2, tokens: 23, errors: 0 };
    expect(age(rig, 'a')).toEqual({ firstSeenAt: begin, addedAt: begin + 2 * DAY, lastUsedAt: begin + 1000, totals });
    expect(rig.keys.get('a')?.ageDays).toBe(2);
    await rig.clock.advance(DAY);
    const fresh = { calls: 0, attempts: 0, tokens: 0, errors: 0 };
    expect(age(rig, 'a')).toEqual({ firstSeenAt: begin + 3 * DAY, addedAt: begin + 3 * DAY, lastUsedAt: undefined, totals: fresh });
    rig.sources.close();
  });

  test('by hand, or with other options, too', async () => {
    const rig = setUp([key('a')]);
    const begin = rig.clock.now();
    rig.use('a');
    await rig.clock.advance(DAY);
    rig.keys.remove('a');
    rig.keys.add('openai', key('a', { weight: 2 }));
    expect(age(rig, 'a')).toMatchObject({ firstSeenAt: begin, addedAt: begin + DAY, lastUsedAt: begin, totals: { calls: 1 } });
  });

  test('after a thousand others is a new one', async () => {
    const rig = setUp([key('a')]);
    const begin = rig.clock.now();
    rig.keys.remove('a');
    for (let index = 0; index < 1000; index += 1) {
      rig.keys.add('openai', key(`short-lived-${index}`));
      rig.keys.remove(`short-lived-${index}`);
    }
    await rig.clock.advance(DAY);
    rig.keys.add('openai', key('a'));
    expect(rig.keys.get('a')?.firstSeenAt).toBe(begin + DAY);
  });
});
