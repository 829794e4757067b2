import { describe, expect, test } from 'vitest';
import { knownProviders } from '../../src/providers/known.ts';
import { KEY, type Loose, refusal, resolve, resolveOne } from './support.ts';

const own = { protocol: 'openai', baseURL: 'https://own.test/v1', keys: [KEY] };

describe('a provider', () => {
  test.each(Object.keys(knownProviders))('%s is known: it needs keys at most', (name) => {
    const { provider } = resolveOne(name, { keys: [KEY] });
    expect(provider).toMatchObject({ name, baseURL: knownProviders[name]?.baseURL, headers: {}, query: {}, keyless: false });
    expect(provider.protocol.name).toBe(knownProviders[name]?.protocol);
  });

  test('of any other name has a protocol and a base URL', () => {
    expect(resolveOne('mine', own).provider).toMatchObject({ name: 'mine', baseURL: 'https://own.test/v1' });
    expect(refusal(() => resolveOne('mine', { ...own, baseURL: undefined }))).toBe(
      "Cannot create the client as 'providers.mine.baseURL' is missing, which a provider of your own needs",
    );
  });

  test.each([
    ['opnai', "did you mean 'openai'?"],
    ['olama', "did you mean 'ollama'?"],
    ['mine', 'known are openai, '],
    ['toString', 'known are openai, '],
    ['valueOf', 'known are openai, '],
  ])('%s without a protocol is unknown', (name, hint) => {
    expect(refusal(() => resolveOne(name, { keys: [KEY] }))).toContain(
      `Cannot create the client as 'providers.${name}' is no known provider, and has no 'protocol' and 'baseURL' of its own: ${hint}`,
    );
  });

  test.each(['a/b', 'a:b', 'a b', 'a\tb'])('has no separator in its name: %j', (name) => {
    expect(refusal(() => resolveOne(name, own))).toContain("a provider's name has no '/', ':' or space: current value is ");
  });

  test('keeps what it was given in its order beside others', () => {
    const { providers } = resolve({ providers: { mine: own, openai: { keys: KEY }, other: own } });
    expect(providers.map(({ provider }) => provider.name)).toEqual(['mine', 'openai', 'other']);
  });
});

describe('keys of a provider', () => {
  test.each<[string, Loose]>([
    ['own.test', { protocol: 'openai', baseURL: 'https://own.test', keys: [] }],
    ['openai', { baseURL: 'https://own.test', keys: [] }],
    ['ollama', { keys: [] }],
    ['ollama', {}],
  ])('none are needed by %s with %j', (name, options) => {
    const { provider, source } = resolveOne(name, options);
    expect(provider.keyless).toBe(true);
    expect(source).toMatchObject({ kind: 'list', keys: [{ id: `${name}-keyless`, secret: undefined, group: `${name}-keyless` }] });
  });

  test('a keyless provider has the limits of its own', () => {
    expect(resolveOne('ollama', { limits: { concurrency: 1 } }).source).toMatchObject({ keys: [{ limits: { concurrency: 1 } }] });
  });

  test('a local server may have been given one', () => {
    expect(resolveOne('vllm', {}, { VLLM_API_KEY: KEY }).provider.keyless).toBe(false);
  });

  test('an empty list needs a base URL of your own', () => {
    expect(refusal(() => resolveOne('openai', { keys: [] }, { OPENAI_BASE_URL: 'https://a.test' }))).toBe(
      "Cannot create the client as 'providers.openai.keys' is empty: without a 'baseURL' of your own the provider needs at least one key",
    );
  });

  test('left out and not in the environment are missing', () => {
    expect(refusal(() => resolveOne('openai', {}))).toBe(
      "Cannot create the client as 'providers.openai.keys' is missing and OPENAI_API_KEY (nor its forms with S, _1, _2, …) is not set",
    );
    expect(refusal(() => resolveOne('mine', { ...own, keys: undefined }))).toBe(
      "Cannot create the client as 'providers.mine.keys' is missing",
    );
  });

  test('a function is not called before a client needs it', () => {
    const load = () => {
      throw new Error('Called');
    };
    expect(resolveOne('openai', { keys: load }).source).toEqual({ kind: 'function', load, refreshMs: 300_000 });
    expect(resolveOne('openai', { keys: load, refreshMs: 5 }).source).toMatchObject({ refreshMs: 5 });
    expect(resolveOne('openai', { keys: load }).provider.keyless).toBe(false);
  });

  test('limits are the default of every group, a key names its own', () => {
    const { source, limits } = resolveOne('openai', { limits: { rpm: 5 }, keys: ['a', { secret: 'b', limits: { concurrency: 1 } }] });
    expect(source).toMatchObject({ keys: [{ limits }, { limits: { concurrency: 1, buckets: [] } }] });
    expect(limits.buckets).toHaveLength(1);
  });
});

describe('a base URL', () => {
  test.each([
    ['https://a.test', 'https://a.test'],
    ['https://a.test/', 'https://a.test'],
    ['https://a.test/v1///', 'https://a.test/v1'],
    ['HTTPS://A.test:443/V1', 'https://a.test/V1'],
    ['http://127.0.0.1:11434/v1', 'http://127.0.0.1:11434/v1'],
    ['http://[::1]:8080', 'http://[::1]:8080'],
    ['https://a.test/a b', 'https://a.test/a%20b'],
  ])('%s is %s', (baseURL, address) => {
    expect(resolveOne('openai', { keys: KEY, baseURL }).provider.baseURL).toBe(address);
  });

  test.each([
    ['ftp://a.test/v1', '"ftp://a.test/v1"'],
    ['file:///etc/passwd', '"file:/etc/passwd"'],
    ['a.test/v1', '"a.test/v1"'],
    ['localhost:11434', '"localhost:11434"'],
    ['https://', '"https://"'],
    ['sk-0123456789', 'no URL'],
    ['https://a.test/v1?key=0123456789', '"https://a.test/v1" with a query'],
    ['https://a.test/v1#0123456789', '"https://a.test/v1" with a hash'],
    ['https://0123456789@a.test/v1', '"https://a.test/v1" with a user'],
    ['https://me:0123456789@a.test/v1?a=b', '"https://a.test/v1" with a user and a query'],
  ])('%s is refused', (baseURL, shown) => {
    const message = `Cannot create the client as 'providers.openai.baseURL' must be an http or https URL without query, hash and user: current value is ${shown}`;
    expect(refusal(() => resolveOne('openai', { keys: KEY, baseURL }))).toBe(message);
    expect(refusal(() => resolveOne('openai', { keys: KEY }, { OPENAI_BASE_URL: baseURL }))).toBe(message);
  });
});

describe('headers and query', () => {
  test('names of headers are lower case, and yours win over those of the account', () => {
    const options = {
      keys: KEY,
      organization: 'org-1',
      project: 'proj-1',
      headers: { 'X-Team': 'A', 'OpenAI-Project': 'mine' },
      query: { V: '1' },
    };
    const { provider } = resolveOne('openai', options);
    expect(provider.headers).toEqual({ 'x-team': 'A', 'openai-organization': 'org-1', 'openai-project': 'mine' });
    expect(provider.query).toEqual({ V: '1' });
  });

  test.each<[string, Loose, string]>([
    ['a line break in a value', { headers: { 'x-a': 'b\r\nx-c: d' } }, 'x-a'],
    ['what is not Latin', { headers: { 'x-a': 'ж' } }, 'x-a'],
    ['a space in a name', { headers: { 'x a': 'b' } }, 'x a'],
    ['an empty name', { headers: { '': 'b' } }, ''],
    ['a line break in an account', { organization: 'org\n1' }, 'openai-organization'],
  ])('%s is refused before anything is sent', (_, options, header) => {
    expect(refusal(() => resolveOne('openai', { keys: KEY, ...options }))).toContain(header);
  });
});
