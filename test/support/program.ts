import { spawn } from 'node:child_process';
import { env, execPath } from 'node:process';
import { fileURLToPath } from 'node:url';

export interface Ran {
  /** The exit code; `null` when it had to be killed as it did not end by itself. */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/**
 * Runs a TypeScript program of this repository from source, as a user would: `keywheel` resolves to `src/` (the `paths`
 * of tsconfig.json). It sees the variables given and none of the machine's, so that no key or proxy of a developer takes part.
 */
export function runProgram(file: string, variables: Readonly<Record<string, string>>, timeoutMs = 30_000): Promise<Ran> {
  return new Promise((resolve, reject) => {
    const child = spawn(execPath, ['--import', 'tsx', file], {
      cwd: ROOT,
      env: { PATH: env['PATH'], HOME: env['HOME'], ...variables },
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: timeoutMs,
      killSignal: 'SIGKILL',
    });
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, stdout, stderr }));
  });
}
