import type { ChatRequest } from '../chat/request.ts';
import type { CallOptions } from '../options/types.ts';
import { isLoose, type Loose } from './json.ts';
import { KEYWHEEL } from './metadata.ts';
import type { SharedV3ProviderOptions, SharedV3Warning } from './spec.ts';

/**
 * What a call is to do beyond the AI SDK's own settings: keywheel's options of a call, and fields of the request. Given to `createKeywheel` for all
 * models, to `keywheel('fast', …)` for one, and as `providerOptions: { keywheel: … }` for a call; the latter goes before the former, `tags` are joined.
 *
 * Names that are not listed are fields of the request too (`top_k`, `service_tier`), also in camel case (`topK`). What is not in OpenAI's shape goes to
 * one provider by `providerOptions: { anthropic: … }`, in that provider's own words.
 */
export interface KeywheelSettings extends Omit<CallOptions, 'signal'> {
  readonly reasoning_effort?: ChatRequest['reasoning_effort'] | undefined;
  readonly thinking?: ChatRequest['thinking'] | undefined;
  readonly parallel_tool_calls?: boolean | undefined;
  readonly logprobs?: boolean | undefined;
  readonly top_logprobs?: number | undefined;
  readonly user?: string | undefined;
  readonly metadata?: ChatRequest['metadata'] | undefined;
  /** Of an embedding. */
  readonly dimensions?: number | undefined;
  /** Options of providers, by their names in the client, each in its provider's own words. */
  readonly providerOptions?: ChatRequest['providerOptions'] | undefined;
  /**
   * Fields to leave out where a provider has none, instead of failing.
   * @default the call's `temperature`, `topP`, penalties, `stopSequences`, `seed` and `reasoning`, as the AI SDK's own providers do
   */
  readonly dropUnsupported?: readonly string[] | undefined;
  /**
   * Which addresses of files are sent as they are, by media type; the AI SDK downloads all others and sends their data, which every provider takes.
   * @default files of Google's (`gs:`, its Files API) and Amazon's (`s3:`)
   */
  readonly supportedUrls?: Readonly<Record<string, readonly RegExp[]>> | undefined;
  readonly [field: string]: unknown;
}

/** Settings, taken apart. */
export interface Apart {
  readonly options: CallOptions;
  /** Of the request. */
  readonly fields: Loose;
}

/** Every option of a call but `signal`, which is the AI SDK's to give. */
const OPTIONS: Readonly<Record<Exclude<keyof CallOptions, 'signal'>, true>> = {
  timeoutMs: true,
  attemptTimeoutMs: true,
  maxWaitMs: true,
  cache: true,
  priority: true,
  tenant: true,
  affinity: true,
  groups: true,
  keys: true,
  hedge: true,
  resume: true,
  tags: true,
  onEvent: true,
};

/** The AI SDK's to say; nobody should change them behind its back. */
const RESERVED: ReadonlySet<string> = new Set([
  'model',
  'messages',
  'input',
  'stream',
  'stream_options',
  'schema',
  'n',
  'signal',
  'supportedUrls',
]);
/** Names of ours that are written so. */
const CAMEL: ReadonlySet<string> = new Set(['providerOptions', 'dropUnsupported']);

/** Joins settings, the latter before the former. */
export function joinSettings(...all: readonly (Loose | undefined)[]): Loose {
  const joined = Object.fromEntries(all.flatMap((settings) => Object.entries(settings ?? {}).filter(([, value]) => value !== undefined)));
  const tags = all.map((settings) => settings?.['tags']).filter(isLoose);
  return tags.length < 2 ? joined : { ...joined, tags: Object.fromEntries(tags.flatMap(Object.entries)) };
}

/** The settings of a call, with what the AI SDK was told for providers. Names that are the AI SDK's are left out, with a warning. */
export function readSettings(
  defaults: Loose,
  given: SharedV3ProviderOptions | undefined,
  signal: AbortSignal | undefined,
  warn: (warning: SharedV3Warning) => void,
): Apart {
  const { [KEYWHEEL]: own, ...others } = given ?? {};
  const options: Record<string, unknown> = signal === undefined ? {} : { signal };
  const fields: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(joinSettings(defaults, own))) {
    if (Object.hasOwn(OPTIONS, name)) options[name] = value;
    else if (!RESERVED.has(name)) fields[toField(name)] = value;
    else if (own !== undefined && Object.hasOwn(own, name))
      warn({ type: 'other', message: `providerOptions.keywheel.${name} was left out, as it is the AI SDK's to say` });
  }
  const providers = joinProviders(fields['providerOptions'], others);
  return { options, fields: providers === undefined ? fields : { ...fields, providerOptions: providers } };
}

function toField(name: string): string {
  return CAMEL.has(name) ? name : name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

/** Those of a call go before those of the settings, field by field. */
function joinProviders(settings: unknown, others: SharedV3ProviderOptions): Loose | undefined {
  const defaults = isLoose(settings) ? settings : {};
  const names = new Set([...Object.keys(defaults), ...Object.keys(others)]);
  if (names.size === 0) return undefined;
  return Object.fromEntries([...names].map((name) => [name, joinFields(defaults[name], others[name])]));
}

function joinFields(defaults: unknown, more: unknown): unknown {
  return isLoose(defaults) && isLoose(more) ? { ...defaults, ...more } : (more ?? defaults);
}
