import { Secret } from '../secret.ts';

/** Placeholders for keyless servers (`x`, `n/a`) are no secrets, and replacing them would mangle every text. */
const SHORTEST = 4;

/** Below this nothing is worth keeping, and a provider could exhaust the stack. */
const DEEPEST = 100;

/** The text with the secret, in every form in which a provider may echo it, replaced by its label. */
export function scrub(text: string, secret: Secret | undefined): string {
  return secret === undefined ? text : replaceAll(text, forms(secret), secret.label);
}

/** A parsed value with the secret scrubbed from every string and every name. */
export function scrubValue(value: unknown, secret: Secret | undefined): unknown {
  if (secret === undefined) return value;
  const found = forms(secret);
  return found.length === 0 ? value : walk(value, found, secret.label, DEEPEST);
}

/** Headers without the secret. */
export function scrubHeaders(headers: Readonly<Record<string, string>>, secret: Secret | undefined): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, scrub(value, secret)]));
}

function forms(secret: Secret): readonly string[] {
  const text = Secret.reveal(secret);
  if (text.length < SHORTEST) return [];
  const written = [text, JSON.stringify(text).slice(1, -1), encodeURIComponent(text), Buffer.from(text).toString('base64')];
  return [...new Set(written)];
}

function replaceAll(text: string, written: readonly string[], label: string): string {
  return written.reduce((left, form) => (left.includes(form) ? left.replaceAll(form, () => label) : left), text);
}

function walk(value: unknown, written: readonly string[], label: string, depth: number): unknown {
  if (typeof value === 'string') return replaceAll(value, written, label);
  if (value === null || typeof value !== 'object') return value;
  if (depth === 0) return '…';
  if (Array.isArray(value)) return value.map((item) => walk(item, written, label, depth - 1));
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => [replaceAll(name, written, label), walk(item, written, label, depth - 1)]),
  );
}
