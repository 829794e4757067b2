import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { findClocks, findCycles, findImporters, findReveals, findTrespasses } from './architecture.ts';
import { MAY_REVEAL, MAY_TELL_TIME, ROOMS } from './rooms.ts';
import { readSource, readSources, ROOT } from './sources.ts';

const sources = readSources('src');
const manifest = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
  readonly dependencies: Readonly<Record<string, string>>;
  readonly peerDependencies: Readonly<Record<string, string>>;
};

describe('the rooms of src/', () => {
  test('import only whom the table allows', () => {
    expect(findTrespasses(sources, ROOMS)).toEqual([]);
  });

  test('import only files that exist', () => {
    const paths = new Set(sources.map(({ path }) => path));
    const missing = sources.flatMap(({ path, imports }) =>
      imports.flatMap(({ file }) => (file === undefined || paths.has(file) ? [] : [`${path} imports ${file}: no such file`])),
    );
    expect(missing).toEqual([]);
  });

  test('import nobody in circles', () => {
    expect(findCycles(sources)).toEqual([]);
  });

  test.each(Object.keys(manifest.dependencies))('import %s in exactly one file', (dependency) => {
    expect(findImporters(sources).get(dependency) ?? []).toHaveLength(1);
  });

  test('import no package but the dependencies, and the peers where their shapes are spoken', () => {
    const known = { ...manifest.dependencies, ...manifest.peerDependencies };
    const strangers = [...findImporters(sources).keys()].filter((name) => !(name in known));
    expect(strangers).toEqual([]);
  });

  test('reveal a secret in wire/ alone', () => {
    const others = sources.filter(({ path }) => !MAY_REVEAL.some((allowed) => allowed.test(path)));
    expect(others.flatMap(findReveals)).toEqual([]);
  });

  test('take time and chance from clock.ts alone', () => {
    const others = sources.filter(({ path }) => !MAY_TELL_TIME.some((allowed) => allowed.test(path)));
    expect(others.flatMap(findClocks)).toEqual([]);
  });
});

describe('the rules catch', () => {
  const rooms = { pool: ['clock', 'type chat'], layers: ['pool'], chat: [], clock: [], client: ['everything but simulator'] };

  test.each([
    ['src/pool/x.ts', `import { y } from '../layers/y.ts';`, 'src/pool/x.ts imports src/layers/y.ts: pool may not import layers'],
    ['src/pool/x.ts', `export { y } from '../layers/y.ts';`, 'src/pool/x.ts imports src/layers/y.ts: pool may not import layers'],
    ['src/pool/x.ts', `const y = await import('../layers/y.ts');`, 'src/pool/x.ts imports src/layers/y.ts: pool may not import layers'],
    ['src/pool/x.ts', `let y: import('../layers/y.ts').Y;`, 'src/pool/x.ts imports src/layers/y.ts: pool may not import layers'],
    [
      'src/pool/x.ts',
      `import { ask } from '../chat/ask.ts';`,
      'src/pool/x.ts imports src/chat/ask.ts: pool may import only types from chat',
    ],
    [
      'src/client.ts',
      `import { s } from './simulator/index.ts';`,
      'src/client.ts imports src/simulator/index.ts: client may not import simulator',
    ],
    ['src/shed/x.ts', `export {};`, 'src/shed/x.ts: the room shed is not in the table'],
  ])('a trespass: %s with %s', (path, text, message) => {
    expect(findTrespasses([readSource(path, text)], rooms)).toEqual([message]);
  });

  test.each([
    ['src/pool/x.ts', `import { systemClock } from '../clock.ts';`],
    ['src/pool/x.ts', `import type { Ask } from '../chat/ask.ts'; export type { Ask } from '../chat/ask.ts';`],
    ['src/pool/x.ts', `import { z } from './z.ts'; import 'node:fs'; // import '../layers/y.ts'`],
    ['src/client/stack.ts', `import { y } from '../layers/y.ts';`],
  ])('no trespass: %s with %s', (path, text) => {
    expect(findTrespasses([readSource(path, text)], rooms)).toEqual([]);
  });

  test('a circle, of types too', () => {
    const circle = [
      readSource('src/a.ts', `import type { B } from './pool/b.ts';`),
      readSource('src/pool/b.ts', `export { c } from './c.ts';`),
      readSource('src/pool/c.ts', `import { a } from '../a.ts';`),
      readSource('src/pool/d.ts', `import { a } from '../a.ts';`),
    ];
    expect(findCycles(circle)).toEqual(['src/a.ts -> src/pool/b.ts -> src/pool/c.ts -> src/a.ts']);
  });

  test('a second importer, of a subpath or of a type too', () => {
    const both = [
      readSource('src/wire/a.ts', `import { fetch } from 'undici';`),
      readSource('src/wire/b.ts', `import type { Dispatcher } from 'undici/types/x';`),
      readSource('src/c.ts', `import { d } from '@scope/name/sub';`),
    ];
    expect([...findImporters(both)]).toEqual([
      ['undici', ['src/wire/a.ts', 'src/wire/b.ts']],
      ['@scope/name', ['src/c.ts']],
    ]);
  });

  test.each([
    [`const now = Date.now();`, 'src/x.ts:1: Date.now'],
    [`const now = new Date();`, 'src/x.ts:1: new Date()'],
    [`\nsetTimeout(() => {}, 1);`, 'src/x.ts:2: setTimeout'],
    [`const later = { run: setInterval };`, 'src/x.ts:1: setInterval'],
    [`const dice = Math.random;`, 'src/x.ts:1: Math.random'],
    [`performance.now();`, 'src/x.ts:1: performance.now'],
    [`AbortSignal.timeout(5);`, 'src/x.ts:1: AbortSignal.timeout'],
    [`import { setTimeout as sleep } from 'node:timers/promises';`, 'src/x.ts:1: setTimeout'],
  ])('time or chance: %s', (text, message) => {
    expect(findClocks(readSource('src/x.ts', text))).toContain(message);
  });

  test.each([
    `// Date.now() and setTimeout(f, 1)`,
    `const text = 'Math.random()';`,
    `socket.setTimeout(5);`,
    `new Date(until).toISOString();`,
    `import { setImmediate as turn } from 'node:timers/promises';`,
    `interface Timers { setTimeout(): void }`,
  ])('no time or chance: %s', (text) => {
    expect(findClocks(readSource('src/x.ts', text))).toEqual([]);
  });

  test('a revealed secret', () => {
    expect(findReveals(readSource('src/pool/x.ts', `log(Secret.reveal(key));`))).toEqual(['src/pool/x.ts:1: Secret.reveal']);
  });
});
