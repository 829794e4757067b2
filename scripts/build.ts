/**
 * `npm run build`: declarations by the compiler, a file a source; programs in one file an entry point, with what both share in another.
 * Node takes longer to find and open two hundred small modules than to import undici.
 */
import { spawnSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { exit } from 'node:process';
import { build } from 'esbuild';

rmSync('dist', { recursive: true, force: true });
const { status } = spawnSync('npm', ['exec', '--', 'tsc', '-p', 'tsconfig.build.json', '--emitDeclarationOnly'], { stdio: 'inherit' });
if (status !== 0) exit(status ?? 1);
await build({
  entryPoints: ['src/index.ts', 'src/simulator/index.ts', 'src/ai-sdk/index.ts', 'src/otel/index.ts'],
  outdir: 'dist',
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node20.19',
  // Dependencies stay what they are: one undici, one Keyv for the user and for us.
  packages: 'external',
  sourcemap: true,
  // The package ships its sources.
  sourcesContent: false,
  logLevel: 'warning',
});
