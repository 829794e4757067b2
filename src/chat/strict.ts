import { isLoose, type Loose } from './checks.ts';

/** What OpenAI's strict mode reads; a schema that says more is refused there. */
const KEYWORDS: ReadonlySet<string> = new Set([
  'type',
  'properties',
  'required',
  'additionalProperties',
  'items',
  'anyOf',
  '$ref',
  '$defs',
  'definitions',
  'enum',
  'const',
  'title',
  'description',
  'pattern',
  'format',
  'multipleOf',
  'minimum',
  'maximum',
  'exclusiveMinimum',
  'exclusiveMaximum',
  'minItems',
  'maxItems',
]);
/** OpenAI allows ten levels; a schema that contains itself is deeper than all. */
const DEEPEST = 50;

/**
 * True when a JSON Schema keeps the rules of OpenAI's strict mode: an object at the root, every object closed, with all of its properties
 * required. Otherwise the provider would refuse it, so it is sent as a wish, and what comes is validated all the same.
 */
export function isStrict(schema: Loose): boolean {
  return schema['type'] === 'object' && schema['anyOf'] === undefined && keeps(schema, 0);
}

/**
 * A copy in which objects that do not say whether they are open are closed: most libraries leave it unsaid, and a model need not write
 * what nobody asked for.
 */
export function toClosed(schema: Loose): Loose {
  return close(schema, 0) as Loose;
}

function close(schema: unknown, depth: number): unknown {
  if (!isLoose(schema) || depth > DEEPEST) return schema;
  const copy: Record<string, unknown> = { ...schema };
  if (isObject(schema) && schema['additionalProperties'] === undefined) copy['additionalProperties'] = false;
  for (const name of ['properties', '$defs', 'definitions'] as const) {
    const group = schema[name];
    if (isLoose(group)) copy[name] = Object.fromEntries(Object.entries(group).map(([key, each]) => [key, close(each, depth + 1)]));
  }
  if (schema['items'] !== undefined) copy['items'] = close(schema['items'], depth + 1);
  const { anyOf } = schema;
  if (Array.isArray(anyOf)) copy['anyOf'] = (anyOf as unknown[]).map((each) => close(each, depth + 1));
  return copy;
}

function keeps(schema: unknown, depth: number): boolean {
  if (!isLoose(schema) || depth > DEEPEST || !Object.keys(schema).every((name) => KEYWORDS.has(name))) return false;
  if (!saysWhat(schema) || (isObject(schema) && !isClosed(schema))) return false;
  const inner = [schema['items'] ?? [], schema['anyOf'] ?? []].flat();
  const named = [schema['properties'], schema['$defs'], schema['definitions']].flatMap((group) =>
    isLoose(group) ? Object.values(group) : [],
  );
  return [...inner, ...named].every((each) => keeps(each, depth + 1));
}

function saysWhat(schema: Loose): boolean {
  return ['type', '$ref', 'anyOf', 'enum', 'const'].some((name) => schema[name] !== undefined);
}

function isObject({ type, properties }: Loose): boolean {
  return type === 'object' || properties !== undefined || (Array.isArray(type) && type.includes('object'));
}

function isClosed({ additionalProperties, properties = {}, required = [] }: Loose): boolean {
  if (additionalProperties !== false || !isLoose(properties) || !Array.isArray(required)) return false;
  return Object.keys(properties).every((name) => required.includes(name));
}
