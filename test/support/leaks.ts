import { createHook } from 'node:async_hooks';
import { setImmediate as turn } from 'node:timers/promises';

export interface LeakWatch {
  /** Rejects where a timer, socket, server or worker that was made since the watch began is still alive. Ends the watch. */
  assertNone(): Promise<void>;
}

/** What must not outlive a test. Timers that are `unref`ed do not count, as they keep nothing alive; sockets always do. */
const WATCHED = new Set([
  'Timeout',
  'TCPWRAP',
  'TCPSERVERWRAP',
  'PIPEWRAP',
  'PIPESERVERWRAP',
  'TLSWRAP',
  'PROCESSWRAP',
  'WORKER',
  'FSEVENTWRAP',
]);

/** How long closing may take before it counts as a leak. It bounds the failure: a clean test waits for a turn or two of the loop. */
const PATIENCE_MS = 2_000;

interface Resource {
  readonly type: string;
  readonly handle: { hasRef?(): boolean };
  readonly madeAt: string;
}

/**
 * Watches what is made from now on. Begin before what is tested is made, and ask after it is closed:
 *
 *     const leaks = watchLeaks();
 *     ...
 *     await client.close();
 *     await leaks.assertNone();
 *
 * `process.getActiveResourcesInfo()` only counts, and the test runner's own timers come and go between two counts:
 * so this follows each resource by its id, and can say who made it.
 */
export function watchLeaks(patienceMs = PATIENCE_MS): LeakWatch {
  const alive = new Map<number, Resource>();
  const hook = createHook({
    init(id, type, _trigger, handle) {
      if (WATCHED.has(type)) alive.set(id, { type, handle, madeAt: readMaker() });
    },
    destroy(id) {
      alive.delete(id);
    },
  }).enable();

  return {
    async assertNone() {
      const giveUpAt = performance.now() + patienceMs;
      // A closed socket is gone only after the loop has turned.
      do await turn();
      while (findLeft(alive).length > 0 && performance.now() < giveUpAt);
      hook.disable();
      const left = findLeft(alive);
      if (left.length > 0)
        throw new Error(`Cannot end cleanly as ${left.length} are still alive:\n${[...new Set(left)].slice(0, 10).join('\n')}`);
    },
  };
}

function findLeft(alive: ReadonlyMap<number, Resource>): readonly string[] {
  const left = [...alive.values()].filter(({ type, handle }) => type !== 'Timeout' || handle.hasRef?.() !== false);
  return left.map(({ type, madeAt }) => `${type} made ${madeAt}`);
}

/** The nearest frame that is neither Node's, a package's nor this file's. */
function readMaker(): string {
  const frames = (new Error('made').stack ?? '').split('\n').slice(2);
  const frame = frames.find((line) => !/node:|node_modules|support\/leaks\.ts/.test(line));
  return frame?.trim() ?? 'by Node or a package';
}
