import { EventEmitter } from 'node:events';
import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { afterEach, describe, expect, test } from 'vitest';
import { openFile } from '../../src/log/file.ts';
import { Pipe, type PipeOptions } from '../../src/log/pipe.ts';
import { toPort } from '../../src/log/port.ts';
import type { LogStream } from '../../src/options/log.ts';
import { createManualClock } from '../../src/simulator/manual-clock.ts';

function open(how: PipeOptions['open']) {
  const clock = createManualClock();
  const failures: string[] = [];
  const pipe = new Pipe({ open: how, clock, onFailure: (error) => failures.push(error instanceof Error ? error.message : String(error)) });
  return { clock, failures, pipe };
}

const into = (stream: LogStream) => open((listener) => toPort(stream, listener));

/** A stream whose writes end when the test says so. */
function slow(highWaterMark = 1) {
  const written: string[] = [];
  const waiting: ((error?: Error) => void)[] = [];
  const stream = new Writable({
    highWaterMark,
    decodeStrings: false,
    write(chunk, _, done) {
      written.push(String(chunk));
      waiting.push(done);
    },
  });
  return { stream, written, end: (error?: Error) => waiting.shift()?.(error) };
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('a pipe into a stream', () => {
  test('writes at once where nothing stands in the way', () => {
    const lines: string[] = [];
    const { pipe } = into({ write: (line) => lines.push(line) });
    for (const line of ['a', 'b']) pipe.write(line);
    expect(lines).toEqual(['a', 'b']);
  });

  test('waits for one that is full, and tells how many lines were left out', async () => {
    const { stream, written, end } = slow();
    const { pipe, failures, clock } = into(stream);
    for (let at = 0; at < 1011; at += 1) pipe.write(String(at));
    expect(written).toEqual(['0']);
    end();
    await turn();
    expect(JSON.parse(written[1] ?? '')).toEqual({
      level: 40,
      time: clock.now(),
      dropped: 10,
      msg: '10 lines were left out: the log was too slow, or could not be written',
    });
    end();
    await turn();
    expect([written.length, written[2], failures]).toEqual([3, '1', []]);
  });

  test('waits for the promise of a writer of a web stream', async () => {
    const lines: string[] = [];
    const writer = new WritableStream<string>({ write: (line) => void lines.push(line) }, { highWaterMark: 1 }).getWriter();
    const { pipe } = into(writer);
    for (const line of ['a', 'b', 'c']) pipe.write(line);
    await pipe.close();
    expect(lines).toEqual(['a', 'b', 'c']);
  });

  test('goes on with an emitter that says drain and nothing else', () => {
    const lines: string[] = [];
    let more = false;
    const stream = Object.assign(new EventEmitter(), { write: (line: string) => lines.push(line) > 0 && more });
    const { pipe } = into(stream);
    for (const line of ['a', 'b']) pipe.write(line);
    expect(lines).toEqual(['a']);
    more = true;
    stream.emit('drain');
    expect(lines).toEqual(['a', 'b']);
  });

  test.each<readonly [string, () => LogStream]>([
    [
      'throws',
      () => ({
        write: () => {
          throw new Error('no room');
        },
      }),
    ],
    ['rejects', () => ({ write: () => Promise.reject(new Error('no room')) })],
    ['fails', () => new Writable({ write: (_, __, done) => done(new Error('no room')) })],
    [
      'emits an error',
      () => {
        const stream = Object.assign(new EventEmitter(), { write: () => setImmediate(() => stream.emit('error', new Error('no room'))) });
        return stream;
      },
    ],
  ])('harms nobody when it %s, tells so once, and counts what was lost', async (_, make) => {
    const { pipe, failures, clock } = into(make());
    for (const line of ['a', 'b', 'c']) pipe.write(line);
    await turn();
    await turn();
    await clock.advance(10_000);
    pipe.write('d');
    await turn();
    expect([...new Set(failures)]).toEqual(['no room']);
    await pipe.close();
    expect([clock.pending, clock.pendingBackground]).toEqual([0, 0]);
  });

  test('leaves a failing one alone for a while, then tells what was lost', async () => {
    const lines: string[] = [];
    let isOut = true;
    const { pipe, failures, clock } = into({
      write: (line) => {
        if (isOut) throw new Error('no room');
        lines.push(line);
      },
    });
    for (const line of ['a', 'b']) pipe.write(line);
    isOut = false;
    pipe.write('c');
    expect([lines, failures]).toEqual([[], ['no room']]);
    await clock.advance(10_000);
    pipe.write('d');
    expect(lines.map((line) => (line.startsWith('{') ? (JSON.parse(line) as object) : line))).toEqual([
      expect.objectContaining({ dropped: 1, level: 40 }),
      'b',
      'c',
      'd',
    ]);
  });

  test('gives one that is stuck two seconds when it is closed', async () => {
    const { stream, written } = slow();
    const { pipe, clock } = into(stream);
    pipe.write('a');
    const closed = pipe.close();
    await turn();
    expect(clock.nextAt).toBe(clock.now() + 2_000);
    await clock.advance(2_000);
    await closed;
    pipe.write('b');
    expect([written, clock.pending]).toEqual([['a'], 0]);
  });

  test('leaves no listener on a stream of the user, and does not end it', async () => {
    const { stream, end } = slow(100);
    const { pipe } = into(stream);
    pipe.write('a');
    const closed = pipe.close();
    end();
    await closed;
    expect([stream.listenerCount('error'), stream.listenerCount('drain'), stream.writableEnded]).toEqual([0, 0, false]);
  });
});

describe('a pipe into a file', () => {
  const folders: string[] = [];
  const folder = async (): Promise<string> => {
    const made = await mkdtemp(join(tmpdir(), 'keywheel-log-'));
    folders.push(made);
    return made;
  };
  afterEach(() => Promise.all(folders.splice(0).map((made) => rm(made, { recursive: true }))));

  const line = (at: number): string => `${JSON.stringify({ at })}\n`.padStart(100);

  test('makes its folder, is turned over by size, and keeps so many', async () => {
    const file = join(await folder(), 'deep', 'er', 'x.log');
    const { pipe, failures } = open((listener) => openFile({ file, maxBytes: 300, maxFiles: 2 }, listener));
    for (let at = 0; at < 10; at += 1) pipe.write(line(at));
    await pipe.close();
    expect((await readdir(join(file, '..'))).toSorted()).toEqual(['x.log', 'x.log.1', 'x.log.2']);
    const read = await Promise.all(['', '.1', '.2'].map((end) => readFile(file + end, 'utf8')));
    const numbers = read.map((text) => text.split('\n').flatMap((each) => (each === '' ? [] : [(JSON.parse(each) as { at: number }).at])));
    expect([numbers, failures]).toEqual([[[9], [6, 7, 8], [3, 4, 5]], []]);
  });

  test('goes on with a file that is there', async () => {
    const file = join(await folder(), 'x.log');
    await writeFile(file, 'before\n');
    const { pipe } = open((listener) => openFile({ file, maxBytes: 300, maxFiles: 2 }, listener));
    pipe.write('after\n');
    await pipe.close();
    expect(await readFile(file, 'utf8')).toBe('before\nafter\n');
  });

  test('whose folder is a file tells why, and harms nobody', async () => {
    const base = join(await folder(), 'x');
    await writeFile(base, '');
    const { pipe, failures } = open((listener) => openFile({ file: join(base, 'y.log'), maxBytes: 300, maxFiles: 2 }, listener));
    pipe.write('a\n');
    await pipe.close();
    expect(failures).toEqual([expect.stringMatching(/^ENOTDIR/)]);
  });
});
