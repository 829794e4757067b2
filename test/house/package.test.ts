import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { allows } from './ranges.ts';
import { ROOT } from './sources.ts';

interface Manifest {
  readonly license: string;
  readonly type: string;
  readonly sideEffects: boolean;
  readonly engines: { readonly node: string };
  readonly files: readonly string[];
  readonly exports: Readonly<Record<string, string | Readonly<Record<string, string>>>>;
  readonly scripts: Readonly<Record<string, string>>;
  readonly dependencies: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
  readonly peerDependenciesMeta?: Readonly<Record<string, { readonly optional: boolean }>>;
}

interface LockedPackage {
  readonly version?: string;
  readonly resolved?: string;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
  readonly dev?: boolean;
  readonly engines?: { readonly node?: string };
}

const manifest = JSON.parse(readText('package.json')) as Manifest;
const lockfile = JSON.parse(readText('package-lock.json')) as { readonly packages: Readonly<Record<string, LockedPackage>> };

/** One more needs its reason in ARCHITECTURE.md. Bottleneck is pinned as its work-arounds reach into private fields. */
const DEPENDENCIES: Readonly<Record<string, RegExp>> = {
  '@datadog/sketches-js': /^\^2\.\d+\.\d+$/,
  '@pinojs/redact': /^\^0\.4\.\d+$/,
  '@pydantic/genai-prices': /^\^0\.1\.\d+$/,
  '@smithy/eventstream-codec': /^\^4\.\d+\.\d+$/,
  '@smithy/signature-v4': /^\^5\.\d+\.\d+$/,
  bottleneck: /^2\.19\.5$/,
  'eventsource-parser': /^\^3\.\d+\.\d+$/,
  keyv: /^\^5\.\d+\.\d+$/,
  'lru-cache': /^\^11\.\d+\.\d+$/,
  'p-retry': /^\^7\.\d+\.\d+$/,
  'rotating-file-stream': /^\^3\.\d+\.\d+$/,
  undici: /^\^7\.\d+\.\d+$/,
  valibot: /^\^1\.\d+\.\d+$/,
};

/** What `engines` promises. */
const OLDEST_NODE = '20.19.0';

describe('package.json', () => {
  const subpaths = Object.entries(manifest.exports).filter(([, target]) => typeof target === 'object') as [
    string,
    Record<string, string>,
  ][];

  test('has the documented subpaths', () => {
    expect(Object.keys(manifest.exports)).toEqual(['.', './simulator', './ai-sdk', './otel', './package.json']);
  });

  test.each(subpaths)('%s is built from a source that exists, types first', (_, target) => {
    expect(Object.keys(target)).toEqual(['types', 'default']);
    const source = (target['default'] ?? '').replace('./dist/', 'src/').replace(/\.js$/, '.ts');
    expect(target['types']).toBe(target['default']?.replace(/\.js$/, '.d.ts'));
    expect(existsSync(join(ROOT, source)), source).toBe(true);
  });

  test('depends on what the design names, and on nothing more', () => {
    expect(Object.keys(manifest.dependencies).sort()).toEqual(Object.keys(DEPENDENCIES).sort());
    // Whose shapes two subpaths speak: nobody needs them for anything else.
    expect(Object.keys(manifest.peerDependencies ?? {})).toEqual(['@ai-sdk/provider', '@opentelemetry/api']);
    expect(Object.values(manifest.peerDependenciesMeta ?? {})).toEqual([{ optional: true }, { optional: true }]);
  });

  test.each(Object.entries(DEPENDENCIES))('asks for %s as %s', (name, range) => {
    expect(manifest.dependencies[name]).toMatch(range);
  });

  test('is an ES module without side effects or install scripts, under the MIT licence', () => {
    expect(manifest.type).toBe('module');
    expect(manifest.sideEffects).toBe(false);
    expect(manifest.license).toBe('MIT');
    expect(readText('LICENSE')).toMatch(/^MIT License/);
    expect(Object.keys(manifest.scripts).filter((name) => /^(pre|post)?(install|prepare)$/.test(name))).toEqual([]);
  });

  test('ships the build and the sources that its maps name', () => {
    expect(manifest.files).toEqual(expect.arrayContaining(['dist', 'src']));
    expect(manifest.files).not.toContain('test');
  });
});

describe('the dependencies', () => {
  const installed = Object.entries(lockfile.packages).filter(([path, { dev }]) => path !== '' && dev !== true);

  test(`run on Node ${OLDEST_NODE}, what they depend on included`, () => {
    expect(manifest.engines.node).toBe(`>=${OLDEST_NODE.replace(/\.0$/, '')}`);
    const tooNew = installed
      .filter(([, { engines }]) => !allows(engines?.node ?? '*', OLDEST_NODE))
      .map(([path, { engines }]) => `${path}: ${engines?.node}`);
    expect(tooNew).toEqual([]);
  });

  test('are locked to no address, so that any registry serves them', () => {
    const addresses = Object.values(lockfile.packages).flatMap(({ resolved }) => resolved ?? []);
    expect(addresses).toEqual([]);
  });
});

describe('package-lock.json', () => {
  // `npm install` beside an older node_modules leaves out what other platforms need, and `npm ci` then refuses the file.
  // Write it anew from package.json: delete both, `npm install`.
  test('locks every optional package of every platform', () => {
    const missing = Object.entries(lockfile.packages).flatMap(([path, { optionalDependencies = {} }]) =>
      Object.keys(optionalDependencies).flatMap((name) =>
        lockfile.packages[`node_modules/${name}`]?.version === undefined ? [`${path}: ${name}`] : [],
      ),
    );
    expect(missing).toEqual([]);
  });
});

describe('a range', () => {
  test.each([
    ['>=18', true],
    ['>= 20.18.1', true],
    ['>=20.20', false],
    ['>=22.12.0', false],
    ['^20.19.0 || >=22.12.0', true],
    ['^20.20.0 || >=22', false],
    ['^18 || 20 || >= 22', true],
    ['>=14 <20', false],
    ['20.x', true],
    ['~20.19', true],
    ['~20.18.0', false],
    ['*', true],
  ])('%s allows Node 20.19.0: %s', (range, expected) => {
    expect(allows(range, '20.19.0')).toBe(expected);
  });

  test('that cannot be read is an error, not a yes', () => {
    expect(() => allows('lts/iron', '20.19.0')).toThrow(`Cannot read the range as a comparison is unknown: lts/iron`);
  });
});

function readText(path: string): string {
  return readFileSync(join(ROOT, path), 'utf8');
}
