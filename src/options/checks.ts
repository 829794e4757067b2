import * as v from 'valibot';

// For the files of checks beside this one: it stays the only one that knows which library they use.
export { v };

// Each message completes "Cannot create the client as 'x' must be …".
export const text = v.pipe(v.string('a string'), v.minLength(1, 'a non-empty string'));
export const positive = v.pipe(v.number('a number above 0'), v.gtValue(0, 'a number above 0'));
// A bucket that holds less than one request or token would let nothing pass, ever.
export const amount = v.pipe(v.number('a number from 1'), v.minValue(1, 'a number from 1'));
export const duration = v.pipe(v.number('a number of ms from 0'), v.minValue(0, 'a number of ms from 0'));
export const countFrom1 = v.pipe(v.number('an integer from 1'), v.integer('an integer from 1'), v.minValue(1, 'an integer from 1'));
export const countFrom0 = v.pipe(v.number('an integer from 0'), v.integer('an integer from 0'), v.minValue(0, 'an integer from 0'));
export const finite = v.pipe(v.number('a finite number'), v.finite('a finite number'));
export const texts = v.array(text, 'an array of strings');
export const SHARES = 'an array of numbers above 0 and below 1';
export const share = v.pipe(v.number(SHARES), v.gtValue(0, SHARES), v.ltValue(1, SHARES));
export const callable = v.function('a function');
/** Names that valibot leaves out of a record. */
const RESERVED = ['__proto__', 'prototype', 'constructor'];
export const words = table(v.string('a string'), 'an object of strings');

/** An object of known options. Valibot alone would take an array for one without any. */
export function options<Entries extends v.ObjectEntries>(entries: Entries, what: string) {
  return v.pipe(
    v.unknown(),
    v.check((value) => typeof value === 'object' && value !== null && !Array.isArray(value), what),
    v.strictObject(entries, what),
  );
}

/** An object of names that the user chose. Valibot alone would leave out the names below without a word, and take a `Map` for an empty one. */
export function table<Value extends v.GenericSchema>(value: Value, what: string) {
  return v.pipe(
    v.unknown(),
    v.check(isPlain, what),
    v.check((given) => !RESERVED.some((name) => Object.hasOwn(given as object, name)), `${what} without the names ${RESERVED.join(', ')}`),
    v.record(text, value, what),
  );
}

/** A literal, or what JSON gives, of this realm or another. */
function isPlain(value: unknown): boolean {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

/** An object of the user's own with these methods, as it is: valibot's object schemas make copies, which are no longer of its class. */
export function having(methods: readonly string[], what: string): v.GenericSchema {
  const has = (value: object, method: string): boolean => typeof Reflect.get(value, method) === 'function';
  return v.custom((value) => typeof value === 'object' && value !== null && methods.every((method) => has(value, method)), what);
}

/** A pattern of another realm is one, too. */
export function isPattern(value: unknown): boolean {
  return Object.prototype.toString.call(value) === '[object RegExp]';
}

/** One of a table's names, with the most likely one in mind for who misspells it. */
export function oneOf<Name extends string>(names: Readonly<Record<Name, true>>) {
  const known = Object.keys(names) as Name[];
  return v.picklist(known, `one of ${known.map((name) => `'${name}'`).join(', ')}`);
}

export function isCountOrInfinity(value: number): boolean {
  return value === Infinity || (Number.isInteger(value) && value >= 1);
}
