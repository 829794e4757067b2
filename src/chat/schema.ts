/** What a schema finds wrong with a value, in the words of Standard Schema. */
export interface StandardIssue {
  readonly message: string;
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
}

/** How a Standard Schema answers: the value as it parsed it, or its issues. */
export type StandardResult<Output> =
  | { readonly value: Output; readonly issues?: undefined }
  | { readonly issues: readonly StandardIssue[] };

/**
 * A schema that implements Standard Schema and Standard JSON Schema (https://standardschema.dev): zod from 4.2, arktype from 2.1.28,
 * valibot through `toStandardJsonSchema` of `@valibot/to-json-schema`.
 */
export interface StandardJsonSchema<Input = unknown, Output = Input> {
  readonly '~standard': {
    readonly version: 1;
    readonly vendor: string;
    readonly validate: (value: unknown) => StandardResult<Output> | Promise<StandardResult<Output>>;
    readonly types?: { readonly input: Input; readonly output: Output } | undefined;
    readonly jsonSchema: {
      readonly input: (options: { readonly target: 'draft-2020-12' | 'draft-07' }) => Record<string, unknown>;
      readonly output: (options: { readonly target: 'draft-2020-12' | 'draft-07' }) => Record<string, unknown>;
    };
  };
}

/**
 * A JSON Schema with a validator of your own. `validate` gets the parsed JSON and returns the value (or a promise of it) that becomes
 * `reply.parsed`; it throws when the answer does not do.
 */
export interface ValidatedJsonSchema<Output = unknown> {
  readonly jsonSchema: Readonly<Record<string, unknown>>;
  readonly validate: (value: unknown) => Output | Promise<Output>;
}

/** What `chat` takes as `schema`. */
export type OutputSchema = StandardJsonSchema | ValidatedJsonSchema;

/** What a schema makes of an answer: the type of `reply.parsed`. */
export type InferOutput<Schema extends OutputSchema> = Schema extends StandardJsonSchema
  ? NonNullable<Schema['~standard']['types']>['output']
  : Schema extends ValidatedJsonSchema<infer Output>
    ? Awaited<Output>
    : never;

/** True for a Standard Schema. Some of them are functions. */
export function isStandard(schema: OutputSchema): schema is StandardJsonSchema {
  return '~standard' in schema;
}
