import { cut } from './cut.ts';

/** Most characters of one text, and of all of a request or an answer. */
const LONGEST_TEXT = 4096;
const LONGEST_ALL = 32_768;

/** Nobody reads deeper, and whoever wrote the request could exhaust the stack. */
const DEEPEST = 16;

/** Longer lists of numbers are embeddings or tokens: only their length says something. */
const MOST_NUMBERS = 32;

const DATA_URL = /^data:[\w.+/-]{0,100}(?:;[^,]{0,100})?;base64,/;
/** Texts that begin with so much of nothing else are data. */
const BASE64 = /^[A-Za-z0-9+/=_\r\n-]{256}/;

/** A request or an answer as a log shows it: a copy, bounded, without data in Base64. */
export function shorten(value: unknown): unknown {
  try {
    return new Shortener().value(value, DEEPEST);
  } catch {
    // A getter of the caller's, or a proxy.
    return '… (unreadable)';
  }
}

class Shortener {
  #left = LONGEST_ALL;

  value(value: unknown, depth: number): unknown {
    if (typeof value === 'string') return this.#text(value);
    if (typeof value === 'number' || typeof value === 'boolean' || value === null) return this.#plain(value);
    if (typeof value === 'bigint') return this.#text(String(value));
    if (typeof value !== 'object') return undefined;
    if (depth === 0 || this.#left <= 0) return '…';
    if (Array.isArray(value)) return this.#list(value, depth);
    if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) return `… (${value.byteLength} bytes)`;
    return isPlain(value) ? this.#table(value, depth) : '… (an object)';
  }

  #text(text: string): string {
    const head = DATA_URL.exec(text)?.[0];
    if (head !== undefined) return this.#take(`${head}… (${text.length - head.length} characters)`);
    if (BASE64.test(text)) return this.#take(`… (${text.length} characters)`);
    const shown = cut(text, Math.min(LONGEST_TEXT, this.#left));
    return this.#take(shown.length === text.length ? text : `${shown}… (${text.length - shown.length} more)`);
  }

  #plain(value: number | boolean | null): unknown {
    this.#left -= 8;
    return value;
  }

  #list(list: readonly unknown[], depth: number): unknown {
    if (list.length > MOST_NUMBERS && list.every((item) => typeof item === 'number')) return `… (${list.length} numbers)`;
    const shown: unknown[] = [];
    for (const item of list) {
      if (this.#left <= 0) return [...shown, `… (${list.length - shown.length} more)`];
      shown.push(this.value(item, depth - 1));
    }
    return shown;
  }

  #table(table: object, depth: number): unknown {
    const shown: [string, unknown][] = [];
    for (const [name, item] of Object.entries(table)) {
      if (this.#left <= 0) return Object.fromEntries([...shown, ['…', 'more']]);
      const left = this.value(item, depth - 1);
      if (left !== undefined) shown.push([this.#take(cut(name, LONGEST_TEXT)), left]);
    }
    return Object.fromEntries(shown);
  }

  #take(text: string): string {
    this.#left -= text.length + 8;
    return text;
  }
}

/** A literal, or what JSON gives, of this realm or another. */
function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}
