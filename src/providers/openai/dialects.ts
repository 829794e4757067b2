import { type Dialect, type DialectRow, toDialect } from './dialect.ts';
import { mistralPart, perplexityPart } from './parts.ts';
import { ZAI_RULES } from './zai.ts';
import { asItCame, byEffort, byEffortOrSwitch, byReasoning, byTemplate, byThinking, type ReasoningForm } from './reasoning.ts';

/** A hosted service: it checks what it is sent, so that leftovers of replies must not reach it. */
const HOSTED = toDialect({
  developer: false,
  echoes: [],
  joinsText: true,
  reasoning: byEffort(),
  capabilities: { files: false, audio: false },
});

/** A server of one's own: lenient, and what it takes of a message is its template's to say. */
const LOCAL = toDialect({ developer: false, capabilities: { files: false, audio: false } });

const OPENAI: DialectRow = {
  // Its reasoning models refuse the old name, and all others know the new one.
  rename: { max_tokens: 'max_completion_tokens' },
  developer: true,
  joinsText: false,
  echoes: ['refusal', 'function_call', 'audio'],
  capabilities: { files: true, audio: true },
};

const DAY_MS = 86_400_000;

/** Fields of OpenAI's platform that no other service has. */
const PLATFORM = ['store', 'modalities', 'audio', 'web_search_options', 'verbosity'];
const LOGPROBS = ['logprobs', 'top_logprobs', 'logit_bias'];

/** K3 is told how much to think, its forerunners whether. */
const kimi: ReasoningForm = (asked) => {
  if (/kimi-k2|moonshot-v1/.test(asked.model)) return byThinking({ withEffort: false })(asked);
  const { effort, thinking } = asked;
  return effort === undefined || effort === null
    ? byThinking({ withEffort: true })(asked)
    : asItCame({ ...asked, thinking: thinking ?? undefined });
};

/** What each known service does differently. Sources are the services' own references. */
export const dialects = {
  openai: hosted(OPENAI),

  azure: hosted({ ...OPENAI, deployments: true, renamesFrom: '2024-09-01-preview' }),

  mistral: hosted({
    rename: { max_completion_tokens: 'max_tokens', seed: 'random_seed' },
    renameForEmbeddings: { dimensions: 'output_dimension' },
    refuses: [...LOGPROBS, ...PLATFORM, 'user', 'service_tier'],
    refusesForEmbeddings: ['user'],
    names: false,
    joinsText: false,
    toolChoices: 'any',
    // It counts every stream, and refuses the question.
    asksForUsage: false,
    reasoning: byEffort({ minimal: 'none', low: 'high', medium: 'high', xhigh: 'high', max: 'high' }),
    part: mistralPart,
    // Its own ids; what is longer is refused.
    callIds: /^[a-zA-Z0-9]{9}$/,
    echoes: ['prefix'],
    phases: { minute: 'minute' },
    capabilities: { files: true, audio: true, promptCache: 'automatic', embeddings: { maxInputs: 128 } },
  }),

  groq: hosted({
    refuses: [...LOGPROBS, ...PLATFORM, 'n', 'metadata'],
    names: false,
    reasoning: byEffort({ minimal: 'low', xhigh: 'high' }),
    windows: { requests: DAY_MS },
    capabilities: { embeddings: false },
  }),

  deepseek: hosted({
    rename: { max_completion_tokens: 'max_tokens' },
    refuses: ['n', 'seed', 'logit_bias', 'metadata', 'user', 'parallel_tool_calls', 'service_tier', ...PLATFORM],
    // In thinking mode it refuses a conversation without its own reasoning.
    echoes: ['reasoning_content', 'prefix'],
    reasoning: byThinking({ withEffort: true }),
    // It knows JSON, but no schema.
    capabilities: { images: false, jsonSchema: 'tool', embeddings: false },
  }),

  xai: hosted({
    refuses: ['logit_bias', 'metadata', ...PLATFORM],
    reasoning: byEffort({ minimal: 'low', xhigh: 'high' }),
    capabilities: { embeddings: false },
  }),

  // It passes on what the model behind it knows, and says nothing of the rest.
  openrouter: hosted({
    developer: true,
    joinsText: false,
    markers: true,
    echoes: ['refusal', 'reasoning', 'reasoning_details', 'annotations', 'audio', 'images'],
    // The other formats are its own words for what it gets from Anthropic and Google.
    detailsWithout: ['cohere-v2', 'amazon-bedrock-v1'],
    rules: [
      // Its own limits are tested before it begins to answer: what comes after is its upstream's.
      {
        inBand: true,
        code: /^rate_limit(ed|_exceeded)?$/,
        class: 'rate_limited',
        scope: 'route',
        perModel: true,
        taken: 'rate limited upstream',
      },
    ],
    phases: { day: 'utc-day' },
    reasoning: byReasoning,
    capabilities: { files: true, audio: true, promptCache: 'markers' },
  }),

  together: hosted({
    rename: { max_completion_tokens: 'max_tokens' },
    refuses: ['metadata', 'user', ...PLATFORM],
    echoes: ['reasoning'],
    joinsText: false,
    reasoning: byEffortOrSwitch,
    windows: { requests: 1000, tokens: 1000 },
    capabilities: { promptCache: false },
  }),

  fireworks: hosted({
    rename: { max_completion_tokens: 'max_tokens' },
    refuses: PLATFORM,
    echoes: ['reasoning_content'],
    joinsText: false,
  }),

  perplexity: hosted({
    rename: { max_completion_tokens: 'max_tokens' },
    refuses: [...LOGPROBS, 'n', 'seed', 'stop', 'user', 'metadata', 'service_tier', 'store', 'modalities', 'audio', 'verbosity'],
    names: false,
    asksForUsage: false,
    reasoning: byEffort({ none: 'minimal', xhigh: 'high' }),
    part: perplexityPart,
    capabilities: { tools: false, files: true, jsonObject: false, promptCache: false, embeddings: false, models: false },
  }),

  cerebras: hosted({
    refuses: ['frequency_penalty', 'presence_penalty', 'logit_bias', 'n', 'metadata', ...PLATFORM],
    reasoning: byEffort({ minimal: 'low', xhigh: 'high' }),
    capabilities: { images: false, embeddings: false },
  }),

  moonshot: hosted({
    refuses: ['logit_bias', 'seed', 'metadata', 'user', 'parallel_tool_calls', 'service_tier', ...PLATFORM],
    // Of a call that it thought about it wants the thoughts again.
    echoes: ['reasoning_content'],
    reasoning: kimi,
    continues: { message: { partial: true } },
    capabilities: { images: 'data', continuation: true, embeddings: false },
  }),

  // A router over many services: it passes on what they know.
  huggingface: hosted({ joinsText: false, capabilities: { promptCache: false, embeddings: false } }),

  nvidia: hosted({
    rename: { max_completion_tokens: 'max_tokens' },
    refuses: PLATFORM,
    joinsText: false,
    capabilities: { promptCache: false },
  }),

  github: hosted({
    developer: true,
    joinsText: false,
    headers: { 'x-github-api-version': '2022-11-28' },
    paths: { models: '/../catalog/models' },
    capabilities: { audio: true, promptCache: false },
  }),

  zai: hosted({
    rename: { max_completion_tokens: 'max_tokens', user: 'user_id' },
    refuses: [
      ...LOGPROBS,
      'n',
      'seed',
      'frequency_penalty',
      'presence_penalty',
      'metadata',
      'parallel_tool_calls',
      'service_tier',
      ...PLATFORM,
    ],
    names: false,
    toolChoices: 'auto',
    echoes: ['reasoning_content'],
    rules: ZAI_RULES,
    reasoning: byThinking({ withEffort: false }),
    // It knows JSON, but neither a schema nor a tool that must be called.
    capabilities: { jsonSchema: false, embeddings: { maxInputs: 64 } },
  }),

  ollama: local({
    rename: { max_completion_tokens: 'max_tokens' },
    refuses: ['logit_bias', 'n'],
    toolChoices: 'auto',
    reasoning: byEffort({ minimal: 'low', xhigh: 'high' }),
    capabilities: { images: 'data' },
  }),

  vllm: local({
    reasoning: byTemplate,
    continues: { body: { add_generation_prompt: false, continue_final_message: true } },
    capabilities: { audio: true, continuation: true },
  }),

  lmstudio: local({
    rename: { max_completion_tokens: 'max_tokens' },
    refuses: ['n'],
    reasoning: byEffort(),
    capabilities: { images: 'data', jsonObject: false },
  }),

  llamacpp: local({
    rename: { max_completion_tokens: 'max_tokens' },
    reasoning: byTemplate,
    continues: {},
    capabilities: { audio: true, continuation: true },
  }),

  /** Google's endpoint of this protocol: signatures travel with the calls. */
  google: hosted({
    extraContent: true,
    joinsText: false,
    phases: { day: 'pacific-day' },
    capabilities: { audio: true, embeddings: { maxInputs: 100 } },
  }),
} as const satisfies Readonly<Record<string, Dialect>>;

function hosted(row: DialectRow): Dialect {
  return toDialect(row, HOSTED);
}

function local(row: DialectRow): Dialect {
  return toDialect(row, LOCAL);
}
