import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Matcher, PROVIDER_HEADER } from '../../src/fetch/match.ts';
import { ConfigError } from '../../src/index.ts';
import type { ProviderOptions } from '../../src/options/types.ts';
import type { ProtocolName } from '../../src/providers/provider.ts';
import { providersOf } from './support.ts';

function find(
  providers: Readonly<Record<string, ProviderOptions>>,
  url: string,
  named?: string,
  { method = 'GET', ...headers }: Readonly<Record<string, string>> = {},
): string | undefined {
  const all = new Headers({ ...headers, ...(named === undefined ? {} : { [PROVIDER_HEADER]: named }) });
  const match = new Matcher(providersOf(providers)).find({ url: new URL(url), method, headers: all });
  return match && [match.provider.name, ...match.rest].join(' ');
}

const gateway = (baseURL: string, protocol: ProtocolName = 'openai'): ProviderOptions => ({ protocol, baseURL });

describe('a known provider', () => {
  test.each([
    ['https://api.openai.com/v1/chat/completions', 'openai chat completions'],
    ['https://API.OpenAI.com:443/v1/models', 'openai models'],
    ['https://api.openai.com/v1', 'openai'],
    ['https://api.openai.com/v1/', 'openai'],
    ['https://api.openai.com/v2/x', 'openai x'],
    ['https://api.openai.com/v1/x/../models', 'openai models'],
    ['https://api.openai.com/', 'openai'],
    ['https://api.openai.com/v1evil/x', 'openai v1evil x'],
    ['https://generativelanguage.googleapis.com/v1beta/models/m:generateContent', 'google models m:generateContent'],
    ['https://generativelanguage.googleapis.com/v1/models/m:generateContent', 'google models m:generateContent'],
    ['https://generativelanguage.googleapis.com/v1alpha/models', 'google models'],
    ['https://generativelanguage.googleapis.com/upload/v1beta/files', 'google files'],
    ['https://generativelanguage.googleapis.com/download/v1beta/files/x', 'google download v1beta files x'],
    ['https://api.cohere.com/v2/chat', 'cohere v2 chat'],
    ['https://bedrock-runtime.us-east-1.amazonaws.com/model/m/converse', 'bedrock model m converse'],
  ])('has %s', (url, found) => {
    expect(find({ openai: {}, google: {}, cohere: {}, bedrock: {} }, url)).toBe(found);
  });

  test.each([
    'https://api.openai.com.evil.com/v1/models',
    'https://evil.com/api.openai.com/v1/models',
    'https://api.openai.com@evil.com/v1/models',
    'https://evil.com#@api.openai.com/v1',
    'https://evil.com\\@api.openai.com/v1',
    'https://xapi.openai.com/v1/models',
    'https://openai.com/v1/models',
    'https://api.openai.com./v1/models',
    'https://api.openai.com:8443/v1/models',
    'http://api.openai.com/v1/models',
    'https://аpi.openai.com/v1/models',
    'https://bedrock.us-east-1.amazonaws.com/foundation-models',
    'https://bedrock-runtime.us-west-2.amazonaws.com/model/m/converse',
    'ftp://api.openai.com/v1/models',
    'blob:https://api.openai.com/1234',
    'data:,',
  ])('has nothing to do with %s', (url) => {
    expect(find({ openai: {}, bedrock: {} }, url)).toBeUndefined();
  });
});

describe('a gateway', () => {
  const base = 'https://gw.test/team/a/v1';

  test.each([
    ['https://gw.test/team/a/v1/chat/completions', 'own chat completions'],
    ['https://GW.test/team/a/v1/', 'own'],
    ['https://gw.test/team/a/v2/models', 'own models'],
    ['https://gw.test/team/a/v1beta/models', 'own models'],
    ['https://gw.test/team/a/upload/v1/files', 'own files'],
    ['https://gw.test/team/b/../a/v1/models', 'own models'],
    ['https://gw.test/team/b/%2e%2E/a/v1/models', 'own models'],
    ['https://gw.test/team/a/v1/model/x%2Fy', 'own model x%2Fy'],
    ['https://gw.test/team/a/v1//models', 'own  models'],
  ])('has %s', (url, found) => {
    expect(find({ own: gateway(base) }, url)).toBe(found);
  });

  test.each([
    'https://gw.test/team/a/v1evil/models',
    'https://gw.test/team/a/v1x',
    'https://gw.test/team/a/admin',
    'https://gw.test/team/a',
    'https://gw.test/team/ab/v1/models',
    'https://gw.test/team/b/v1/models',
    'https://gw.test/team/a/v1/../../b/x',
    'https://gw.test/team/a/v1/..%2f..%2fb/x',
    'https://gw.test/team/a/v1/%252e%252e/b',
    'https://gw.test/team/a/v1/..%5cb',
    'https://gw.test/team/a/v1/..;/b',
    'https://gw.test/team/a/v1/%252e.%3bx=1/b',
    'https://gw.test//team/a/v1/models',
    'https://gw.test/team//a/v1/models',
    'https://gw.test/Team/a/v1/models',
    'https://gw.test/%74eam/a/v1/models',
    'https://gw.test/team%2Fa/v1/models',
    'https://gw.test/v1/models',
    'https://gw.test/?x=/team/a/v1/models',
  ])('has nothing to do with %s', (url) => {
    expect(find({ own: gateway(base) }, url)).toBeUndefined();
  });

  test('with a base URL without a path has the whole host', () => {
    expect(find({ own: gateway('http://127.0.0.1:8080') }, 'http://127.0.0.1:8080/anything/else')).toBe('own anything else');
  });
});

describe('of several providers', () => {
  test('the longest base URL wins', () => {
    const providers = { all: gateway('https://gw.test'), team: gateway('https://gw.test/team'), v1: gateway('https://gw.test/team/v1') };
    expect(find(providers, 'https://gw.test/team/v1/models')).toBe('v1 models');
    expect(find(providers, 'https://gw.test/team/v2/models')).toBe('v1 models');
    expect(find(providers, 'https://gw.test/team/x')).toBe('team x');
    expect(find(providers, 'https://gw.test/other')).toBe('all other');
  });

  test('the version as it is configured wins over its siblings', () => {
    const providers = { openai: gateway('http://127.0.0.1:1/v1'), google: gateway('http://127.0.0.1:1/v1beta', 'google') };
    expect(find(providers, 'http://127.0.0.1:1/v1beta/models')).toBe('google models');
    expect(find(providers, 'http://127.0.0.1:1/v1/models')).toBe('openai models');
    expect(() => find(providers, 'http://127.0.0.1:1/v2/models')).toThrow(ConfigError);
  });

  const twins = { us: gateway('https://gw.test/v1'), eu: gateway('https://gw.test/v1') };

  describe('on one base URL the request itself says which', () => {
    const host = 'http://127.0.0.1:1';
    const all = {
      openai: { baseURL: `${host}/v1` },
      anthropic: { baseURL: `${host}/v1` },
      google: { baseURL: `${host}/v1beta` },
      cohere: { baseURL: host },
      bedrock: { baseURL: host },
      azure: { baseURL: `${host}/v1` },
    } as const;
    const bearer = { authorization: 'Bearer x' };
    const claude = { ...bearer, 'anthropic-version': '2023-06-01' };

    test.each<[string, string, Readonly<Record<string, string>>, string]>([
      ['POST', '/v1/chat/completions', bearer, 'openai chat completions'],
      ['post', '/v1/chat/completions', bearer, 'openai chat completions'],
      ['POST', '/v1/chat/completions', { 'api-key': 'x' }, 'azure chat completions'],
      ['POST', '/v1/embeddings', bearer, 'openai embeddings'],
      ['POST', '/v1/responses', bearer, 'openai responses'],
      ['POST', '/v1/responses', claude, 'openai responses'],
      ['POST', '/v1/messages', {}, 'anthropic messages'],
      ['POST', '/v1/messages', bearer, 'anthropic messages'],
      ['POST', '/v1/messages/batches', claude, 'anthropic messages batches'],
      ['GET', '/v1/messages/batches', { 'x-api-key': 'x' }, 'anthropic messages batches'],
      ['GET', '/v1/models', bearer, 'openai models'],
      ['GET', '/v1/models', claude, 'anthropic models'],
      ['GET', '/v1/models', { 'x-api-key': 'x' }, 'anthropic models'],
      ['GET', '/v1/models', { 'api-key': 'x' }, 'azure models'],
      ['GET', '/v1/models', { 'x-goog-api-key': 'x' }, 'google models'],
      ['GET', '/v1/models?key=x', {}, 'google models'],
      ['POST', '/v1/models/gemini:generateContent', {}, 'google models gemini:generateContent'],
      ['POST', '/v1/models/gemini:countTokens', {}, 'google models gemini:countTokens'],
      ['DELETE', '/v1/models/ft:gpt-5:acme::abc', bearer, 'openai models ft:gpt-5:acme::abc'],
      ['POST', '/v1beta/models/gemini:generateContent', bearer, 'google models gemini:generateContent'],
      ['POST', '/v1beta/openai/chat/completions', bearer, 'google openai chat completions'],
      ['GET', '/v1beta/openai/models', bearer, 'google openai models'],
      ['POST', '/v2/chat', bearer, 'cohere v2 chat'],
      ['POST', '/model/m/converse', bearer, 'bedrock model m converse'],
      ['POST', '/model/m/invoke', bearer, 'bedrock model m invoke'],
    ])('%s %s %j', (method, path, headers, found) => {
      expect(find(all, host + path, undefined, { method, ...headers })).toBe(found);
      expect(find(Object.fromEntries(Object.entries(all).toReversed()), host + path, undefined, { method, ...headers })).toBe(found);
    });

    test('or is refused, where it does not', () => {
      const message = /fit alike.*current value is 'openai', 'anthropic', 'azure'$/;
      expect(() => find(all, `${host}/v1/files`)).toThrow(message);
      expect(() => find(all, `${host}/v1/chat/completions`, undefined, { method: 'POST' })).toThrow(/current value is 'openai', 'azure'$/);
      expect(find(all, `${host}/v1/chat/completions`, 'anthropic', { method: 'POST' })).toBe('anthropic chat completions');
    });

    test('but a shorter base URL has nothing of a longer one', () => {
      const two = { all: gateway(host, 'anthropic'), team: gateway(`${host}/team/v1`) };
      expect(find(two, `${host}/team/v1/messages`, undefined, { method: 'POST', ...claude })).toBe('team messages');
    });
  });

  test('two of one protocol are told apart by the header alone', () => {
    expect(find(twins, 'https://gw.test/v1/models', 'eu')).toBe('eu models');
    expect(() => find(twins, 'https://gw.test/v1/models')).toThrow(
      "Cannot send the request as the base URLs of several providers fit alike, and the header 'x-keywheel-provider' must name one of them: current value is 'us', 'eu'",
    );
  });

  test('two at the host of a service share nothing but their base URL', () => {
    const two = { openai: {}, team: { protocol: 'openai', baseURL: 'https://api.openai.com/v1/team' } } as const;
    expect(find(two, 'https://api.openai.com/dashboard')).toBeUndefined();
    expect(find(two, 'https://api.openai.com/dashboard', 'openai')).toBe('openai dashboard');
    expect(find(two, 'https://api.openai.com/v1/team/models', 'openai')).toBe('openai team models');
  });

  test.each([
    ['a stranger', 'https://gw.test/v1/models', 'nobody'],
    ['a URL of nobody', 'https://else.test/v1/models', 'eu'],
    ['another path', 'https://gw.test/admin', 'eu'],
    ['a hidden way up', 'https://gw.test/v1/..%2fadmin', 'eu'],
    ['an empty name', 'https://gw.test/v1/models', ''],
    ['a name of every object', 'https://gw.test/v1/models', '__proto__'],
  ])('the header names one that fits: %s', (_title, url, named) => {
    expect(() => find(twins, url, named)).toThrow(ConfigError);
  });
});

test('property: whatever is found is at the very origin of its base URL, and below its path but for the version', () => {
  const bases = ['https://gw.test/team/v1', 'https://api.openai.com/v1', 'http://127.0.0.1:9/x'];
  const matcher = new Matcher(providersOf(Object.fromEntries(bases.map((baseURL, at) => [`p${at}`, gateway(baseURL)]))));
  const hosts = fc.constantFrom(
    'gw.test',
    'api.openai.com',
    '127.0.0.1:9',
    'evil.test',
    'gw.test.evil.test',
    'gw.test:444',
    'a@gw.test',
    'gw.test@evil.test',
  );
  const pieces = fc.constantFrom(
    'team',
    'v1',
    'v2',
    'x',
    '..',
    '.',
    '%2e%2e',
    '..%2f',
    '%2F',
    '',
    'v1evil',
    '\\',
    '//',
    '?',
    '#',
    '%00',
    'é',
  );
  fc.assert(
    fc.property(fc.constantFrom('https:', 'http:'), hosts, fc.array(pieces, { maxLength: 6 }), (scheme, host, path) => {
      const text = `${scheme}//${host}/${path.join('/')}`;
      fc.pre(URL.canParse(text));
      const url = new URL(text);
      const found = matcher.find({ url, method: 'POST', headers: new Headers() });
      if (found === undefined) return;
      const base = new URL(found.provider.baseURL);
      expect(url.origin).toBe(base.origin);
      const canonical = base.hostname === 'api.openai.com';
      expect(canonical || `${url.pathname}/`.startsWith(base.pathname.replace(/v1$/, ''))).toBe(true);
    }),
    { numRuns: 2000, seed: 3 },
  );
});
