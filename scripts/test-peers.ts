/**
 * `npm run test:peers`: the official SDKs judge keywheel's requests and answers, and run over `client.fetch`. They are installed in a folder
 * of their own before, so that `npm ci` of the project stays small; types first, as an SDK may have changed its own.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, symlinkSync } from 'node:fs';
import { argv, env, exit } from 'node:process';

// The examples need the same SDKs: one installation serves both. Whoever has installed there keeps what is theirs.
if (!existsSync('examples/sdks/node_modules')) symlinkSync('../../test/peers/node_modules', 'examples/sdks/node_modules', 'dir');

for (const [program, ...rest] of [
  ['tsc', '-p', 'test/peers'],
  ['vitest', 'run', '--project', 'peers', ...argv.slice(2)],
] as const) {
  const { status } = spawnSync('npm', ['exec', '--', program, ...rest], { stdio: 'inherit', env: { ...env, KEYWHEEL_PEERS: '1' } });
  if (status !== 0) exit(status ?? 1);
}
