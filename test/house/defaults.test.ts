import { join } from 'node:path';
import ts from 'typescript';
import { describe, expect, test } from 'vitest';
import { systemClock, systemRandom } from '../../src/clock.ts';
import { defaultCall, resolveCall } from '../../src/options/call.ts';
import { resolveMap } from '../../src/options/map.ts';
import { resolveOptions } from '../../src/options/resolve.ts';
import { readSource, readSources, ROOT, walk } from './sources.ts';

const env = { OPENAI_API_KEY: 'sk-from-the-environment' };
const settings = resolveOptions({ env });
const { cache, retry } = resolveOptions({ env, cache: true });
const call = resolveCall({}, defaultCall(settings));
const mapped = resolveMap(undefined, 7);
const [environmental] = settings.providers;
const [ofFunction] = resolveOptions({ env, providers: { openai: { keys: () => 'sk' } } }).providers;
const [limited] = resolveOptions({
  env,
  providers: { openai: { keys: 'sk', limits: { buckets: [{ counts: 'requests', limit: 7, windowMs: 5 }] } } },
}).providers;
const [key] = environmental?.source.kind === 'list' ? environmental.source.keys : [];
const [ruled] = resolveOptions({ env, rules: [{ class: 'timeout' }] }).providers[0]?.provider.rules ?? [];
const [bucket] = limited?.limits.buckets ?? [];

const aliased = resolveOptions({
  env: { OPENAI_API_KEY: 'k' },
  models: { plain: { targets: ['openai/a'] }, drawn: { targets: ['openai/a'], balance: 'weight' } },
});
const weighed = aliased.balances.get('drawn')?.targets[0];

const log = resolveOptions({ env, log: { to: 'x' } }).log;
const [alert] = resolveOptions({ env, alerts: [{ on: 'limit-near', to: 'http://a.test' }] }).alerts;

/** What the code does where an option is left out. */
const RESOLVED: Readonly<Record<string, unknown>> = {
  'BucketOptions.kind': bucket?.kind,
  'KeyOptions.weight': key?.weight,
  'TargetOptions.weight': weighed?.weight,
  // Nobody is named who does not balance.
  'AliasOptions.balance': aliased.balances.has('plain') ? 'another' : 'order',
  'ProviderOptions.refreshMs': ofFunction?.source.kind === 'function' ? ofFunction.source.refreshMs : undefined,
  'CacheOptions.ttlMs': cache?.ttlMs,
  'CacheOptions.staleMs': cache?.staleMs,
  'CacheOptions.staleAfterMs': cache?.staleAfterMs,
  'CacheOptions.maxEntries': cache?.maxEntries,
  'CacheOptions.maxBytes': cache?.maxBytes,
  'CacheOptions.namespace': cache?.namespace,
  'RetryOptions.attempts': retry.attempts,
  'RetryOptions.timeoutMs': retry.timeoutMs,
  'RetryOptions.maxWaitMs': retry.maxWaitMs,
  'RetryOptions.invalidOutput': retry.invalidOutput,
  'ClientOptions.cache': settings.cache !== undefined,
  'ClientOptions.maxRotations': settings.maxRotations,
  'ClientOptions.connectTimeoutMs': settings.connectTimeoutMs,
  'ClientOptions.firstTokenTimeoutMs': settings.firstTokenTimeoutMs,
  'ClientOptions.idleTimeoutMs': settings.idleTimeoutMs,
  'ClientOptions.fallbackAfterMs': settings.fallbackAfterMs,
  'ClientOptions.prices': settings.prices,
  'ClientOptions.fetchUnknown': settings.fetchUnknown,
  'CallOptions.priority': call.settings.priority,
  'CallOptions.resume': call.settings.resume,
  'ResumeOptions.replies': resolveMap({ resume: { file: 'x', id: String } }, 7).resume?.replies,
  'LogFileOptions.maxBytes': log?.to.kind === 'file' ? log.to.maxBytes : undefined,
  'LogFileOptions.maxFiles': log?.to.kind === 'file' ? log.to.maxFiles : undefined,
  'LogOptions.attempts': log?.attempts,
  'LogOptions.content': log?.content,
  'LogOptions.level': log?.level === 20 ? 'debug' : 'another',
  'AlertOptions.everyMs': alert?.everyMs,
  'MapOptions.concurrency': mapped.concurrency,
  'MapOptions.ordered': mapped.ordered,
};

/** Defaults that are told in words, and whether the code does what the words say. */
const IN_WORDS: Readonly<Record<string, boolean>> = {
  'BucketOptions.burst: found out, as a rate says nothing of it': bucket !== undefined && bucket.burst === undefined,
  'BucketOptions.models: all models share it': bucket?.models === undefined && bucket?.perModel === false,
  "KeyOptions.id: the provider's name and eight hex digits of the secret's SHA-256": /^openai-[0-9a-f]{8}$/.test(key?.id ?? ''),
  'KeyOptions.group: a group of its own': key?.group === key?.id,
  'KeyOptions.models: all': key !== undefined && key.models === undefined,
  'ProviderOptions.protocol: that of the known provider of this name': environmental?.provider.protocol.name === 'openai',
  "ProviderOptions.baseURL: the known provider's, or its environment variable (`OPENAI_BASE_URL`)":
    environmental?.provider.baseURL === 'https://api.openai.com/v1' &&
    resolveOptions({ env: { ...env, OPENAI_BASE_URL: 'https://a.test' } }).providers[0]?.provider.baseURL === 'https://a.test',
  'ProviderOptions.keys: read from the environment; a literal `[]` with a `baseURL` is a provider without keys':
    key !== undefined &&
    resolveOptions({ env, providers: { openai: { keys: [], baseURL: 'https://a.test' } } }).providers[0]?.provider.keyless === true,
  'KeyOptions.budget: none': key !== undefined && key.budgets === undefined,
  'ProviderOptions.limits: none': environmental?.limits.buckets.length === 0,
  'ProviderOptions.headers: none': Object.keys(environmental?.provider.headers ?? { x: '' }).length === 0,
  'ProviderOptions.query: none': Object.keys(environmental?.provider.query ?? { x: '' }).length === 0,
  'ProviderOptions.organization: OPENAI_ORG_ID': headerFrom('OPENAI_ORG_ID') === 'openai-organization',
  'ProviderOptions.project: OPENAI_PROJECT_ID': headerFrom('OPENAI_PROJECT_ID') === 'openai-project',
  'ProviderOptions.region: AWS_REGION, AWS_DEFAULT_REGION, else us-east-1':
    addressOf('bedrock', {}).includes('.us-east-1.') &&
    addressOf('bedrock', { AWS_DEFAULT_REGION: 'eu-west-1' }).includes('.eu-west-1.') &&
    addressOf('bedrock', { AWS_DEFAULT_REGION: 'eu-west-1', AWS_REGION: 'eu-west-2' }).includes('.eu-west-2.'),
  'ProviderOptions.location: GOOGLE_CLOUD_LOCATION where GOOGLE_GENAI_USE_VERTEXAI is true':
    !addressOf('google', { GOOGLE_CLOUD_PROJECT: 'p', GOOGLE_CLOUD_LOCATION: 'l' }).includes('/locations/l/') &&
    addressOf('google', { GOOGLE_CLOUD_PROJECT: 'p', GOOGLE_CLOUD_LOCATION: 'l', GOOGLE_GENAI_USE_VERTEXAI: 'true' }).includes(
      '/locations/l/',
    ),
  "ProviderOptions.apiVersion: the provider's current one": environmental?.provider.apiVersion === undefined,
  'LimitOptions.buckets: none': environmental?.limits.buckets.length === 0,
  'CacheOptions.store: bounded memory': cache !== undefined && cache.store === undefined,
  'ClientOptions.providers: every known provider whose environment variables are set': environmental?.provider.name === 'openai',
  'TargetOptions.price: none': weighed !== undefined && weighed.price === undefined,
  'ClientOptions.models: none': settings.models.size === 0,
  'ClientOptions.budgets: none': settings.budgets.tags.size === 0 && settings.budgets.tenants.each.length === 0,
  "ClientOptions.dispatcher: an agent of the client's own, proxies from the environment": settings.dispatcher === undefined,
  'ClientOptions.limitNear: [0.9]': settings.limitNear.join() === '0.9',
  'ClientOptions.fetch: none': settings.fetch === undefined,
  'ClientOptions.clock: real time': settings.clock === systemClock,
  'ClientOptions.random: Math.random': settings.random === systemRandom,
  'ClientOptions.env: process.env': resolvesFromProcess(),
  'CallOptions.timeoutMs: retry.timeoutMs': call.timeoutMs === settings.retry.timeoutMs,
  'CallOptions.attemptTimeoutMs: timeoutMs': resolveCall({ timeoutMs: 5 }, call).settings.attemptTimeoutMs === 5,
  'CallOptions.maxWaitMs: retry.maxWaitMs': call.settings.maxWaitMs === settings.retry.maxWaitMs,
  "CallOptions.cache: the client's cache": call.settings.cache.mode === 'off',
  'ClientOptions.rules: none': environmental?.provider.rules.length === 0,
  'RuleOptions.provider: all': ruled?.match === undefined && ruled?.number === 1,
  'RuleOptions.status: any': ruled?.status === undefined,
  'RuleOptions.match: any': ruled?.match === undefined,
  'CallOptions.tenant: none': call.settings.tenant === undefined,
  'CallOptions.affinity: none': call.settings.affinity === undefined,
  'CallOptions.groups: all': call.settings.groups === undefined,
  'CallOptions.keys: all': call.settings.keys === undefined,
  'MapOptions.onProgress: none': mapped.onProgress === undefined,
  'MapOptions.signal: none': mapped.signal === undefined,
  'MapOptions.resume: none': mapped.resume === undefined,
  'MapOptions.callOptions: none': Object.keys(mapped.callOptions(undefined, 0)).join() === 'maxWaitMs,timeoutMs,attemptTimeoutMs',
  'ClientOptions.log: none': settings.log === undefined,
  'ClientOptions.alerts: none': settings.alerts.length === 0,
  'LogOptions.redact: none': log?.redact.length === 0,
  'AlertOptions.headers: none': alert?.to.kind === 'webhook' && Object.keys(alert.to.headers).join() === 'content-type',
  'CallOptions.hedge: none': call.settings.hedgeAfterMs === Infinity,
};

/** Kept by the client itself, where no resolved value shows them: tested with `client.chat`. */
const ELSEWHERE = ['CallOptions.tags: none', 'CallOptions.onEvent: none'];

interface Documented {
  readonly name: string;
  readonly text: string;
}

const documented = ['src/options/types.ts', 'src/options/map.ts', 'src/options/log.ts', 'src/options/alerts.ts'].flatMap(readDefaults);
const LITERAL = /^(-?\d+(\.\d+)?|Infinity|true|false|'[^']*')$/;

describe('the documented defaults of options', () => {
  const literals = documented.filter(({ text }) => LITERAL.test(text));

  test('are read from the docs', () => {
    expect(literals.map(({ name }) => name).toSorted()).toEqual(Object.keys(RESOLVED).toSorted());
  });

  test.each(literals)('$name is $text', ({ name, text }) => {
    const value = RESOLVED[name];
    expect(typeof value === 'string' ? `'${value}'` : String(value)).toBe(text);
  });

  const words = documented.filter(({ text }) => !LITERAL.test(text)).map(({ name, text }) => `${name}: ${text}`);

  test('in words are all looked after', () => {
    expect(words.toSorted()).toEqual([...Object.keys(IN_WORDS), ...ELSEWHERE].toSorted());
  });

  test.each(words.filter((word) => !ELSEWHERE.includes(word)))('%s', (word) => {
    expect(IN_WORDS[word]).toBe(true);
  });
});

describe('every export is documented', () => {
  const entries = ['src/index.ts', 'src/simulator/index.ts', 'src/ai-sdk/index.ts', 'src/otel/index.ts'];
  const program = ts.createProgram(
    entries.map((entry) => join(ROOT, entry)),
    { module: ts.ModuleKind.NodeNext, target: ts.ScriptTarget.ES2023, allowImportingTsExtensions: true, noEmit: true, types: ['node'] },
  );
  const checker = program.getTypeChecker();

  test.each(entries)('of %s', (entry) => {
    const source = program.getSourceFile(join(ROOT, entry));
    const module = source === undefined ? undefined : checker.getSymbolAtLocation(source);
    const symbols = module === undefined ? [] : checker.getExportsOfModule(module);
    expect(symbols.length).toBeGreaterThan(0);
    const bare = symbols.filter((symbol) => docOf(checker, symbol) === '').map((symbol) => symbol.name);
    expect(bare).toEqual([]);
  });
});

test('the docs are read as they stand', () => {
  const text = `export interface A {
    /** One. @default 5 */ readonly one?: number;
    /**
     * Two.
     * @default none
     */
    readonly two?: string;
    /** Three. */ readonly three?: string;
  }`;
  expect(defaultsOf(text)).toEqual([
    { name: 'A.one', text: '5' },
    { name: 'A.two', text: 'none' },
  ]);
});

function addressOf(provider: string, variables: Readonly<Record<string, string>>): string {
  return resolveOptions({ env: variables, providers: { [provider]: { keys: 'k' } } }).providers[0]?.provider.baseURL ?? '';
}

function headerFrom(variable: string): string | undefined {
  const [resolved] = resolveOptions({ env: { ...env, [variable]: 'x' } }).providers;
  return Object.keys(resolved?.provider.headers ?? {})[0];
}

function resolvesFromProcess(): boolean {
  const before = process.env['OPENAI_API_KEY'];
  process.env['OPENAI_API_KEY'] = 'sk-of-the-process';
  try {
    return resolveOptions({ providers: { openai: {} } }).providers.length === 1;
  } finally {
    if (before === undefined) delete process.env['OPENAI_API_KEY'];
    else process.env['OPENAI_API_KEY'] = before;
  }
}

function readDefaults(path: string): readonly Documented[] {
  const source = readSources('src/options').find((found) => found.path === path);
  return defaultsOf(source?.tree.text ?? '');
}

function defaultsOf(text: string): readonly Documented[] {
  const found: Documented[] = [];
  walk(readSource('src/options/types.ts', text).tree, (node) => {
    if (!ts.isPropertySignature(node) || !ts.isInterfaceDeclaration(node.parent)) return;
    const tag = ts.getJSDocTags(node).find(({ tagName }) => tagName.text === 'default');
    if (tag === undefined) return;
    const words = ts.getTextOfJSDocComment(tag.comment) ?? '';
    found.push({ name: `${node.parent.name.text}.${node.name.getText()}`, text: words.replaceAll(/\s+/g, ' ').trim() });
  });
  return found;
}

function docOf(checker: ts.TypeChecker, symbol: ts.Symbol): string {
  const target = (symbol.flags & ts.SymbolFlags.Alias) === 0 ? symbol : checker.getAliasedSymbol(symbol);
  return ts.displayPartsToString(target.getDocumentationComment(checker)).trim();
}
