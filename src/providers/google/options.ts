import type { Asked } from '../../chat/asked.ts';
import { joinFields, mergeOptions, optionsOf } from '../encoding.ts';
import { isLoose, type Loose } from '../loose.ts';
import type { Provider } from '../provider.ts';

/** The caller's options for this provider. */
export function readOptions(request: Asked['request'], { name }: Provider): Loose {
  return optionsOf(request, name) ?? {};
}

/**
 * Merges the caller's options last. Those in `joined` are objects that add to ours field by field: a media resolution must not wipe the
 * temperature. `without` have a place of their own.
 */
export function addOptions(
  body: Record<string, unknown>,
  request: Asked['request'],
  provider: Provider,
  { joined, without = new Set() }: { readonly joined: readonly string[]; readonly without?: ReadonlySet<string> },
): void {
  mergeOptions(body, request, provider, new Set([...joined, ...without]));
  const options = readOptions(request, provider);
  for (const field of joined) {
    const own = Object.hasOwn(options, field) ? options[field] : undefined;
    if (own === undefined) continue;
    const before = body[field];
    body[field] = isLoose(own) ? joinFields(isLoose(before) ? before : {}, own) : own;
  }
}
