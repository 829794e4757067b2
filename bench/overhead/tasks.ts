/** Measurements that want a process of their own: `tasks.js <name> <count> <origin> <dist>` under `--expose-gc`. */
import { argv } from 'node:process';
import { toFailed } from './messages.ts';
import { measureOpenStreams } from './open-streams.ts';
import { measurePool } from './pool-cost.ts';
import { measureOrder, measureWaiting } from './waiting.ts';

/** What each task takes: how many, where the provider is, and the built package; the last may name a system. */
export interface TaskInput {
  readonly count: number;
  readonly origin: string;
  readonly dist: string;
  readonly detail: string;
}

const TASKS = { waiting: measureWaiting, order: measureOrder, streams: measureOpenStreams, pool: measurePool };

export type TaskName = keyof typeof TASKS;
export type TaskResult<Name extends TaskName> = Awaited<ReturnType<(typeof TASKS)[Name]>>;

const isTask = (name: string): name is TaskName => Object.hasOwn(TASKS, name);

const [, , name = '', amount = '', origin = '', dist = '', detail = ''] = argv;
if (!isTask(name)) throw new TypeError(`There is no task '${name}'`);
const result = await TASKS[name]({ count: Number(amount), origin, dist, detail }).catch(toFailed);
process.send?.(result, () => process.exit(0));
