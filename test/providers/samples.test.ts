import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { Scope, Verdict } from '../../src/failure.ts';
import { openai } from '../../src/providers/openai/openai.ts';
import { aContext, aProvider, failureOf, readEvents } from './support.ts';

// Literal answers that were captured, with the class, scope and delay that each means. The folder is not part of the project.
const FILE = new URL('../../../shared/reference/error-samples.json', import.meta.url);

interface Sample {
  readonly provider: string;
  readonly name: string;
  readonly status: number;
  readonly headers: Record<string, string>;
  readonly body: unknown;
  readonly class: string;
  readonly scope: 'key' | 'org' | 'model' | 'provider' | 'request';
  readonly retryAfterMs: number | null;
  readonly resetAt?: string;
  readonly stream?: boolean;
}

/** What a scope of the samples is here: `org` is a group or an organisation, `model` a hold for one model or a route. */
const SCOPES: Readonly<Record<Sample['scope'], (verdict: Verdict) => boolean>> = {
  key: is('key', 'group'),
  org: is('group', 'org'),
  model: (verdict) => verdict.perModel || verdict.scope === 'route' || verdict.class === 'request_too_large',
  provider: is('provider', 'route'),
  request: is('request'),
};

function is(...scopes: readonly Scope[]): (verdict: Verdict) => boolean {
  return (verdict) => scopes.includes(verdict.scope);
}

const samples = existsSync(FILE) ? (JSON.parse(readFileSync(FILE, 'utf8')) as Sample[]) : [];
/** Samples of providers that have no protocol here yet, whose frames and plans the general rules cannot know. */
const NOT_YET = [
  'bedrock stream_throttling_exception',
  'bedrock stream_eventstream_exception_frame',
  'bedrock stream_model_stream_error',
  'bedrock stream_validation_exception',
  'gemini code_assist_quota_exhausted_19h',
  'openai-codex-plan usage_limit_reached',
  'openrouter stream_mid_error_error_type',
];
const EXACT = new Set(['openai', 'azure-openai', 'ollama', 'llama.cpp', 'vllm', 'groq', 'openai-compatible']);

function classifySample(sample: Sample): Verdict {
  const now = sample.resetAt === undefined ? Date.UTC(2026, 6, 1) : Date.parse(sample.resetAt) - 86_400_000;
  const failure =
    sample.stream === true
      ? failureOf(200, firstError(String(sample.body)), sample.headers, true)
      : failureOf(sample.status, sample.body, sample.headers);
  return openai.classify(failure, aProvider(), now);
}

function firstError(text: string): unknown {
  const decoder = openai.startStream(aContext());
  for (const event of readEvents(text)) {
    const decoded = decoder.decode(event);
    if (decoded.kind === 'error') return decoded.body;
  }
  return undefined;
}

function faultsOf(sample: Sample): readonly string[] {
  const verdict = classifySample(sample);
  const now = Date.UTC(2026, 6, 1);
  const faults: string[] = [];
  if (verdict.class !== sample.class) faults.push(`class ${verdict.class}, not ${sample.class}`);
  if (!SCOPES[sample.scope](verdict)) faults.push(`scope ${verdict.scope}${verdict.perModel ? ' of the model' : ''}, not ${sample.scope}`);
  if (sample.retryAfterMs !== null && verdict.until?.at !== now + sample.retryAfterMs) {
    faults.push(`delay ${verdict.until === undefined ? 'none' : verdict.until.at - now}, not ${sample.retryAfterMs}`);
  }
  if (sample.resetAt !== undefined && verdict.until?.at !== Date.parse(sample.resetAt))
    faults.push(`until ${verdict.until?.at}, not ${sample.resetAt}`);
  return faults;
}

describe.skipIf(samples.length === 0)('error samples (skipped where ../shared is missing)', () => {
  for (const sample of samples.filter(({ provider }) => EXACT.has(provider))) {
    test(`${sample.provider} ${sample.name} gives its class, scope and delay`, () => {
      expect(faultsOf(sample)).toEqual([]);
    });
  }

  test('the general rules know what other providers mean, too', () => {
    const others = samples.filter(({ provider }) => !EXACT.has(provider));
    const wrong = others.filter((sample) => faultsOf(sample).length > 0);
    expect(new Set(wrong.map(({ provider, name }) => `${provider} ${name}`))).toEqual(new Set(NOT_YET));
  });
});
