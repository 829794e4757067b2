/** The processes that are measured, and what is said to them. */
import { fork } from 'node:child_process';
import { env } from 'node:process';
import { fileURLToPath } from 'node:url';
import { nextMessage } from './messages.ts';
import type { Surroundings } from './sut.ts';
import type { SutName } from './suts.ts';
import type { TaskInput, TaskName, TaskResult } from './tasks.ts';
import type { Turn, Work } from './worker.ts';

/** A process that works in turns. */
export interface Worker {
  work(turn: Turn): Promise<Work>;
  close(): void;
}

export interface Provider {
  readonly origin: string;
  close(): void;
}

export async function startProvider(): Promise<Provider> {
  const child = fork(beside('server.js'), { execArgv: [] });
  const { port } = await nextMessage<{ readonly port: number }>(child);
  return { origin: `http://127.0.0.1:${port}`, close: () => child.disconnect() };
}

/** With a folder for `profiles` the process leaves a CPU profile there when it ends. */
export async function startWorker(name: SutName, { origin, dist, against }: Surroundings, profiles = ''): Promise<Worker> {
  const execArgv = profiles === '' ? [] : ['--cpu-prof', `--cpu-prof-dir=${profiles}`, `--cpu-prof-name=${name}.cpuprofile`];
  const child = fork(beside('worker.js'), [name, origin, dist, against], { execArgv, env: { ...env, LANGSMITH_TRACING: 'false' } });
  await nextMessage(child);
  return {
    work: (turn) => {
      child.send(turn);
      return nextMessage<Work>(child);
    },
    close: () => child.disconnect(),
  };
}

/** Runs one task to its end. */
export async function runTask<Name extends TaskName>(name: Name, { count, origin, dist, detail }: TaskInput): Promise<TaskResult<Name>> {
  const child = fork(beside('tasks.js'), [name, String(count), origin, dist, detail], {
    execArgv: ['--expose-gc', '--max-old-space-size=4096'],
  });
  return nextMessage<TaskResult<Name>>(child);
}

const beside = (file: string): string => fileURLToPath(new URL(file, import.meta.url));
