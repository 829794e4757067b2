import { createHash } from 'node:crypto';
import { RequestError } from '../errors.ts';
import { toShown } from '../printable.ts';

/** Deeper than any request; a cycle is deeper than all. */
const DEEPEST = 200;

/** SHA-256 of a value's JSON with sorted keys, in hexadecimal: equal for equal JSON, however it was put together. */
export function fingerprint(value: unknown): string {
  return createHash('sha256').update(toCanonical(value)).digest('hex');
}

/** JSON with sorted keys. As in JSON, `undefined` and functions are left out of objects and are null in arrays, and -0 is 0. */
export function toCanonical(value: unknown): string {
  return write(value, 0) ?? 'null';
}

function write(value: unknown, depth: number): string | undefined {
  if (typeof value === 'string') return JSON.stringify(value);
  if (value === null || typeof value === 'boolean') return String(value);
  if (typeof value === 'number') return JSON.stringify(value);
  if (typeof value === 'bigint') return refuse('without BigInt', value);
  if (typeof value !== 'object') return undefined;
  if (depth > DEEPEST) return refuse(`without cycles and at most ${DEEPEST} levels deep`, value);
  if (hasToJson(value)) return write(value.toJSON(), depth + 1);
  if (Array.isArray(value)) return `[${(value as unknown[]).map((item) => write(item, depth + 1) ?? 'null').join(',')}]`;
  return writeObject(value as Readonly<Record<string, unknown>>, depth);
}

function writeObject(value: Readonly<Record<string, unknown>>, depth: number): string {
  let text = '';
  for (const name of Object.keys(value).sort()) {
    const item = write(value[name], depth + 1);
    if (item !== undefined) text += `${text === '' ? '' : ','}${JSON.stringify(name)}:${item}`;
  }
  return `{${text}}`;
}

function hasToJson(value: object): value is { toJSON(): unknown } {
  return 'toJSON' in value && typeof value.toJSON === 'function';
}

function refuse(reason: string, value: unknown): never {
  throw new RequestError(`Cannot send the request as it must be JSON ${reason}: current value is ${toShown(value)}`, {
    class: 'bad_request',
  });
}
