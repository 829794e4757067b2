import { Secret } from '../secret.ts';
import { readAwsKey } from './aws-key.ts';

/** Placeholders for keyless servers (`x`, `n/a`) are no secrets, and replacing them would mangle every text. */
const SHORTEST = 4;

/** Below this nothing is worth keeping, and a provider could exhaust the stack. */
const DEEPEST = 100;

/** What must not show: a key, or a key and the caller's other credentials. */
export type Hidden = Secret | readonly Secret[] | (() => readonly Secret[]) | undefined;

/** One form in which a provider may echo a secret. */
interface Form {
  readonly text: string;
  readonly label: string;
}

/**
 * Replaces secrets, in every form in which a provider may echo them, by their labels. Made for each attempt; the forms are worked out
 * once, and only where something must be scrubbed: a good answer needs none of it.
 */
export class Scrubber {
  readonly #hidden: Hidden;
  #known: readonly Form[] | undefined;

  constructor(hidden: Hidden) {
    this.#hidden = hidden;
  }

  text(text: string): string {
    return replaceAll(text, this.#forms);
  }

  /** A parsed value, scrubbed in every string and every name. */
  value(value: unknown): unknown {
    return this.#forms.length === 0 ? value : walk(value, this.#forms, DEEPEST);
  }

  headers(headers: Readonly<Record<string, string>>): Record<string, string> {
    return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, this.text(value)]));
  }

  get #forms(): readonly Form[] {
    return (this.#known ??= formsOf(this.#hidden));
  }
}

/** One text without the secrets. */
export function scrub(text: string, hidden: Hidden): string {
  return new Scrubber(hidden).text(text);
}

function formsOf(hidden: Hidden): readonly Form[] {
  if (hidden === undefined) return [];
  if (typeof hidden === 'function') return hidden().flatMap(toForms);
  return hidden instanceof Secret ? toForms(hidden) : hidden.flatMap(toForms);
}

function toForms(secret: Secret): readonly Form[] {
  const written = partsOf(Secret.reveal(secret)).flatMap((text) => {
    if (text.length < SHORTEST) return [];
    return [text, JSON.stringify(text).slice(1, -1), encodeURIComponent(text), Buffer.from(text).toString('base64')];
  });
  return [...new Set(written)].map((form) => ({ text: form, label: secret.label }));
}

/** The whole first. AWS sees no more than the id and the token of a key, and tells them in its errors. */
function partsOf(text: string): readonly string[] {
  const key = readAwsKey(text);
  return key === undefined ? [text] : [text, key.sessionToken ?? '', key.secretAccessKey, key.accessKeyId];
}

function replaceAll(text: string, forms: readonly Form[]): string {
  return forms.reduce((left, form) => (left.includes(form.text) ? left.replaceAll(form.text, () => form.label) : left), text);
}

function walk(value: unknown, forms: readonly Form[], depth: number): unknown {
  if (typeof value === 'string') return replaceAll(value, forms);
  if (value === null || typeof value !== 'object') return value;
  if (depth === 0) return '…';
  if (Array.isArray(value)) return value.map((item) => walk(item, forms, depth - 1));
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [replaceAll(name, forms), walk(item, forms, depth - 1)]));
}
