import { describe, expect, test } from 'vitest';
import { knownProviders } from '../../src/providers/known.ts';
import { KEY, type Loose, refusal, resolve, resolveOne } from './support.ts';

const own = { protocol: 'openai', baseURL: 'https://own.test/v1', keys: [KEY] };

describe('a provider', () => {
  test.each(Object.keys(knownProviders))('%s is known: it needs keys at most, and Azure its resource', (name) => {
    const { provider } = resolveOne(name, { keys: [KEY] }, { AZURE_RESOURCE_NAME: 'res' });
    expect(provider).toMatchObject({ name, headers: {}, query: {}, keyless: false });
    expect(provider.protocol).toBe(knownProviders[name]?.protocol);
    expect(provider.capabilities).toBe(knownProviders[name]?.protocol.capabilities);
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

  test.each<[string, Loose, Record<string, string>, string]>([
    ['none', {}, {}, 'http://127.0.0.1:11434/v1'],
    ['an empty list', { keys: [] }, { OLLAMA_API_KEY: KEY }, 'http://127.0.0.1:11434/v1'],
    ['one of the environment', {}, { OLLAMA_API_KEY: KEY }, 'https://ollama.com/v1'],
    ['one of the options', { keys: [KEY] }, {}, 'https://ollama.com/v1'],
    ['one that is loaded', { keys: async () => [KEY] }, {}, 'https://ollama.com/v1'],
    ['one and an address', {}, { OLLAMA_API_KEY: KEY, OLLAMA_BASE_URL: 'http://10.0.0.2:11434/v1' }, 'http://10.0.0.2:11434/v1'],
  ])('a key for Ollama is for its cloud: %s', (_, options, env, baseURL) => {
    expect(resolveOne('ollama', options, env).provider.baseURL).toBe(baseURL);
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

describe('a provider of a name of its own', () => {
  test('takes the row of its host, and none of its variables', () => {
    const baseURL = 'https://mine.openai.azure.com';
    const { provider } = resolveOne('azure-eu', { protocol: 'openai', baseURL, keys: KEY, apiVersion: '2024-10-21' });
    expect(provider).toMatchObject({ baseURL: `${baseURL}/openai`, apiVersion: '2024-10-21', auth: { header: 'api-key' } });
    expect(provider.protocol).toBe(knownProviders['azure']?.protocol);
    const env = { GROQ_API_KEY: KEY, AWS_REGION: 'eu-west-1' };
    expect(refusal(() => resolveOne('fast', { protocol: 'openai', baseURL: 'https://api.groq.com/openai/v1' }, env))).toBe(
      "Cannot create the client as 'providers.fast.keys' is missing",
    );
    const { auth } = resolveOne('aws', { protocol: 'bedrock', baseURL: 'https://proxy.test', keys: KEY }, env).provider;
    expect(auth).toMatchObject({ region: 'us-east-1' });
  });

  test('is at the address that its options make', () => {
    expect(resolveOne('aws-eu', { protocol: 'bedrock', region: 'eu-west-1', keys: KEY }).provider).toMatchObject({
      baseURL: 'https://bedrock-runtime.eu-west-1.amazonaws.com',
      auth: { kind: 'aws', region: 'eu-west-1' },
    });
    expect(resolveOne('vertex', { protocol: 'google', project: 'p', location: 'l1', keys: KEY }).provider.baseURL).toBe(
      'https://l1-aiplatform.googleapis.com/v1/projects/p/locations/l1/publishers/google',
    );
  });

  test('speaks as its protocol does, though a known one of the name speaks otherwise', () => {
    const options = { protocol: 'openai', baseURL: 'https://own.test/v1' };
    const { provider, source } = resolveOne('anthropic', options, { ANTHROPIC_API_KEY: KEY });
    expect(provider).toMatchObject({ baseURL: 'https://own.test/v1', auth: { header: 'authorization' } });
    expect(source).toMatchObject({ keys: [{ group: expect.stringContaining('anthropic') }] });
    expect(refusal(() => resolveOne('anthropic', { protocol: 'openai', keys: KEY }))).toContain("'providers.anthropic.baseURL' is missing");
  });
});

describe('an option that means nothing is refused', () => {
  test.each<[string, Loose, string]>([
    ['openai', { region: 'r' }, '\'providers.openai.region\' means nothing to it: current value is "r"'],
    ['groq', { organization: 'o' }, "'providers.groq.organization' means nothing to it"],
    ['anthropic', { project: 'p' }, "'providers.anthropic.project' means nothing to it"],
    ['bedrock', { location: 'l' }, "'providers.bedrock.location' means nothing to it"],
    ['ollama', { apiVersion: 'v' }, "'providers.ollama.apiVersion' means nothing to it"],
    ['mine', { ...own, region: 'r' }, "'providers.mine.region' means nothing to protocol 'openai'"],
  ])('%s with %j', (name, options, reason) => {
    expect(refusal(() => resolveOne(name, { keys: [KEY], ...options }))).toContain(reason);
  });

  test.each<[string, Loose, object]>([
    ['openai', { organization: 'o', project: 'p' }, { headers: { 'openai-organization': 'o', 'openai-project': 'p' } }],
    ['mine', { ...own, organization: 'o' }, { headers: { 'openai-organization': 'o' } }],
    ['huggingface', { organization: 'o' }, { headers: { 'x-hf-bill-to': 'o' } }],
    ['github', { organization: 'o' }, { headers: {}, baseURL: 'https://models.github.ai/orgs/o/inference' }],
    ['anthropic', { apiVersion: '2023-06-01' }, { apiVersion: '2023-06-01' }],
  ])('%s knows %j', (name, options, provider) => {
    expect(resolveOne(name, { keys: [KEY], ...options }).provider).toMatchObject(provider);
  });
});

describe('the environment of known providers', () => {
  const secretsOf = (name: string, env: Readonly<Record<string, string>>): unknown => {
    const { source } = resolveOne(name, {}, env);
    return source.kind === 'list' && source.keys.length;
  };
  const namesOf = (env: Readonly<Record<string, string>>): readonly string[] =>
    resolve({ providers: undefined, env }).providers.map(({ provider }) => provider.name);

  test('a key by two names counts once', () => {
    expect(secretsOf('google', { GEMINI_API_KEY: KEY, GOOGLE_API_KEY: KEY, GOOGLE_GENAI_API_KEY: `${KEY}2` })).toBe(2);
    expect(secretsOf('cohere', { CO_API_KEY: KEY, COHERE_API_KEYS: `${KEY},${KEY}3` })).toBe(2);
  });

  test('what is usually set for something else counts where the provider is named', () => {
    expect(secretsOf('github', { GITHUB_TOKEN: KEY })).toBe(1);
    expect(secretsOf('huggingface', { HF_TOKEN: KEY })).toBe(1);
    expect(secretsOf('huggingface', { HF_TOKEN: KEY, HUGGINGFACE_API_KEY: `${KEY}2` })).toBe(1);
    const aws = { AWS_ACCESS_KEY_ID: 'AKIAIOSFODNN7EXAMPLE', AWS_SECRET_ACCESS_KEY: 'wJalrXUtnFEMI/K7MDENG' };
    expect(secretsOf('bedrock', aws)).toBe(1);
    // An id tells the secret without showing it.
    const signed = { keys: 'AKIAIOSFODNN7EXAMPLE:wJalrXUtnFEMI/K7MDENG:token' };
    const idOf = ({ source }: ReturnType<typeof resolveOne>): unknown => source.kind === 'list' && source.keys[0]?.id;
    expect(idOf(resolveOne('bedrock', {}, { ...aws, AWS_SESSION_TOKEN: 'token' }))).toBe(idOf(resolveOne('bedrock', signed)));
    expect(refusal(() => resolveOne('bedrock', {}, { AWS_ACCESS_KEY_ID: 'AKIAIOSFODNN7EXAMPLE' }))).toContain(
      'AWS_BEARER_TOKEN_BEDROCK (nor its forms with S, _1, _2, …) is not set',
    );
    expect(namesOf({ GITHUB_TOKEN: KEY, HF_TOKEN: KEY, ...aws, GROQ_API_KEY: KEY })).toEqual(['groq']);
    expect(refusal(() => namesOf({ GITHUB_TOKEN: KEY, HF_TOKEN: KEY, ...aws }))).toContain('no key was found in the environment');
  });

  test('a key without an address is left out beside others, and says so alone', () => {
    expect(namesOf({ AZURE_API_KEY: KEY, OPENAI_API_KEY: KEY })).toEqual(['openai']);
    expect(namesOf({ AZURE_API_KEY: KEY, AZURE_RESOURCE_NAME: 'r', OPENAI_API_KEY: KEY })).toEqual(['openai', 'azure']);
    expect(refusal(() => namesOf({ AZURE_API_KEY: KEY }))).toContain(
      "'providers.azure.baseURL' is missing: set it, or one of AZURE_RESOURCE_NAME, AZURE_OPENAI_ENDPOINT",
    );
  });

  test('addresses and accounts are read for the name', () => {
    expect(resolveOne('anthropic', { keys: KEY }, { ANTHROPIC_BASE_URL: 'https://proxy.test' }).provider.baseURL).toBe(
      'https://proxy.test/v1',
    );
    expect(resolveOne('openai', { keys: KEY }, { OPENAI_ORG_ID: 'o', OPENAI_PROJECT_ID: 'p' }).provider.headers).toEqual({
      'openai-organization': 'o',
      'openai-project': 'p',
    });
  });
});
