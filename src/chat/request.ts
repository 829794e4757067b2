import type { OutputSchema } from './schema.ts';

/** A part of a user's message. Unknown parts pass through to a provider that speaks them. */
export type ContentPart =
  | { readonly type: 'text'; readonly text: string; readonly [extra: string]: unknown }
  | {
      readonly type: 'image_url';
      /** keywheel downloads nothing: the URL goes to the provider as it is. `detail` is a hint that not every provider has a word for. */
      readonly image_url: { readonly url: string; readonly detail?: 'auto' | 'low' | 'high' };
      readonly [extra: string]: unknown;
    }
  | {
      readonly type: 'input_audio';
      readonly input_audio: { readonly data: string; readonly format: string };
      readonly [extra: string]: unknown;
    }
  | {
      readonly type: 'file';
      readonly file: { readonly file_data?: string; readonly file_id?: string; readonly filename?: string };
      readonly [extra: string]: unknown;
    };

/** A call of a tool that the model asked for. `arguments` is JSON text, as the model wrote it. */
export interface ToolCall {
  readonly id: string;
  readonly type: 'function';
  readonly function: { readonly name: string; readonly arguments: string };
  /** What a provider wants back with the call: `{ google: { thought_signature } }`. */
  readonly extra_content?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

/** Marks the end of a part of the prompt that the provider should cache, in Anthropic's shape; providers that cache by themselves ignore it. */
export interface CacheControl {
  readonly type: 'ephemeral';
  readonly ttl?: '5m' | '1h';
}

/** What the model is told about its task. */
export interface SystemMessage {
  readonly role: 'system' | 'developer';
  readonly content: string | readonly ContentPart[];
  readonly name?: string;
}

/** What the user says. */
export interface UserMessage {
  readonly role: 'user';
  readonly content: string | readonly ContentPart[];
  readonly name?: string;
}

/** What the model said before. */
export interface AssistantMessage {
  readonly role: 'assistant';
  readonly content?: string | readonly ContentPart[] | null;
  readonly refusal?: string | null;
  readonly tool_calls?: readonly ToolCall[];
  readonly name?: string;
  readonly [extra: string]: unknown;
}

/** What a tool returned; `tool_call_id` names the call that it answers. */
export interface ToolMessage {
  readonly role: 'tool';
  readonly tool_call_id: string;
  readonly content: string | readonly ContentPart[];
  /**
   * The tool failed. Anthropic, Bedrock and Google have a word for it, Cohere gets `Error: ` before the content; OpenAI and the services that
   * speak as it does have none, so that `content` has to say it.
   */
  readonly is_error?: boolean;
}

/** One message of a conversation, in OpenAI's shape. */
export type ChatMessage = SystemMessage | UserMessage | AssistantMessage | ToolMessage;

/** A function that the model may call; `parameters` is a JSON Schema. */
export interface ChatTool {
  readonly type: 'function';
  readonly function: {
    readonly name: string;
    readonly description?: string;
    readonly parameters?: Readonly<Record<string, unknown>>;
    /** A hint: left out for Bedrock, Google and older Claudes; Cohere knows it of all tools at once only. */
    readonly strict?: boolean | null;
  };
  readonly cache_control?: CacheControl;
}

/** Whether the model may, must or must not call a tool, or which one. */
export type ToolChoice = 'auto' | 'none' | 'required' | { readonly type: 'function'; readonly function: { readonly name: string } };

/** The form of the answer. It is the provider's to keep: `schema` instead of it is validated. */
export type ResponseFormat =
  | { readonly type: 'text' }
  | { readonly type: 'json_object' }
  | {
      readonly type: 'json_schema';
      readonly json_schema: {
        readonly name: string;
        /** A hint: left out where a provider takes the schema alone (Anthropic, Google, Cohere). The schema's own `description` goes everywhere. */
        readonly description?: string;
        readonly schema?: Readonly<Record<string, unknown>>;
        readonly strict?: boolean | null;
      };
    };

/**
 * A chat request: OpenAI's Chat Completions shape for every provider.
 * Fields that are not named here pass through to a provider that speaks the shape.
 */
export interface ChatRequest<
  Schema extends OutputSchema = OutputSchema,
  Tools extends readonly ChatTool[] | undefined = readonly ChatTool[],
> {
  /** An alias, `provider/model`, `provider:model`, or a bare model name when one provider is configured. */
  readonly model: string;
  readonly messages: readonly ChatMessage[];
  readonly stream?: boolean | null;
  readonly stream_options?: { readonly include_usage?: boolean; readonly [extra: string]: unknown } | null;
  readonly tools?: Tools;
  readonly tool_choice?: ToolChoice;
  readonly parallel_tool_calls?: boolean;
  readonly response_format?: ResponseFormat;
  /**
   * Asks for JSON that fits, by `response_format` or what the provider has instead, and validates the answer: `reply.parsed`.
   * An answer that does not fit is an `OutputError` after `retry.invalidOutput` more tries. Of several choices (`n`) the first is parsed.
   */
  readonly schema?: Schema;
  readonly max_tokens?: number | null;
  readonly max_completion_tokens?: number | null;
  readonly temperature?: number | null;
  readonly top_p?: number | null;
  readonly n?: number | null;
  readonly stop?: string | readonly string[] | null;
  readonly seed?: number | null;
  readonly frequency_penalty?: number | null;
  readonly presence_penalty?: number | null;
  readonly logit_bias?: Readonly<Record<string, number>> | null;
  readonly logprobs?: boolean | null;
  readonly top_logprobs?: number | null;
  /** How much the model thinks: `none`, `minimal`, `low`, `medium`, `high`, … as the model knows them. */
  readonly reasoning_effort?: string | null;
  /** Thinking with a budget of tokens, in Anthropic's shape; other providers get their own form of it. */
  readonly thinking?: {
    readonly type: 'enabled' | 'disabled' | (string & {});
    readonly budget_tokens?: number;
    readonly [extra: string]: unknown;
  } | null;
  readonly user?: string;
  readonly metadata?: Readonly<Record<string, string>> | null;
  /** Options of one provider, merged last into what is sent to it: `{ openai: { service_tier: 'flex' } }`. */
  readonly providerOptions?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  /** Fields to leave out for a provider that cannot express them, instead of failing. */
  readonly dropUnsupported?: readonly string[];
  readonly [extra: string]: unknown;
}

/** Asks a provider which models it offers. */
export interface ModelsRequest {
  /** None: limits of models do not apply. */
  readonly model: '';
  readonly providerOptions?: undefined;
  readonly dropUnsupported?: undefined;
  readonly [extra: string]: unknown;
}

/** An embeddings request in OpenAI's shape. */
export interface EmbedRequest {
  /** As in a chat request. */
  readonly model: string;
  /** One text, several texts, or token ids. */
  readonly input: string | readonly string[] | readonly number[] | readonly (readonly number[])[];
  readonly dimensions?: number;
  readonly encoding_format?: 'float' | 'base64';
  readonly user?: string;
  readonly providerOptions?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  readonly dropUnsupported?: readonly string[];
  readonly [extra: string]: unknown;
}
