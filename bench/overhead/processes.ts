/** The processes that are measured, and what is said to them. */
import { fork, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Surroundings } from './sut.ts';
import type { SutName } from './suts.ts';
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
  const { port } = await next<{ readonly port: number }>(child);
  return { origin: `http://127.0.0.1:${port}`, close: () => child.disconnect() };
}

/** With a folder for `profiles` the process leaves a CPU profile there when it ends. */
export async function startWorker(name: SutName, { origin, dist, against }: Surroundings, profiles = ''): Promise<Worker> {
  const execArgv = profiles === '' ? [] : ['--cpu-prof', `--cpu-prof-dir=${profiles}`, `--cpu-prof-name=${name}.cpuprofile`];
  const child = fork(beside('worker.js'), [name, origin, dist, against], { execArgv });
  await next(child);
  return {
    work: (turn) => {
      child.send(turn);
      return next<Work>(child);
    },
    close: () => child.disconnect(),
  };
}

const beside = (file: string): string => fileURLToPath(new URL(file, import.meta.url));

/** The next message of a child, or why there is none. */
function next<Message>(child: ChildProcess): Promise<Message> {
  return new Promise((resolve, reject) => {
    const stop = (): void => {
      child.off('message', onMessage);
      child.off('exit', onExit);
    };
    const onMessage = (message: unknown): void => {
      stop();
      if (typeof message === 'object' && message !== null && 'failed' in message) reject(new Error(String(message.failed)));
      // What the child sends is written beside what is asked of it.
      else resolve(message as Message);
    };
    const onExit = (code: number | null): void => {
      stop();
      reject(new Error(`Cannot measure as a process ended: its code is ${code}`));
    };
    child.on('message', onMessage);
    child.on('exit', onExit);
  });
}
