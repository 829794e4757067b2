import { ConfigError } from '../errors.ts';
import type { CallReport } from '../report.ts';
import type { KeywheelCaller, StreamedReply } from './caller.ts';
import { toEmbeddingModel } from './embedding.ts';
import { noSuchModel } from './errors.ts';
import { toLanguageModel } from './model.ts';
import { isLoose } from './json.ts';
import { KEYWHEEL } from './metadata.ts';
import { joinSettings, type KeywheelSettings } from './settings.ts';
import type { EmbeddingModelV3, LanguageModelV3, ProviderV3 } from './spec.ts';

export type { KeywheelCaller, KeywheelSettings, StreamedReply };

/** A client's models for the AI SDK. Model names are those of `client.chat()`: aliases, `provider/model`, or bare names. */
export interface KeywheelProvider extends ProviderV3 {
  /** As `languageModel`. */
  (modelId: string, settings?: KeywheelSettings): LanguageModelV3;
  /** For `generateText`, `streamText`, `generateObject` and the rest. */
  languageModel(modelId: string, settings?: KeywheelSettings): LanguageModelV3;
  /** As `languageModel`. */
  chat(modelId: string, settings?: KeywheelSettings): LanguageModelV3;
  /** For `embed` and `embedMany`. */
  embeddingModel(modelId: string, settings?: KeywheelSettings): EmbeddingModelV3;
  /** As `embeddingModel`, by its older name. */
  textEmbeddingModel(modelId: string, settings?: KeywheelSettings): EmbeddingModelV3;
}

/**
 * Lets the AI SDK (6 and 7) ask a keywheel client: every call has the client's keys, limits, retries, fallbacks and cache. The package `ai` is
 * yours to install. `providerMetadata.keywheel.report` says what a call did; what fails is thrown as an `APICallError` that is not repeated, as keywheel
 * has done that. An abort rejects with its signal's own reason.
 *
 * Throws `ConfigError` for what is no client.
 *
 * @param client Made by `createClient`. It stays yours to close.
 * @param defaults For all its models.
 * @example
 * const keywheel = createKeywheel(createClient());
 * const { text } = await generateText({ model: keywheel('openai/gpt-5-mini'), prompt: 'Hi' });
 */
export function createKeywheel(client: KeywheelCaller, defaults?: KeywheelSettings): KeywheelProvider {
  assertCaller(client);
  const languageModel = (modelId: string, settings?: KeywheelSettings): LanguageModelV3 =>
    toLanguageModel(client, modelId, joinSettings(defaults, settings));
  const embeddingModel = (modelId: string, settings?: KeywheelSettings): EmbeddingModelV3 =>
    toEmbeddingModel(client, modelId, joinSettings(defaults, settings));
  const imageModel = (modelId: string): never => {
    throw noSuchModel(modelId, 'imageModel');
  };
  const provider = (modelId: string, settings?: KeywheelSettings): LanguageModelV3 => languageModel(modelId, settings);
  return Object.assign(provider, {
    specificationVersion: 'v3' as const,
    languageModel,
    chat: languageModel,
    embeddingModel,
    textEmbeddingModel: embeddingModel,
    imageModel,
  });
}

/** JavaScript can pass anything: providers of the AI SDK are made of a key, which is not shown. */
function assertCaller(client: unknown): asserts client is KeywheelCaller {
  const has = (name: string): boolean => isLoose(client) && typeof client[name] === 'function';
  if (has('chat') && has('embed')) return;
  const shown = typeof client === 'string' ? 'a text' : isLoose(client) ? 'an object' : String(client);
  throw new ConfigError(`Cannot make models for the AI SDK as 'client' must be one that createClient made: current value is ${shown}`);
}

/**
 * What keywheel did for an answer (the result of `generateText`, `embed`, a step, …) or until a failure; `undefined` where it was not asked.
 * Of a stream await its `providerMetadata` first.
 */
export function readReport(answer: unknown): CallReport | undefined {
  if (answer instanceof Error) return 'report' in answer ? toReport(answer.report) : undefined;
  const metadata = isLoose(answer) ? answer['providerMetadata'] : undefined;
  const own = isLoose(metadata) ? metadata[KEYWHEEL] : undefined;
  return isLoose(own) ? toReport(own['report']) : undefined;
}

function toReport(report: unknown): CallReport | undefined {
  return isReport(report) ? report : undefined;
}

/** An object there was left by this provider. */
function isReport(value: unknown): value is CallReport {
  return isLoose(value);
}
