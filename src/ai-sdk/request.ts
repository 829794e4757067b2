import type { ChatRequest } from '../chat/request.ts';
import type { CallOptions } from '../options/types.ts';
import { defined, isLoose, isText, type Loose } from './json.ts';
import { toMessages } from './prompt.ts';
import { readSettings } from './settings.ts';
import type { LanguageModelV3CallOptions, SharedV3Warning } from './spec.ts';
import { toResponseFormat, toTools } from './tools.ts';

/** What `client.chat` is asked, and what could not be said. */
export interface ChatCall {
  readonly request: ChatRequest;
  readonly options: CallOptions;
  readonly warnings: SharedV3Warning[];
}

/** A call of the AI SDK in our words. Fields of `settings` go before those that follow from the AI SDK's own settings. */
export function toChatCall(model: string, settings: Loose, call: LanguageModelV3CallOptions, stream: boolean): ChatCall {
  const warnings: SharedV3Warning[] = [];
  const warn = (warning: SharedV3Warning): void => void warnings.push(warning);
  const { options, fields } = readSettings(settings, call.providerOptions, call.abortSignal, warn);
  warnOfOthers(call, warn);
  const optional = toOptional(call);
  const names = Object.keys(optional);
  const request: ChatRequest = {
    model,
    messages: toMessages(call.prompt, warn),
    ...optional,
    ...(names.length === 0 ? {} : { dropUnsupported: names }),
    ...defined({
      max_tokens: call.maxOutputTokens,
      response_format: toResponseFormat(call.responseFormat),
    }),
    ...toTools(call, warn),
    ...fields,
    stream,
  };
  return { request, options, warnings };
}

/**
 * Settings that not every model has. The AI SDK leaves such out with a warning; whether a model has them is known only when one of
 * its targets is asked, so that they are left out there.
 */
function toOptional(call: LanguageModelV3CallOptions): Loose {
  const { stopSequences: stop } = call;
  return defined({
    temperature: call.temperature,
    top_p: call.topP,
    presence_penalty: call.presencePenalty,
    frequency_penalty: call.frequencyPenalty,
    stop: stop === undefined || stop.length === 0 ? undefined : stop,
    seed: call.seed,
    reasoning_effort: readEffort(call),
  });
}

/** AI SDK 7 asks every model for it by one word; a model's own default is no word of a provider. */
function readEffort(call: LanguageModelV3CallOptions): string | undefined {
  const reasoning: unknown = 'reasoning' in call ? call.reasoning : undefined;
  return isText(reasoning) && reasoning !== 'provider-default' ? reasoning : undefined;
}

function warnOfOthers(
  { topK, headers }: Pick<LanguageModelV3CallOptions, 'topK' | 'headers'>,
  warn: (warning: SharedV3Warning) => void,
): void {
  if (topK !== undefined)
    warn({ type: 'unsupported', feature: 'topK', details: 'providerOptions: { keywheel: { topK } } sends it to models that know it' });
  warnOfHeaders(headers, warn);
}

/** The AI SDK itself names its version there; keywheel's requests name keywheel. */
export function warnOfHeaders(headers: unknown, warn: (warning: SharedV3Warning) => void): void {
  const names = isLoose(headers)
    ? Object.keys(headers).filter((name) => headers[name] !== undefined && name.toLowerCase() !== 'user-agent')
    : [];
  if (names.length > 0)
    warn({ type: 'unsupported', feature: 'headers', details: "a provider's 'headers' are set where the client is created" });
}
