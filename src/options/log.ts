import { resolve } from 'node:path';

/** Names of pino's levels and their numbers. */
export const LEVELS: Readonly<Record<LogLevel, number>> = { trace: 10, debug: 20, info: 30, warn: 40, error: 50, fatal: 60 };

/** How much a line matters. */
export type LogLevel = 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal';

/** One line of the log, as a function gets it: pino's `level` (10 to 60), `time` (epoch ms) and `msg`, and the facts. */
export type LogLine = Readonly<Record<string, unknown>> & { readonly level: number; readonly time: number; readonly msg: string };

/**
 * Takes lines of text; any Node writable stream does, and so does a writer of a web stream. `false` from a stream that tells `drain`, and a
 * promise, say that no more is taken now.
 */
export interface LogStream {
  write(line: string): unknown;
}

/** A pino logger, or whatever has its methods: it gets the facts and `msg`, and adds `level` and `time` itself. */
export type LogLogger = { readonly [Level in LogLevel]: (facts: Readonly<Record<string, unknown>>, msg: string) => unknown };

/** A file that is turned over: `file`, the one before it `file.1`, then `file.2`, … Its folder is made where there is none. */
export interface LogFileOptions {
  readonly file: string;
  /** Turned over after the line that reaches it, bytes. @default 10485760 */
  readonly maxBytes?: number | undefined;
  /** Old files that are kept beside it; the oldest is overwritten. @default 5 */
  readonly maxFiles?: number | undefined;
}

/** One JSON line for each call. */
export interface LogOptions {
  /**
   * A path, a file with its bounds, a stream (`process.stdout`), a function, or a pino logger. One process a file. A destination that is
   * slower than the calls gets what it can take: at most 1000 lines or 4 MB wait for it, others are left out and counted in the next line.
   */
  readonly to: string | LogFileOptions | LogStream | LogLogger | ((line: LogLine) => void);
  /** A line for each attempt, too. @default false */
  readonly attempts?: boolean | undefined;
  /**
   * Prompts and answers in the lines of calls, as `request` and `answer`: each text up to 4096 characters, 32768 in all; of data in Base64
   * and of long lists of numbers only the length. Secrets of the client's keys in them are replaced by the key's label.
   * @default false
   */
  readonly content?: boolean | undefined;
  /**
   * Lines below it are left out: answered calls and those that the caller aborted are `info`, failed ones `error`, failed attempts `warn`,
   * answered ones `debug`.
   * @default 'debug'
   */
  readonly level?: LogLevel | undefined;
  /** Paths, in pino's words (`tags.user`, `request.messages[*].content`), whose values are replaced by `[Redacted]`. @default none */
  readonly redact?: readonly string[] | undefined;
}

/** Where lines go. */
export type LogTarget =
  | { readonly kind: 'file'; readonly file: string; readonly maxBytes: number; readonly maxFiles: number }
  | { readonly kind: 'stream'; readonly stream: LogStream }
  | { readonly kind: 'logger'; readonly logger: LogLogger }
  | { readonly kind: 'function'; readonly tell: (line: LogLine) => void };

/** A log's options, resolved. */
export interface LogSettings {
  readonly to: LogTarget;
  readonly attempts: boolean;
  readonly content: boolean;
  /** Pino's number. */
  readonly level: number;
  readonly redact: readonly string[];
}

/** Every default of the log. */
const DEFAULTS = { attempts: false, content: false, level: 'debug', maxBytes: 10_485_760, maxFiles: 5 } as const;

/** Completes options that were checked. */
export function resolveLog({ to, attempts, content, level, redact }: LogOptions): LogSettings {
  return {
    to: toTarget(to),
    attempts: attempts ?? DEFAULTS.attempts,
    content: content ?? DEFAULTS.content,
    level: LEVELS[level ?? DEFAULTS.level],
    redact: redact ?? [],
  };
}

function toTarget(to: LogOptions['to']): LogTarget {
  if (typeof to === 'function') return { kind: 'function', tell: to };
  if (typeof to === 'string') return { kind: 'file', file: resolve(to), maxBytes: DEFAULTS.maxBytes, maxFiles: DEFAULTS.maxFiles };
  if (isLogger(to)) return { kind: 'logger', logger: to };
  if ('write' in to) return { kind: 'stream', stream: to };
  return { kind: 'file', file: resolve(to.file), maxBytes: to.maxBytes ?? DEFAULTS.maxBytes, maxFiles: to.maxFiles ?? DEFAULTS.maxFiles };
}

/** True for what has a method for each level. */
export function isLogger(to: unknown): to is LogLogger {
  return typeof to === 'object' && to !== null && Object.keys(LEVELS).every((level) => typeof Reflect.get(to, level) === 'function');
}

const NAME = String.raw`[\w$-]+`;
const BRACKET = String.raw`\[(?:\*|\d+|"[^"\\]+"|'[^'\\]+')\]`;
const PATH = new RegExp(String.raw`^(?:${NAME}|\*|${BRACKET})(?:\.(?:${NAME}|\*)|${BRACKET})*$`);
/** Names that lead out of a line into what all objects share. */
const FOREIGN = /__proto__|\bprototype\b|\bconstructor\b/;

/** True for a path in pino's words. */
export function isRedactPath(path: string): boolean {
  return PATH.test(path) && !FOREIGN.test(path);
}
