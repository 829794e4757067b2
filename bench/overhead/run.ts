/**
 * Starts the benchmark in plain Node: what is measured must not run under a loader that rewrites it. Types are checked by `npm run types`,
 * here they are only taken off.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, rmSync } from 'node:fs';
import { argv, execPath, exit } from 'node:process';
import { fileURLToPath } from 'node:url';
import { buildSync } from 'esbuild';

const fromHere = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

const peers = fromHere('../node_modules');
if (!existsSync(peers)) {
  const { status } = spawnSync('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], { cwd: fromHere('..'), stdio: 'inherit' });
  if (status !== 0) exit(status ?? 1);
}
// Beside the peers, so that the programs find them.
const built = fromHere('../.tmp/overhead');
rmSync(built, { recursive: true, force: true });
buildSync({
  entryPoints: ['main', 'server', 'worker', 'tasks', 'gateway-preload'].map((name) => fromHere(`${name}.ts`)),
  outdir: built,
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node20.19',
  packages: 'external',
  logLevel: 'warning',
});
const { status } = spawnSync(execPath, [`${built}/main.js`, '--root', fromHere('../..'), ...argv.slice(2)], { stdio: 'inherit' });
exit(status ?? 1);
