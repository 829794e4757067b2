/** Refusals of a key this long ago say nothing about its provider now. */
const WINDOW_MS = 60_000;

/** A call may wait for minutes between two refusals; what it accused must be remembered as long. */
const MEMORY_MS = 15 * 60_000;

/** One call is believed about so many keys: a poisoned one must not kill a pool. */
const MARKS_PER_CALL = 2;

/** A key that was refused as such (invalid, forbidden) during the last minute. */
interface Refused {
  readonly key: string;
  readonly call: string;
  readonly at: number;
  readonly marked: boolean;
}

/** Recent refusals of a provider's keys. */
export interface Alike {
  /** Those since the last answer that any of its keys gave. */
  readonly refused: readonly Refused[];
  /** Keys that each call was believed about: answers to other calls in between do not clear the one that accuses. */
  readonly marks: readonly { readonly call: string; readonly at: number }[];
  /** The last call that was refused in the name of the whole provider, since the last answer. */
  readonly blamed: { readonly call: string; readonly at: number } | undefined;
}

export const noneAlike: Alike = { refused: [], marks: [], blamed: undefined };

/** A key of the provider answered: not all of them fail alike. */
export function afterAnswer(state: Alike): Alike {
  return state.refused.length === 0 && state.blamed === undefined ? state : { refused: [], marks: state.marks, blamed: undefined };
}

/**
 * A refusal in the name of the provider (a country, a firewall's page). A firewall may have looked at what was asked, so that a
 * second call must meet it before the provider is held.
 */
export function blame(state: Alike, call: string, now: number): { readonly state: Alike; readonly believed: boolean } {
  const { blamed } = state;
  const believed = blamed !== undefined && blamed.call !== call && blamed.at > now - WINDOW_MS;
  return { state: { ...state, blamed: { call, at: now } }, believed };
}

/** What to do with a refused key. */
export type Judgement =
  /** Believe it: the key is held or invalid. */
  | { readonly decision: 'mark' }
  /** This call has accused enough keys: it only avoids this one. */
  | { readonly decision: 'spare' }
  /** All keys fail alike, but one call alone says so: it is the call. The named keys are given back. */
  | { readonly decision: 'acquit'; readonly keys: readonly string[] }
  /** All keys fail alike in several calls: the provider is held, and the named keys are given back. */
  | { readonly decision: 'provider'; readonly keys: readonly string[] };

/** Judges one refusal of a key. `live` are the keys that could serve before the refusals of the last minute. */
export function judge(
  state: Alike,
  refusal: { readonly key: string; readonly call: string; readonly now: number },
  live: readonly string[],
): { readonly state: Alike; readonly judgement: Judgement } {
  const recent = state.refused.filter((refused) => refused.at > refusal.now - WINDOW_MS);
  const recentMarks = state.marks.filter((mark) => mark.at > refusal.now - MEMORY_MS);
  const entry = { key: refusal.key, call: refusal.call, at: refusal.now };
  const accused = new Set([...recent.map((refused) => refused.key), refusal.key]);
  // One key alone has nothing to be compared with: its refusal is believed.
  if (live.length > 1 && live.every((key) => accused.has(key))) {
    const calls = new Set([...recent.map((refused) => refused.call), refusal.call]);
    const keys = recent.filter((refused) => refused.marked).map((refused) => refused.key);
    const cleared = [...recent, { ...entry, marked: false }].map((refused) => ({ ...refused, marked: false }));
    return {
      state: { ...state, refused: latest(cleared), marks: recentMarks },
      judgement: { decision: calls.size > 1 ? 'provider' : 'acquit', keys },
    };
  }
  const marked = recentMarks.filter((mark) => mark.call === refusal.call).length < MARKS_PER_CALL;
  const marks = marked ? [...recentMarks, { call: refusal.call, at: refusal.now }] : recentMarks;
  return {
    state: { ...state, refused: latest([...recent, { ...entry, marked }]), marks },
    judgement: { decision: marked ? 'mark' : 'spare' },
  };
}

/** The two latest refusals of each key are enough to see several calls; more would only cost memory. */
function latest(refused: readonly Refused[]): readonly Refused[] {
  const seen = new Map<string, number>();
  return refused
    .toReversed()
    .filter(({ key }) => {
      const count = (seen.get(key) ?? 0) + 1;
      seen.set(key, count);
      return count <= 2;
    })
    .toReversed();
}
