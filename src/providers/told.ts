import { toPrintable } from '../printable.ts';
import type { WireHeaders } from '../wire/types.ts';
import { isHtml, looksTruncated, parseJson, readFields, readHtml, readXml, splitJson } from './texts.ts';

/** What an error's body says, wherever and in whatever shape it says it. */
export interface Told {
  /** Codes, types, statuses and reasons as `snake_case` without case, the most specific first. */
  readonly codes: readonly string[];
  /** The code to show: the provider's own spelling. */
  readonly code: string | undefined;
  /** The prose of the body, the error's own message first, to the length that rules get. */
  readonly prose: string;
  readonly message: string | undefined;
  /** The parameter that the provider found wrong. */
  readonly param: string | undefined;
  /** An HTTP status inside the body: gateways and streams put it into `code` or `status`. */
  readonly status: number | undefined;
  /** Fields whose names speak of a retry or a reset. */
  readonly hints: readonly (readonly [name: string, value: string | number])[];
  readonly requestId: string | undefined;
  readonly html: boolean;
}

/** Bodies are read to this depth and this many fields: what is deeper or longer is not an error's own words. */
const DEEPEST = 12;
const MOST_FIELDS = 300;
/** Prose that the rules get: every pattern tries every place of it. Servers put their own words first or, behind an echo, last. */
const LONGEST_PROSE = 8000;
const PROSE_TAIL = 2000;

/** In this order: a `code` is more specific than a `type`, both more than gRPC's `status`. */
const CODE_FIELDS = [
  'error_code',
  'code',
  'reason',
  'error_type',
  'type',
  'status',
  '__type',
  'limit_source',
  'provider_error_code',
  'quotaId',
];
const PROSE_FIELDS = [
  'message',
  'error',
  'detail',
  'details',
  'error_description',
  'error_message',
  'error_msg',
  'errorMessage',
  'errors',
  'status_msg',
  'msg',
  'title',
  'raw',
  'description',
  'reason',
];
const STATUS_FIELDS = ['status', 'status_code', 'statusCode', 'raw_status_code', 'code', 'http_status'];
/** What was asked or generated, echoed back: a user's words about errors are no error. */
const ECHOES = new Set([
  'input',
  'inputs',
  'messages',
  'request',
  'prompt',
  'content',
  'contents',
  'choices',
  'ctx',
  'failed_generation',
  'tools',
  'tool_calls',
  'value',
  'received',
  'query',
]);
/** Headers in which providers say of an error what others say in its body. */
const HEADER_FIELDS = [
  ['x-amzn-errortype', '__type'],
  ['x-ms-error-code', 'code'],
  ['x-error-code', 'code'],
  ['x-error-message', 'message'],
] as const;
/** gRPC's codes, which are numbers in JSON made of its status. */
const GRPC = [
  '',
  'CANCELLED',
  'UNKNOWN',
  'INVALID_ARGUMENT',
  'DEADLINE_EXCEEDED',
  'NOT_FOUND',
  'ALREADY_EXISTS',
  'PERMISSION_DENIED',
  'RESOURCE_EXHAUSTED',
  'FAILED_PRECONDITION',
  'ABORTED',
  'OUT_OF_RANGE',
  'UNIMPLEMENTED',
  'INTERNAL',
  'UNAVAILABLE',
  'DATA_LOSS',
  'UNAUTHENTICATED',
];
/** Numbers that mean something only beside another field, which tells whose they are. */
const NUMBERED: Readonly<Record<string, { readonly beside: string; readonly space: string }>> = {
  __proto__: null as never,
  status_code: { beside: 'status_msg', space: 'base_resp' },
  error_code: { beside: 'error_msg', space: 'error_msg' },
};
const HINT_FIELD = /retry|try_?again|resets?([_-]|in|at|after|delay|time|$)|regain/i;

/** Reads an error's body: an object, an array of one, nested JSON in a string, truncated JSON, HTML, or plain text. Never throws. */
export function readTold(body: unknown, headers: WireHeaders = {}): Told {
  const reader = new Reader();
  for (const [header, field] of HEADER_FIELDS) if (Object.hasOwn(headers, header)) reader.read(headers[header], DEEPEST, field);
  reader.read(body, 0, undefined);
  return reader.told();
}

/** One spelling for all codes: `DeploymentNotFound`, `permission-denied` and `RESOURCE_EXHAUSTED` become snake case. */
function toCode(text: string): string {
  const snake = text.replaceAll(/([a-z0-9])([A-Z])/g, '$1_$2').toLowerCase();
  return snake.replaceAll(/[^a-z0-9]+/g, '_').replaceAll(/^_+|_+$/g, '');
}

class Reader {
  readonly #codes: { readonly text: string; readonly rank: number }[] = [];
  readonly #prose: { readonly text: string; readonly rank: number }[] = [];
  readonly #hints: (readonly [string, string | number])[] = [];
  #param: string | undefined;
  #status: number | undefined;
  #requestId: string | undefined;
  #html = false;
  #fields = 0;

  told(): Told {
    const codes = this.#codes.toSorted((a, b) => a.rank - b.rank).map(({ text }) => text);
    const prose = this.#prose.toSorted((a, b) => a.rank - b.rank).map(({ text }) => text);
    // Envelopes of several call themselves so.
    const shown = codes.find((code) => !/^(?:\d{3}|error|failure|none|null)$/i.test(code)) ?? codes[0];
    return {
      codes: [...new Set(codes.map(toCode))],
      code: shown === undefined ? undefined : toPrintable(shown, 80),
      prose: clip(prose.join('\n')),
      message: prose[0] === undefined ? undefined : toPrintable(prose[0]),
      param: this.#param,
      status: this.#status,
      hints: this.#hints,
      requestId: this.#requestId,
      html: this.#html,
    };
  }

  read(value: unknown, depth: number, field: string | undefined): void {
    this.#fields += 1;
    if (depth > DEEPEST || this.#fields > MOST_FIELDS) return;
    if (typeof value === 'string') {
      this.#readText(value, depth, field);
    } else if (typeof value === 'number') {
      this.#readScalar(value, field);
    } else if (Array.isArray(value)) {
      for (const item of value.slice(0, 20) as unknown[]) this.read(item, depth + 1, field);
    } else if (value !== null && typeof value === 'object') {
      this.#readObject(value, depth);
    }
  }

  #readObject(value: object, depth: number): void {
    for (const [spelled, item] of Object.entries(value)) {
      // .NET and Aliyun write `Code` and `Message`.
      const name = spelled.slice(0, 1).toLowerCase() + spelled.slice(1);
      if (ECHOES.has(name)) continue;
      const isObject = item !== null && typeof item === 'object';
      // `{ throttlingException: { message } }`.
      if (isObject && /^[a-z]\w{1,60}Exception$/i.test(name)) this.#codes.push({ text: name, rank: 0 });
      const grpc = name === 'code' && typeof item === 'number' && 'details' in value ? GRPC[item] : undefined;
      if (grpc !== undefined && grpc !== '') this.#codes.push({ text: grpc, rank: CODE_FIELDS.indexOf('status') });
      const numbered = typeof item === 'number' ? NUMBERED[name] : undefined;
      if (numbered !== undefined && numbered.beside in value)
        this.#codes.push({ text: `${numbered.space}.${item}`, rank: CODE_FIELDS.length });
      this.read(item, depth + 1, name);
    }
  }

  #readText(text: string, depth: number, field: string | undefined): void {
    const nested = /^\s*[{[]/.test(text) ? parseJson(text) : undefined;
    if (nested !== undefined) {
      this.read(nested, depth + 1, field);
      return;
    }
    if (field === undefined && looksTruncated(text) && this.#readTruncated(text)) return;
    const xml = field === undefined ? readXml(text) : [];
    if (xml.length > 0) {
      for (const [name, value] of xml) this.read(value, depth + 1, name);
      return;
    }
    if (field === undefined && isHtml(text)) {
      this.#html = true;
      this.#addProse(readHtml(text), depth);
      return;
    }
    this.#readScalar(text, field);
    if (field !== undefined && !PROSE_FIELDS.includes(field)) return;
    const { before, inner } = splitJson(text);
    this.#addProse(before, depth + (field === 'reason' ? 1 : 0));
    if (inner !== undefined) this.read(inner, depth + 1, field);
  }

  /** JSON that was cut, or an event stream: its fields are found by their names. False when there are none. */
  #readTruncated(text: string): boolean {
    const before = this.#fields;
    for (const [field, value] of readFields(text)) if (!ECHOES.has(field)) this.read(value, 1, field);
    return this.#fields > before;
  }

  #readScalar(value: string | number, field: string | undefined): void {
    if (field === undefined) return;
    const rank = field === 'error' && /^[\w.-]{3,60}$/.test(String(value)) ? 0 : CODE_FIELDS.indexOf(field);
    // A code is a word or a short phrase (`Client specified an invalid argument`), never a page.
    const code = rank < 0 ? '' : nameOf(String(value), field);
    if (code !== '' && code.length <= 100) this.#codes.push({ text: code, rank });
    if (STATUS_FIELDS.includes(field)) this.#status ??= toStatus(value);
    if (field === 'param' && typeof value === 'string') this.#param ??= value;
    if ((field === 'request_id' || field === 'requestId') && typeof value === 'string') this.#requestId ??= toPrintable(value, 120);
    if (HINT_FIELD.test(field)) this.#hints.push([field, value]);
  }

  #addProse(text: string, rank: number): void {
    if (text.trim() !== '') this.#prose.push({ text: clip(text), rank });
  }
}

/** A name may stand in a namespace (`com.amazon#ThrottlingException:http://…`) or at the end of a problem's address. */
function nameOf(text: string, field: string): string {
  if (field === '__type') return text.replace(/:.{0,300}$/s, '').replace(/^.{0,200}#/s, '');
  const address = field === 'type' ? /^(?:https?:|urn:)[^\s?]{1,300}?[/:#]([\w.-]{1,60})\/?$/.exec(text)?.[1] : undefined;
  return address ?? (text === 'about:blank' ? '' : text);
}

/** Head and tail: what is left out in the middle is somebody's text, not the server's. */
function clip(text: string): string {
  if (text.length <= LONGEST_PROSE) return text;
  return `${text.slice(0, LONGEST_PROSE - PROSE_TAIL - 1)}\n${text.slice(-PROSE_TAIL)}`;
}

function toStatus(value: string | number): number | undefined {
  const status = typeof value === 'number' || /^\d{3}$/.test(value) ? Number(value) : Number.NaN;
  return Number.isInteger(status) && status >= 400 && status <= 599 ? status : undefined;
}
