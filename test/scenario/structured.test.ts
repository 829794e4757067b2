import { describe, expect, test } from 'vitest';
import { type ClientOptions, DeadlineError, OutputError, ProviderError, RequestError } from '../../src/index.ts';
import { createDeferred } from '../support/deferred.ts';
import { PERSON_JSON_SCHEMA, PERSON_TEXT, type Person, personSchema } from '../support/schemas.ts';
import { ask, askStream, at, attemptsOf, errorOf, group, key, record, useWorld } from '../support/world.ts';

// What a schema makes of an answer, and what becomes of an answer that does not fit.

const world = useWorld();

const schema = personSchema();
const { $schema: _, ...sent } = PERSON_JSON_SCHEMA;
const ADA: Person = { name: 'Ada', age: 36 };

type Reply = NonNullable<NonNullable<Parameters<typeof world.simulator>[0]>['reply']>;

/** A provider that gives these answers, one after the other. */
async function answering(...replies: readonly ReturnType<Reply>[]) {
  let next = 0;
  return world.simulator({ groups: [group('a')], reply: () => replies[Math.min(next++, replies.length - 1)] ?? '' });
}

/** A client whose alias `fast` means both providers, in this order. */
async function both(first: readonly ReturnType<Reply>[], second: readonly ReturnType<Reply>[], more: Partial<ClientOptions> = {}) {
  const simulators = [await answering(...first), await answering(...second)] as const;
  const client = world.client({
    providers: {
      one: { protocol: 'openai', baseURL: simulators[0].baseURL, keys: [key('a')] },
      two: { protocol: 'openai', baseURL: simulators[1].baseURL, keys: [key('a', { id: 'b' })] },
    },
    models: { fast: ['one/m', 'two/m'] },
    ...more,
  });
  return { client, simulators };
}

describe('a chat with a schema', () => {
  test('asks for it and gives what it made of the answer', async () => {
    const simulator = await answering(PERSON_TEXT);
    const client = world.client(at(simulator, 'a'));
    const reply = await client.chat({ ...ask(), schema });
    expect(reply).toMatchObject({ parsed: ADA, text: PERSON_TEXT, raw: { object: 'chat.completion' } });
    const body = simulator.requests()[0]?.body;
    expect(body).toMatchObject({ response_format: { type: 'json_schema', json_schema: { name: 'A_person', schema: sent, strict: true } } });
    expect(body).not.toHaveProperty('schema');
  });

  test('takes a JSON Schema with a validator, which may take its time', async () => {
    const simulator = await answering('```json\n{"ids": [1, 2]}\n```');
    const client = world.client(at(simulator, 'a'));
    const jsonSchema = { type: 'object', properties: { ids: { type: 'array', items: { type: 'number' } } } };
    const reply = await client.chat({ ...ask(), schema: { jsonSchema, validate: async (value: unknown) => JSON.stringify(value) } });
    expect(reply.parsed).toBe('{"ids":[1,2]}');
    expect(simulator.requests()[0]?.body).toMatchObject({
      response_format: { json_schema: { name: 'output', schema: jsonSchema, strict: false } },
    });
  });

  test('is refused before anything is sent when the schema is none, or says the same as response_format', async () => {
    const simulator = await answering(PERSON_TEXT);
    const client = world.client(at(simulator, 'a'));
    // As a program in plain JavaScript may.
    await errorOf(client.chat({ ...ask(), schema: { type: 'object' } as never }), RequestError);
    const twice = await errorOf(client.chat({ ...ask(), schema, response_format: { type: 'json_object' } }), RequestError);
    expect(twice.message).toContain("'schema' says what 'response_format' would say");
    expect(simulator.stats().received).toBe(0);
  });

  test('has nothing parsed when the model calls a tool first', async () => {
    const simulator = await answering({ toolCalls: [{ name: 'look_up', arguments: '{}' }] });
    const client = world.client(at(simulator, 'a'));
    const reply = await client.chat({ ...ask(), schema, tools: [{ type: 'function', function: { name: 'look_up' } }] });
    expect(reply.parsed).toBeUndefined();
    expect(reply.choices[0]?.finish_reason).toBe('tool_calls');
    expect(attemptsOf(reply)).toEqual(['a ok answer']);
  });
});

describe('an answer that does not fit', () => {
  test('is asked for again; key and route are well', async () => {
    const simulator = await answering('{"name":"Ada"}', PERSON_TEXT);
    const client = world.client(at(simulator, 'a'));
    const heard = record(client, 'key-held', 'attempt-failed');
    const reply = await client.chat({ ...ask(), schema });
    expect(reply.parsed).toEqual(ADA);
    expect(attemptsOf(reply)).toEqual(['a bad_output retry', 'a ok answer']);
    expect(reply.report.attempts[0]).toMatchObject({
      status: 200,
      scope: 'request',
      why: expect.stringContaining("'age' must be a number"),
    });
    expect(heard).toEqual([]);
    expect(client.keys.get('a')).toMatchObject({ state: 'ready', holds: [], inFlight: 0 });
  });

  test('is an OutputError after `retry.invalidOutput` more tries', async () => {
    for (const [invalidOutput, attempts] of [
      [undefined, 2],
      [0, 1],
      [3, 4],
    ] as const) {
      const simulator = await answering('{"name":5}');
      const client = world.client({ ...at(simulator, 'a'), retry: { attempts: 1, invalidOutput } });
      const failed = record(client, 'call-failed');
      const error = await errorOf(client.chat({ ...ask(), schema }), OutputError);
      expect(error).toMatchObject({
        code: 'invalid_output',
        class: 'bad_output',
        issues: [{ message: 'must be a text', path: ['name'] }],
        text: '{"name":5}',
        report: { attempts: Array.from({ length: attempts }, () => ({ class: 'bad_output' })) },
      });
      expect(error.message).toMatch(/^Cannot use the answer of openai\/gpt-5-mini as it does not fit the schema: 'name' must be a text/);
      expect(error.report?.attempts.map(({ action }) => action)).toEqual([
        ...Array.from({ length: attempts - 1 }, () => 'retry'),
        'reject',
      ]);
      expect(failed).toMatchObject([{ payload: { class: 'bad_output', error: { code: 'invalid_output' } } }]);
      expect(simulator.stats().served).toBe(attempts);
    }
  });

  test('never ejects a route', async () => {
    const simulator = await answering('no');
    const client = world.client({ ...at(simulator, 'a'), retry: { invalidOutput: 0 } });
    for (let call = 0; call < 30; call += 1) await errorOf(client.chat({ ...ask(), schema }), OutputError);
    expect(simulator.stats().received).toBe(30);
    expect((await client.chat(ask())).text).toBe('no');
  });

  test('leaves other failures to the layers that know them', async () => {
    const simulator = await world.simulator({ groups: [group('a')], faults: [{ kind: 'status', status: 400 }] });
    const client = world.client(at(simulator, 'a'));
    await errorOf(client.chat({ ...ask(), schema }), RequestError);
    simulator.fail({ kind: 'overloaded', times: 9 });
    await errorOf(client.chat({ ...ask(), schema }), ProviderError);
  });

  test('is left to the next target', async () => {
    const { client } = await both(['no'], [PERSON_TEXT]);
    const reply = await client.chat({ ...ask('Hi', { model: 'fast' }), schema });
    expect(reply.parsed).toEqual(ADA);
    expect(attemptsOf(reply)).toEqual(['a bad_output retry', 'a bad_output fallback', 'b ok answer']);
  });

  test('of every target: the error has them all', async () => {
    const { client } = await both(['no'], ['neither']);
    const error = await errorOf(client.chat({ ...ask('Hi', { model: 'fast' }), schema }), OutputError);
    expect(error).toMatchObject({ text: 'neither', message: 'Cannot use the answer of two/m as it is not JSON (2 attempts)' });
    expect(error.cause).toBeInstanceOf(AggregateError);
    expect((error.cause as AggregateError).errors).toMatchObject([{ text: 'no' }, { text: 'neither' }]);
  });

  test('because it was cut off is not asked for again there, but elsewhere', async () => {
    const cut = { content: '{"name":"A', finishReason: 'length' };
    const { client, simulators } = await both([cut], [PERSON_TEXT, cut]);
    const reply = await client.chat({ ...ask('Hi', { model: 'fast' }), schema });
    expect(attemptsOf(reply)).toEqual(['a bad_output fallback', 'b ok answer']);
    const error = await errorOf(client.chat({ ...ask('Hi', { model: 'fast' }), schema }), OutputError);
    expect(error.message).toContain('as it reached the limit of output tokens before its end');
    expect(simulators.map((simulator) => simulator.stats().served)).toEqual([2, 2]);
  });

  test.each([
    ['a refusal', { refusal: 'I will not help with that' }, 'as the model refused: "I will not help with that"'],
    ['a filtered answer', { content: '{"na', finishReason: 'content_filter' }, "as the provider's filter ended it"],
  ])('because it is %s is final: nobody else is asked', async (_what, refusal, message) => {
    const { client, simulators } = await both([refusal], [PERSON_TEXT]);
    const error = await errorOf(client.chat({ ...ask('Hi', { model: 'fast' }), schema }), OutputError);
    expect(error.message).toContain(message);
    expect(error.report?.attempts).toMatchObject([{ class: 'bad_output', action: 'reject' }]);
    expect(simulators.map((simulator) => simulator.stats().received)).toEqual([1, 0]);
  });

  test('waits for its validator no longer than the call has', async () => {
    const clock = world.clock();
    const simulator = await answering(PERSON_TEXT);
    const client = world.client({ ...at(simulator, 'a'), clock });
    const asked = createDeferred();
    const validate = (): Promise<unknown> => {
      asked.resolve();
      return new Promise(() => {});
    };
    const call = errorOf(client.chat({ ...ask(), schema: { jsonSchema: {}, validate } }, { timeoutMs: 1000 }), DeadlineError);
    await asked.promise;
    await clock.advance(1000);
    await call;
  });
});

describe('a stream with a schema', () => {
  test('gives its chunks as they are, and what the schema made of them with its reply', async () => {
    const simulator = await answering(PERSON_TEXT);
    const client = world.client(at(simulator, 'a'));
    const stream = await client.chat({ ...askStream(), schema });
    let text = '';
    for await (const { choices } of stream) text += choices[0]?.delta.content ?? '';
    expect(text).toBe(PERSON_TEXT);
    expect(await stream.reply()).toMatchObject({ parsed: ADA, text: PERSON_TEXT });
    expect((await stream.reply()).parsed).toEqual(ADA);
  });

  test('that does not fit is an OutputError of its reply', async () => {
    const simulator = await answering('{"name":"Ada"}');
    const client = world.client(at(simulator, 'a'));
    const stream = await client.chat({ ...askStream(), schema });
    const error = await errorOf(stream.reply(), OutputError);
    expect(error).toMatchObject({
      issues: [{ path: ['age'] }],
      text: '{"name":"Ada"}',
      message: "Cannot use the answer of openai/gpt-5-mini as it does not fit the schema: 'age' must be a number",
      report: { attempts: [{ class: 'bad_output', action: 'reject' }] },
    });
    expect(simulator.stats().received).toBe(1);
    expect(client.keys.get('a')).toMatchObject({ state: 'ready', holds: [] });
  });
});

describe('a cached answer', () => {
  test('is validated anew for who reads it', async () => {
    const seen: unknown[] = [];
    const simulator = await answering(PERSON_TEXT);
    const client = world.client({ ...at(simulator, 'a'), cache: true });
    const first = await client.chat({ ...ask(), schema });
    const second = await client.chat({ ...ask(), schema: personSchema({ onValidate: (value) => seen.push(value) }) });
    expect(second).toMatchObject({ parsed: ADA, report: { cache: 'hit', attempts: [] } });
    expect(seen).toEqual([ADA]);
    // Each reader has a value of its own.
    expect(second.parsed).not.toBe(first.parsed);
    // What the provider said is with who asked.
    expect(first.raw).not.toBe(first);
    expect(second.raw).toMatchObject({ id: first.id });
  });

  test('that does not fit is asked for anew, once, and replaced', async () => {
    const simulator = await answering('{"name":"Ada"}', PERSON_TEXT);
    const client = world.client({ ...at(simulator, 'a'), cache: true });
    // Streams are stored as they come.
    await errorOf((await client.chat({ ...askStream(), schema })).reply(), OutputError);
    const anew = await client.chat({ ...ask(), schema });
    expect(anew).toMatchObject({ parsed: ADA, report: { cache: 'miss', provider: 'openai', key: 'a', attempts: [{ class: 'ok' }] } });
    // It was paid for: the 0 of the stored answer is gone.
    expect(anew.report.costUsd).toBeGreaterThan(0);
    expect((await client.chat({ ...ask(), schema })).report.cache).toBe('hit');
    expect(simulator.stats().received).toBe(2);
  });

  test('that does not fit is an OutputError where nothing may be sent', async () => {
    const simulator = await answering('{"name":"Ada"}');
    const client = world.client({ ...at(simulator, 'a'), cache: true });
    await errorOf((await client.chat({ ...askStream(), schema })).reply(), OutputError);
    const error = await errorOf(client.chat({ ...ask(), schema }, { cache: 'only' }), OutputError);
    expect(error.report).toMatchObject({ cache: 'hit', attempts: [] });
    expect(simulator.stats().received).toBe(1);
  });

  test('of an equal call in flight is validated as well', async () => {
    const simulator = await world.simulator({ groups: [group('a')], latencyMs: 20, reply: () => PERSON_TEXT });
    const client = world.client({ ...at(simulator, 'a'), cache: true });
    const picky = { jsonSchema: PERSON_JSON_SCHEMA, validate: () => Promise.reject(new Error('never')) };
    const [good, bad] = await Promise.allSettled([client.chat({ ...ask(), schema }), client.chat({ ...ask(), schema: picky })]);
    expect(good).toMatchObject({ status: 'fulfilled', value: { parsed: ADA } });
    expect(bad).toMatchObject({ status: 'rejected', reason: { code: 'invalid_output', issues: [{ message: 'never' }] } });
  });
});

describe('what no other answer can change', () => {
  const bug = new TypeError('x is not a function');
  const { '~standard': standard } = personSchema();
  const broken = { '~standard': { ...standard, validate: () => Promise.reject(bug) } };

  test('a bug of the schema fails at once, with it as the cause', async () => {
    const { client, simulators } = await both([PERSON_TEXT], [PERSON_TEXT], { cache: true });
    const message = "Cannot use the answer of one/m as the schema's 'validate' failed: x is not a function";
    const error = await errorOf(client.chat({ ...ask('Hi', { model: 'fast' }), schema: broken }), OutputError);
    expect(error).toMatchObject({ message, issues: [], text: PERSON_TEXT, cause: bug, report: { attempts: [{ action: 'reject' }] } });
    const stream = await client.chat({ ...askStream('Ho', { model: 'fast' }), schema: broken });
    expect(await errorOf(stream.reply(), OutputError)).toMatchObject({ cause: bug });
    // Also of a stored answer, which is not asked for anew.
    expect(await errorOf(client.chat({ ...ask('Ho', { model: 'fast' }), schema: broken }), OutputError)).toMatchObject({ cause: bug });
    expect(simulators.map((simulator) => simulator.stats().received)).toEqual([2, 0]);
  });

  test('a call of a tool that nobody gave is no answer, streamed or not', async () => {
    const simulator = await answering({ toolCalls: [{ name: 'look_up', arguments: '{}' }] });
    const client = world.client(at(simulator, 'a'));
    const error = await errorOf(client.chat({ ...ask(), schema }), OutputError);
    expect(error.message).toContain("it calls a tool, and the request has no 'tools' (2 attempts)");
    await errorOf((await client.chat({ ...askStream(), schema })).reply(), OutputError);
  });
});

describe('a provider without schemas', () => {
  async function zai() {
    const simulator = await answering(PERSON_TEXT);
    return { simulator, client: world.client({ providers: { zai: { baseURL: simulator.baseURL, keys: [key('a')] } } }) };
  }
  const question = () => ask('Hi', { model: 'zai/m' });

  test('refuses by the name that the caller wrote', async () => {
    const { client, simulator } = await zai();
    const error = await errorOf(client.chat({ ...question(), schema }), RequestError);
    expect(error.message).toContain("as 'schema' cannot be expressed there (leave it out, or list 'schema' in 'dropUnsupported')");
    const format = { type: 'json_schema', json_schema: { name: 'a', schema: sent } } as const;
    const own = await errorOf(client.chat({ ...question(), response_format: format }), RequestError);
    expect(own.message).toContain("list 'response_format' in");
    await errorOf(client.chat({ ...question(), response_format: format, dropUnsupported: ['schema'] }), RequestError);
    expect(simulator.stats().received).toBe(0);
  });

  test.each(['schema', 'response_format'])(
    'is not told of it where %s may be dropped; the answer is validated all the same',
    async (name) => {
      const { client, simulator } = await zai();
      expect((await client.chat({ ...question(), schema, dropUnsupported: [name] })).parsed).toEqual(ADA);
      expect(simulator.requests()[0]?.body).not.toHaveProperty('response_format');
    },
  );
});
