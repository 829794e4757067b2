import type { Format } from '../anthropic/format.ts';
import { toNativeSchema } from '../anthropic/schema.ts';
import type { ChatRequest } from '../../chat/request.ts';
import { optionsOf } from '../encoding.ts';
import { canForce, toForced } from '../forced.ts';
import { claudeFacts } from './families.ts';

type Schema = Readonly<Record<string, unknown>>;

const TEXT: Format = { kind: 'text' };
const ANY_OBJECT: Schema = { type: 'object', properties: {}, additionalProperties: true };
const SAID = 'Answers with a JSON object of this form.';

/**
 * How `response_format` is asked for. A tool that the model must call, whose input is the answer, is understood by every model that knows
 * tools; Bedrock's own `outputConfig` is only for some, and a model without it refuses the whole request. So it serves where no tool can be
 * forced: Claude while it thinks, and its lines that always do. Older ones are asked in words. A named or required tool of the caller's goes
 * before the format: that answer is a call. `provider`: its name, for the caller's options. The same for the decoder, which must know what it reads.
 */
export function toFormat(request: ChatRequest, model: string, provider: string): Format {
  const format = request.response_format;
  if (format?.type !== 'json_object' && format?.type !== 'json_schema') return TEXT;
  // Who brings the provider's own mechanism needs no other.
  if (optionsOf(request, provider)?.['outputConfig'] !== undefined) return TEXT;
  const { schema = ANY_OBJECT, description = SAID, name } = format.type === 'json_schema' ? (format.json_schema ?? {}) : {};
  const facts = claudeFacts(model);
  const isForcible = facts === undefined || canForce(request, facts.forcedTools);
  const forced = toForced(request, name, isForcible);
  if (forced === undefined) return TEXT;
  if (!isForcible && format.type === 'json_schema' && facts.schemas) return { kind: 'native', schema: toNativeSchema(schema) };
  return { kind: 'tool', ...forced, schema, description };
}
