/** What it takes to import a package: fresh processes, in turn. */
import { spawnSync } from 'node:child_process';
import { execPath } from 'node:process';
import { pathToFileURL } from 'node:url';
import { urlOfOwn } from './build.ts';
import { toSpread, type Spread } from './statistics.ts';

export interface Load {
  readonly title: string;
  readonly ms: Spread;
  /** Of importing undici alone in the same round. */
  readonly times: Spread;
}

const PROGRAM =
  'const at = performance.now(); for (const url of process.argv.slice(1)) await import(url); console.log(performance.now() - at)';

export function measureLoads(dist: string, rounds: number): readonly Load[] {
  const packages: readonly { readonly title: string; readonly urls: readonly string[] }[] = [
    { title: 'undici alone', urls: [urlOfOwn(dist, 'undici')] },
    { title: 'keywheel', urls: [pathToFileURL(`${dist}/index.js`).href] },
    ...PEERS.flatMap(({ title, names }) => {
      const urls = names.map(resolved);
      return urls.includes('') ? [] : [{ title, urls }];
    }),
  ];
  const seen = Array.from({ length: rounds }, () => packages.map(({ urls }) => loadOnce(urls)));
  return packages.map(({ title }, index) => ({
    title,
    ms: toSpread(seen.map((round) => round[index] ?? Number.NaN)),
    times: toSpread(seen.map((round) => (round[index] ?? Number.NaN) / (round[0] ?? Number.NaN))),
  }));
}

const PEERS = [
  { title: 'openai SDK', names: ['openai'] },
  { title: 'AI SDK', names: ['ai', '@ai-sdk/openai'] },
  { title: 'LangChain', names: ['@langchain/openai'] },
] as const;

function resolved(name: string): string {
  try {
    return import.meta.resolve(name);
  } catch {
    return '';
  }
}

function loadOnce(urls: readonly string[]): number {
  const { stdout, stderr, status } = spawnSync(execPath, ['--input-type=module', '--eval', PROGRAM, ...urls], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`Cannot import ${urls.join(', ')} as it fails: ${stderr.slice(0, 500)}`);
  return Number(stdout);
}
