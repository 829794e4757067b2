import type { Random } from '../clock.ts';
import type { Arrival } from './arrival.ts';
import { composeContent } from './content.ts';
import type { Caller } from './group.ts';
import { matchesAny } from './pattern.ts';
import type { Answer } from './performance.ts';
import type { Use } from './quota.ts';
import type { Settings } from './settings.ts';
import { countInputTokens, readPrompt } from './tokens.ts';
import type { Envelope, Route } from './tongues/tongue.ts';

/** An answer before its headers, and what it uses. */
export interface Prepared {
  readonly replyId: string | undefined;
  readonly use: Use;
  readonly answer: Answer;
}

/** Where the chance in answers comes from. */
export interface AnswerChance {
  readonly content: Random;
  readonly pace: Random;
  readonly ids: Random;
}

/** Writes the answer to a chat request, whole or as a stream. */
export function prepareChat(
  settings: Settings,
  arrival: Arrival,
  caller: Caller,
  chance: AnswerChance,
  envelope: Omit<Envelope, 'model'>,
): Prepared {
  const { tongue, incoming, question } = arrival;
  const { model } = question;
  const asked = {
    protocol: tongue.name,
    model,
    prompt: readPrompt(question),
    body: incoming.body ?? {},
    key: caller.key?.id,
    group: caller.group.settings.id,
    number: arrival.number,
  };
  const content = composeContent(asked, question, settings.reply, chance.content);
  const common = { replyId: envelope.id, use: content.use };
  const named = { ...envelope, model };
  if (!question.stream) return { ...common, answer: { kind: 'whole', body: tongue.writeChat(named, content, incoming) } };
  const script = tongue.writeStream(named, content, incoming, settings.chunks);
  return { ...common, answer: { kind: 'stream', script, paceMs: () => settings.chunkMs.draw(chance.pace) } };
}

/** Writes the answer to an embeddings request. */
export function prepareEmbeddings({ tongue, incoming, question }: Arrival, route: Route, envelope: Omit<Envelope, 'model'>): Prepared {
  const use: Use = { input: countInputTokens(question), output: 0 };
  const body = tongue.writeEmbeddings({ ...envelope, model: question.model }, incoming, question, use, route);
  return { replyId: undefined, use, answer: { kind: 'whole', body } };
}

/** Names that a simulator without a list of models answers with. */
const EXAMPLE_MODELS = ['simulated-model'];

/** Lists the models that a caller may use. */
export function prepareModels(settings: Settings, { tongue }: Arrival, caller: Caller): Prepared {
  const { models } = caller.group.settings;
  const named = models?.filter((pattern) => !pattern.includes('*')) ?? EXAMPLE_MODELS;
  const names = settings.models?.filter((model) => matchesAny(models, model)) ?? named;
  return { replyId: undefined, use: { input: 0, output: 0 }, answer: { kind: 'whole', body: tongue.writeModels(names) } };
}
