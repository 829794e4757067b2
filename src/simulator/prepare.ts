import type { Random } from '../clock.ts';
import { isObject } from './check.ts';
import { toCompletion, toEmbeddings, toEvents, type Envelope } from './completion.ts';
import { composeContent } from './content.ts';
import type { Arrival } from './deny.ts';
import type { Caller } from './group.ts';
import { matchesAny } from './pattern.ts';
import { toStream, toWhole, type WireAnswer } from './performance.ts';
import type { Use } from './quota.ts';
import { randomHex } from './random.ts';
import { countPromptTokens, readModel, readPrompt, type WireBody } from './request.ts';
import type { Settings } from './settings.ts';

/** An answer before its headers, and what it uses. */
export interface Prepared {
  readonly replyId: string | undefined;
  readonly use: Use;
  readonly write: (headers: Readonly<Record<string, string>>) => WireAnswer;
}

/** Where the chance in answers comes from. */
export interface AnswerChance {
  readonly content: Random;
  readonly pace: Random;
  readonly ids: Random;
}

/** Writes the answer to a chat request, whole or as a stream. */
export function prepareChat(settings: Settings, arrival: Arrival, body: WireBody, caller: Caller, chance: AnswerChance): Prepared {
  const model = readModel(body);
  const asked = { model, prompt: readPrompt(body), body, key: caller.key?.id, group: caller.group.settings.id, number: arrival.number };
  const content = composeContent(asked, settings.reply, chance.content);
  const id = `chatcmpl-${randomHex(chance.ids, 24)}`;
  const envelope: Envelope = { id, created: Math.floor(settings.clock.now() / 1000), model };
  const common = { replyId: id, use: content.use };
  if (body['stream'] !== true) return { ...common, write: (headers) => toWhole(200, toCompletion(envelope, content), headers) };
  const options = isObject(body['stream_options']) ? body['stream_options'] : {};
  const events = toEvents(envelope, content, settings.chunks, options['include_usage'] === true);
  return { ...common, write: (headers) => toStream(events, headers, () => settings.chunkMs.draw(chance.pace)) };
}

/** Writes the answer to an embeddings request. */
export function prepareEmbeddings(body: WireBody): Prepared {
  const use: Use = { input: countPromptTokens('embeddings', body), output: 0 };
  return { replyId: undefined, use, write: (headers) => toWhole(200, toEmbeddings(readModel(body), body, use), headers) };
}

/** Names that a simulator without a list of models answers with. */
const EXAMPLE_MODELS = ['simulated-model'];

/** Lists the models that a caller may use. */
export function prepareModels(settings: Settings, caller: Caller): Prepared {
  const { models } = caller.group.settings;
  const named = models?.filter((pattern) => !pattern.includes('*')) ?? EXAMPLE_MODELS;
  const names = settings.models?.filter((model) => matchesAny(models, model)) ?? named;
  const data = names.map((id) => ({ id, object: 'model', created: 1_700_000_000, owned_by: 'simulator' }));
  return { replyId: undefined, use: { input: 0, output: 0 }, write: (headers) => toWhole(200, { object: 'list', data }, headers) };
}
