import type { StandardJsonSchema, StandardResult } from '../../src/index.ts';

/** A person as the schemas of these tests read one. */
export interface Person {
  readonly name: string;
  readonly age: number;
}

export const PERSON_JSON_SCHEMA = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  title: 'A person',
  type: 'object',
  properties: { name: { type: 'string' }, age: { type: 'integer' } },
  required: ['name', 'age'],
  additionalProperties: false,
};

export const PERSON_TEXT = '{"name":"Ada","age":36}';

/** As a library makes one: reads texts of numbers too, so that its input is not its output. */
export function personSchema(more: { readonly onValidate?: (value: unknown) => void } = {}): StandardJsonSchema<Person, Person> {
  return {
    '~standard': {
      version: 1,
      vendor: 'test',
      validate: (value) => {
        more.onValidate?.(value);
        return toPerson(value);
      },
      jsonSchema: { input: () => PERSON_JSON_SCHEMA, output: () => ({ type: 'object', title: 'never asked for' }) },
    },
  };
}

function toPerson(value: unknown): StandardResult<Person> {
  const { name, age } = (value ?? {}) as Readonly<Record<string, unknown>>;
  if (typeof name !== 'string') return { issues: [{ message: 'must be a text', path: ['name'] }] };
  if (typeof age !== 'number') return { issues: [{ message: 'must be a number', path: [{ key: 'age' }] }] };
  return { value: { name: name.trim(), age } };
}
