import { readFileSync } from 'node:fs';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { cpuUsage } from 'node:process';

/** How a process fared while time passed: a run of one that had to wait for a processor says nothing of its client. */
export interface Strain {
  /** How late the event loop was: the highest of a hundred rounds, ms. */
  readonly lateMs: number;
  /** Ready to run while others ran, ms; 0 where the system does not count it. */
  readonly waitedMs: number;
  readonly cpuMs: number;
}

/** Starts to watch this process; the answer ends it. */
export function watchStrain(): () => Strain {
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  const waitedBefore = waitedNs();
  const cpuBefore = cpuUsage();
  return () => {
    delay.disable();
    const { user, system } = cpuUsage(cpuBefore);
    return { lateMs: delay.percentile(99) / 1e6, waitedMs: (waitedNs() - waitedBefore) / 1e6, cpuMs: (user + system) / 1000 };
  };
}

/** Of the main thread. */
function waitedNs(): number {
  try {
    return Number(readFileSync('/proc/self/schedstat', 'utf8').split(' ')[1]);
  } catch {
    return 0;
  }
}
