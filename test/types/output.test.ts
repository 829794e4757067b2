import { describe, expectTypeOf, test } from 'vitest';
import type {
  ChatReply,
  ChatRequest,
  ChatStream,
  Client,
  InferOutput,
  ModelsReply,
  ParsedReply,
  StandardJsonSchema,
  StandardResult,
} from '../../src/index.ts';

// Nothing here runs: `npm run types` checks it, and vitest only shows that the file loads.
declare const client: Client;
declare const messages: ChatRequest['messages'];
const never = (unrun: () => unknown): void => void unrun.name;

interface Person {
  readonly name: string;
  readonly born: Date;
}

interface Written {
  readonly name: string;
  readonly born: string;
}

/** As libraries declare theirs: more than we ask for, and some of it otherwise. */
interface LibrarySchema<Input, Output> {
  readonly '~standard': {
    readonly version: 1;
    readonly vendor: string;
    readonly validate: (
      value: unknown,
      options?: { readonly libraryOptions?: Record<string, unknown> },
    ) => Result<Output> | Promise<Result<Output>>;
    readonly types?: { readonly input: Input; readonly output: Output } | undefined;
    readonly jsonSchema: {
      readonly input: (options: {
        readonly target: 'draft-2020-12' | 'draft-07' | 'openapi-3.0' | ({} & string);
      }) => Record<string, unknown>;
      readonly output: (options: {
        readonly target: 'draft-2020-12' | 'draft-07' | 'openapi-3.0' | ({} & string);
      }) => Record<string, unknown>;
    };
  };
  parse(value: unknown): Output;
}
type Result<Output> =
  | { readonly value: Output; readonly issues?: undefined }
  | { readonly issues: readonly { readonly message: string; readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] }[] };

declare const person: LibrarySchema<Written, Person>;
/** As arktype: a schema that is a function. */
declare const callable: LibrarySchema<Written, Person> & ((value: unknown) => Person);
declare const validated: { jsonSchema: { type: string }; validate(value: unknown): Promise<Person> };
declare const tools: NonNullable<ChatRequest['tools']>;

describe('a schema', () => {
  test('says what is parsed', () => {
    expectTypeOf<InferOutput<typeof person>>().toEqualTypeOf<Person>();
    expectTypeOf<InferOutput<typeof callable>>().toEqualTypeOf<Person>();
    expectTypeOf<InferOutput<typeof validated>>().toEqualTypeOf<Person>();
    expectTypeOf<InferOutput<{ jsonSchema: {}; validate: (value: unknown) => number }>>().toEqualTypeOf<number>();
    expectTypeOf<InferOutput<StandardJsonSchema>>().toEqualTypeOf<unknown>();
    expectTypeOf<StandardJsonSchema<Written, Person>['~standard']['validate']>().returns.toEqualTypeOf<
      StandardResult<Person> | Promise<StandardResult<Person>>
    >();
  });

  test('makes a reply with what is parsed', () => {
    never(async () => {
      const reply = await client.chat({ model: 'm', messages, schema: person });
      expectTypeOf(reply).toEqualTypeOf<ParsedReply<Person>>();
      expectTypeOf(reply).toExtend<ChatReply & { parsed: Person }>();
      expectTypeOf(reply.parsed).toEqualTypeOf<Person>();
      expectTypeOf((await client.chat({ model: 'm', messages, schema: callable, stream: false })).parsed).toEqualTypeOf<Person>();
      expectTypeOf((await client.chat({ model: 'm', messages, schema: validated, stream: null })).parsed).toEqualTypeOf<Person>();
      const inline = await client.chat({ model: 'm', messages, schema: { jsonSchema: {}, validate: (value) => String(value) } });
      expectTypeOf(inline.parsed).toEqualTypeOf<string>();
    });
  });

  test('makes a stream whose reply has it', () => {
    never(async () => {
      const stream = await client.chat({ model: 'm', messages, schema: person, stream: true });
      expectTypeOf(stream).toEqualTypeOf<ChatStream<ParsedReply<Person>>>();
      expectTypeOf((await stream.reply()).parsed).toEqualTypeOf<Person>();
    });
  });

  test('with tools may leave nothing to parse', () => {
    never(async () => {
      expectTypeOf((await client.chat({ model: 'm', messages, schema: person, tools })).parsed).toEqualTypeOf<Person | undefined>();
      const stream = await client.chat({
        model: 'm',
        messages,
        schema: person,
        tools: [{ type: 'function', function: { name: 'f' } }],
        stream: true,
      });
      expectTypeOf((await stream.reply()).parsed).toEqualTypeOf<Person | undefined>();
    });
  });

  test('must be one', () => {
    never(() => {
      // @ts-expect-error: a bare JSON Schema says nothing of types
      void client.chat({ model: 'm', messages, schema: { type: 'object' } });
      // @ts-expect-error: nobody validates it
      void client.chat({ model: 'm', messages, schema: { jsonSchema: {} } });
      // @ts-expect-error: no JSON Schema
      void client.chat({ model: 'm', messages, schema: { '~standard': { version: 1, vendor: 'x', validate: () => ({ value: 1 }) } } });
    });
  });

  test('changes nothing where there is none', () => {
    never(async () => {
      expectTypeOf(await client.chat({ model: 'm', messages })).toEqualTypeOf<ChatReply>();
      expectTypeOf(await client.chat({ model: 'm', messages, tools })).toEqualTypeOf<ChatReply>();
      expectTypeOf(await client.chat({ model: 'm', messages, stream: true })).toEqualTypeOf<ChatStream>();
      expectTypeOf(await client.chat({ model: 'm', messages } as ChatRequest)).toEqualTypeOf<ChatReply | ChatStream>();
    });
  });
});

test('models lists the models of a provider', () => {
  never(async () => {
    expectTypeOf(await client.models()).toEqualTypeOf<ModelsReply>();
    expectTypeOf((await client.models('openai', { timeoutMs: 5 })).data[0]?.id).toEqualTypeOf<string | undefined>();
    // @ts-expect-error: lists are never kept
    void client.models('openai', { cache: 'refresh' });
  });
});
