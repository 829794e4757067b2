import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { type KeyPlace, resolveKey, resolveKeys } from '../../src/options/keys.ts';
import { noLimits } from '../../src/options/limits.ts';
import { Secret } from '../../src/secret.ts';
import { KEY, refusal } from './support.ts';

const place: KeyPlace = { provider: 'openai', task: 'create the client', limits: noLimits };
const idOf = (text: string): string => `openai-${createHash('sha256').update(text).digest('hex').slice(0, 8)}`;
const resolved = (given: unknown) => resolveKeys(given, place);

describe('resolveKeys', () => {
  test('a text is a key in a group of its own, named by its fingerprint', () => {
    const [key] = resolved(KEY);
    expect(key).toMatchObject({ id: idOf(KEY), group: idOf(KEY), weight: 1, limits: noLimits });
    expect([key?.models, key?.expiresAt]).toEqual([undefined, undefined]);
    expect(key?.secret === undefined ? '' : Secret.reveal(key.secret)).toBe(KEY);
  });

  test('an object says the rest', () => {
    const given = { secret: KEY, id: 'b', group: 'org', weight: 2, models: ['gpt-*'], expiresAt: '2027-01-01', limits: { concurrency: 3 } };
    expect(resolved(given)).toMatchObject([
      {
        id: 'b',
        group: 'org',
        weight: 2,
        models: ['gpt-*'],
        expiresAt: Date.UTC(2027, 0, 1),
        limits: { concurrency: 3, minTimeMs: undefined, buckets: [] },
      },
    ]);
  });

  test('an array mixes both, in its order; the group defaults to the id', () => {
    expect(resolved(['a', { secret: 'b', id: 'two' }, { secret: 'c', group: 'g' }]).map(({ id, group }) => [id, group])).toEqual([
      [idOf('a'), idOf('a')],
      ['two', 'two'],
      [idOf('c'), 'g'],
    ]);
  });

  test('`undefined` in an object is the default', () => {
    expect(resolveKey({ secret: KEY, id: undefined, group: undefined, weight: undefined, limits: undefined }, 'key', place)).toMatchObject({
      id: idOf(KEY),
      weight: 1,
      limits: noLimits,
    });
  });

  test('one text given twice is one key', () => {
    expect(resolved(['a', 'b', 'a'])).toHaveLength(2);
    expect(resolved([{ secret: 'a', weight: 2 }, 'a'])).toMatchObject([{ weight: 2 }]);
  });

  test('one secret under two ids is refused: its quota would count twice', () => {
    const given = [
      { secret: 'a', id: 'one' },
      { secret: 'a', id: 'two' },
    ];
    expect(refusal(() => resolved(given))).toBe(
      "Cannot create the client as a secret belongs to one key of a provider: current value of 'one' and 'two' is the same",
    );
  });

  test.each([
    [
      [
        { secret: 'a', id: 'x' },
        { secret: 'b', id: 'x' },
      ],
      'x',
    ],
    [['a', { secret: 'a', weight: 2 }], idOf('a')],
    [['a', { secret: 'b', id: idOf('a') }], idOf('a')],
  ])('an id that two keys have is refused: %#', (given, id) => {
    expect(refusal(() => resolved(given))).toBe(
      `Cannot create the client as ids of keys are unique in a client: current value is '${id}' twice`,
    );
  });
});

describe('keys of one group name the same limits', () => {
  const key = (secret: string, limits?: object) => ({ secret, id: secret, group: 'org', ...(limits === undefined ? {} : { limits }) });

  test.each([
    [[key('a', { rpm: 5 }), key('b', { rpm: 6 })]],
    [[key('a'), key('b', { rpm: 6 })]],
    [[key('a', { concurrency: 1 }), key('b')]],
  ])('else they are refused: %#', (given) => {
    expect(refusal(() => resolved(given))).toBe(
      "Cannot create the client as limits belong to the group, and keys of one group must name the same: current value of 'b' differs from that of group 'org'",
    );
  });

  test('the same in other words is the same', () => {
    expect(resolved([key('a', { rpm: 5, minTimeMs: 0 }), key('b', { rpm: 5, tpm: Infinity })])).toHaveLength(2);
  });
});

describe('an id and a group are printed', () => {
  test.each(['id', 'group'])('so that no %s may hold the key', (name) => {
    expect(refusal(() => resolved([{ secret: KEY, [name]: `team ${KEY}` }]))).toBe(
      `Cannot create the client as 'providers.openai.keys.0.${name}' must not hold the key itself, since it is printed: current value is not shown`,
    );
  });

  test('a placeholder for a server that takes any key is none', () => {
    expect(resolved({ secret: 'x', id: 'x' })).toMatchObject([{ id: 'x' }]);
  });
});

describe('a text that can be no key', () => {
  test.each([
    ['a line break', 'sk-0123456789\nabc', 'a string of 17 characters with a line break'],
    ['a carriage return at the end', 'sk-0123456789\r', 'a string of 14 characters with a line break'],
    ['a space', 'sk 0123456789', 'a string of 13 characters'],
    ['a space at the end', 'sk-0123456789 ', 'a string of 14 characters'],
    ['a tab', '\tsk-0123456789', 'a string of 14 characters'],
    ['umlauts', 'sk-0123456789ü', 'a string of 14 characters'],
    ['a no-break space', 'sk-0123456789\u00a0', 'a string of 14 characters'],
    ['a hidden character', 'sk-0123456789\u200b', 'a string of 14 characters'],
    ['a null', 'sk-0123456789\0', 'a string of 14 characters'],
  ])('%s is refused without showing it', (_, text, shown) => {
    for (const given of [text, [text], { secret: text }]) {
      const message = refusal(() => resolved(given));
      expect(message).toContain(`a header cannot carry: current value is ${shown}`);
      expect(message).not.toContain('0123456789');
    }
  });

  test.each<[unknown, string]>([
    ['', `'providers.openai.keys' must be a key: current value is ""`],
    [[''], `'providers.openai.keys.0' must be a key: current value is ""`],
    [['a', undefined], `'providers.openai.keys.1' must be a key or { secret, … }: current value is undefined`],
    [null, `'providers.openai.keys' must be a key or { secret, … }: current value is null`],
    [[['a']], `'providers.openai.keys.0' must be a key or { secret, … }: current value is an array of 1`],
    [5, `'providers.openai.keys' must be a key or { secret, … }: current value is 5`],
    [{}, `with 'providers.openai.keys' as 'secret' is missing`],
    [{ secret: 5 }, `'secret' must be a string: current value is a number`],
    [{ secret: '' }, `'secret' must be a non-empty string: current value is a string`],
  ])('%j', (given, reason) => {
    expect(refusal(() => resolved(given))).toContain(reason);
  });
});

describe('expiresAt', () => {
  test.each<[string | number | Date, number]>([
    ['2027-01-01', Date.UTC(2027, 0, 1)],
    ['2027-01-01T12:30Z', Date.UTC(2027, 0, 1, 12, 30)],
    ['2027-01-01T12:30:15.5+02:00', Date.UTC(2027, 0, 1, 10, 30, 15, 500)],
    [new Date(5), 5],
    [5, 5],
    [0, 0],
  ])('%s', (expiresAt, instant) => {
    expect(resolved({ secret: KEY, expiresAt })).toMatchObject([{ expiresAt: instant }]);
  });

  test.each<[unknown]>([['soon'], ['key 5'], ['5'], ['01/02/2027'], ['2027-13-01'], ['2027-1-1'], [1e20], ['2027-01-01 12:00']])(
    'rubbish: %j',
    (expiresAt) => {
      expect(refusal(() => resolved([{ secret: KEY, expiresAt }]))).toContain(
        `'providers.openai.keys.0.expiresAt' must be a date, its ISO text or epoch ms: current value is ${JSON.stringify(expiresAt)}`,
      );
    },
  );
});

describe('a key of a provider of AWS', () => {
  const aws: KeyPlace = { provider: 'bedrock', task: 'create the client', limits: noLimits, auth: 'aws' };
  const ID = 'AKIAIOSFODNN7EXAMPLE';

  test.each([`${ID}:wJalr/+x`, `${ID}:wJalr/+x:token/==`, 'bedrock-api-key-YmVkcm9jaw==', 'ABSKQmVkcm9jaw==', 'k'])('may be %s', (text) => {
    expect(resolveKeys(text, aws)).toHaveLength(1);
  });

  test.each([
    ID,
    `ASIA${'X'.repeat(16)}`,
    `${ID}:`,
    ':secret',
    `${ID}::token`,
    `${ID}:secret:`,
    `${ID}:sec:ret:x`,
    'akia:secret',
    `sk-x:y`,
  ])('cannot be %s, which is not shown', (text) => {
    const message = refusal(() => resolveKeys(['k', text], aws));
    expect(message).toContain("'providers.bedrock.keys.1' must be ACCESS_KEY_ID:SECRET_ACCESS_KEY, ");
    expect(message).toContain(`or a bearer key: current value is a string of ${text.length} characters`);
    expect(message).not.toContain(text);
  });

  test('elsewhere a colon is a character like others', () => {
    expect(resolveKeys([ID, ':secret'], place)).toHaveLength(2);
  });
});
