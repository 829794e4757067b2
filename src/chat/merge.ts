/** Texts inside an object that name something and so never grow: `audio.id`, `function_call.name`. */
const IDENTITIES = new Set(['id', 'type', 'name', 'format']);

/**
 * Deltas of one field: texts and lists grow, objects grow by field, of anything else the last one counts. `null` says nothing.
 * A list grows in place, as copying it for each delta would take quadratic time, so `before` must be our own.
 */
export function merge(before: unknown, delta: unknown): unknown {
  if (before == null) return own(delta);
  if (delta == null) return before;
  if (typeof before === 'string' && typeof delta === 'string') return before + delta;
  if (Array.isArray(before) && Array.isArray(delta)) {
    for (const item of delta as unknown[]) before.push(item);
    return before;
  }
  if (!isRecord(before) || !isRecord(delta)) return own(delta);
  return mergeFields(before, delta, (field, was, is) => (IDENTITIES.has(field) ? (is ?? was) : merge(was, is)));
}

/** Objects that a server may send again as a whole or field by field: nothing grows, of each leaf the last one counts. */
export function mergeLast(before: unknown, delta: unknown): unknown {
  if (delta == null) return before;
  if (!isRecord(before) || !isRecord(delta)) return delta;
  return mergeFields(before, delta, (_field, was, is) => mergeLast(was, is));
}

function mergeFields(
  before: Readonly<Record<string, unknown>>,
  delta: Readonly<Record<string, unknown>>,
  toValue: (field: string, was: unknown, is: unknown) => unknown,
): unknown {
  const fields = new Map(Object.entries(before));
  for (const [field, value] of Object.entries(delta)) fields.set(field, toValue(field, fields.get(field), value));
  return Object.fromEntries(fields);
}

/** A copy as deep as `merge` writes. */
export function own(value: unknown): unknown {
  if (Array.isArray(value)) return [...(value as unknown[])];
  return isRecord(value) ? Object.fromEntries(Object.entries(value).map(([field, item]) => [field, own(item)])) : value;
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
