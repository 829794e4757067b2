import { describe, expect, test } from 'vitest';
import { uncertain } from '../../src/charging.ts';
import { knownProviders, protocols, rowAt } from '../../src/providers/known.ts';
import type { Given, Place } from '../../src/providers/known.ts';

const NAMES =
  'openai anthropic google mistral cohere azure bedrock groq deepseek xai openrouter together fireworks perplexity cerebras moonshot huggingface nvidia github zai ollama vllm lmstudio llamacpp';

function locate(name: string, given: Partial<Given> = {}, env: Readonly<Record<string, string>> = {}): Place | undefined {
  const variable: Given['variable'] = (names) => names.map((variable) => env[variable]).find((value) => value !== undefined);
  return knownProviders[name]?.locate({ name, variable, ...given });
}

describe('knownProviders', () => {
  test('are all that are promised', () => {
    expect(Object.keys(knownProviders).join(' ')).toBe(NAMES);
  });

  test('are complete rows', () => {
    for (const [name, row] of Object.entries(knownProviders)) {
      expect(Object.hasOwn(protocols, row.protocol.name), name).toBe(true);
      const place = locate(name, {}, { AZURE_RESOURCE_NAME: 'res' });
      expect(place, name).toMatchObject({ baseURL: expect.stringMatching(/^https?:\/\/.*[^/]$/) });
      const stems = [...row.env.keys, ...row.env.shared, ...row.env.baseURL];
      expect(stems.length, name).toBeGreaterThan(1);
      for (const stem of stems) expect(stem, name).toMatch(/^[A-Z][A-Z0-9_]+$/);
      expect(row.keyless, name).toBe(/^(ollama|vllm|lmstudio|llamacpp)$/.test(name));
    }
  });

  test('know nothing of what every object has', () => {
    expect([knownProviders['constructor'], knownProviders['toString'], knownProviders['__proto__']]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  });
});

describe('rowAt finds the row of a host', () => {
  test.each([
    ['https://api.groq.com/openai/v1', 'groq'],
    ['https://API.GROQ.com', 'groq'],
    ['https://gateway.api.groq.com/v1', 'groq'],
    ['https://mine.openai.azure.com', 'azure'],
    ['https://api.together.xyz/v1', 'together'],
    ['https://api.moonshot.cn/v1', 'moonshot'],
    ['https://open.bigmodel.cn/api/paas/v4', 'zai'],
  ])('%s is %s', (baseURL, name) => {
    expect(rowAt('openai', baseURL)).toBe(knownProviders[name]);
  });

  test.each([
    'https://evilapi.groq.com.test',
    'https://notgroq.com',
    'http://127.0.0.1:11434/v1',
    'https://api.anthropic.com/v1',
    'no url',
    undefined,
  ])('%s is nobody known', (baseURL) => {
    expect(rowAt('openai', baseURL).protocol).toBe(protocols.openai);
  });

  test('of a protocol alone, where the host tells nothing', () => {
    expect(rowAt('anthropic', 'https://own.test')).toBe(knownProviders['anthropic']);
    expect(rowAt('bedrock', 'https://vpce-1.bedrock-runtime.eu-west-1.vpce.amazonaws.com')).toBe(knownProviders['bedrock']);
  });

  test('signatures of calls go back to Google, whose endpoint of this protocol is nobody’s name', () => {
    const { protocol } = rowAt('openai', 'https://generativelanguage.googleapis.com/v1beta/openai');
    const call = {
      id: 'c',
      type: 'function',
      function: { name: 'f', arguments: '{}' },
      extra_content: { google: { thought_signature: 't' } },
    } as const;
    const asked = { operation: 'chat', request: { model: 'm', messages: [{ role: 'assistant', tool_calls: [call] }] } } as const;
    const provider = {
      name: 'g',
      protocol,
      baseURL: 'https://h',
      headers: {},
      query: {},
      keyless: false,
      auth: protocol.auth,
      capabilities: protocol.capabilities,
      charging: uncertain,
      rules: [],
    };
    expect(JSON.parse(protocol.encode({ asked, model: 'm', stream: false, provider }).body ?? '')).toMatchObject({
      messages: [{ tool_calls: [call] }],
    });
  });
});

describe('where', () => {
  test.each<[string, Partial<Given>, Record<string, string>, string]>([
    ['anthropic', {}, {}, 'https://api.anthropic.com/v1'],
    ['anthropic', { baseURL: 'https://proxy.test' }, {}, 'https://proxy.test/v1'],
    ['anthropic', { baseURL: 'https://proxy.test/' }, {}, 'https://proxy.test/v1'],
    ['anthropic', { baseURL: 'https://proxy.test/anthropic' }, {}, 'https://proxy.test/anthropic'],
    ['openai', { baseURL: 'https://proxy.test' }, {}, 'https://proxy.test'],
    ['azure', {}, { AZURE_RESOURCE_NAME: 'res' }, 'https://res.openai.azure.com/openai/v1'],
    ['azure', { apiVersion: '2024-10-21' }, { AZURE_RESOURCE_NAME: 'res' }, 'https://res.openai.azure.com/openai'],
    ['azure', { apiVersion: 'preview' }, { AZURE_RESOURCE_NAME: 'res' }, 'https://res.openai.azure.com/openai/v1'],
    [
      'azure',
      {},
      { AZURE_OPENAI_ENDPOINT: 'https://e.openai.azure.com/', AZURE_RESOURCE_NAME: 'res' },
      'https://e.openai.azure.com/openai/v1',
    ],
    ['azure', { baseURL: 'https://e.test/openai/v1/', apiVersion: '2024-10-21' }, {}, 'https://e.test/openai'],
    ['azure', { baseURL: 'https://e.test/openai' }, {}, 'https://e.test/openai/v1'],
    ['azure', { baseURL: 'https://e.test/gateway/v1' }, {}, 'https://e.test/gateway/v1'],
    ['google', {}, {}, 'https://generativelanguage.googleapis.com/v1beta'],
    ['google', { apiVersion: 'v1' }, {}, 'https://generativelanguage.googleapis.com/v1'],
    ['google', { baseURL: 'https://proxy.test' }, {}, 'https://proxy.test/v1beta'],
    [
      'google',
      { project: 'p', location: 'us-central1' },
      {},
      'https://us-central1-aiplatform.googleapis.com/v1/projects/p/locations/us-central1/publishers/google',
    ],
    ['google', { project: 'p' }, {}, 'https://aiplatform.googleapis.com/v1/projects/p/locations/global/publishers/google'],
    [
      'google',
      { project: 'p', location: 'eu' },
      {},
      'https://aiplatform.eu.rep.googleapis.com/v1/projects/p/locations/eu/publishers/google',
    ],
    ['google', { location: 'us-central1', apiVersion: 'v1beta1' }, {}, 'https://aiplatform.googleapis.com/v1beta1/publishers/google'],
    [
      'google',
      { project: 'p', location: 'l', baseURL: 'https://proxy.test' },
      {},
      'https://proxy.test/v1/projects/p/locations/l/publishers/google',
    ],
    ['google', {}, { GOOGLE_CLOUD_PROJECT: 'p', GOOGLE_CLOUD_LOCATION: 'l' }, 'https://generativelanguage.googleapis.com/v1beta'],
    [
      'google',
      {},
      { GOOGLE_GENAI_USE_VERTEXAI: 'True', GOOGLE_CLOUD_PROJECT: 'p', GOOGLE_CLOUD_LOCATION: 'l-1' },
      'https://l-1-aiplatform.googleapis.com/v1/projects/p/locations/l-1/publishers/google',
    ],
    ['google', {}, { GOOGLE_GENAI_USE_VERTEXAI: '1' }, 'https://aiplatform.googleapis.com/v1/publishers/google'],
    ['bedrock', {}, {}, 'https://bedrock-runtime.us-east-1.amazonaws.com'],
    ['bedrock', { region: 'eu-west-1' }, { AWS_REGION: 'us-west-2' }, 'https://bedrock-runtime.eu-west-1.amazonaws.com'],
    ['bedrock', {}, { AWS_REGION: 'us-west-2', AWS_DEFAULT_REGION: 'x' }, 'https://bedrock-runtime.us-west-2.amazonaws.com'],
    ['bedrock', { region: 'cn-north-1' }, {}, 'https://bedrock-runtime.cn-north-1.amazonaws.com.cn'],
    ['github', {}, {}, 'https://models.github.ai/inference'],
    ['github', { organization: 'o' }, {}, 'https://models.github.ai/orgs/o/inference'],
    ['github', { organization: 'o', baseURL: 'https://models.github.ai/' }, {}, 'https://models.github.ai/orgs/o/inference'],
    ['openai', { baseURL: 'https://api.openai.com' }, {}, 'https://api.openai.com/v1'],
    ['mistral', { baseURL: 'https://api.mistral.ai/' }, {}, 'https://api.mistral.ai/v1'],
    ['groq', { baseURL: 'https://api.groq.com' }, {}, 'https://api.groq.com/openai/v1'],
    ['groq', { baseURL: 'https://API.GROQ.com' }, {}, 'https://API.GROQ.com/openai/v1'],
    ['groq', { baseURL: 'https://api.groq.com/v9' }, {}, 'https://api.groq.com/v9'],
    ['groq', { baseURL: 'https://proxy.test' }, {}, 'https://proxy.test'],
    ['groq', { baseURL: 'https://api.groq.com.test' }, {}, 'https://api.groq.com.test'],
    ['deepseek', { baseURL: 'https://api.deepseek.com' }, {}, 'https://api.deepseek.com'],
    ['perplexity', { baseURL: 'https://api.perplexity.ai' }, {}, 'https://api.perplexity.ai'],
    ['xai', { baseURL: 'https://api.x.ai' }, {}, 'https://api.x.ai/v1'],
    ['openrouter', { baseURL: 'https://openrouter.ai' }, {}, 'https://openrouter.ai/api/v1'],
    ['together', { baseURL: 'https://api.together.xyz' }, {}, 'https://api.together.xyz/v1'],
    ['fireworks', { baseURL: 'https://api.fireworks.ai' }, {}, 'https://api.fireworks.ai/inference/v1'],
    ['cerebras', { baseURL: 'https://api.cerebras.ai' }, {}, 'https://api.cerebras.ai/v1'],
    ['moonshot', { baseURL: 'https://api.moonshot.cn' }, {}, 'https://api.moonshot.cn/v1'],
    ['zai', { baseURL: 'https://open.bigmodel.cn' }, {}, 'https://open.bigmodel.cn/api/paas/v4'],
    ['ollama', {}, {}, 'http://127.0.0.1:11434/v1'],
    ['ollama', { keyed: true }, {}, 'https://ollama.com/v1'],
    ['ollama', { keyed: true, baseURL: 'http://10.0.0.2:11434/v1' }, {}, 'http://10.0.0.2:11434/v1'],
    ['ollama', { keyed: true, baseURL: 'https://ollama.com' }, {}, 'https://ollama.com/v1'],
    ['vllm', { keyed: true }, {}, 'http://127.0.0.1:8000/v1'],
  ])('%s with %j and %j is %s', (name, given, env, baseURL) => {
    expect(locate(name, given, env)).toMatchObject({ baseURL });
  });

  test('Azure is, must be said', () => {
    expect(locate('azure')).toEqual({
      missing: 'set it, or one of AZURE_RESOURCE_NAME, AZURE_OPENAI_ENDPOINT, AZURE_OPENAI_BASE_URL',
    });
  });

  test.each<[string, Partial<Given>, Record<string, string>]>([
    ['azure', {}, { AZURE_RESOURCE_NAME: 'evil.test/' }],
    ['azure', {}, { AZURE_RESOURCE_NAME: 'a.b' }],
    ['google', { project: 'p', location: 'evil.test/#' }, {}],
    ['google', { project: '../x', location: 'l' }, {}],
    ['bedrock', { region: 'x@evil.test' }, {}],
    ['bedrock', {}, { AWS_REGION: 'evil.test:443' }],
  ])('%s is no other host by %j or %j', (name, given, env) => {
    expect(() => locate(name, given, env)).toThrow('must be a name of letters, digits and dashes');
  });
});

describe('how the key is shown', () => {
  const headerOf = (name: string, secret: string, given: Partial<Given> = {}): unknown => {
    const place = locate(name, given, { AZURE_RESOURCE_NAME: 'r' });
    const auth = (place !== undefined && 'auth' in place ? place.auth : undefined) ?? knownProviders[name]?.auth;
    if (auth?.kind !== 'header') return auth;
    const { header, prefix } = auth.unless?.find(({ looks }) => looks.test(secret)) ?? auth;
    return `${header}: ${prefix}`;
  };

  test.each<[string, string, string, Partial<Given>?]>([
    ['groq', 'gsk_1', 'authorization: Bearer '],
    ['anthropic', 'sk-ant-api03-1', 'x-api-key: '],
    ['anthropic', 'sk-ant-oat01-1', 'authorization: Bearer '],
    ['azure', '0123abcd', 'api-key: '],
    ['azure', 'eyJ0eXAiOiJKV1Qi.eyJhIjoxfQ.c2ln', 'authorization: Bearer '],
    ['google', 'AIzaSy1', 'x-goog-api-key: '],
    ['google', 'ya29.a0', 'authorization: Bearer '],
    ['google', 'AIzaSy1', 'x-goog-api-key: ', { location: 'global' }],
    ['google', 'AQ.Ab1', 'x-goog-api-key: ', { location: 'global' }],
    ['google', 'whatever', 'authorization: Bearer ', { project: 'p' }],
    ['google', 'whatever', 'authorization: Bearer ', { baseURL: 'https://us-central1-aiplatform.googleapis.com/v1/publishers/google' }],
  ])('%s: %s as "%s"', (name, secret, shown, given = {}) => {
    expect(headerOf(name, secret, given)).toBe(shown);
  });

  test.each<[Partial<Given>, string]>([
    [{}, 'us-east-1'],
    [{ region: 'eu-west-1' }, 'eu-west-1'],
    [{ baseURL: 'https://bedrock-runtime.ap-south-1.amazonaws.com' }, 'ap-south-1'],
    [{ baseURL: 'https://vpce-1.bedrock-runtime.eu-west-3.vpce.amazonaws.com' }, 'eu-west-3'],
    [{ baseURL: 'https://proxy.test', region: 'eu-west-2' }, 'eu-west-2'],
  ])('bedrock with %j is signed for %s', (given, region) => {
    expect(headerOf('bedrock', '', given)).toEqual({ kind: 'aws', region, service: 'bedrock' });
  });
});
