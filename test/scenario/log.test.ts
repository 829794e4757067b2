import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type ClientOptions,
  ConfigError,
  createClient,
  type LogLine,
  type LogOptions,
  OutputError,
  ProviderError,
  RequestError,
} from '../../src/index.ts';
import { personSchema } from '../support/schemas.ts';
import { ask, askStream, at, errorOf, group, readAll, record, secretOf, useWorld } from '../support/world.ts';

const world = useWorld();

/** A client that writes into an array, each line as text and as an object. */
async function logged(
  log: Partial<LogOptions> = {},
  simulated: Parameters<typeof world.simulator>[0] = {},
  more: Partial<ClientOptions> = {},
) {
  const simulator = await world.simulator({ groups: [group('a'), group('b')], ...simulated });
  const texts: string[] = [];
  const client = world.client({ ...at(simulator, 'a', 'b'), log: { to: { write: (line) => texts.push(line) }, ...log }, ...more });
  return { client, texts, lines: () => texts.map((text) => JSON.parse(text) as LogLine) };
}

describe('a line', () => {
  test('of an answered call has its facts, in the words of pino', async () => {
    const { client, lines } = await logged();
    const reply = await client.chat(ask('a prompt'), { tags: { page: '7' }, tenant: 'acme' });
    const { report } = reply;
    expect(lines()).toEqual([
      {
        level: 30,
        time: expect.any(Number) as number,
        callId: 'call-1',
        operation: 'chat',
        requested: 'openai/gpt-5-mini',
        stream: false,
        provider: 'openai',
        model: 'gpt-5-mini',
        key: report.key,
        group: report.attempts[0]?.group,
        cache: 'off',
        class: 'ok',
        durationMs: report.durationMs,
        waitedMs: report.waitedMs,
        attempts: { count: 1, classes: { ok: 1 } },
        tokens: report.tokens,
        costUsd: report.costUsd,
        tenant: 'acme',
        tags: { page: '7' },
        msg: `chat answered by openai/gpt-5-mini in ${report.durationMs} ms`,
      },
    ]);
    expect(JSON.stringify(lines())).not.toContain('a prompt');
  });

  test('of a failed call is an error, with what it was taken for', async () => {
    const { client, lines } = await logged({}, { faults: [{ kind: 'status', status: 500, times: 9 }] }, { retry: { attempts: 2 } });
    const error = await errorOf(client.chat(ask()), ProviderError);
    expect(lines()).toMatchObject([
      {
        level: 50,
        class: 'server_error',
        attempts: { count: 2, classes: { server_error: 2 } },
        err: { type: 'ProviderError', message: error.message, code: 'provider_failed', status: 500 },
      },
    ]);
  });

  test('of a call that its caller aborted, or left, is none', async () => {
    const { client, lines } = await logged();
    await expect(client.chat(ask(), { signal: AbortSignal.abort(new Error('my reason')) })).rejects.toThrow('my reason');
    const stream = await client.chat(askStream());
    for await (const _ of stream) break;
    expect(lines()).toMatchObject([
      { level: 30, class: 'aborted', err: { type: 'Error', message: 'my reason' } },
      { level: 30, class: 'aborted', stream: true },
    ]);
  });

  test('of each attempt comes where it is asked for, above its level', async () => {
    const faults = [{ kind: 'rate_limit' as const, retryAfterMs: 60_000 }];
    const all = await logged({ attempts: true }, { faults });
    await all.client.chat(ask());
    expect(all.lines().map(({ level, class: end }) => [level, end])).toEqual([
      [40, 'rate_limited'],
      [20, 'ok'],
      [30, 'ok'],
    ]);
    const some = await logged({ attempts: true, level: 'warn' }, { faults });
    await some.client.chat(ask());
    expect(some.lines()).toMatchObject([{ level: 40, callId: 'call-1', status: 429, why: expect.any(String) as string }]);
  });
});

describe('prompts and answers', () => {
  test('are in it where they are asked for, without secrets and data', async () => {
    const { client, texts, lines } = await logged({ content: true });
    const content = [
      { type: 'text', text: `my key is ${secretOf('b')}, ${encodeURIComponent(secretOf('a'))}` },
      { type: 'image_url', image_url: { url: `data:image/png;base64,${'A'.repeat(999)}` } },
    ] as const;
    const reply = await client.chat(ask('', { messages: [{ role: 'user', content }] }));
    expect(lines()).toMatchObject([
      {
        request: {
          messages: [
            {
              content: [{ text: 'my key is sk-…cdef, sk-…cdef' }, { image_url: { url: 'data:image/png;base64,… (999 characters)' } }],
            },
          ],
        },
        answer: { choices: [{ message: { content: reply.text } }] },
      },
    ]);
    expect(texts.join('')).not.toContain('0123456789abcdef');
  });

  test('of a stream are what its reader was told', async () => {
    const { client, lines } = await logged({ content: true });
    const text = await readAll(await client.chat(askStream()));
    await expect.poll(() => lines().length).toBe(1);
    expect(lines()).toMatchObject([{ answer: { choices: [{ message: { content: text } }] } }]);
  });

  test('of embeddings are in it, too', async () => {
    const { client, lines } = await logged({ content: true });
    await client.embed({ model: 'openai/text-embedding-3-small', input: ['a', 'b'] });
    expect(lines()).toMatchObject([{ operation: 'embed', request: { input: ['a', 'b'] }, answer: { data: [{ index: 0 }, { index: 1 }] } }]);
  });

  test('are not quoted by an error either', async () => {
    const quiet = await logged({}, { reply: () => 'my answer' });
    await errorOf(quiet.client.chat({ ...ask(), schema: personSchema() }), OutputError);
    expect(quiet.texts.join('')).not.toContain('my answer');
    expect(quiet.lines()).toMatchObject([{ level: 50, err: { type: 'OutputError', code: 'invalid_output' } }]);
  });
});

test('whatever is in names, tags and reasons: one line a call, no secret, no control character', async () => {
  const { client, texts } = await logged({ content: true, attempts: true });
  const secrets = [secretOf('a'), secretOf('b'), JSON.stringify(secretOf('a')), Buffer.from(secretOf('b')).toString('base64')];
  const text = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 300 }),
    fc.constantFrom(...secrets),
    fc.constantFrom('\u2028', '\u001b[2J', '\n{"level":60}'),
  );
  const words = fc.array(text, { maxLength: 4 }).map((parts) => parts.join(' '));
  await fc.assert(
    fc.asyncProperty(words, words, words, async (prompt, tag, reason) => {
      const before = texts.length;
      const signal = AbortSignal.abort(new Error(reason));
      await client.chat(ask(prompt), { tags: { [`n${tag}`]: tag }, tenant: `t${tag}`, signal }).catch(() => {});
      expect(texts.length).toBe(before + 1);
      const line = texts[before] ?? '';
      expect(line.slice(0, -1)).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
      expect(JSON.parse(line)).toMatchObject({ level: 30 });
      for (const secret of secrets) expect(line).not.toContain(secret);
      expect(line).not.toContain('0123456789abcdef');
    }),
    { numRuns: 60 },
  );
});

describe('redaction', () => {
  test('replaces what paths name', async () => {
    const { client, lines } = await logged({ content: true, redact: ['tags.user', 'request.messages[*].content', 'answer'] });
    await client.chat(ask('a prompt'), { tags: { user: 'bob', page: '7' } });
    await client.close();
    expect(lines()).toMatchObject([
      { tags: { user: '[Redacted]', page: '7' }, request: { messages: [{ role: 'user', content: '[Redacted]' }] }, answer: '[Redacted]' },
    ]);
  });

  test.each(['', 'a..b', 'a[', 'a.b]', '__proto__.toString', 'a.constructor.b', 'a["__proto__"]', 'a,b'])('refuses the path %j', (path) => {
    const create = (): unknown => createClient({ env: { OPENAI_API_KEY: 'sk' }, log: { to: () => {}, redact: [path] } });
    expect(create).toThrow(ConfigError);
    expect(create).toThrow("'log.redact.0' must be a path as 'tags.user' or 'request.messages[*].content'");
  });
});

describe('destinations', () => {
  test('a function gets the line itself, and what it throws stays its own', async () => {
    const heard: LogLine[] = [];
    const to = (line: LogLine): void => {
      heard.push(line);
      throw new Error('mine');
    };
    const { client } = await logged({ to });
    await client.chat(ask());
    expect(heard).toMatchObject([{ level: 30, class: 'ok' }]);
  });

  test('a logger gets the facts and the message by the method of the level', async () => {
    const heard: unknown[] = [];
    const method = (name: string) => (facts: object, msg: string) =>
      void heard.push([name, msg.slice(0, 12), Object.keys(facts).includes('level')]);
    const to = Object.fromEntries(['trace', 'debug', 'info', 'warn', 'error', 'fatal'].map((name) => [name, method(name)]));
    // Each level has its method.
    const { client } = await logged({ to: to as unknown as LogOptions['to'], attempts: true });
    await client.chat(ask());
    expect(heard).toEqual([
      ['debug', 'attempt answ', false],
      ['info', 'chat answere', false],
    ]);
  });

  test('a logger is told the type of a failure, as its serializer looks for it', async () => {
    const errs: object[] = [];
    const method = ({ err }: { readonly err?: object }): void => void (err !== undefined && errs.push(err));
    const to = Object.fromEntries(['trace', 'debug', 'info', 'warn', 'error', 'fatal'].map((name) => [name, method]));
    const { client } = await logged({ to: to as unknown as LogOptions['to'] }, { faults: [{ kind: 'status', status: 400 }] });
    await errorOf(client.chat(ask()), RequestError);
    // Pino takes the name of the class, and where there is none the name.
    expect(errs.map((err) => [err.constructor, Reflect.get(err, 'name'), Object.keys(err)])).toEqual([
      [undefined, 'RequestError', ['type', 'message', 'code', 'status']],
    ]);
  });

  test('a file has all lines when the client is closed', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'keywheel-log-'));
    const to = join(folder, 'logs', 'calls.log');
    const { client } = await logged({ to });
    for (let call = 0; call < 20; call += 1) await client.chat(ask());
    await client.close();
    const lines = (await readFile(to, 'utf8')).trimEnd().split('\n');
    await rm(folder, { recursive: true });
    expect(lines.map((line) => (JSON.parse(line) as LogLine)['callId'])).toEqual(Array.from({ length: 20 }, (_, at) => `call-${at + 1}`));
  });

  test('one that fails harms no call, and is told once', async () => {
    const { client } = await logged({
      to: {
        write: () => {
          throw new Error('no room');
        },
      },
    });
    const failed = record(client, 'log-failed');
    for (let call = 0; call < 3; call += 1) await client.chat(ask());
    expect(failed).toEqual([{ name: 'log-failed', payload: { reason: 'no room' } }]);
  });
});
