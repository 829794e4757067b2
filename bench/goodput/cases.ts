import type { Bar, Case, LimitRow, Manners, OrgRow, Told } from './case.ts';
import type { Counts } from './laws.ts';

const MINUTE_MS = 60_000;

/** A token bucket whose burst is a sixth of its limit. */
function perMinute(limit: number, counts: Counts = 'requests', burst = limit / 6): LimitRow {
  return { counts, limit, windowMs: MINUTE_MS, kind: { of: 'refill', burst } };
}

function org(limit: LimitRow, keys = 1): OrgRow {
  return { keys, limits: [limit] };
}

const told: Manners = {
  serviceMs: [150, 250],
  headers: 'answering',
  hint: 'retry-after-ms',
  ids: 'none',
  refusedCounts: false,
  charge: 'max_tokens',
};
const silent: Manners = { ...told, headers: 'none', hint: 'none' };
const SLOW = [1950, 2050] as const;

const plain: Omit<Case, 'name' | 'orgs'> = {
  manners: told,
  load: { callers: 200, promptChars: [40, 60], maxTokens: 60, usedShare: [0.4, 0.6] },
  mishaps: [],
  provider: 'openai',
  declared: false,
  seconds: 30,
  phaseMs: 12_345,
  bars: bars({ goodput: 98, refused: 0.5 }, { goodput: 98.5, refused: 0.1 }),
  baselines: 'none',
};

function bars(unknown: Bar | undefined, given?: Bar): Case['bars'] {
  return { ...(unknown === undefined ? {} : { unknown }), ...(given === undefined ? {} : { given }) };
}

const EQUAL = [org(perMinute(600)), org(perMinute(600)), org(perMinute(600))];
const UNEVEN = [org(perMinute(1200)), org(perMinute(300)), org(perMinute(60))];
const FOUR_AND_ONE = [org(perMinute(600), 4), org(perMinute(600))];

const withHeaders: readonly Case[] = [
  { ...plain, name: 'equal', orgs: EQUAL, baselines: 'all' },
  { ...plain, name: 'uneven', orgs: UNEVEN, baselines: 'all' },
  {
    ...plain,
    name: 'tokens',
    orgs: EQUAL.map(() => org(perMinute(60_000, 'tokens'))),
    load: { ...plain.load, promptChars: [150, 250], maxTokens: 60, usedShare: [0.7, 0.9] },
    baselines: 'sdk',
  },
  { ...plain, name: 'declared', orgs: FOUR_AND_ONE, declared: true, baselines: 'sdk' },
  { ...plain, name: 'organization-ids', orgs: FOUR_AND_ONE, manners: { ...told, ids: 'organization' } },
  { ...plain, name: 'project-ids', orgs: FOUR_AND_ONE, manners: { ...told, ids: 'project' } },
  { ...plain, name: 'as-of-admission', orgs: EQUAL, manners: { ...told, headers: 'admission' } },
  { ...plain, name: 'full-burst', orgs: EQUAL.map(() => org(perMinute(600, 'requests', 600))) },
  { ...plain, name: 'refused-count', orgs: UNEVEN, manners: { ...told, refusedCounts: true } },
];

const slowly: readonly Case[] = withHeaders.map((row) => ({
  ...row,
  name: `${row.name}-2s`,
  baselines: 'none',
  manners: { ...row.manners, serviceMs: SLOW },
  bars: bars({ goodput: 97, refused: 0.5 }, { goodput: 97.5, refused: 0.5 }),
}));

const dark: readonly Case[] = [
  { ...plain, name: 'no-ids', orgs: FOUR_AND_ONE, bars: bars({ goodput: 97, refused: 3 }) },
  {
    ...plain,
    name: 'body-hints',
    orgs: EQUAL,
    manners: { ...silent, hint: 'body' },
    bars: bars({ goodput: 98, refused: 1 }, { goodput: 98, refused: 0.5 }),
  },
  {
    ...plain,
    name: 'silent',
    orgs: EQUAL,
    manners: silent,
    baselines: 'sdk',
    bars: bars({ goodput: 97, refused: 5 }, { goodput: 98, refused: 0.5 }),
  },
  {
    ...plain,
    name: 'silent-uneven',
    orgs: UNEVEN,
    manners: silent,
    bars: bars({ goodput: 90, refused: 5 }, { goodput: 98, refused: 0.5 }),
  },
  {
    ...plain,
    name: 'silent-refused-count',
    orgs: UNEVEN,
    manners: { ...silent, refusedCounts: true },
    bars: bars({ goodput: 90, refused: 5 }, { goodput: 98, refused: 0.5 }),
  },
];

/** Keys of which nobody says which draw on one quota, and no answer names it. */
function unnamed(name: string, keys: readonly number[]): readonly Case[] {
  const orgs = keys.map((count) => org(perMinute(600), count));
  const base = { ...plain, orgs, baselines: 'none' as const, bars: bars({ goodput: 97, refused: 3 }) };
  return [
    { ...base, name },
    { ...base, name: `${name}-2s`, manners: { ...told, serviceMs: SLOW } },
    { ...base, name: `${name}-admission`, manners: { ...told, headers: 'admission' } },
    { ...base, name: `${name}-admission-2s`, manners: { ...told, headers: 'admission', serviceMs: SLOW } },
  ];
}

const hidden: readonly Case[] = [
  ...unnamed('no-ids-4-1', [4, 1]).slice(1),
  ...unnamed('no-ids-2-2', [2, 2]),
  ...unnamed('no-ids-3-2-2', [3, 2, 2]),
  ...unnamed('no-ids-8-3-1', [8, 3, 1]),
  ...unnamed('no-ids-alone', [1, 1, 1, 1, 1]),
];

/** Windows of a minute, for two minutes and a half. */
function windowed(name: string, kind: LimitRow['kind']): Case {
  const limits = [1200, 300, 60].map((limit) => org({ counts: 'requests', limit, windowMs: MINUTE_MS, kind }));
  return {
    ...plain,
    name,
    orgs: limits,
    seconds: 150,
    provider: 'house',
    bars: bars({ goodput: 95, refused: 1 }, { goodput: 97, refused: 0.5 }),
  };
}

const windows: readonly Case[] = [
  windowed('fixed-clock', { of: 'fixed', anchor: 'clock' }),
  windowed('fixed-first-use', { of: 'fixed', anchor: 'first-use' }),
  windowed('sliding', { of: 'sliding' }),
];

/** Measured and compared: there is no bar but the best of the baselines. */
const open: typeof plain = { ...plain, bars: {}, baselines: 'all' };

const more: readonly Case[] = [
  {
    ...open,
    name: 'mixed-sizes',
    orgs: EQUAL.map(() => ({ keys: 1, limits: [perMinute(600), perMinute(200_000, 'tokens')] })),
    load: { ...plain.load, promptChars: [40, 4000], maxTokens: 800, usedShare: [0.1, 0.9] },
  },
  {
    ...open,
    name: 'day-limits',
    orgs: [100, 200, 100_000].map((limit) => ({
      keys: 1,
      limits: [perMinute(600), { counts: 'requests', limit, windowMs: 1440 * MINUTE_MS, kind: { of: 'fixed', anchor: 'clock' } }],
    })),
  },
  {
    ...open,
    name: 'output-tokens',
    baselines: 'sdk',
    orgs: EQUAL.map(() => ({ keys: 1, limits: [perMinute(60_000, 'input'), perMinute(20_000, 'output')] })),
    load: { ...plain.load, maxTokens: 100, usedShare: [0.2, 0.8] },
  },
  {
    ...open,
    name: 'dying-keys',
    orgs: Array.from({ length: 6 }, () => org(perMinute(300))),
    mishaps: [0, 1, 2].map((dead) => ({ of: 'key-dies', org: dead, key: 0, atMs: 5000 * (dead + 1) })),
  },
  {
    ...open,
    name: 'reset-storm',
    orgs: EQUAL.map(() => org({ counts: 'requests', limit: 100, windowMs: 10_000, kind: { of: 'fixed', anchor: 'clock' } })),
    manners: { ...told, refusedCounts: true },
    provider: 'house',
  },
  {
    ...open,
    name: '50-uneven-keys',
    orgs: Array.from({ length: 50 }, (_, index) => org(perMinute(Math.round(12 * 1.08 ** index)))),
  },
  { ...open, name: 'bursts', orgs: EQUAL, load: { ...plain.load, arrivals: { everyMs: 10_000, calls: 350 } }, baselines: 'sdk' },
  {
    ...open,
    name: 'outage',
    orgs: EQUAL.map(() => org(perMinute(6000))),
    load: { ...plain.load, arrivals: { everyMs: 20, calls: 1 } },
    mishaps: [{ of: 'outage', fromMs: 10_000, untilMs: 70_000 }],
    seconds: 90,
    baselines: 'sdk',
  },
];

/** Every case of the table, in its order. */
export const cases: readonly Case[] = [...withHeaders, ...slowly, ...dark, ...hidden, ...windows, ...more];

const REAL = ['equal', 'uneven', 'tokens', 'declared', 'organization-ids', 'no-ids', 'silent', 'silent-uneven', 'body-hints', 'equal-2s'];

/** What is also run as time passes, to see how far virtual time is from it. */
export const realCases: readonly Case[] = cases.filter(({ name }) => REAL.includes(name));

/** What shows in seconds that everything can run. */
export const shortCases: readonly Case[] = [{ ...plain, name: 'short', orgs: UNEVEN, seconds: 2, bars: {}, baselines: 'all' }];

/** A case with a bar for one of them alone is measured for that one. */
export function toldOf({ bars }: Case): readonly Told[] {
  return bars.unknown !== undefined && bars.given === undefined ? ['unknown'] : ['unknown', 'given'];
}
