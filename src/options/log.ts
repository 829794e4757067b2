/** One line of the log, as a function gets it: pino's `level` (10 to 60), `time` (epoch ms) and `msg`, and the facts. */
export type LogLine = Readonly<Record<string, unknown>> & { readonly level: number; readonly time: number; readonly msg: string };

/** Takes lines of text; any Node writable stream does. */
export interface LogStream {
  write(line: string): unknown;
}

/** A file that is turned over. */
export interface LogFileOptions {
  readonly file: string;
  /** Turned over when longer, bytes. @default 10485760 */
  readonly maxBytes?: number | undefined;
  /** Old files that are kept beside it. @default 5 */
  readonly maxFiles?: number | undefined;
}

/** One JSON line for each call. */
export interface LogOptions {
  /** A path, a file with its bounds, a stream (`process.stdout`), or a function. */
  readonly to: string | LogFileOptions | LogStream | ((line: LogLine) => void);
  /** A line for each attempt, too. @default false */
  readonly attempts?: boolean | undefined;
  /** Prompts and answers in the lines. @default false */
  readonly content?: boolean | undefined;
  /** Lines below it are left out: calls are `info`, failed ones `error`, failed attempts `warn`, others `debug`. @default 'debug' */
  readonly level?: 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal' | undefined;
  /** Paths, in pino's words (`tags.user`, `request.messages[*].content`), whose values are replaced by `[Redacted]`. @default none */
  readonly redact?: readonly string[] | undefined;
}
