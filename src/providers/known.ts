import { anthropic } from './anthropic/anthropic.ts';
import { bedrock } from './bedrock/bedrock.ts';
import { cohere } from './cohere/cohere.ts';
import { google } from './google/google.ts';
import { openai } from './openai/openai.ts';
import type { Protocol, ProtocolName } from './provider.ts';

/** Environment variables of a provider. The first one that is set wins. */
export interface KnownEnvironment {
  /** Stems: `OPENAI_API_KEY` stands for `OPENAI_API_KEYS`, `OPENAI_API_KEY`, `OPENAI_API_KEY_1`, … */
  readonly keys: readonly string[];
  readonly baseURL: readonly string[];
  readonly organization?: readonly string[];
  readonly project?: readonly string[];
}

/** What keywheel knows of a provider by its name. */
export interface KnownProvider {
  readonly protocol: ProtocolName;
  /** Without a trailing slash. */
  readonly baseURL: string;
  readonly env: KnownEnvironment;
  /** A local server, which needs no key but may have been given one. */
  readonly keyless: boolean;
}

/** Protocols by name, with the headers by which an account is named beside its key. */
export const protocols: Readonly<Record<ProtocolName, Protocol>> = { openai, anthropic, google, cohere, bedrock };

const ACCOUNT_HEADERS: Readonly<Record<ProtocolName, { readonly organization?: string; readonly project?: string }>> = {
  openai: { organization: 'openai-organization', project: 'openai-project' },
  anthropic: {},
  google: {},
  cohere: {},
  bedrock: {},
};

/** Known providers. One that speaks a known protocol is one row. */
export const knownProviders: Readonly<Record<string, KnownProvider>> = {
  // Not a plain `{}`: `constructor` is no provider.
  __proto__: null as never,
  openai: hosted('openai', 'https://api.openai.com/v1', 'OPENAI', {
    organization: ['OPENAI_ORG_ID', 'OPENAI_ORGANIZATION'],
    project: ['OPENAI_PROJECT_ID'],
  }),
  anthropic: hosted('anthropic', 'https://api.anthropic.com', 'ANTHROPIC'),
  google: hosted('google', 'https://generativelanguage.googleapis.com/v1beta', 'GEMINI'),
  cohere: hosted('cohere', 'https://api.cohere.com', 'COHERE'),
  bedrock: hosted('bedrock', 'https://bedrock-runtime.us-east-1.amazonaws.com', 'AWS_BEARER_TOKEN_BEDROCK'),
  // 127.0.0.1, as `localhost` may be ::1 first, where these servers do not listen.
  ollama: local('openai', 'http://127.0.0.1:11434/v1', 'OLLAMA'),
  vllm: local('openai', 'http://127.0.0.1:8000/v1', 'VLLM'),
  lmstudio: local('openai', 'http://127.0.0.1:1234/v1', 'LMSTUDIO'),
  llamacpp: local('openai', 'http://127.0.0.1:8080/v1', 'LLAMACPP'),
};

/** Headers for the `organization` and `project` options of a provider. */
export function toAccountHeaders(
  protocol: ProtocolName,
  account: { readonly organization?: string | undefined; readonly project?: string | undefined },
): Readonly<Record<string, string>> {
  const names = ACCOUNT_HEADERS[protocol];
  return {
    ...(names.organization === undefined || account.organization === undefined ? {} : { [names.organization]: account.organization }),
    ...(names.project === undefined || account.project === undefined ? {} : { [names.project]: account.project }),
  };
}

/** A provider with keys, whose variables are `PREFIX_API_KEY` and `PREFIX_BASE_URL`. */
function hosted(protocol: ProtocolName, baseURL: string, prefix: string, account: Partial<KnownEnvironment> = {}): KnownProvider {
  return { protocol, baseURL, env: { keys: [`${prefix}_API_KEY`], baseURL: [`${prefix}_BASE_URL`], ...account }, keyless: false };
}

function local(protocol: ProtocolName, baseURL: string, prefix: string): KnownProvider {
  return { ...hosted(protocol, baseURL, prefix), keyless: true };
}
