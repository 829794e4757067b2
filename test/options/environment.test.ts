import { describe, expect, test } from 'vitest';
import { readKeys, readVariable } from '../../src/options/environment.ts';
import { resolveOptions } from '../../src/options/resolve.ts';
import { refusal, resolve, resolveOne } from './support.ts';

const STEM = 'OPENAI_API_KEY';

describe('readKeys', () => {
  test.each<[string, Record<string, string | undefined>, readonly string[]]>([
    ['one', { OPENAI_API_KEY: 'a' }, ['a']],
    ['commas', { OPENAI_API_KEYS: 'a,b,c' }, ['a', 'b', 'c']],
    ['lines of any kind', { OPENAI_API_KEYS: 'a\nb\r\nc\rd' }, ['a', 'b', 'c', 'd']],
    ['spaces and empty places', { OPENAI_API_KEYS: ' a , ,\n\n b,' }, ['a', 'b']],
    ['numbers in their order', { OPENAI_API_KEY_10: 'j', OPENAI_API_KEY_2: 'b', OPENAI_API_KEY_1: 'a' }, ['a', 'b', 'j']],
    ['gaps in the numbers', { OPENAI_API_KEY_3: 'c', OPENAI_API_KEY_7: 'g' }, ['c', 'g']],
    ['all forms', { OPENAI_API_KEY_1: 'n', OPENAI_API_KEY: 'one', OPENAI_API_KEYS: 'x,y' }, ['x', 'y', 'one', 'n']],
    ['the same key again', { OPENAI_API_KEYS: 'a,b,a', OPENAI_API_KEY: 'b', OPENAI_API_KEY_1: 'a' }, ['a', 'b']],
    ['white space around', { OPENAI_API_KEY: '  a\n' }, ['a']],
    ['empty ones', { OPENAI_API_KEY: '', OPENAI_API_KEYS: ' , ', OPENAI_API_KEY_1: '  ' }, []],
    ['undefined ones', { OPENAI_API_KEY: undefined }, []],
    [
      'other names',
      { OPENAI_API_KEY_X: 'a', OPENAI_API_KEY_: 'b', MY_OPENAI_API_KEY: 'c', OPENAI_API_KEY_1_OLD: 'd', OPENAI_API_KEYS_1: 'e' },
      [],
    ],
    ['quotes of an .env file', { OPENAI_API_KEY: '"a"', OPENAI_API_KEYS: `'b, c'`, OPENAI_API_KEY_1: '" d "' }, ['b', 'c', 'a', 'd']],
    ['quotes around each', { OPENAI_API_KEYS: `"a", 'b'` }, ['a', 'b']],
    ['quotes that are no pair', { OPENAI_API_KEYS: `"a,b'` }, ['"a', "b'"]],
    ['quotes around nothing', { OPENAI_API_KEYS: `""`, OPENAI_API_KEY: `''` }, []],
    ['none', {}, []],
  ])('%s', (_, env, keys) => {
    expect(readKeys(env, [STEM])).toEqual(keys);
  });

  test('of several stems come in their order, each key once', () => {
    expect(readKeys({ B_KEY: 'b', A_KEY: 'a', A_KEYS: 'b' }, ['A_KEY', 'B_KEY'])).toEqual(['b', 'a']);
  });
});

test('readVariable takes the first that is set, trimmed', () => {
  expect(readVariable({ A: ' ', B: ' b ', C: 'c' }, ['A', 'B', 'C'])).toBe('b');
  expect(readVariable({ A: '' }, ['A', 'B'])).toBeUndefined();
  expect(readVariable({ A: '""', B: " 'b' " }, ['A', 'B'])).toBe('b');
});

describe('a client without providers', () => {
  const names = (env: Record<string, string>) => resolveOptions({ env }).providers.map(({ provider }) => provider.name);

  test('has every known one whose keys are set, and local ones whose address is', () => {
    expect(names({ OPENAI_API_KEY: 'a' })).toEqual(['openai']);
    expect(names({ OPENAI_API_KEY_3: 'a', OLLAMA_BASE_URL: 'http://127.0.0.1:11434/v1' })).toEqual(['openai', 'ollama']);
    expect(names({ VLLM_API_KEY: 'a' })).toEqual(['vllm']);
  });

  test('and without variables says which it looked for', () => {
    expect(refusal(() => resolveOptions({ env: { OPENAI_API_KEY: '  ', OPENAI_BASE_URL: 'https://a.test' } }))).toMatch(
      /^Cannot create the client as no key was found in the environment: none of OPENAI_API_KEY.* is set$/,
    );
  });

  test('looks into process.env unless it is given another one', () => {
    expect(resolve({ env: undefined }).providers).toHaveLength(1);
    expect(refusal(() => resolveOptions({ env: {} }))).toContain('no key was found');
  });
});

describe('variables of a known provider', () => {
  const env = { OPENAI_API_KEYS: 'a,b', OPENAI_BASE_URL: 'https://proxy.test/v1/', OPENAI_ORG_ID: 'org-1', OPENAI_PROJECT_ID: 'proj-1' };

  test('stand where options are left out', () => {
    const { provider, source } = resolveOne('openai', {}, env);
    expect(provider.baseURL).toBe('https://proxy.test/v1');
    expect(provider.headers).toEqual({ 'openai-organization': 'org-1', 'openai-project': 'proj-1' });
    expect(source).toMatchObject({ kind: 'list', keys: [{ group: expect.stringMatching(/^openai-/) }, {}] });
  });

  test('yield to options', () => {
    const options = { keys: ['c'], baseURL: 'https://own.test', organization: 'org-2', project: 'proj-2' };
    const { provider, source } = resolveOne('openai', options, env);
    expect(provider.baseURL).toBe('https://own.test');
    expect(provider.headers).toEqual({ 'openai-organization': 'org-2', 'openai-project': 'proj-2' });
    expect(source).toMatchObject({ kind: 'list', keys: [{ weight: 1 }] });
  });

  test('are not those of a provider of another name', () => {
    expect(refusal(() => resolveOne('mine', { protocol: 'openai', baseURL: 'https://a.test' }, env))).toContain(
      `'providers.mine.keys' is missing`,
    );
    expect(resolveOne('mine', { protocol: 'openai', baseURL: 'https://a.test', keys: 'a' }, env).provider.headers).toEqual({});
  });

  test('are told apart when a key of theirs is none', () => {
    expect(refusal(() => resolveOne('openai', {}, { OPENAI_API_KEY: 'sk- 1' }))).toContain(`'providers.openai.keys.0'`);
  });
});
