import { Keyv } from 'keyv';
import { Memory, type MemoryBounds } from './memory.ts';

/** A Keyv store of the user's own: Redis, SQLite or whatever has an adapter. */
export type { Keyv };

/** Where entries are kept, as text: what a caller does to an answer never changes the stored one, whichever way the store keeps values. */
export interface Store {
  /** In this process and never late: it needs no time limit. */
  readonly local: boolean;
  get(key: string): Promise<unknown>;
  /** `Infinity` keeps the entry for ever. Resolves to `false` when the store would not take it. */
  set(key: string, text: string, ttlMs: number): Promise<boolean>;
  delete(key: string): Promise<void>;
}

/** The user's store as it is given, else bounded memory. */
export function openStore(keyv: Keyv | undefined, bounds: MemoryBounds): Store {
  return keyv === undefined ? toStore(openMemory(bounds), true) : toStore(withFailures(keyv), false);
}

function openMemory(bounds: MemoryBounds): Keyv {
  return new Keyv({
    store: new Memory(bounds),
    useKeyPrefix: false,
    throwOnErrors: true,
    // Values are texts already, and entries carry their own times: nothing to wrap.
    serialize: ({ value }) => String(value),
    // Keyv's types cannot say that every value of a store is text.
    deserialize: (text) => ({ value: text as never }),
  });
}

/** Longer than this is for ever: stores differ in how long a time they can count. */
const LONGEST_TTL_MS = 100 * 365 * 24 * 3_600_000;

function toStore(keyv: Keyv, local: boolean): Store {
  return {
    local,
    get: async (key) => keyv.get<unknown>(key),
    // 0 is Keyv's word for ever; `undefined` would be the user's own default ttl. Redis takes whole milliseconds only.
    set: async (key, text, ttlMs) => (await keyv.set(key, text, ttlMs > LONGEST_TTL_MS ? 0 : Math.ceil(ttlMs))) !== false,
    delete: async (key) => void (await keyv.delete(key)),
  };
}

/**
 * A view of the user's Keyv in which failures are thrown: by default Keyv turns a dead store into misses, which nobody would hear of.
 * The instance itself stays as it was.
 */
function withFailures(keyv: Keyv): Keyv {
  // An object whose prototype is a Keyv is one in all but its own fields.
  const view = Object.create(keyv) as Keyv;
  try {
    view.throwOnErrors = true;
    return view;
  } catch {
    // A Keyv with private fields cannot be viewed: then its own setting decides what is heard.
    return keyv;
  }
}
