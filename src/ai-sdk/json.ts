import type { JSONObject } from './spec.ts';

/** Any object, before anything is known of its fields. */
export type Loose = Readonly<Record<string, unknown>>;

export function isLoose(value: unknown): value is Loose {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A text that says something. */
export function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}

/** A copy as the AI SDK takes metadata: JSON alone, without fields that are `undefined`. */
export function toJson(value: object): JSONObject {
  // What JSON was made of an object is one.
  return JSON.parse(JSON.stringify(value)) as JSONObject;
}

/** Without the fields that are `undefined`: they would say something where only their presence is looked at. */
export function defined<T extends object>(fields: T): { [Name in keyof T]?: Exclude<T[Name], undefined> } {
  // Only what is not `undefined` is left.
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as {
    [Name in keyof T]?: Exclude<T[Name], undefined>;
  };
}
