/** Any JSON object, before it is known what it is. */
export type Loose = Readonly<Record<string, unknown>>;

/** Refuses a field of the request; `field` says where it stands. */
export type Fail = (field: string, reason: string, value: unknown) => never;

export function isLoose(value: unknown): value is Loose {
  return value !== null && typeof value === 'object' && !Array.isArray(value);
}

/** Fields of a given type; `undefined` and `null` say nothing. */
export function checkText(value: unknown, at: string, fail: Fail): void {
  if (value != null && typeof value !== 'string') fail(at, 'must be a string', value);
}

export function checkObject(value: unknown, at: string, fail: Fail): void {
  if (value != null && !isLoose(value)) fail(at, 'must be an object', value);
}
