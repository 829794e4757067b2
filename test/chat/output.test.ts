import { describe, expect, test } from 'vitest';
import { Output } from '../../src/chat/output.ts';
import type { ChatCompletion } from '../../src/chat/reply.ts';
import type { OutputSchema } from '../../src/chat/schema.ts';
import { PERSON_TEXT, personSchema } from '../support/schemas.ts';

const any: OutputSchema = { jsonSchema: {}, validate: (value) => value };

function said(message: object, finish: string | null = 'stop'): ChatCompletion {
  return {
    id: 'c',
    object: 'chat.completion',
    created: 0,
    model: 'm',
    choices: [{ index: 0, message: { role: 'assistant', content: null, ...message }, finish_reason: finish }],
  };
}

function judge(content: unknown, finish?: string, schema: OutputSchema = personSchema()) {
  return new Output(schema, { hasTools: false }).judge(said({ content }, finish));
}

const BUG = new TypeError('x is not a function');

const fail = (thrown: unknown): never => {
  throw thrown;
};

describe('Output', () => {
  test.each([
    ['JSON', PERSON_TEXT],
    ['JSON among spaces', `\n  ${PERSON_TEXT}\r\n`],
    ['JSON in a fence', `\`\`\`json\n${PERSON_TEXT}\n\`\`\``],
    ['JSON in a fence without a language', `\`\`\`\n${PERSON_TEXT}\`\`\``],
    ['JSON in a fence of one line', `\`\`\`json ${PERSON_TEXT}\`\`\``],
    ['JSON in a fence without a space', `\`\`\`JSON${PERSON_TEXT}\`\`\``],
    ['JSON after thoughts', `<think>\nIs it {"name":"Bob"}?\n</think>\n\n${PERSON_TEXT}`],
    ['JSON in a fence after thoughts', `\n<think></think>\`\`\`json\n${PERSON_TEXT}\n\`\`\``],
    ['JSON after a byte order mark', `\uFEFF${PERSON_TEXT}`],
  ])('takes %s', async (_what, text) => {
    expect(await judge(text)).toEqual({ kind: 'parsed', value: { name: 'Ada', age: 36 } });
  });

  test('gives what the schema makes of it', async () => {
    expect(await judge('{"name":" Ada ","age":36,"more":1}')).toEqual({ kind: 'parsed', value: { name: 'Ada', age: 36 } });
    const doubled: OutputSchema = { jsonSchema: {}, validate: async (value) => [value, value] };
    expect(await judge('null', 'stop', doubled)).toEqual({ kind: 'parsed', value: [null, null] });
  });

  test.each([
    ['nothing', '', 'it is empty'],
    ['no content', null, 'it is empty'],
    ['prose', 'Here you are: {}', 'it is not JSON'],
    ['prose around a fence', `Sure!\n\`\`\`json\n${PERSON_TEXT}\n\`\`\``, 'it is not JSON'],
    ['two fences', '```\n1\n```\n```\n2\n```', 'it is not JSON'],
    ['an open fence', `\`\`\`json\n${PERSON_TEXT}`, 'it is not JSON'],
    ['thoughts only', `<think>${PERSON_TEXT}</think>`, 'it is empty'],
    ['thoughts without an end', `<think>${PERSON_TEXT}`, 'it is not JSON'],
    ['thoughts twice', `<think>a</think><think>b</think>${PERSON_TEXT}`, 'it is not JSON'],
    ['half of it', PERSON_TEXT.slice(0, -1), 'it is not JSON'],
  ])('refuses %s', async (_what, text, why) => {
    expect(await judge(text)).toEqual({ kind: 'invalid', why, issues: [] });
  });

  test('tells what does not fit, and where', async () => {
    expect(await judge('{"name":"Ada","age":"36"}')).toEqual({
      kind: 'invalid',
      why: "it does not fit the schema: 'age' must be a number",
      issues: [{ message: 'must be a number', path: ['age'] }],
    });
  });

  test('bounds what a schema says, and makes it printable', async () => {
    const issue = { message: `bad\u001b[31m${'x'.repeat(500)}`, path: ['a', 0, Symbol('s')] };
    const { '~standard': standard } = personSchema();
    const schema = { '~standard': { ...standard, validate: () => ({ issues: Array.from({ length: 100 }, () => issue) }) } };
    const judged = await judge('{}', 'stop', schema);
    expect(judged).toMatchObject({ kind: 'invalid', issues: Array.from({ length: 20 }, () => ({ path: ['a', 0, 'Symbol(s)'] })) });
    expect(JSON.stringify(judged)).not.toContain('\\u001b');
    expect(JSON.stringify(judged).length).toBeLessThan(6000);
  });

  test.each([
    ['throws', new TypeError('no age')],
    ['throws what is no error', 'no age'],
  ])('takes a validator that %s for an answer that does not fit', async (_what, thrown) => {
    const schema: OutputSchema = {
      jsonSchema: {},
      // Whatever a program throws.
      validate: () => Promise.reject(thrown),
    };
    expect(await judge('{}', 'stop', schema)).toEqual({
      kind: 'invalid',
      why: 'it does not fit the schema: no age',
      issues: [{ message: 'no age', path: [] }],
      cause: thrown,
    });
  });

  test('knows a refusal, a filter and a call of a tool', async () => {
    const output = new Output(personSchema(), { hasTools: true });
    expect(await output.judge(said({ refusal: 'I will not' }))).toEqual({ kind: 'refused', why: 'the model refused: "I will not"' });
    expect(await output.judge(said({ content: PERSON_TEXT }, 'content_filter'))).toMatchObject({ kind: 'refused' });
    const call = { id: 'c', type: 'function', function: { name: 'f', arguments: '{}' } };
    expect(await output.judge(said({ tool_calls: [call] }, 'tool_calls'))).toEqual({ kind: 'tools' });
    expect(await output.judge(said({ content: PERSON_TEXT, tool_calls: [], refusal: '' }))).toMatchObject({ kind: 'parsed' });
  });

  test('takes a call of a tool for no answer where no tool was given', async () => {
    const output = new Output(personSchema(), { hasTools: false });
    const call = { id: 'c', type: 'function', function: { name: 'f', arguments: '{}' } };
    const why = "it calls a tool, and the request has no 'tools'";
    expect(await output.judge(said({ tool_calls: [call] }, 'tool_calls'))).toEqual({ kind: 'invalid', why, issues: [] });
    expect(await output.judge(said({ function_call: { name: 'f' } }, 'function_call'))).toMatchObject({ kind: 'invalid', why });
    // A tool that the server called by itself stands beside its answer.
    expect(await output.judge(said({ content: PERSON_TEXT, tool_calls: [call] }))).toMatchObject({ kind: 'parsed' });
  });

  test.each([
    ['throws', () => fail(BUG), BUG],
    ['rejects', () => Promise.reject(BUG), BUG],
    ['returns nothing', () => undefined, new TypeError('it returned no result')],
    ['returns issues that are none', () => ({ issues: 5 }), expect.any(TypeError)],
  ])('tells a Standard Schema that %s from an answer that does not fit', async (_what, validate, cause) => {
    const { '~standard': standard } = personSchema();
    // As a program in plain JavaScript may write one.
    const schema = { '~standard': { ...standard, validate: validate as never } };
    expect(await judge('{}', 'stop', schema)).toEqual({
      kind: 'broken',
      why: expect.stringContaining("the schema's 'validate' failed: "),
      cause,
    });
  });

  test('reads issues of a library whose result is an array', async () => {
    const { '~standard': standard } = personSchema();
    const result = Object.assign([], { issues: [{ message: 'must be a text' }] });
    const schema = { '~standard': { ...standard, validate: () => result } };
    expect(await judge('{}', 'stop', schema)).toMatchObject({ kind: 'invalid', issues: [{ message: 'must be a text', path: [] }] });
  });

  test('tells a cut answer from a wrong one', async () => {
    expect(await judge('{"name":"A', 'length')).toEqual({
      kind: 'cut',
      why: 'it reached the limit of output tokens before its end',
      issues: [],
    });
    expect(await judge('12', 'length', any)).toMatchObject({ kind: 'cut' });
    // Its last bracket came before the limit.
    expect(await judge(`${PERSON_TEXT}\n\n`, 'length')).toMatchObject({ kind: 'parsed' });
  });

  test('an answer without choices is empty', async () => {
    expect(await new Output(any, { hasTools: false }).judge({ ...said({}), choices: [] })).toMatchObject({
      kind: 'invalid',
      why: 'it is empty',
    });
  });

  test('validates one text once', async () => {
    const seen: unknown[] = [];
    const output = new Output(personSchema({ onValidate: (value) => seen.push(value) }), { hasTools: false });
    const [first, second] = await Promise.all([output.judge(said({ content: PERSON_TEXT })), output.judge(said({ content: PERSON_TEXT }))]);
    expect(first).toEqual(second);
    await output.judge(said({ content: '{}' }));
    expect(seen).toEqual([{ name: 'Ada', age: 36 }, {}]);
  });
});
