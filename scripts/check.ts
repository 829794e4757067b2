/**
 * `npm run check`: everything that must hold before a commit lands. Every step runs, so that one run tells all that is
 * wrong; a step that passes prints one line, a step that fails prints what it said. `npm run check -- lint types` runs those alone.
 */
import { spawn } from 'node:child_process';
import { argv, exit, stdout } from 'node:process';

interface Step {
  readonly name: string;
  /** An npm script, and what to hand it. */
  readonly run: readonly string[];
  /** Prints as it goes: for what takes long, or must be seen (the test counts). */
  readonly live?: boolean;
}

const STEPS: readonly Step[] = [
  { name: 'format', run: ['format:check'] },
  { name: 'lint', run: ['lint'] },
  { name: 'types', run: ['types'] },
  { name: 'unused', run: ['unused'] },
  // The examples and the README's code run inside the tests: test/house/.
  { name: 'tests', run: ['test'], live: true },
  { name: 'build', run: ['build'] },
  { name: 'package', run: ['package'] },
  { name: 'api', run: ['api:check'] },
  { name: 'docs', run: ['docs'] },
  { name: 'demo', run: ['demo'] },
];

const asked = argv.slice(2);
const unknown = asked.filter((name) => !STEPS.some((step) => step.name === name));
if (unknown.length > 0) {
  console.error(`Cannot check ${unknown.join(', ')} as there is no such step: ${STEPS.map((step) => step.name).join(', ')}`);
  exit(2);
}

const failed: string[] = [];
for (const step of STEPS) {
  if (asked.length > 0 && !asked.includes(step.name)) continue;
  const startedAt = performance.now();
  const { code, output } = await runScript(step);
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
  if (code !== 0) {
    failed.push(step.name);
    stdout.write(output);
  }
  console.log(`${code === 0 ? 'ok    ' : 'FAILED'} ${step.name.padEnd(8)} ${seconds.padStart(5)} s`);
}
console.log(failed.length === 0 ? 'Everything holds.' : `Failed: ${failed.join(', ')}`);
exit(failed.length === 0 ? 0 : 1);

function runScript({ run, live = false }: Step): Promise<{ readonly code: number; readonly output: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn('npm', ['run', '--silent', ...run], { stdio: ['ignore', live ? 'inherit' : 'pipe', live ? 'inherit' : 'pipe'] });
    const chunks: Buffer[] = [];
    child.stdout?.on('data', (chunk: Buffer) => chunks.push(chunk));
    child.stderr?.on('data', (chunk: Buffer) => chunks.push(chunk));
    child.on('error', reject);
    child.on('close', (code) => resolve({ code: code ?? 1, output: Buffer.concat(chunks).toString() }));
  });
}
