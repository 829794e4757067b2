import type { ModelList } from '../../chat/reply.ts';
import { isLoose, type Loose } from '../loose.ts';
import { toBareName } from './address.ts';

/** Google's list in OpenAI's shape, by the names that a request takes; the rest of what it says stays. `undefined` for what is no list. */
export function decodeModels(body: unknown): ModelList | undefined {
  if (!isLoose(body)) return undefined;
  const { models, publisherModels, ...rest } = body;
  const listed = models ?? publisherModels;
  if (!Array.isArray(listed)) return undefined;
  return { ...rest, object: 'list', data: (listed as unknown[]).filter(isLoose).flatMap(toModel) };
}

function toModel(model: Loose): ModelList['data'] {
  const { name } = model;
  return typeof name === 'string' ? [{ ...model, id: toBareName(name), object: 'model' }] : [];
}
