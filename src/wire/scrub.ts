import { Secret } from '../secret.ts';
import { readAwsKey } from './aws-key.ts';
import { type Forms, toForms } from './forms.ts';

/** Placeholders for keyless servers (`x`, `n/a`) are no secrets, and replacing them would mangle every text. */
const SHORTEST = 4;

/** Below this nothing is worth keeping, and a provider could exhaust the stack. */
const DEEPEST = 100;

/** What must not show: a key, or a key and the caller's other credentials. */
export type Hidden = Secret | readonly Secret[] | (() => readonly Secret[]) | undefined;

/** What to look for, and what stands there instead. */
interface Form extends Forms {
  readonly label: string;
}

/**
 * Replaces secrets, in every form in which a provider may echo them, by their labels. Made for each attempt; the forms are worked out
 * once a secret, and only where something must be scrubbed.
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

/** Credentials that are no keys of ours, for who is to hide them. */
export function toSecrets(texts: readonly string[]): readonly Secret[] {
  return texts.map((text) => new Secret(text));
}

/** One text without the secrets. */
export function scrub(text: string, hidden: Hidden): string {
  return new Scrubber(hidden).text(text);
}

function formsOf(hidden: Hidden): readonly Form[] {
  if (hidden === undefined) return [];
  if (hidden instanceof Secret) return formsOfOne(hidden);
  return (typeof hidden === 'function' ? hidden() : hidden).flatMap(formsOfOne);
}

/** Of each secret that was ever looked for: ids of good answers are scrubbed too, and working the forms out took a sixth of a plain call. */
const FORMS = new WeakMap<Secret, readonly Form[]>();

function formsOfOne(secret: Secret): readonly Form[] {
  const known = FORMS.get(secret);
  if (known !== undefined) return known;
  const forms = toFormsOf(secret);
  FORMS.set(secret, forms);
  return forms;
}

function toFormsOf(secret: Secret): readonly Form[] {
  const parts = partsOf(Secret.reveal(secret)).filter((text) => text.length >= SHORTEST);
  return [...new Set(parts)].map((text) => ({ ...toForms(text), label: secret.label }));
}

/** The whole first. AWS sees no more than the id and the token of a key, and tells them in its errors. */
export function partsOf(text: string): readonly string[] {
  const key = readAwsKey(text);
  return key === undefined ? [text] : [text, key.sessionToken ?? '', key.secretAccessKey, key.accessKeyId];
}

function replaceAll(text: string, forms: readonly Form[]): string {
  let left = text;
  for (const form of forms) left = replaceOne(left, form);
  return left;
}

function replaceOne(text: string, { texts, pattern, label }: Form): string {
  let left = text;
  for (const form of texts) if (left.includes(form)) left = left.replaceAll(form, () => label);
  return pattern === undefined ? left : left.replace(pattern, () => label);
}

function walk(value: unknown, forms: readonly Form[], depth: number): unknown {
  if (typeof value === 'string') return replaceAll(value, forms);
  if (value === null || typeof value !== 'object') return value;
  if (depth === 0) return '…';
  if (Array.isArray(value)) return value.map((item) => walk(item, forms, depth - 1));
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [replaceAll(name, forms), walk(item, forms, depth - 1)]));
}
