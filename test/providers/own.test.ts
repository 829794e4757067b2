import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Verdict } from '../../src/failure.ts';
import { resolveOptions } from '../../src/options/resolve.ts';
import type { RuleOptions } from '../../src/options/types.ts';
import { classifyAnswer } from '../../src/providers/classify.ts';
import { protocols } from '../../src/providers/known.ts';
import type { ProtocolName } from '../../src/providers/provider.ts';
import { failureOf } from './support.ts';

const NOW = Date.UTC(2026, 6, 1, 12);
const NAMES = Object.keys(protocols) as readonly ProtocolName[];

/** What a provider of the user's own says, by the rules of the user. */
function classify(rules: readonly RuleOptions[], status: number, body: unknown, protocol: ProtocolName = 'openai'): Verdict {
  const options = { providers: { mine: { protocol, baseURL: 'https://mine.test/v1', keys: ['key-0123456789'] } }, rules, env: {} };
  const provider = resolveOptions(options).providers[0]?.provider;
  if (provider === undefined) throw new Error('No provider was resolved');
  return provider.protocol.classify(failureOf(status, body, {}, status === 200), provider, NOW);
}

describe("the user's rules", () => {
  test.each(NAMES)('go before all others of %s, and the answer keeps its words', (protocol) => {
    const body = { error: { code: 'insufficient_quota', message: 'no money' } };
    const verdict = classify([{ match: 'NO MONEY', class: 'overloaded', holdMs: 1500 }], 429, body, protocol);
    expect(verdict).toMatchObject({
      class: 'overloaded',
      scope: 'provider',
      until: { at: NOW + 1500, source: 'rule' },
      message: 'no money',
      code: 'insufficient_quota',
      status: 429,
    });
    expect(verdict.why).toContain('by your rule 1');
  });

  test('are tried in order, by status and by what they match', () => {
    const rules: readonly RuleOptions[] = [
      { status: 418, class: 'timeout' },
      { status: [500, 418], match: /^teapot$/, class: 'bad_request' },
      { provider: 'mine', match: /tea\w+/i, class: 'rate_limited' },
    ];
    expect(classify(rules, 418, 'x').why).toContain('by your rule 1');
    expect(classify(rules, 500, { error: { code: 'teapot' } }).why).toContain('by your rule 2');
    expect(classify(rules, 503, { error: { message: 'A TEAPOT' } })).toMatchObject({
      class: 'rate_limited',
      scope: 'group',
      perModel: true,
    });
    expect(classify(rules, 503, { nested: { deep: 'teapots' } }).why).toContain('by your rule 3');
    expect(classify(rules, 503, { error: { message: 'coffee' } }).why).not.toContain('rule');
  });

  test('fit an error inside a 200 by the status that it names, or by 200', () => {
    const rules: readonly RuleOptions[] = [
      { status: 503, class: 'rate_limited' },
      { status: 200, class: 'quota_exhausted' },
    ];
    expect(classify(rules, 200, { error: { code: 503 } }).class).toBe('rate_limited');
    expect(classify(rules, 200, { error: { message: 'x' } }).class).toBe('quota_exhausted');
  });

  test('leave what the answer says of time to it, unless they say so themselves', () => {
    const body = { error: { message: 'Please try again in 20s' } };
    expect(classify([{ status: 500, class: 'rate_limited' }], 500, body).until).toEqual({ at: NOW + 20_000, source: 'prose' });
    expect(classify([{ status: 500, class: 'rate_limited', holdMs: 0 }], 500, body).until).toEqual({ at: NOW, source: 'rule' });
  });

  test('a key that is to be held is not dead', () => {
    expect(classify([{ status: 500, class: 'key_invalid' }], 500, '')).toMatchObject({ definitive: true, scope: 'key' });
    expect(classify([{ status: 500, class: 'key_invalid', holdMs: 5 }], 500, '').definitive).toBe(false);
    expect(classify([{ status: 500, class: 'key_forbidden', scope: 'org' }], 500, '')).toMatchObject({ definitive: false, scope: 'org' });
  });

  test('a pattern remembers nothing from answer to answer', () => {
    const rules: readonly RuleOptions[] = [{ match: /tea/gy, class: 'timeout' }];
    const found = Array.from({ length: 3 }, () => classify(rules, 500, { error: { message: 'tea tea' } }).class);
    expect(found).toEqual(['timeout', 'timeout', 'timeout']);
  });
});

describe('accounts that an error names', () => {
  const team = 'f1692451-0000-4000-8000-00000000000a';
  test.each<readonly [unknown, string | undefined, string | undefined]>([
    [{ error: { message: 'Rate limit reached for m in organization org-71S7 on requests per min' } }, 'org-71S7', undefined],
    [{ error: { message: 'Rate limit reached for `m` in organization `org_01ks` service tier `x`' } }, 'org_01ks', undefined],
    [{ error: { message: 'Your account org-a1<ak-b2> request reached organization max RPM: 3' } }, 'org-a1', undefined],
    [{ error: { message: 'Limit reached for project proj_abc' } }, undefined, 'proj_abc'],
    [{ code: 'resource-exhausted', error: `Too many requests for team ${team} and model m.` }, undefined, team],
    [{ error: { message: 'Too many requests for team test' } }, undefined, undefined],
    [{ error: { message: 'x', code: 429 }, user_id: 'user_2abcDEF90' }, 'user_2abcDEF90', undefined],
    [{ error: { message: 'x', code: 429 }, user_id: 'alice' }, undefined, undefined],
    [{ error: { message: 'x', details: [{ metadata: { consumer: 'projects/94043' } }] } }, undefined, '94043'],
    [{ error: { message: "Quota exceeded for quota metric 'a' of service 'b' for consumer 'project_number:764'." } }, undefined, '764'],
    [{ error: { message: 'organize the organization of this' } }, undefined, undefined],
  ])('%j', (body, organization, project) => {
    const verdict = classifyAnswer(failureOf(429, body), NOW);
    expect([verdict.organization, verdict.project]).toEqual([organization, project]);
  });

  test('the headers are believed first', () => {
    const body = { error: { message: 'in organization org-a for project proj_a' } };
    const verdict = classifyAnswer(failureOf(429, body), NOW, { ids: { organization: 'b', project: 'c', requestId: 'r' } });
    expect(verdict).toMatchObject({ organization: 'b', project: 'c', requestId: 'r' });
  });
});

describe('x-should-retry', () => {
  test('false is about this place, not about the call', () => {
    const verdict = classifyAnswer(failureOf(503, 'busy', { 'x-should-retry': 'false' }), NOW);
    expect(verdict).toMatchObject({ class: 'overloaded', definitive: false });
    expect(verdict.why).toContain('not to be repeated here');
  });

  test('true makes a refusal that nothing explains a passing one', () => {
    expect(classifyAnswer(failureOf(418, '', { 'x-should-retry': 'true' }), NOW)).toMatchObject({ class: 'overloaded', scope: 'route' });
    const wrong = { error: { code: 'context_length_exceeded' } };
    expect(classifyAnswer(failureOf(400, wrong, { 'x-should-retry': 'true' }), NOW).class).toBe('context_length');
  });
});

describe('errors in other wrappings', () => {
  test.each<readonly [string, number, unknown, string]>([
    [
      'several levels of strings',
      429,
      { error: { message: JSON.stringify({ error: { message: JSON.stringify({ error: { code: 'insufficient_quota' } }) } }) } },
      'quota_exhausted',
    ],
    ['an array in an array', 429, [[{ error: { code: 'insufficient_quota' } }]], 'quota_exhausted'],
    ['an exception by its field', 200, { throttlingException: { message: 'x' } }, 'rate_limited'],
    ['a code in a header of AWS', 400, { message: 'x' }, 'rate_limited'],
    ['an event stream as text', 429, 'event: error\ndata: {"type":"error","error":{"type":"insufficient_quota"}}\n\n', 'quota_exhausted'],
    ['an error in XML without a declaration', 503, '<error><code>SlowDown</code></error>', 'overloaded'],
  ])('%s', (name, status, body, failure) => {
    const headers = name.includes('header') ? { 'x-amzn-errortype': 'ThrottlingException:http://x/' } : {};
    expect(classifyAnswer(failureOf(status, body, headers, status === 200), NOW).class).toBe(failure);
  });
});

describe('hostile answers', () => {
  const piece = fc.constantFrom(
    '<a>',
    '</a>',
    '<Code>',
    '"',
    "'",
    '“',
    '{',
    '}',
    '{"error":',
    ':',
    '\\',
    '\n',
    ' x y z ',
    'error - {',
    'team ',
    'org-',
    'project ',
    '0'.repeat(40),
    'limit: 0',
    'account ',
    '<?xml',
    'retry in 5s ',
  );
  const text = fc.array(piece, { maxLength: 60 }).map((pieces) => pieces.join(''));

  test('no protocol throws, and each says something', () => {
    fc.assert(
      fc.property(text, fc.integer({ min: 200, max: 599 }), fc.boolean(), fc.constantFrom(...NAMES), (body, status, whole, name) => {
        const failure = failureOf(status, whole ? body : { error: { message: body, code: body }, Code: body }, {
          'x-amzn-errortype': body,
        });
        const provider = { name, rules: [], protocol: protocols[name] } as never;
        expect(protocols[name].classify(failure, provider, NOW).why).not.toBe('');
      }),
      { numRuns: 500 },
    );
  });

  test('long ones end', () => {
    const parts = ['<a>b</a>', '<Code>', "='", ' "a b c', '{"a":"', 'error - {', '“', 'api key ', 'team ', 'consumer projects/', "'x' "];
    for (const part of parts) {
      const long = part.repeat(Math.ceil(200_000 / part.length));
      for (const body of [long, { error: { message: long, detail: long, errors: [long] } }, `<?xml ${long}`])
        expect(classifyAnswer(failureOf(400, body), NOW).status).toBe(400);
    }
  });
});
