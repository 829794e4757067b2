/**
 * Starts the benchmark in plain Node: what is measured must not run under a loader that rewrites it. Types are checked by `npm run types`,
 * here they are only taken off.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { argv, execPath, exit } from 'node:process';
import { fileURLToPath } from 'node:url';
import { ModuleKind, ScriptTarget, transpileModule } from 'typescript';

const sources = new URL('./', import.meta.url);
// Beside the peers' `node_modules`, so that the programs find them.
const built = new URL('../.tmp/overhead/', import.meta.url);

rmSync(built, { recursive: true, force: true });
mkdirSync(built, { recursive: true });
for (const file of readdirSync(sources).filter((name) => name.endsWith('.ts'))) {
  const { outputText } = transpileModule(readFileSync(new URL(file, sources), 'utf8'), {
    compilerOptions: {
      target: ScriptTarget.ES2023,
      module: ModuleKind.ESNext,
      rewriteRelativeImportExtensions: true,
      verbatimModuleSyntax: true,
    },
  });
  writeFileSync(new URL(file.replace(/\.ts$/, '.js'), built), outputText);
}
const { status } = spawnSync(execPath, [fileURLToPath(new URL('main.js', built)), ...argv.slice(2)], { stdio: 'inherit' });
exit(status ?? 1);
