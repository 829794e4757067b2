import { fork, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { RealRun } from './real.ts';
import type { Run } from './score.ts';
import type { Subject } from './subject.ts';

/** One run to be made by a worker. */
export interface Job {
  /** Of the case. */
  readonly name: string;
  readonly subject: Subject;
  readonly seed: number;
  /** The entry point of keywheel, built. */
  readonly keywheel: string;
}

export type Result = { readonly run: Run | RealRun; readonly tookMs: number } | { readonly error: string };

export type Mode = 'plain' | 'faked' | 'real';

interface Waiting {
  readonly job: Job;
  readonly settle: (result: Result) => void;
}

/** Runs jobs in processes that stay, `width` at once. */
export class Crew {
  readonly #mode: Mode;
  readonly #width: number;
  readonly #all: ChildProcess[] = [];
  readonly #idle: ChildProcess[] = [];
  readonly #waiting: Waiting[] = [];

  constructor(mode: Mode, width: number) {
    this.#mode = mode;
    this.#width = width;
  }

  run(job: Job): Promise<Result> {
    return new Promise((settle) => {
      this.#waiting.push({ job, settle });
      this.#next();
    });
  }

  #next(): void {
    const first = this.#waiting[0];
    const worker = first === undefined ? undefined : (this.#idle.pop() ?? this.#hire());
    if (first === undefined || worker === undefined) return;
    this.#waiting.shift();
    const leave = (code: number | null): void => first.settle({ error: `The worker ended with ${code}` });
    worker.once('exit', leave);
    worker.once('message', (result: Result) => {
      worker.off('exit', leave);
      this.#idle.push(worker);
      first.settle(result);
      this.#next();
    });
    worker.send(first.job);
  }

  #hire(): ChildProcess | undefined {
    if (this.#all.length >= this.#width) return undefined;
    const worker = fork(fileURLToPath(new URL('worker.ts', import.meta.url)), [this.#mode], { execArgv: ['--import', 'tsx'] });
    this.#all.push(worker);
    return worker;
  }

  close(): void {
    for (const worker of this.#all) worker.kill();
  }
}
