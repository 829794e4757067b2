import { isLogger, isRedactPath, LEVELS, type LogLevel } from './log.ts';
import { callable, countFrom1, duration, having, options, text, words, v } from './checks.ts';

const TO = 'a path, an object { file }, a stream, a function or a pino logger';
const REDACT = "a path as 'tags.user' or 'request.messages[*].content'";
const LEVEL_NAMES = Object.keys(LEVELS) as LogLevel[];

export const log = options(
  {
    to: v.union(
      [
        text,
        callable,
        v.custom(isLogger, TO),
        having(['write'], TO),
        options({ file: text, maxBytes: v.optional(countFrom1), maxFiles: v.optional(countFrom1) }, TO),
      ],
      TO,
    ),
    attempts: v.optional(v.boolean('a boolean')),
    content: v.optional(v.boolean('a boolean')),
    level: v.optional(v.picklist(LEVEL_NAMES, listed(LEVEL_NAMES))),
    redact: v.optional(v.array(v.pipe(v.string(REDACT), v.check(isRedactPath, REDACT)), 'an array of paths')),
  },
  'an object of log options',
);

const NAMES = ['limit-near', 'keys-exhausted', 'key-invalidated', 'budget-near', 'budget-reached'] as const;
const ON = `${listed(NAMES)}, or an array of them`;
const name = v.picklist(NAMES, ON);

const WEBHOOK = 'a URL with http or https, or a function';

const alert = options(
  {
    on: v.union([name, v.pipe(v.array(name, ON), v.minLength(1, ON))], ON),
    to: v.union([callable, v.custom<string | URL>(isWebhook, WEBHOOK)], WEBHOOK),
    headers: v.optional(words),
    everyMs: v.optional(duration),
  },
  'an alert',
);

export const alerts = v.array(alert, 'an array of alerts');

function listed(names: readonly string[]): string {
  return `${names
    .slice(0, -1)
    .map((each) => `'${each}'`)
    .join(', ')} or '${names.at(-1)}'`;
}

function isWebhook(value: unknown): boolean {
  if (typeof value !== 'string' && !(value instanceof URL)) return false;
  return URL.canParse(String(value)) && /^https?:$/.test(new URL(String(value)).protocol);
}
