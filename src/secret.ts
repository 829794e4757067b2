import { createHash } from 'node:crypto';
import { inspect } from 'node:util';

/** Secrets shorter than this show no tail: four characters of ten would be a hint. */
const TAIL_FROM_LENGTH = 20;

/** A credential that cannot print: every way to a string gives its label. Only `wire/` reveals it. */
export class Secret {
  readonly #text: string;
  /** What people see: `sk-…a1b2`. */
  readonly label: string;
  /** Eight hexadecimal digits of the SHA-256 of the text: names the key without telling it. */
  readonly fingerprint: string;

  constructor(text: string) {
    this.#text = text;
    this.label = toLabel(text);
    this.fingerprint = createHash('sha256').update(text).digest('hex').slice(0, 8);
  }

  /** The text itself. @internal Imported by `wire/` alone; a house test says so. */
  static reveal(secret: Secret): string {
    return secret.#text;
  }

  /** True when both hold the same text. */
  equals(other: Secret): boolean {
    return this.#text === other.#text;
  }

  toString(): string {
    return this.label;
  }

  toJSON(): string {
    return this.label;
  }

  [inspect.custom](): string {
    return `Secret(${this.label})`;
  }
}

function toLabel(text: string): string {
  if (text.length < TAIL_FROM_LENGTH) return '…';
  // A key of AWS (`ACCESS_KEY_ID:SECRET_ACCESS_KEY`) is told by its id, which names it and is no secret.
  const [, id] = /^([A-Z0-9]{16,128}):/.exec(text) ?? [];
  if (id !== undefined) return `${id.slice(0, 4)}…${id.slice(-4)}`;
  const head = /^[a-z]{2,4}-/i.exec(text)?.[0] ?? '';
  return `${head}…${text.slice(-4)}`;
}
