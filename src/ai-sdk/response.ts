import type { ChatReply } from '../chat/reply.ts';
import { toJson } from './json.ts';
import { KEYWHEEL } from './metadata.ts';
import type { SharedV3ProviderMetadata } from './spec.ts';

/** Whose answer it is, as far as its provider says. */
export function toResponse({ id, model, created }: { readonly id: string; readonly model: string; readonly created: number }): {
  readonly id?: string;
  readonly modelId?: string;
  readonly timestamp?: Date;
} {
  return {
    ...(id === '' ? {} : { id }),
    ...(model === '' ? {} : { modelId: model }),
    ...(created > 0 ? { timestamp: new Date(created * 1000) } : {}),
  };
}

/** What keywheel knows of a reply beyond its content. */
export function toReplyMetadata({ report, choices }: ChatReply): SharedV3ProviderMetadata {
  const logprobs = choices[0]?.logprobs;
  return { [KEYWHEEL]: toJson({ report, ...(logprobs == null ? {} : { logprobs }) }) };
}
