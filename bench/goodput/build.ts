import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { buildSync } from 'esbuild';

export interface Built {
  /** Of its entry point. */
  readonly path: string;
  remove(): void;
}

/** keywheel as it is published, in a folder of this run alone; inside the package, as it finds its dependencies there. */
export function buildKeywheel(): Built {
  const root = fileURLToPath(new URL('../../', import.meta.url));
  mkdirSync(`${root}.tmp`, { recursive: true });
  const outdir = mkdtempSync(`${root}.tmp/goodput-`);
  buildSync({
    entryPoints: [`${root}src/index.ts`],
    outdir,
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node20.19',
    packages: 'external',
    logLevel: 'warning',
  });
  return { path: `${outdir}/index.js`, remove: () => rmSync(outdir, { recursive: true, force: true }) };
}
