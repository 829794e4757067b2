import type { Clock } from '../clock.ts';
import { quietly } from '../events.ts';
import type { LogLine, LogTarget } from '../options/log.ts';
import { DEBUG, ERROR, INFO } from './draft.ts';
import { openFile } from './file.ts';
import { Pipe } from './pipe.ts';
import { toPort } from './port.ts';

/** Where lines go. Neither throws nor waits. */
export interface Outlet {
  /** `text` is the same line as JSON. */
  write(line: LogLine, text: string): void;
  close(): Promise<void>;
}

export interface OutletOptions {
  readonly clock: Clock;
  readonly onFailure: (error: unknown) => void;
}

export function toOutlet(to: LogTarget, { clock, onFailure }: OutletOptions): Outlet {
  if (to.kind === 'function') return toTold((line) => to.tell(line));
  if (to.kind === 'logger') {
    return toTold((line) => {
      const { level, time: _, msg, ...facts } = line;
      to.logger[methodOf(level)](withErr(facts), msg);
    });
  }
  const pipe = new Pipe({
    open: (listener) => (to.kind === 'file' ? openFile(to, listener) : toPort(to.stream, listener)),
    clock,
    onFailure,
  });
  return { write: (_, text) => pipe.write(text), close: () => pipe.close() };
}

/** Whatever a function of the user's throws stays its own. */
function toTold(tell: (line: LogLine) => unknown): Outlet {
  return { write: (line) => quietly(() => tell(line)), close: () => Promise.resolve() };
}

/** Pino's own serializer takes the class of `err` for its type, which would be `Object`, and where there is none its name. */
function withErr(facts: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const { err } = facts;
  if (typeof err !== 'object' || err === null) return facts;
  const name = { value: Reflect.get(err, 'type') as unknown, enumerable: false };
  return { ...facts, err: Object.assign(Object.create(null, { name }) as object, err) };
}

function methodOf(level: number): 'debug' | 'info' | 'warn' | 'error' {
  if (level >= ERROR) return 'error';
  if (level > INFO) return 'warn';
  return level > DEBUG ? 'info' : 'debug';
}
