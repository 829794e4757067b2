/** What lies on the disk after `npm install <package>`: the package and all that it depends on, each copy once. */
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';

export interface Size {
  readonly title: string;
  readonly kib: number;
  /** The package itself included. */
  readonly packages: number;
}

interface Manifest {
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
  readonly peerDependenciesMeta?: Readonly<Record<string, { readonly optional?: boolean }>>;
}

const PEERS = [
  { title: 'openai SDK', names: ['openai'] },
  { title: 'AI SDK', names: ['ai', '@ai-sdk/openai'] },
  { title: 'LangChain', names: ['@langchain/openai', '@langchain/core'] },
  { title: 'Portkey gateway', names: ['@portkey-ai/gateway'] },
] as const;

/** `root` is the project's folder, `bench` the one with the peers. */
export function measureSizes(root: string, bench: string): readonly Size[] {
  const own = closure(root, Object.keys(readManifest(root).dependencies ?? {}));
  return [
    { title: 'keywheel', kib: (packedBytes(root) + bytesOf(own)) / 1_024, packages: own.size + 1 },
    ...PEERS.flatMap(({ title, names }) => {
      const found = closure(bench, names);
      return names.some((name) => locate(name, bench) === undefined) ? [] : [{ title, kib: bytesOf(found) / 1_024, packages: found.size }];
    }),
  ];
}

/** Folders of the packages and of all that these cannot do without. */
function closure(from: string, names: readonly string[]): ReadonlySet<string> {
  const found = new Set<string>();
  const visit = (name: string, at: string): void => {
    const folder = locate(name, at);
    if (folder === undefined || found.has(folder)) return;
    found.add(folder);
    const { dependencies = {}, peerDependencies = {}, peerDependenciesMeta = {} } = readManifest(folder);
    const needed = Object.keys(peerDependencies).filter((peer) => peerDependenciesMeta[peer]?.optional !== true);
    for (const next of [...Object.keys(dependencies), ...needed]) visit(next, folder);
  };
  for (const name of names) visit(name, from);
  return found;
}

/** As Node looks for it: in the `node_modules` of each folder upwards. */
function locate(name: string, from: string): string | undefined {
  const folder = join(from, 'node_modules', name);
  if (existsSync(join(folder, 'package.json'))) return folder;
  const parent = dirname(from);
  return parent === from ? undefined : locate(name, parent);
}

const bytesOf = (folders: ReadonlySet<string>): number => [...folders].reduce((sum, folder) => sum + bytesIn(folder), 0);

function bytesIn(folder: string): number {
  let bytes = 0;
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    // What lies below is another package, counted where it is needed.
    if (entry.name === 'node_modules') continue;
    const path = join(folder, entry.name);
    bytes += entry.isDirectory() ? bytesIn(path) : statSync(path).size;
  }
  return bytes;
}

/** What npm would publish, unpacked. */
function packedBytes(root: string): number {
  const { stdout } = spawnSync('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], { cwd: root, encoding: 'utf8' });
  // npm documents the form of this list.
  const [packed] = JSON.parse(stdout) as readonly [{ readonly unpackedSize: number }];
  return packed.unpackedSize;
}

// A manifest is what npm itself reads.
const readManifest = (folder: string): Manifest => JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Manifest;
