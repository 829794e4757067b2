import type { Case, Dialect, LimitRow, Manners, OrgRow } from './case.ts';

/** Ways of a provider that no bar is for: each alone, so that a change that only fits the table shows. Run by name, or all by `--further`. */

const MINUTE_MS = 60_000;

const told: Manners = {
  serviceMs: [150, 250],
  headers: 'answering',
  hint: 'retry-after-ms',
  ids: 'none',
  refusedCounts: false,
  charge: 'max_tokens',
};
const silent: Manners = { ...told, headers: 'none', hint: 'none' };

const plain: Omit<Case, 'name' | 'orgs'> = {
  manners: told,
  load: { callers: 200, promptChars: [40, 60], maxTokens: 60, usedShare: [0.4, 0.6] },
  mishaps: [],
  provider: 'house',
  declared: false,
  seconds: 30,
  phaseMs: 12_345,
  bars: {},
  baselines: 'none',
};

function limit(most: number, windowMs = MINUTE_MS, burst = most / 6, counts: LimitRow['counts'] = 'requests'): LimitRow {
  return { counts, limit: most, windowMs, kind: { of: 'refill', burst } };
}

function orgs(...limits: readonly LimitRow[]): readonly OrgRow[] {
  return [0, 1, 2].map(() => ({ keys: 1, limits }));
}

const RPM = orgs(limit(600));

function spoken(name: string, dialect: Dialect, manners: Partial<Manners> = {}): Case {
  return { ...plain, name: `says-${name}`, orgs: RPM, manners: { ...told, dialect, ...manners } };
}

const dialects: readonly Case[] = [
  spoken('seconds', { reset: 'seconds' }),
  spoken('whole-seconds', { reset: 'whole-seconds' }),
  spoken('epoch-s', { reset: 'epoch-s' }),
  spoken('epoch-ms', { reset: 'epoch-ms' }),
  spoken('iso', { reset: 'iso', names: 'anthropic' }, { hint: 'retry-after' }),
  spoken('next', { reset: 'next' }),
  spoken('no-reset', { reset: 'none' }, { hint: 'retry-after' }),
  spoken('no-reset-no-hint', { reset: 'none' }, { hint: 'none' }),
  spoken('remaining-only', { reset: 'none', limit: false }, { hint: 'none' }),
  spoken('remaining-reset', { reset: 'go', limit: false }),
  spoken('refused-only', { reset: 'go', on: 'refused' }),
  spoken('served-only', { reset: 'go', on: 'served' }, { hint: 'none' }),
  spoken('ietf', { reset: 'whole-seconds', names: 'ietf' }),
  spoken('retry-after', { reset: 'none' }, { headers: 'none', hint: 'retry-after' }),
  spoken('next-admission', { reset: 'next' }, { headers: 'admission' }),
  spoken('whole-seconds-2s', { reset: 'whole-seconds' }, { serviceMs: [1950, 2050] }),
  spoken('no-reset-2s', { reset: 'none' }, { serviceMs: [1950, 2050] }),
  {
    ...plain,
    name: 'says-thousands',
    orgs: orgs(limit(400_000, MINUTE_MS, 400_000 / 6, 'tokens')),
    load: { ...plain.load, promptChars: [1500, 2500], maxTokens: 400 },
    manners: { ...told, hint: 'retry-after', dialect: { reset: 'iso', names: 'anthropic', grain: 1000 } },
  },
];

function shaped(name: string, limits: readonly LimitRow[], over: Partial<Case> = {}): readonly Case[] {
  return [
    { ...plain, name, orgs: orgs(...limits), ...over },
    {
      ...plain,
      name: `${name}-silent`,
      orgs: orgs(...limits),
      ...over,
      manners: { ...silent, ...over.manners, headers: 'none', hint: 'none' },
    },
  ];
}

const shapes: readonly Case[] = [
  ...shaped('burst-1', [limit(600, MINUTE_MS, 1)]),
  ...shaped('burst-3', [limit(600, MINUTE_MS, 3)]),
  ...shaped('burst-full', [limit(600, MINUTE_MS, 600)]),
  ...shaped('rate-1', [limit(60, MINUTE_MS, 10)]),
  ...shaped('rate-50', [limit(3000, MINUTE_MS, 500)]),
  ...shaped('per-second', [limit(10, 1000, 10)]),
  ...shaped('per-ten-seconds', [limit(50, 10_000, 50)]),
  ...shaped('hourly', [limit(18_000, 3_600_000, 60)]),
  ...shaped('hourly-fixed', [{ counts: 'requests', limit: 400, windowMs: 3_600_000, kind: { of: 'fixed', anchor: 'clock' } }, limit(3000)]),
  ...shaped('second-fixed', [{ counts: 'requests', limit: 10, windowMs: 1000, kind: { of: 'fixed', anchor: 'clock' } }]),
  ...shaped('second-sliding', [{ counts: 'requests', limit: 10, windowMs: 1000, kind: { of: 'sliding' } }]),
  ...shaped('ten-seconds-fixed', [{ counts: 'requests', limit: 100, windowMs: 10_000, kind: { of: 'fixed', anchor: 'first-use' } }]),
  ...shaped('ten-seconds-sliding', [{ counts: 'requests', limit: 100, windowMs: 10_000, kind: { of: 'sliding' } }]),
  ...shaped('three-limits', [limit(600), limit(40_000, MINUTE_MS, 40_000 / 6, 'tokens'), limit(5000, 1440 * MINUTE_MS, 5000)]),
  ...shaped('input-output', [limit(60_000, MINUTE_MS, 10_000, 'input'), limit(20_000, MINUTE_MS, 20_000 / 6, 'output')]),
];

const speeds: readonly Case[] = [
  ...shaped('answers-50ms', [limit(600)], { manners: { ...told, serviceMs: [40, 60] } }),
  ...shaped('answers-10s', [limit(600)], {
    manners: { ...told, serviceMs: [9000, 11_000] },
    load: { ...plain.load, callers: 600 },
    seconds: 60,
  }),
  ...shaped('jitter-30', [limit(600)], { manners: { ...told, jitterMs: 30 } }),
  ...shaped('jitter-100', [limit(600)], { manners: { ...told, jitterMs: 100 } }),
  ...shaped('one-group', [limit(600)], { orgs: RPM.slice(0, 1), load: { ...plain.load, callers: 50 } }),
  ...shaped('twenty-groups', [limit(300)], { orgs: Array.from({ length: 20 }, () => ({ keys: 1, limits: [limit(300)] })) }),
  ...shaped('five-callers', [limit(3000)], { load: { ...plain.load, callers: 5 } }),
  ...shaped('idle', [limit(600)], { load: { ...plain.load, arrivals: { everyMs: 100, calls: 1 } } }),
  ...shaped('stop-and-go', [limit(600)], { load: { ...plain.load, arrivals: { everyMs: 15_000, calls: 500 } }, seconds: 45 }),
  ...shaped('unlimited', [limit(10_000_000)], {
    load: { ...plain.load, callers: 64 },
    orgs: [{ keys: 1, limits: [limit(10_000_000)] }],
    seconds: 5,
  }),
  ...shaped('unlimited-5ms', [limit(10_000_000)], {
    load: { ...plain.load, callers: 64 },
    orgs: [{ keys: 1, limits: [limit(10_000_000)] }],
    manners: { ...told, serviceMs: [4, 6], jitterMs: 0 },
    seconds: 5,
  }),
];

const changes: readonly Case[] = [2, 0.5].flatMap((factor) =>
  shaped(factor > 1 ? 'raised' : 'lowered', [limit(600)], {
    mishaps: [0, 1, 2].map((org) => ({ of: 'limits-change', org, atMs: 30_000, factor })),
    seconds: 60,
  }),
);

export const furtherCases: readonly Case[] = [...dialects, ...shapes, ...speeds, ...changes];
