import type { AttemptEnded, CallFailed, CallStarted } from '../events.ts';
import type { CallReport } from '../report.ts';
import type { Attributes, Counter, Histogram, Meter } from './api.ts';
import { type OperationName, read, toOperationName, toProviderName, toServer } from './names.ts';
import { ModelNames } from './models.ts';

/** As the conventions want them: seconds, and tokens. */
const SECONDS = [0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92];
const TOKENS = [1, 4, 16, 64, 256, 1024, 4096, 16_384, 65_536, 262_144, 1_048_576, 4_194_304, 16_777_216, 67_108_864];

/** What is needed of a call's beginning at its end. */
export interface Begun {
  readonly operation: OperationName;
  readonly targets: CallStarted['targets'];
}

/** What is counted as calls and attempts end. No attribute is an id of a call or key, a tag or a tenant. */
export class Meters {
  readonly #models = new ModelNames();
  readonly #duration: Histogram;
  readonly #tokens: Histogram;
  readonly #firstChunk: Histogram;
  readonly #wait: Histogram;
  readonly #refused: Counter;
  readonly #cache: Counter;
  readonly #cost: Counter;

  constructor(meter: Meter) {
    const seconds = (name: string, description: string): Histogram => {
      return meter.createHistogram(name, { unit: 's', description, advice: { explicitBucketBoundaries: SECONDS } });
    };
    this.#duration = seconds('gen_ai.client.operation.duration', 'GenAI operation duration.');
    this.#firstChunk = seconds('gen_ai.client.operation.time_to_first_chunk', 'Time to receive the first chunk of a stream.');
    this.#wait = seconds('keywheel.call.wait.duration', 'How long a call waited: for keys, places and back-offs.');
    this.#tokens = meter.createHistogram('gen_ai.client.token.usage', {
      unit: '{token}',
      description: 'Number of input and output tokens used.',
      advice: { explicitBucketBoundaries: TOKENS },
    });
    this.#refused = meter.createCounter('keywheel.attempts.refused', { unit: '{attempt}', description: 'Attempts without an answer.' });
    this.#cache = meter.createCounter('keywheel.cache.results', { unit: '{call}', description: 'Calls that the cache took part in.' });
    this.#cost = meter.createCounter('keywheel.cost', { unit: '{USD}', description: 'What attempts cost, as far as prices are known.' });
  }

  attempted({ attempt }: AttemptEnded): void {
    const { provider, model, class: end, costUsd } = attempt;
    if (end !== 'ok') this.#refused.add(1, { 'keywheel.provider': provider, 'error.type': end });
    if (costUsd !== undefined && costUsd > 0) {
      this.#cost.add(costUsd, { 'keywheel.provider': provider, 'keywheel.model': this.#models.of(provider, model) });
    }
  }

  ended(report: CallReport, begun: Begun | undefined, answer?: unknown): void {
    const operation = begun?.operation ?? toOperationName(report.operation, undefined);
    const response = read(answer, 'model');
    const attributes: Attributes = { 'gen_ai.operation.name': operation, ...this.#ofTarget(begun, report.provider, report.model) };
    if (typeof response === 'string') attributes['gen_ai.response.model'] = this.#models.of(`${report.provider} answers`, response);
    this.#countTokens(report, begun, attributes);
    this.#duration.record(report.durationMs / 1000, attributes);
    if (report.stream && report.firstTokenMs !== undefined) this.#firstChunk.record(report.firstTokenMs / 1000, attributes);
    this.#observe(report, operation);
  }

  failed({ report, class: failure }: CallFailed, begun: Begun | undefined): void {
    const operation = begun?.operation ?? toOperationName(report.operation, undefined);
    const attributes: Attributes = { 'gen_ai.operation.name': operation, ...this.#ofTarget(begun, report.provider, report.model) };
    this.#countTokens(report, begun, attributes);
    this.#duration.record(report.durationMs / 1000, { ...attributes, 'error.type': failure });
    this.#observe(report, operation);
  }

  #observe({ waitedMs, cache, provider }: CallReport, operation: OperationName): void {
    const attributes: Attributes = {
      'gen_ai.operation.name': operation,
      ...(provider === undefined ? {} : { 'keywheel.provider': provider }),
    };
    this.#wait.record(waitedMs / 1000, attributes);
    if (cache !== 'off') this.#cache.add(1, { ...attributes, 'keywheel.cache.status': cache });
  }

  /** Each attempt's under its own provider and model: a call may have paid for answers that it did not take. */
  #countTokens({ provider, model, attempts }: CallReport, begun: Begun | undefined, attributes: Attributes): void {
    for (const { tokens, ...attempt } of attempts) {
      if (tokens === undefined) continue;
      const isAnswer = attempt.provider === provider && attempt.model === model;
      const operation = { 'gen_ai.operation.name': attributes['gen_ai.operation.name'] };
      const own = isAnswer ? attributes : { ...operation, ...this.#ofTarget(begun, attempt.provider, attempt.model) };
      this.#tokens.record(tokens.input, { ...own, 'gen_ai.token.type': 'input' });
      this.#tokens.record(tokens.output, { ...own, 'gen_ai.token.type': 'output' });
    }
  }

  #ofTarget(begun: Begun | undefined, provider: string | undefined, model: string | undefined): Attributes {
    const targets = begun?.targets ?? [];
    const target = targets.find((each) => each.provider === provider && each.model === model) ?? targets[0];
    if (target === undefined) return provider === undefined ? {} : { 'gen_ai.provider.name': provider };
    return {
      'gen_ai.provider.name': toProviderName(target),
      ...(target.model === '' ? {} : { 'gen_ai.request.model': this.#models.of(target.provider, target.model) }),
      ...toServer(target),
    };
  }
}
