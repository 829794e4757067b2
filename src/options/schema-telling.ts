import * as v from 'valibot';
import { callable, countFrom0, countFrom1, duration, having, options, text, texts, words } from './checks.ts';

const TO = 'a path, an object { file }, a stream or a function';

export const log = options(
  {
    to: v.union(
      [
        text,
        callable,
        having(['write'], TO),
        options({ file: text, maxBytes: v.optional(countFrom1), maxFiles: v.optional(countFrom0) }, TO),
      ],
      TO,
    ),
    attempts: v.optional(v.boolean('a boolean')),
    content: v.optional(v.boolean('a boolean')),
    level: v.optional(
      v.picklist(['trace', 'debug', 'info', 'warn', 'error', 'fatal'], "'trace', 'debug', 'info', 'warn', 'error' or 'fatal'"),
    ),
    redact: v.optional(texts),
  },
  'an object of log options',
);

const NAMES = ['limit-near', 'keys-exhausted', 'key-invalidated', 'budget-near', 'budget-reached'] as const;
const ON = `${NAMES.slice(0, -1)
  .map((name) => `'${name}'`)
  .join(', ')} or '${NAMES.at(-1)}', or an array of them`;
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

function isWebhook(value: unknown): boolean {
  if (typeof value !== 'string' && !(value instanceof URL)) return false;
  return URL.canParse(String(value)) && /^https?:$/.test(new URL(String(value)).protocol);
}
