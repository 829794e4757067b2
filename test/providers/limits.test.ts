import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readIds } from '../../src/providers/ids.ts';
import { createLimitReader, readLimits } from '../../src/providers/limits.ts';

const NOW = Date.UTC(2026, 6, 1, 12);
const SECONDS = NOW / 1000;

/** One line a limit: `slot windowMs limit remaining resetMs`. */
function said(headers: Readonly<Record<string, string>>, windows = {}): readonly string[] {
  const shown = (value: number | undefined): string => (value === undefined ? '-' : String(value));
  return readLimits(headers, NOW, windows).map(
    ({ slot, counts, windowMs, limit, remaining, resetMs }) =>
      `${slot} (${counts}) ${windowMs}: ${shown(limit)} ${shown(remaining)} ${shown(resetMs)}`,
  );
}

describe('readLimits reads', () => {
  test.each<readonly [string, Readonly<Record<string, string>>, readonly string[]]>([
    [
      "OpenAI's, with the tokens of a project",
      {
        'x-ratelimit-limit-requests': '500',
        'x-ratelimit-remaining-requests': '499',
        'x-ratelimit-reset-requests': '120ms',
        'x-ratelimit-limit-tokens': '90000',
        'x-ratelimit-remaining-tokens': '0',
        'x-ratelimit-reset-tokens': '59.5s',
        'x-ratelimit-remaining-project-tokens': '10',
      },
      [
        'requests/60000 (requests) 60000: 500 499 120',
        'tokens/60000 (tokens) 60000: 90000 0 59500',
        'project-tokens/60000 (tokens) 60000: - 10 -',
      ],
    ],
    [
      "Anthropic's, whose resets are instants, but not those of priority",
      {
        'anthropic-ratelimit-requests-limit': '50',
        'anthropic-ratelimit-requests-remaining': '49',
        'anthropic-ratelimit-requests-reset': '2026-07-01T12:00:02Z',
        'anthropic-ratelimit-input-tokens-limit': '40000',
        'anthropic-ratelimit-input-tokens-remaining': '39000',
        'anthropic-ratelimit-input-tokens-reset': '2026-07-01T12:00:01Z',
        'anthropic-ratelimit-output-tokens-limit': '8000',
        'anthropic-ratelimit-output-tokens-remaining': '0',
        'anthropic-ratelimit-tokens-limit': '48000',
        'anthropic-priority-input-tokens-limit': '10000',
        'anthropic-priority-input-tokens-remaining': '0',
        'anthropic-ratelimit-unified-status': 'allowed',
        'anthropic-ratelimit-unified-5h-utilization': '0.4',
        'anthropic-ratelimit-unified-5h-reset': String(SECONDS + 60),
      },
      [
        'requests/60000 (requests) 60000: 50 49 2000',
        'input/60000 (input) 60000: 40000 39000 1000',
        'output/60000 (output) 60000: 8000 0 -',
        'tokens/60000 (tokens) 60000: 48000 - -',
      ],
    ],
    [
      "Cerebras', three windows, float seconds",
      {
        'x-ratelimit-limit-requests-day': '14400',
        'x-ratelimit-remaining-requests-day': '14399',
        'x-ratelimit-reset-requests-day': '33011.382867',
        'x-ratelimit-limit-tokens-minute': '60000',
        'x-ratelimit-remaining-tokens-minute': '59000',
        'x-ratelimit-reset-tokens-minute': '11.25',
        'x-ratelimit-limit-requests-hour': '900',
      },
      [
        'requests/86400000 (requests) 86400000: 14400 14399 33011383',
        'tokens/60000 (tokens) 60000: 60000 59000 11250',
        'requests/3600000 (requests) 3600000: 900 - -',
      ],
    ],
    [
      "Mistral's, without the cost of the query",
      {
        'x-ratelimit-limit-req-minute': '23',
        'x-ratelimit-remaining-req-minute': '22',
        'x-ratelimit-limit-tokens-minute': '356250',
        'x-ratelimit-tokens-query-cost': '12',
      },
      ['requests/60000 (requests) 60000: 23 22 -', 'tokens/60000 (tokens) 60000: 356250 - -'],
    ],
    [
      "Fireworks', limits only",
      { 'x-ratelimit-limit-tokens-prompt': '60000', 'x-ratelimit-limit-tokens-generated': '6000', 'x-ratelimit-over-limit': 'no' },
      ['input/60000 (input) 60000: 60000 - -', 'output/60000 (output) 60000: 6000 - -'],
    ],
    [
      "Azure's, remaining only",
      { 'x-ratelimit-remaining-requests': '9', 'x-ratelimit-remaining-tokens': '8000' },
      ['requests/60000 (requests) 60000: - 9 -', 'tokens/60000 (tokens) 60000: - 8000 -'],
    ],
    [
      "GitHub Models', which name their period, and what is left of it with a refusal",
      {
        'x-ratelimit-limit-requests': '15',
        'x-ratelimit-remaining-requests': '0',
        'x-ratelimit-renewalperiod-requests': '3600',
        'x-ratelimit-timeremaining': '1200',
        'x-ratelimit-type': 'UserByHour',
      },
      ['requests/3600000 (requests) 3600000: 15 0 1200000'],
    ],
    [
      "SambaNova's day",
      { 'x-ratelimit-limit-requests-day': '400', 'x-ratelimit-remaining-requests-day': '0', 'x-ratelimit-reset-requests-day': '4h17m' },
      ['requests/86400000 (requests) 86400000: 400 0 15420000'],
    ],
    [
      "DigitalOcean's, unix seconds",
      { 'ratelimit-limit': '5000', 'ratelimit-remaining': '4816', 'ratelimit-reset': String(SECONDS + 1800) },
      ['default-requests/60000 (requests) 3600000: 5000 4816 1800000'],
    ],
    [
      "OpenRouter's, epoch ms",
      { 'x-ratelimit-limit': '50', 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': String(NOW + 43_200_000) },
      ['default-requests/60000 (requests) 86400000: 50 0 43200000'],
    ],
    [
      "Cohere's trial",
      { 'x-trial-endpoint-call-limit': '20', 'x-trial-endpoint-call-remaining': '19', 'x-endpoint-monthly-call-limit': '1000' },
      ['requests/60000 (requests) 60000: 20 19 -', 'requests/2592000000 (requests) 2592000000: 1000 - -'],
    ],
    [
      'short words',
      { 'x-ratelimit-limit-rpm': '60', 'x-ratelimit-remaining-rpm': '59', 'x-ratelimit-limit-tpd': '1000', 'x-ratelimit-limit-itpm': '9' },
      ['requests/60000 (requests) 60000: 60 59 -', 'tokens/86400000 (tokens) 86400000: 1000 - -', 'input/60000 (input) 60000: 9 - -'],
    ],
    [
      "Kong's, which names the window only",
      { 'x-ratelimit-limit-minute': '10', 'x-ratelimit-remaining-minute': '9', 'ratelimit-limit': '10', 'ratelimit-reset': '47' },
      ['default-requests/60000 (requests) 60000: 10 9 -'],
    ],
    [
      "Envoy's lists of policies",
      { 'x-ratelimit-limit': '10, 10;w=1, 1000;w=3600', 'x-ratelimit-remaining': '9', 'x-ratelimit-reset': '1' },
      ['default-requests/1000 (requests) 1000: 10 9 1000'],
    ],
    [
      "the IETF's structured fields",
      { ratelimit: '"default";r=50;t=30, "tokens";r=7', 'ratelimit-policy': '"default";q=100;w=60,"tokens";q=1000;w=86400;qu="tokens"' },
      ['default-requests/60000 (requests) 60000: 100 50 30000', 'default-tokens/86400000 (tokens) 86400000: 1000 7 -'],
    ],
    [
      "the IETF's earlier draft",
      { ratelimit: 'limit=100, remaining=50, reset=5', 'ratelimit-policy': '100;w=10' },
      ['default-requests/10000 (requests) 10000: 100 50 5000'],
    ],
    [
      "the draft as Hugging Face's hub sends it",
      { ratelimit: '"api";r=0;t=55', 'ratelimit-policy': '"fixed window";"api";q=500;w=300' },
      ['api-requests/300000 (requests) 300000: 500 0 55000'],
    ],
  ])('%s', (_, headers, lines) => {
    expect(said(headers)).toEqual(lines);
  });

  test("a provider's assumed windows: Groq's requests are of the day, Together's of the second", () => {
    const groq = { 'x-ratelimit-limit-requests': '14400', 'x-ratelimit-remaining-requests': '14370', 'x-ratelimit-limit-tokens': '6000' };
    expect(said(groq, { requests: 86_400_000 })).toEqual([
      'requests/86400000 (requests) 86400000: 14400 14370 -',
      'tokens/60000 (tokens) 60000: 6000 - -',
    ]);
    const together = {
      'x-ratelimit-limit': '10',
      'x-ratelimit-remaining': '9',
      'x-tokenlimit-limit': '3000',
      'x-tokenlimit-remaining': '1',
    };
    expect(said(together, { requests: 1000, tokens: 1000 })).toEqual([
      'default-requests/1000 (requests) 1000: 10 9 -',
      'default-tokens/1000 (tokens) 1000: 3000 1 -',
    ]);
  });

  test('a window that no row names from what is gone and when it is back', () => {
    const groq = { 'x-ratelimit-limit-requests': '14400', 'x-ratelimit-remaining-requests': '14370', 'x-ratelimit-reset-requests': '3m0s' };
    expect(said(groq)).toEqual(['requests/60000 (requests) 86400000: 14400 14370 180000']);
  });

  test("instants by the server's own clock", () => {
    const headers = {
      date: 'Tue, 05 Mar 2024 10:00:00 GMT',
      'anthropic-ratelimit-requests-remaining': '1',
      'anthropic-ratelimit-requests-reset': '2024-03-05T10:00:30Z',
    };
    expect(said(headers)).toEqual(['requests/60000 (requests) 60000: - 1 30000']);
  });
});

describe('readLimits leaves out', () => {
  test.each<readonly [string, Readonly<Record<string, string>>]>([
    ['-1 and rubbish', { 'x-ratelimit-limit-requests': '-1', 'x-ratelimit-remaining-requests': 'many', 'x-ratelimit-reset-tokens': '1s' }],
    ['nothing', {}],
    ['other counts', { 'x-ratelimit-limit-images': '5', 'x-ratelimit-remaining-concurrent-requests': '1', 'x-ratelimit-limit-user': '3' }],
    ["a gateway's word of its upstream", { 'llm_provider-x-ratelimit-remaining-requests': '5' }],
    ['names of no limit', { 'x-request-limit': '5', limit: '5', remaining: '6', 'content-limit': '7' }],
    ['infinite numbers', { 'x-ratelimit-limit-requests': '9'.repeat(400), 'x-ratelimit-remaining-tokens': 'Infinity' }],
    ['words of prototypes', { 'x-ratelimit-constructor-limit': '5', 'x-ratelimit-limit-__proto__': '5', 'x-ratelimit-toString': '7' }],
  ])('%s', (_, headers) => {
    expect(readLimits(headers, NOW)).toEqual([]);
  });

  test.each(['', 'soon', '-5', '1', 'NaN', '2020-01-01T00:00:00Z', '9999999999', '99999999999999999'])('a reset of %j', (reset) => {
    const [reading] = readLimits({ 'x-ratelimit-remaining-requests': '1', 'x-ratelimit-reset-requests': reset }, NOW);
    expect(reading?.resetMs).toBe(reset === '1' ? 1000 : undefined);
  });
});

describe('hostile headers', () => {
  test('whatever they say, readings are few and their numbers finite', () => {
    const words = [
      'x',
      'ratelimit',
      'limit',
      'remaining',
      'reset',
      'tokens',
      'requests',
      'minute',
      'day',
      'project',
      'rpm',
      'anthropic',
      'call',
    ];
    const name = fc.array(fc.constantFrom(...words), { minLength: 1, maxLength: 8 }).map((parts) => parts.join('-'));
    const value = fc.oneof(
      fc.string({ maxLength: 300 }),
      fc.constantFrom('1', '0', '5s', '1;w=1', '"a";r=1', '2026-07-01T12:00:01Z', '1e9'),
    );
    fc.assert(
      fc.property(fc.dictionary(fc.oneof(name, fc.constantFrom('ratelimit', 'ratelimit-policy', 'date')), value), (headers) => {
        for (const { limit = 0, remaining = 0, resetMs = 0, windowMs, slot } of readLimits(headers, NOW)) {
          expect([limit, remaining, resetMs, windowMs].every((number) => Number.isFinite(number) && number >= 0)).toBe(true);
          expect(slot.length).toBeLessThan(160);
        }
      }),
    );
  });

  test('a reader that remembers names reads what one without a memory reads', () => {
    const read = createLimitReader({ requests: 1000 });
    const names = Array.from({ length: 300 }, (_, index) => `x-ratelimit-${index % 3 === 0 ? 'limit' : 'remaining'}-a${index}-requests`);
    const answers = names.map((name, index) => ({ [name]: String(index), [names[index % 7] ?? '']: '5', 'x-limit-of-nothing': '1' }));
    for (const headers of answers) expect(read(headers, NOW)).toEqual(readLimits(headers, NOW, { requests: 1000 }));
  });

  test('thousands of limits are not read', () => {
    const many = Object.fromEntries(Array.from({ length: 5000 }, (_, index) => [`x-ratelimit-limit-a${index}-requests`, '1']));
    expect(readLimits(many, NOW).length).toBeLessThanOrEqual(32);
    const long = '"a";q=1;w=1,'.repeat(10_000);
    expect(readLimits({ ratelimit: long, 'ratelimit-policy': long, 'x-ratelimit-limit': long }, NOW)).toEqual([]);
  });
});

describe('readIds reads', () => {
  test.each([
    [{ 'x-request-id': 'req_1', 'cf-ray': 'ray' }, { requestId: 'req_1' }],
    [
      { 'request-id': 'r', 'anthropic-organization-id': 'o', 'anthropic-workspace-id': 'w' },
      { requestId: 'r', organization: 'o', project: 'w' },
    ],
    [
      { 'openai-organization': 'acme', 'openai-project': 'proj_1' },
      { organization: 'acme', project: 'proj_1' },
    ],
    [{ 'apim-request-id': 'a' }, { requestId: 'a' }],
    [{ 'x-amzn-requestid': 'a' }, { requestId: 'a' }],
    [{ 'x-fireworks-account-id': 'acct' }, { organization: 'acct' }],
    [{ 'x-request-id': '' }, {}],
    [{}, {}],
  ])('%j', (headers, ids) => {
    expect(readIds(headers)).toEqual(ids);
  });

  test('cleans what it uses, before it cuts it', () => {
    const long = { 'x-request-id': `${'x'.repeat(110)}${'secret'.repeat(5)}`, 'x-other': 'secret' };
    const cleaned: string[] = [];
    const clean = (text: string): string => (cleaned.push(text), text.replaceAll('secret', '*'));
    expect(readIds(long, clean)).toEqual({ requestId: `${'x'.repeat(110)}*****` });
    expect(cleaned).toEqual([long['x-request-id']]);
  });
});
