import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { open } from 'node:fs/promises';
import { beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import { ConfigError } from '../../src/errors.ts';
import { Journal } from '../../src/map/journal.ts';
import { HEADER } from '../../src/map/lines.ts';
import type { MapOptions } from '../../src/options/map.ts';
import { FakeClient, readAllOf, replyOf, requestOf, turn } from './support.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'keywheel-map-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
});

const fileNow = (): string => join(folder, 'done.jsonl');
const read = (): string => readFileSync(fileNow(), 'utf8');
const resume = (more: Partial<NonNullable<MapOptions<string>['resume']>> = {}) => ({
  file: fileNow(),
  id: (item: string) => `id-${item}`,
  ...more,
});

/** Runs items, all answered at once. Returns what came and what was asked. */
async function run(items: readonly string[], options: MapOptions<string> = { resume: resume() }) {
  const client = new FakeClient();
  const asked: string[] = [];
  client.reply = (text) => {
    asked.push(text);
    return replyOf(text);
  };
  const results = await readAllOf(client.map(items, { ordered: true, ...options }));
  return { asked, results };
}

describe('a second run', () => {
  test('yields what is done without a call, and asks for the rest', async () => {
    expect(await run(['a', 'ü'])).toEqual({ asked: ['a', 'ü'], results: ['0 a', '1 ü'] });
    expect(await run(['x', 'ü', 'a'])).toEqual({ asked: ['x'], results: ['0 x', '1 ü again', '2 a again'] });
    expect(await run(['a', 'x'])).toEqual({ asked: [], results: ['0 a again', '1 x again'] });
  });

  test('yields the very reply, but for `raw`, which is the reply itself', async () => {
    await run(['a']);
    const { value } = await new FakeClient().map(['a'], { resume: resume() }).next();
    const { text, report, raw, ...completion } = replyOf('a');
    expect(value).toEqual({ index: 0, item: 'a', reply: { ...completion, text, report, raw: completion }, resumed: true });
    expect(raw).toEqual(completion);
  });

  test('asks again for what failed', async () => {
    const client = new FakeClient();
    client.reply = () => Promise.reject(new Error('no'));
    expect(await readAllOf(client.map(['a'], { resume: resume() }))).toEqual(['0 !Error: no']);
    expect(read()).toBe(HEADER);
    expect((await run(['a'])).asked).toEqual(['a']);
  });

  test('with `replies: false` leaves out what is done: the file holds ids alone', async () => {
    const ids = { resume: resume({ replies: false }) };
    expect((await run(['a', 'b'], ids)).results).toEqual(['0 a', '1 b']);
    expect(read()).toBe(`${HEADER}{"id":"id-a"}\n{"id":"id-b"}\n`);
    expect(await run(['a', 'c', 'b'], ids)).toEqual({ asked: ['c'], results: ['1 c'] });
    expect((await run(['a'])).asked).toEqual(['a']);
  });

  test('after a break knows what was answered until then', async () => {
    const client = new FakeClient();
    const map = client.map(['a', 'b', 'c'], { resume: resume() });
    const first = map.next();
    while (client.asked.length < 3) await turn();
    client.call('b').answer();
    await first;
    await map.return();
    expect(await run(['a', 'b', 'c'])).toEqual({ asked: ['a', 'c'], results: ['0 a', '1 b again', '2 c'] });
  });

  test('says what was resumed in its progress, and does not count it for the pace', async () => {
    await run(['a', 'b']);
    const heard: unknown[] = [];
    await run(['a', 'b', 'c'], { resume: resume(), onProgress: (progress) => heard.push(progress) });
    expect(heard.at(-1)).toEqual({ done: 3, failed: 0, resumed: 2, total: 3, leftMs: 0 });
  });
});

describe('a request with a schema', () => {
  const schema = {
    jsonSchema: { type: 'object' },
    validate: (value: unknown) => ({ at: new Date((value as { readonly at: string }).at) }),
  };
  const strict = {
    jsonSchema: { type: 'object' },
    validate: (): never => {
      throw new Error('does not do any more');
    },
  };
  const text = '{"at":"2026-01-01T00:00:00.000Z"}';
  const withSchema = (used: typeof schema | typeof strict) => (item: string) => ({ ...requestOf(item), schema: used });

  test('has its `parsed` made anew, as JSON could not hold it', async () => {
    await run([text]);
    const { value } = await new FakeClient().map([text], { resume: resume() }, withSchema(schema)).next();
    expect(value?.reply).toHaveProperty('parsed', { at: new Date(Date.UTC(2026, 0, 1)) });
    expect(value?.resumed).toBe(true);
  });

  test('is asked again when what is kept does not fit it', async () => {
    await run([text]);
    const client = new FakeClient();
    client.reply = (asked) => replyOf(`new ${asked}`);
    expect(await readAllOf(client.map([text], { resume: resume() }, withSchema(strict)))).toEqual([`0 new ${text}`]);
  });
});

describe('ids', () => {
  test.each([
    ['that come twice', () => 'same', /another id for each item: current value is "same"/],
    ['that are no text', () => 7 as never, /must answer a non-empty string: current value is 7/],
    ['that are empty', () => '', /must answer a non-empty string/],
  ])('%s are an error of the item', async (_, id, message) => {
    const results = [];
    const client = new FakeClient();
    client.reply = (text) => replyOf(text);
    for await (const result of client.map(['a', 'b'], { ordered: true, resume: resume({ id }) })) results.push(result);
    expect(results.at(-1)?.error).toBeInstanceOf(ConfigError);
    expect(String(results.at(-1)?.error)).toMatch(message);
  });

  test('that throw are an error of the item', async () => {
    const id = (item: string): string => {
      if (item === 'a') throw new Error('no id');
      return item;
    };
    expect((await run(['a', 'b'], { resume: resume({ id }) })).results).toEqual(['0 !Error: no id', '1 b']);
  });
});

describe('the file', () => {
  test('is made for its owner alone', async () => {
    await run(['a']);
    expect((statSync(fileNow()).mode & 0o777).toString(8)).toBe('600');
  });

  test('holds each line before its result is yielded', async () => {
    const client = new FakeClient();
    client.reply = (text) => replyOf(text);
    for await (const { item } of client.map(['a', 'b', 'c'], { resume: resume() })) expect(read()).toContain(`{"id":"id-${item}"`);
  });

  test.each([
    ['a folder', () => folder, 'EISDIR'],
    ['in a folder that there is not', () => join(folder, 'no', 'file'), 'ENOENT'],
  ])('that is %s is one error before any call', async (_, path, code) => {
    const client = new FakeClient();
    const reads = client.map(['a'], { resume: { file: path(), id: String } });
    await expect(reads.next()).rejects.toThrow(code);
    expect(client.calls).toBe(0);
    expect((await reads.next()).done).toBe(true);
  });

  test.each(['id,text\n1,hello\n', '{"id":"a"}\n', 'x', '\n', `${HEADER.trim()} \n`])(
    'of somebody else is refused and left alone: %j',
    async (content) => {
      writeFileSync(fileNow(), content);
      await expect(run(['a'])).rejects.toThrow('holds something else');
      expect(read()).toBe(content);
    },
  );

  test('that cannot be written any more ends the map: its answers come, then the error', async () => {
    const client = new FakeClient();
    const map = client.map(['a', 'b', 'c'], { concurrency: 2, resume: resume() });
    const reads = Promise.allSettled([map.next(), map.next(), map.next()]);
    while (client.asked.length < 2) await turn();
    const handle = await open(fileNow());
    const full = Object.assign(new Error('no space'), { code: 'ENOSPC' });
    const failing = vi.spyOn(Object.getPrototypeOf(handle), 'appendFile').mockRejectedValue(full);
    onTestFinished(() => failing.mockRestore());
    await handle.close();
    client.call('a').answer();
    while (client.asked.length > 1 || failing.mock.calls.length === 0) await turn();
    await turn();
    client.call('b').answer();
    const [a, b, end] = await reads;
    expect([a, b]).toMatchObject([{ value: { value: { item: 'a', reply: { text: 'a' } } } }, { value: { value: { item: 'b' } } }]);
    expect(end).toMatchObject({ reason: { code: 'invalid_config', message: expect.stringContaining('ENOSPC'), cause: full } });
    expect(client.calls).toBe(2);
  });

  test('that is none is refused', async () => {
    await expect(new FakeClient().map(['a'], { resume: { file: '/dev/zero', id: String } }).next()).rejects.toThrow(ConfigError);
  });

  test('cut at any byte is mended, and only what was cut off is asked again', async () => {
    await run(['a', 'bü', 'c']);
    const whole = readFileSync(fileNow());
    const lines = whole.toString('utf8').split('\n');
    await fc.assert(
      fc.asyncProperty(fc.nat(whole.length), async (at) => {
        writeFileSync(fileNow(), whole.subarray(0, at));
        const kept = whole.subarray(0, at).toString('utf8');
        const { asked, results } = await run(['a', 'bü', 'c']);
        const left = ['a', 'bü', 'c'].filter((_, index) => !kept.includes(lines[index + 1] ?? ''));
        expect(asked).toEqual(left);
        expect(results.map((result) => result.replace(' again', ''))).toEqual(['0 a', '1 bü', '2 c']);
        // Whole again: nothing is left to ask.
        expect((await run(['a', 'bü', 'c'])).asked).toEqual([]);
        for (const line of read().trimEnd().split('\n')) JSON.parse(line);
      }),
      { numRuns: 150 },
    );
  });

  test('survives lines that are none', async () => {
    await run(['a', 'b']);
    const [header = '', a = '', b = ''] = read().split('\n');
    writeFileSync(fileNow(), [header, '\0\0\0', a, '{"id":7}', '{"id":"id-b","reply":{}}', 'null', b.slice(0, 20), ''].join('\n'));
    expect((await run(['a', 'b'])).asked).toEqual(['b']);
  });

  test('longer than what is read at once is read whole', async () => {
    const long = 'ü'.repeat(70_000);
    await run([long, 'b']);
    expect((await run([long, 'b', 'c'])).asked).toEqual(['c']);
  });

  test('takes many lines at once in the order in which they came', async () => {
    const journal = await Journal.open(fileNow());
    const ids = Array.from({ length: 500 }, (_, index) => String(index));
    await Promise.all(ids.map((id) => journal.keep(id, undefined)));
    await journal.close();
    expect(read()).toBe(HEADER + ids.map((id) => `{"id":"${id}"}\n`).join(''));
  });
});
