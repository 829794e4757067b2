import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { Scope, Verdict } from '../../src/failure.ts';
import { knownProviders } from '../../src/providers/known.ts';
import { openai } from '../../src/providers/openai/openai.ts';
import type { Protocol } from '../../src/providers/provider.ts';
import type { WireEvent } from '../../src/wire/types.ts';
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
/** What the collection calls providers that are known by another name. */
const NAMES: Readonly<Record<string, string>> = {
  'azure-openai': 'azure',
  gemini: 'google',
  'gemini-interactions': 'google',
  'github-models': 'github',
  'llama.cpp': 'llamacpp',
  'nvidia-nim': 'nvidia',
};
/** Samples whose class, scope or delay is wrong, each with the reason. */
const WRONG: Readonly<Record<string, string>> = {};

function protocolOf({ provider }: Sample): Protocol {
  return knownProviders[NAMES[provider] ?? provider]?.protocol ?? openai;
}

function classifySample(sample: Sample): Verdict {
  const now = sample.resetAt === undefined ? Date.UTC(2026, 6, 1) : Date.parse(sample.resetAt) - 86_400_000;
  const protocol = protocolOf(sample);
  const failure =
    sample.stream === true
      ? failureOf(200, firstError(sample, protocol), sample.headers, true)
      : failureOf(sample.status, sample.body, sample.headers);
  return protocol.classify(failure, aProvider({ name: sample.provider, protocol }), now);
}

/** What the protocol's decoder says is the error: of the text of a stream, of a frame of AWS's, or of what an SDK made of one. */
function firstError({ body, headers }: Sample, protocol: Protocol): unknown {
  const decoder = protocol.startStream(aContext());
  for (const event of eventsOf(body, headers)) {
    const decoded = decoder.decode(event);
    if (decoded.kind === 'error') return decoded.body;
  }
  return undefined;
}

function eventsOf(body: unknown, headers: Readonly<Record<string, string>>): readonly WireEvent[] {
  if (typeof body === 'string') return readEvents(body);
  const [name = '', data] =
    headers[':exception-type'] === undefined ? (Object.entries(Object(body) as object)[0] ?? []) : [headers[':exception-type'], body];
  return [{ event: name, data: JSON.stringify(data), exception: true }];
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
    faults.push(`delay until ${verdict.until?.at}, not ${sample.resetAt}`);
  return faults;
}

describe.skipIf(samples.length === 0)('error samples (skipped where ../shared is missing)', () => {
  for (const sample of samples.filter((one) => WRONG[nameOf(one)] === undefined)) {
    test(`${nameOf(sample)} gives its class, scope and delay`, () => {
      expect(faultsOf(sample)).toEqual([]);
    });
  }

  test('the score', () => {
    const faults = samples.map(faultsOf);
    const right = (what: string): string => `${what} ${faults.filter((found) => !found.some((fault) => fault.startsWith(what))).length}`;
    const score = `error samples: ${right('class')}, ${right('scope')}, ${right('delay')} right of ${samples.length}`;
    process.stdout.write(`${score}\n`);
    const listed = samples.filter((sample) => faultsOf(sample).length > 0).map(nameOf);
    expect(listed.toSorted()).toEqual(Object.keys(WRONG).toSorted());
  });
});

function nameOf({ provider, name }: Sample): string {
  return `${provider} ${name}`;
}
