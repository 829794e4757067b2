import { RequestError } from '../errors.ts';
import { toPrintable, toShown } from '../printable.ts';
import { isLoose, type Loose } from './checks.ts';
import type { ResponseFormat } from './request.ts';
import type { OutputSchema } from './schema.ts';
import { isStrict, toClosed } from './strict.ts';

/**
 * What a schema asks the model for. Throws `RequestError` for what is no schema, and for one that is no object at its root: what providers
 * have for schemas takes nothing else.
 */
export function toResponseFormat(schema: OutputSchema): ResponseFormat {
  const { $schema: _, ...rest } = toJsonSchema(schema);
  const other = findOther(rest);
  if (other !== undefined) {
    return refuse(
      'must be an object at its root, as providers take no other (wrap it: { value: … })',
      `a schema of type ${toShown([other].flat().map(String).join(' or '))}`,
    );
  }
  const closed = toClosed(rest);
  const strict = isStrict(closed);
  return { type: 'json_schema', json_schema: { name: toName(rest['title']), schema: strict ? closed : rest, strict } };
}

function toJsonSchema(schema: unknown): Loose {
  if (schema === null || (typeof schema !== 'object' && typeof schema !== 'function')) return refuse(USE, toShown(schema));
  if ('~standard' in schema) return convert(schema['~standard']);
  const { jsonSchema, validate } = schema as Loose;
  if (!isLoose(jsonSchema)) return refuse(USE, toShown(schema));
  if (typeof validate !== 'function') return refuse("with a 'jsonSchema' needs a 'validate' function", toShown(validate));
  return jsonSchema;
}

const USE = "must be a Standard Schema with JSON Schema (zod, arktype, valibot with 'toStandardJsonSchema') or { jsonSchema, validate }";

/** Newer targets first; a library that cannot write one says so by an error. */
const TARGETS = ['draft-2020-12', 'draft-07'] as const;

/** What the model writes is what the schema reads: its input. */
function convert(standard: unknown): Loose {
  if (!isLoose(standard) || typeof standard['validate'] !== 'function') return refuse(USE, "a '~standard' without 'validate'");
  const { vendor, jsonSchema } = standard as { readonly vendor?: unknown; readonly jsonSchema?: { readonly input?: unknown } };
  const input = jsonSchema?.input;
  if (typeof input !== 'function') {
    const how =
      vendor === 'valibot'
        ? "wrap it in 'toStandardJsonSchema' of '@valibot/to-json-schema'"
        : 'use a library that implements Standard JSON Schema (zod from 4.2 but not zod/mini, arktype from 2.1.28), or { jsonSchema, validate }';
    return refuse(`has no JSON Schema: ${how}`, `a schema of ${toShown(vendor)}`);
  }
  let failure: unknown;
  for (const target of TARGETS) {
    try {
      const written: unknown = Reflect.apply(input, jsonSchema, [{ target }]);
      if (isLoose(written)) return written;
    } catch (error) {
      failure ??= error;
    }
  }
  const why = failure instanceof Error ? failure.message : 'its library gave none';
  return refuse(`cannot be written as JSON Schema (${toPrintable(why, 200)})`, `a schema of ${toShown(vendor)}`, failure);
}

/** The type of a root that is no object, or not always one; of a schema that does not say, providers judge. */
function findOther({ type, anyOf, oneOf }: Loose): unknown {
  if (type !== undefined) return type === 'object' ? undefined : type;
  const ways = [anyOf ?? [], oneOf ?? []].flat().filter(isLoose);
  return ways.map(findOther).find((other) => other !== undefined);
}

/** A name as OpenAI takes it. */
function toName(title: unknown): string {
  const name = typeof title === 'string' ? title.trim().replace(/[^a-zA-Z0-9_-]+/g, '_') : '';
  return /[a-zA-Z0-9]/.test(name) ? name.slice(0, 64) : 'output';
}

function refuse(reason: string, shown: string, cause?: unknown): never {
  throw new RequestError(`Cannot send the chat request as 'schema' ${reason}: current value is ${shown}`, { class: 'bad_request', cause });
}
