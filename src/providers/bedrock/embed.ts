import type { EmbedRequest } from '../../chat/request.ts';
import { mergeOptions, refuseUnknown, refusing, type Unsupported } from '../encoding.ts';
import type { Loose } from '../loose.ts';
import { toWrong } from '../parts.ts';
import type { EncodeInput } from '../provider.ts';
import { familyOf } from './families.ts';

/** Each family has a request of its own, as `InvokeModel` passes on what it gets. */
type ToBody = (texts: readonly string[], request: EmbedRequest, model: string, unsupported: Unsupported) => Record<string, unknown>;

const KNOWN: ReadonlySet<string> = new Set([
  'input',
  'dimensions',
  'encoding_format',
  'input_type',
  'truncate',
  'normalize',
  'embeddingPurpose',
]);
const NO_OPTIONS: ReadonlySet<string> = new Set();
/** A text that is stored to be found; who looks for one says `search_query`. */
const DOCUMENT = 'search_document';

/** The body of an `InvokeModel` request for embeddings. */
export function toEmbedBody(request: EmbedRequest, { asked, model, provider }: EncodeInput): Record<string, unknown> {
  const unsupported = refusing(asked, provider);
  refuseUnknown(request, KNOWN, unsupported);
  const body = formOf(model)(toTexts(request.input), request, model, unsupported);
  mergeOptions(body, request, provider, NO_OPTIONS);
  return body;
}

function formOf(model: string): ToBody {
  const family = familyOf(model);
  if (family === 'cohere') return toCohere;
  return family === 'nova' ? toNova : toTitan;
}

function toTitan(texts: readonly string[], request: EmbedRequest, model: string, unsupported: Unsupported): Record<string, unknown> {
  const { dimensions } = request;
  const isFirst = /titan-embed-(text-v1|g1-text)/.test(model);
  if (isFirst && dimensions !== undefined) unsupported.refuse('dimensions', dimensions, 'dimensions', 'is not known to this model');
  refuseFields(request, ['input_type', 'truncate', 'embeddingPurpose'], unsupported);
  return {
    inputText: toOne(texts),
    ...(dimensions === undefined || isFirst ? {} : { dimensions }),
    ...pick(request, ['normalize']),
  };
}

function toCohere(texts: readonly string[], request: EmbedRequest, model: string, unsupported: Unsupported): Record<string, unknown> {
  const { dimensions } = request;
  const isThird = /embed-(english|multilingual)/.test(model);
  if (isThird && dimensions !== undefined) unsupported.refuse('dimensions', dimensions, 'dimensions', 'is not known to this model');
  refuseFields(request, ['normalize', 'embeddingPurpose'], unsupported);
  return {
    texts,
    input_type: request['input_type'] ?? DOCUMENT,
    ...(dimensions === undefined || isThird ? {} : { output_dimension: dimensions, embedding_types: ['float'] }),
    ...pick(request, ['truncate']),
  };
}

function toNova(texts: readonly string[], request: EmbedRequest, _model: string, unsupported: Unsupported): Record<string, unknown> {
  refuseFields(request, ['normalize', 'input_type'], unsupported);
  return {
    taskType: 'SINGLE_EMBEDDING',
    singleEmbeddingParams: {
      embeddingPurpose: request['embeddingPurpose'] ?? 'GENERIC_INDEX',
      ...(request.dimensions === undefined ? {} : { embeddingDimension: request.dimensions }),
      text: { truncationMode: request['truncate'] ?? 'END', value: toOne(texts) },
    },
  };
}

function refuseFields(request: EmbedRequest, names: readonly string[], unsupported: Unsupported): void {
  for (const name of names) if (request[name] !== undefined) unsupported.refuse(name, request[name], name, 'is not known to this model');
}

function pick(request: EmbedRequest, names: readonly string[]): Loose {
  return Object.fromEntries(names.flatMap((name) => (request[name] === undefined ? [] : [[name, request[name]]])));
}

function toTexts(input: EmbedRequest['input']): readonly string[] {
  const inputs: readonly unknown[] = typeof input === 'string' ? [input] : input;
  return inputs.map((text, index) => {
    if (typeof text === 'string') return text;
    throw toWrong(`input[${index}]`, 'must be a text there, as tokens of another model mean nothing', text, 'the embeddings request');
  });
}

function toOne(texts: readonly string[]): string {
  const [only] = texts;
  if (only !== undefined && texts.length === 1) return only;
  throw toWrong('input', 'must be one text, as the model takes one at a time', texts, 'the embeddings request');
}
