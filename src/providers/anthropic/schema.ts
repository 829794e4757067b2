type Schema = Readonly<Record<string, unknown>>;

/** Keywords whose values are schemas, lists of them, or objects of them. */
const NESTED = ['items', 'not', 'if', 'then', 'else', 'contains'];
const LISTS = ['anyOf', 'oneOf', 'allOf', 'prefixItems'];
const MAPS = ['properties', '$defs', 'definitions'];
/** Constraints that the constrained decoding does not know: the model is told of them instead. */
const UNKNOWN = [
  'minimum',
  'maximum',
  'exclusiveMinimum',
  'exclusiveMaximum',
  'multipleOf',
  'minLength',
  'maxLength',
  'maxItems',
  'uniqueItems',
  'minProperties',
  'maxProperties',
];
const DEEPEST = 100;

/**
 * A schema as Anthropic's constrained decoding takes it: objects are closed, `oneOf` is `anyOf`, and constraints that it refuses stand in
 * the description. What the caller validates is their own schema.
 */
export function toNativeSchema(schema: Schema, depth = 0): Schema {
  if (depth > DEEPEST) return schema;
  const native: Record<string, unknown> = {};
  const told: string[] = [];
  for (const [name, value] of Object.entries(schema)) {
    if (name === '$schema' || value === undefined) continue;
    if (UNKNOWN.includes(name) || (name === 'minItems' && value !== 0 && value !== 1)) told.push(`${name}: ${JSON.stringify(value)}`);
    else native[name === 'oneOf' && schema['anyOf'] === undefined ? 'anyOf' : name] = convert(name, value, depth);
  }
  if (isObjectSchema(schema) && native['additionalProperties'] === undefined) native['additionalProperties'] = false;
  if (told.length > 0)
    native['description'] = [schema['description'], `{${told.join(', ')}}`].filter((text) => typeof text === 'string').join('\n\n');
  return native;
}

/** True when closing its objects would change what it means: maps of any keys, and objects without fields. */
export function isOpen(schema: unknown, depth = 0): boolean {
  if (!isSchema(schema) || depth > DEEPEST) return false;
  const additional = schema['additionalProperties'];
  if (additional === true || isSchema(additional) || schema['patternProperties'] !== undefined) return true;
  if (isObjectSchema(schema) && additional === undefined && schema['properties'] === undefined && !isComposed(schema)) return true;
  return nestedOf(schema).some((nested) => isOpen(nested, depth + 1));
}

function nestedOf(schema: Schema): readonly unknown[] {
  return [
    ...NESTED.map((name) => schema[name]),
    ...LISTS.flatMap((name) => (Array.isArray(schema[name]) ? (schema[name] as unknown[]) : [])),
    ...MAPS.flatMap((name) => (isSchema(schema[name]) ? Object.values(schema[name]) : [])),
  ];
}

function convert(name: string, value: unknown, depth: number): unknown {
  const inner = (item: unknown): unknown => (isSchema(item) ? toNativeSchema(item, depth + 1) : item);
  if (NESTED.includes(name)) return inner(value);
  if (LISTS.includes(name) && Array.isArray(value)) return (value as unknown[]).map(inner);
  if (MAPS.includes(name) && isSchema(value)) return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, inner(item)]));
  return value;
}

function isObjectSchema({ type, properties }: Schema): boolean {
  return type === 'object' || (type === undefined && isSchema(properties)) || (Array.isArray(type) && type.includes('object'));
}

function isComposed(schema: Schema): boolean {
  return ['$ref', ...LISTS].some((name) => schema[name] !== undefined);
}

function isSchema(value: unknown): value is Schema {
  return value !== null && typeof value === 'object' && !Array.isArray(value);
}
