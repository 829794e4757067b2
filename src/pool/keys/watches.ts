import type { KeyEntry } from './members.ts';
import { SendLog } from './sends.ts';
import type { Track } from './track.ts';

/** Models that one key is watched for. */
const MOST_MODELS = 8;

/** What was sent to one key for one model, and what its answers told. */
export interface Watch {
  readonly log: SendLog;
  /** By slot. */
  readonly seen: Map<string, Seen>;
}

/** One limit as the answers to one key told of it. */
export interface Seen {
  track: Track;
  /** How many rows it had when it was judged last. */
  judged: number;
  verdict: Verdict | undefined;
}

/** Who draws on the bucket beside the key itself, as its answers prove, and how many requests each sent meanwhile. */
export interface Verdict {
  readonly shares: ReadonlyMap<KeyEntry, number>;
  readonly apart: ReadonlyMap<KeyEntry, number>;
  /** Epoch ms. */
  readonly at: number;
}

/** What is watched of each key. */
export class Watches {
  readonly #ofKey = new WeakMap<KeyEntry, Map<string, Watch>>();

  /** Begins one where there is none. */
  of(key: KeyEntry, model: string, now: number): Watch {
    let models = this.#ofKey.get(key);
    if (models === undefined) this.#ofKey.set(key, (models = new Map<string, Watch>()));
    let watch = models.get(model);
    if (watch === undefined) {
      if (models.size >= MOST_MODELS) forgetHalf(models);
      models.set(model, (watch = { log: new SendLog(now), seen: new Map() }));
    }
    return watch;
  }

  get(key: KeyEntry, model: string): Watch | undefined {
    return this.#ofKey.get(key)?.get(model);
  }
}

/** Those that were remembered first. */
export function forgetHalf(map: Map<string, unknown>): void {
  for (const name of [...map.keys()].slice(0, Math.ceil(map.size / 2))) map.delete(name);
}
