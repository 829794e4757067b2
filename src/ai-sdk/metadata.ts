import type { ReplyMessage } from '../chat/reply.ts';
import type { CacheControl, ToolCall } from '../chat/request.ts';
import { isLoose, isText, type Loose, toJson } from './json.ts';
import type { JSONObject, SharedV3ProviderMetadata, SharedV3ProviderOptions } from './spec.ts';

/** Our name in `providerOptions` and `providerMetadata`. */
export const KEYWHEEL = 'keywheel';

/**
 * Fields of a reply's message that its provider wants back, whole. They ride on the last part of the message, under `message`: parts are all that
 * the AI SDK gives back. Nothing else is taken from there, as a conversation may have been at a browser in between.
 */
const CARRIED = ['reasoning_details', 'extra_content', 'content_blocks', 'tool_plan'] as const;

/** What the message has to carry; `undefined` where its parts say it all. */
export function toCarried(message: ReplyMessage | undefined): JSONObject | undefined {
  if (message === undefined) return undefined;
  const carried = CARRIED.filter((field) => isFilled(message[field])).map((field) => [field, message[field]] as const);
  return carried.length === 0 ? undefined : { message: toJson(Object.fromEntries(carried)) };
}

/** What a part brings back. Reasoning that was taken out of the message is not sent in its other form either. */
export function readCarried(options: SharedV3ProviderOptions | undefined, hasReasoning: boolean): Loose {
  const { message } = readOwn(options);
  if (!isLoose(message)) return {};
  const fields = CARRIED.filter((field) => isFilled(message[field]) && (hasReasoning || field !== 'reasoning_details'));
  return Object.fromEntries(fields.map((field) => [field, message[field]]));
}

/** A provider's word on one call. */
export function toCallMetadata({ extra_content: extra }: ToolCall, carried: JSONObject | undefined): JSONObject | undefined {
  const own = isLoose(extra) ? { extra_content: toJson(extra) } : undefined;
  return own === undefined && carried === undefined ? undefined : { ...own, ...carried };
}

/** As a field of a part. */
export function withMetadata(own: JSONObject | undefined): { readonly providerMetadata?: SharedV3ProviderMetadata } {
  return own === undefined ? {} : { providerMetadata: { [KEYWHEEL]: own } };
}

export function readOwn(options: SharedV3ProviderOptions | undefined): Loose {
  const own: unknown = options?.[KEYWHEEL];
  return isLoose(own) ? own : {};
}

/** A mark for the provider's prompt cache, in our words or in Anthropic's provider's. */
export function readMarker(options: SharedV3ProviderOptions | undefined): { readonly cache_control?: CacheControl } {
  const anthropic: unknown = options?.['anthropic'];
  const places = [readOwn(options), isLoose(anthropic) ? anthropic : {}];
  const marker = places.flatMap((place) => [place['cacheControl'], place['cache_control']]).find(isMarker);
  return marker === undefined ? {} : { cache_control: marker };
}

/** What is in it the provider judges. */
function isMarker(value: unknown): value is CacheControl {
  return isLoose(value);
}

function isFilled(value: unknown): boolean {
  return Array.isArray(value) ? value.length > 0 : isLoose(value) || isText(value);
}
