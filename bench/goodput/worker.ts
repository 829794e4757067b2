/**
 * A process that measures what it is told to, one run after the other. `plain` and `faked` measure in
 * virtual time, `faked` lives in it altogether, for the baselines; `real` measures as time passes.
 */
import { argv } from 'node:process';
import { cases, shortCases } from './cases.ts';
import { furtherCases } from './further.ts';
import { fakeGlobals } from './fake.ts';
import type { Job, Result } from './jobs.ts';
import { runReally } from './real.ts';
import type { VirtualTime } from './time.ts';
import { runVirtually } from './virtual.ts';

let current: VirtualTime | undefined;
if (argv[2] === 'faked') {
  fakeGlobals(() => {
    if (current === undefined) throw new TypeError('Cannot tell the time as no run has begun: current value is none');
    return current;
  });
}

process.on('message', (job: Job) => {
  void measure(job).then((result) => process.send?.(result));
});

async function measure({ name, subject, ...means }: Job): Promise<Result> {
  const began = process.hrtime.bigint();
  const row = [...cases, ...furtherCases, ...shortCases].find((known) => known.name === name);
  if (row === undefined) return { error: `There is no case ${name}` };
  try {
    const run =
      argv[2] === 'real' ? await runReally(row, subject, means) : await runVirtually(row, subject, means, (time) => (current = time));
    return { run, tookMs: Number(process.hrtime.bigint() - began) / 1e6 };
  } catch (error) {
    return { error: error instanceof Error ? (error.stack ?? error.message) : String(error) };
  }
}
