import * as v from 'valibot';
import { describe, expect, test } from 'vitest';
import { toResponseFormat } from '../../src/chat/response-format.ts';
import { isStrict } from '../../src/chat/strict.ts';
import { RequestError } from '../../src/errors.ts';
import { PERSON_JSON_SCHEMA, personSchema } from '../support/schemas.ts';

/** What a program in plain JavaScript may pass. */
function loose(value: unknown): never {
  return value as never;
}

const { $schema: _, ...person } = PERSON_JSON_SCHEMA;
const fits = (value: unknown): unknown => value;

describe('toResponseFormat', () => {
  test('asks for the input of a Standard Schema, as what the model writes is what the schema reads', () => {
    const asked: unknown[] = [];
    const { '~standard': standard } = personSchema();
    const input = (options: unknown) => {
      asked.push(options);
      return PERSON_JSON_SCHEMA;
    };
    const schema = { '~standard': { ...standard, jsonSchema: { ...standard.jsonSchema, input } } };
    expect(toResponseFormat(schema)).toEqual({ type: 'json_schema', json_schema: { name: 'A_person', schema: person, strict: true } });
    expect(asked).toEqual([{ target: 'draft-2020-12' }]);
  });

  test('closes a copy of what is silent about further properties, where that makes it strict', () => {
    const properties = { name: { type: 'string' }, friends: { type: 'array', items: { type: 'object', properties: {} } } };
    const silent = { type: 'object', properties, required: ['name', 'friends'] };
    const closed = {
      type: 'object',
      properties: { ...properties, friends: { type: 'array', items: { type: 'object', properties: {}, additionalProperties: false } } },
      required: ['name', 'friends'],
      additionalProperties: false,
    };
    expect(toResponseFormat({ jsonSchema: silent, validate: fits })).toMatchObject({ json_schema: { schema: closed, strict: true } });
    expect(silent).not.toHaveProperty('additionalProperties');
    const optional = { ...silent, required: ['name'] };
    const format = toResponseFormat({ jsonSchema: optional, validate: fits });
    expect(format).toMatchObject({ json_schema: { schema: optional, strict: false } });
  });

  test('takes a schema that is a function', () => {
    const schema = Object.assign(() => 'called', personSchema());
    expect(toResponseFormat(schema)).toMatchObject({ json_schema: { name: 'A_person' } });
  });

  test('asks for an older draft where the library cannot write the newest', () => {
    const { '~standard': standard } = personSchema();
    const input = ({ target }: { readonly target: string }) => {
      if (target !== 'draft-07') throw new Error(`unsupported target ${target}`);
      return { type: 'object' };
    };
    const schema = { '~standard': { ...standard, jsonSchema: { ...standard.jsonSchema, input } } };
    expect(toResponseFormat(schema)).toEqual({
      type: 'json_schema',
      json_schema: { name: 'output', schema: { type: 'object', additionalProperties: false }, strict: true },
    });
  });

  test.each([
    ['an array', { type: 'array', items: {} }, '"array"'],
    ['a text', { type: 'string', enum: ['a'] }, '"string"'],
    ['an object or nothing', { type: ['object', 'null'] }, '"object or null"'],
    ['an object or a number', { anyOf: [{ type: 'object' }, { oneOf: [{ type: 'number' }] }] }, '"number"'],
  ])('refuses a root that is %s', (_what, jsonSchema, shown) => {
    expect(() => toResponseFormat({ jsonSchema, validate: fits })).toThrow(
      new RequestError(
        `Cannot send the chat request as 'schema' must be an object at its root, as providers take no other (wrap it: { value: … }): current value is a schema of type ${shown}`,
        { class: 'bad_request' },
      ),
    );
  });

  test('leaves a root that does not say what it is to providers', () => {
    const jsonSchema = { anyOf: [{ type: 'object' }, { $ref: '#/$defs/a' }], $defs: { a: { type: 'object' } } };
    expect(toResponseFormat({ jsonSchema, validate: fits })).toMatchObject({ json_schema: { schema: jsonSchema, strict: false } });
  });

  test('does not change the schema', () => {
    const jsonSchema = Object.freeze({ ...PERSON_JSON_SCHEMA });
    expect(toResponseFormat({ jsonSchema, validate: fits })).toMatchObject({ json_schema: { schema: person } });
    expect(jsonSchema).toEqual(PERSON_JSON_SCHEMA);
  });

  test.each([
    [undefined, 'output'],
    ['', 'output'],
    ['日本', 'output'],
    ['Weather report (v2)', 'Weather_report_v2_'],
    ['a'.repeat(70), 'a'.repeat(64)],
    [5, 'output'],
  ])('names a schema of title %j %s', (title, name) => {
    expect(toResponseFormat({ jsonSchema: { title }, validate: fits })).toMatchObject({ json_schema: { name } });
  });

  test.each([
    ['null', null, /'schema' must be a Standard Schema with JSON Schema .* or { jsonSchema, validate }: current value is null$/],
    ['a text', 'object', /current value is "object"$/],
    ['a bare JSON Schema', { type: 'object' }, /must be a Standard Schema/],
    [
      'a JSON Schema that nobody validates',
      { jsonSchema: {} },
      /with a 'jsonSchema' needs a 'validate' function: current value is undefined$/,
    ],
    ['a standard that is none', { '~standard': {} }, /must be a Standard Schema/],
    [
      'valibot alone',
      v.object({ name: v.string() }),
      /has no JSON Schema: wrap it in 'toStandardJsonSchema' of '@valibot\/to-json-schema'/,
    ],
    [
      'another library without JSON Schema',
      { '~standard': { version: 1, vendor: 'zod', validate: fits } },
      /has no JSON Schema: use a library that .* or { jsonSchema, validate }: current value is a schema of "zod"$/,
    ],
    [
      'what no draft can say',
      {
        '~standard': {
          vendor: 'zod',
          validate: fits,
          jsonSchema: {
            input: () => {
              throw new Error('Dates cannot be represented');
            },
          },
        },
      },
      /cannot be written as JSON Schema \(Dates cannot be represented\)/,
    ],
  ])('refuses %s', (_what, schema, message) => {
    expect(() => toResponseFormat(loose(schema))).toThrow(message);
    expect(() => toResponseFormat(loose(schema))).toThrow(RequestError);
  });
});

describe('isStrict', () => {
  const closed = (properties: object, more: object = {}): object => ({
    type: 'object',
    properties,
    required: Object.keys(properties),
    additionalProperties: false,
    ...more,
  });

  test.each([
    ['a closed object', closed({ a: { type: 'string' }, b: { type: ['number', 'null'], minimum: 0 } })],
    ['an empty one', closed({})],
    [
      'objects in lists, choices and definitions',
      closed({ a: { type: 'array', items: closed({}) }, b: { anyOf: [closed({}), { type: 'null' }] } }),
    ],
    ['one that names itself', closed({ next: { $ref: '#' }, other: { $ref: '#/$defs/o' } }, { $defs: { o: closed({}) } })],
    ['values', closed({ a: { enum: [1, 2] }, b: { const: 'x' } })],
  ])('is true for %s', (_what, schema) => {
    expect(isStrict(schema as never)).toBe(true);
  });

  test.each([
    ['an open object', closed({}, { additionalProperties: true })],
    ['one that does not say', closed({}, { additionalProperties: undefined })],
    ['a property that may be missing', closed({ a: { type: 'string' }, b: { type: 'string' } }, { required: ['a'] })],
    ['no list of required ones', closed({ a: { type: 'string' } }, { required: undefined })],
    ['an open object in a list', closed({ a: { type: 'array', items: { type: 'object' } } })],
    ['an open object in a choice', closed({ a: { anyOf: [{ type: 'object', properties: {} }] } })],
    ['an open object in a definition', closed({}, { $defs: { o: { type: 'object' } } })],
    ['a list at the root', { type: 'array', items: { type: 'string' } }],
    ['a choice at the root', closed({}, { anyOf: [closed({})] })],
    ['words that strict mode does not know', closed({ a: { allOf: [{ type: 'string' }] } })],
    ['a value that says nothing', closed({ a: {} })],
    ['rubbish', { type: 'object', additionalProperties: false, properties: [], required: 'all' }],
  ])('is false for %s', (_what, schema) => {
    expect(isStrict(schema as never)).toBe(false);
  });

  test('ends at a schema that contains itself', () => {
    const node: Record<string, unknown> = { type: 'array' };
    node['items'] = node;
    expect(isStrict(closed({ a: node }) as never)).toBe(false);
  });
});
