import { isObject } from '../check.ts';
import type { WireBody } from '../question.ts';

/** A list of objects; what is none of them is an empty object, so that its fields are missing. */
export function readObjects(value: unknown): readonly WireBody[] {
  return Array.isArray(value) ? value.map((entry: unknown) => (isObject(entry) ? entry : {})) : [];
}

export function readText(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

export function readNumber(value: unknown): number | undefined {
  return typeof value === 'number' ? value : undefined;
}

export function readObject(value: unknown): WireBody {
  return isObject(value) ? value : {};
}

/** The first field that nobody knows. */
export function findUnknown(value: WireBody, known: readonly string[]): string | undefined {
  return Object.keys(value).find((name) => !known.includes(name));
}

/** The first complaint of several checks. */
export function first<T>(...checks: readonly (() => T | undefined)[]): T | undefined {
  for (const check of checks) {
    const found = check();
    if (found !== undefined) return found;
  }
  return undefined;
}

/** The first complaint about the entries of a list. */
export function firstOf<T, Found>(entries: readonly T[], check: (entry: T, index: number) => Found | undefined): Found | undefined {
  for (const [index, entry] of entries.entries()) {
    const found = check(entry, index);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** A value as messages repeat it. */
export function show(value: unknown): string {
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? '');
}

/** A list of words that nobody wants to read with quotes. */
export function words(text: string): readonly string[] {
  return text.trim().split(/\s+/);
}
