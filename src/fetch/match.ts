import { ConfigError } from '../errors.ts';
import { toShown } from '../printable.ts';
import { isAt, rowAt } from '../providers/known.ts';
import type { Provider } from '../providers/provider.ts';
import { fittest, type Said, takesBearer } from './said.ts';
import { isVersion } from './version.ts';

/** Names the provider where several have one address. It is taken off before anything is sent. */
export const PROVIDER_HEADER = 'x-keywheel-provider';

/** Whose URL it is. */
export interface Match {
  readonly provider: Provider;
  /** The segments of the path behind the base URL and its version, as they are written. */
  readonly rest: readonly string[];
}

/** A way up that only a server would see: encoded (`..%2f`, `%252e%252e`), or with a parameter (`..;x`). `new URL` has resolved plain ones. */
const HIDDEN_WAY_UP = /(^|[/\\]|%(25)*(2f|5c))(\.|%(25)*2e){2}($|[/\\;]|%(25)*(2f|5c|3b))/i;

interface Candidate extends Match {
  /** How much of the URL the base URL explains: odd, but for another version of it, which is a guess. */
  readonly rank: number;
}

/**
 * Which configured provider a URL belongs to: by its parsed origin and the segments of its path, the longest base URL first. Text that
 * merely begins alike is somebody else.
 */
export class Matcher {
  readonly #places: ReadonlyMap<string, readonly Place[]>;

  constructor(providers: readonly Provider[]) {
    const places = new Map<string, Place[]>();
    for (const place of providers.map(toPlace)) places.set(place.origin, [...(places.get(place.origin) ?? []), place]);
    this.#places = places;
  }

  /**
   * `undefined` for a URL of nobody. Throws `ConfigError` where several providers fit alike and the request names none, and where the named
   * one does not fit.
   */
  find(said: Said): Match | undefined {
    const { url } = said;
    const named = said.headers.get(PROVIDER_HEADER) ?? undefined;
    // The origin of `blob:https://host/…` is that of the host.
    const places = (/^https?:$/.test(url.protocol) ? this.#places.get(url.origin) : undefined) ?? NOBODY;
    if (named === undefined && places === NOBODY) return undefined;
    const path = HIDDEN_WAY_UP.test(url.pathname) ? undefined : segmentsOf(url);
    if (named !== undefined) return findNamed(places, path, named);
    // Where nobody else is, whatever the host offers is this provider's.
    const candidates = path === undefined ? [] : places.flatMap((place) => rankOf(place, path, places.length === 1) ?? []);
    return candidates.length > 1 ? theBest(candidates, said) : candidates[0];
  }
}

const NOBODY: readonly never[] = [];

interface Place {
  readonly provider: Provider;
  readonly origin: string;
  readonly segments: readonly string[];
  /** Where the version stands among the segments; -1 where there is none. */
  readonly versionAt: number;
  /** At a host of the service itself: all of it belongs to the provider. */
  readonly canonical: boolean;
}

function toPlace(provider: Provider): Place {
  const url = new URL(provider.baseURL);
  const segments = segmentsOf(url);
  const canonical = isAt(provider.baseURL, rowAt(provider.protocol.name, provider.baseURL).hosts);
  return { provider, origin: url.origin, segments, versionAt: segments.findLastIndex(isVersion), canonical };
}

/** An empty segment is one: `//v1` is not `/v1`. A slash at the end is nothing. */
function segmentsOf({ pathname }: URL): readonly string[] {
  const path = pathname.replace(/\/$/, '');
  return path === '' ? [] : path.slice(1).split('/');
}

function findNamed(places: readonly Place[], path: readonly string[] | undefined, named: string): Match {
  const place = places.find(({ provider }) => provider.name === named);
  const match = place === undefined || path === undefined ? undefined : rankOf(place, path, true);
  if (match !== undefined) return match;
  throw new ConfigError(
    `Cannot send the request as the header '${PROVIDER_HEADER}' must name a provider whose base URL the URL is below: current value is ${toShown(named)}`,
  );
}

/** The longest base URL. One of another version may be who is meant, where the request says so: Google's SDKs use several. */
function theBest(candidates: readonly Candidate[], said: Said): Match {
  const exact = Math.max(...candidates.map(({ rank }) => (rank % 2 === 1 ? rank : 0)));
  const meant = fittest(
    candidates.filter(({ rank }) => rank >= exact - 1),
    said,
  );
  const best = Math.max(...meant.map(({ rank }) => rank));
  const alike = meant.filter(({ rank }) => rank === best);
  const bearers = alike.filter(({ provider }) => takesBearer(provider, said));
  const left = bearers.length > 0 ? bearers : alike;
  const [first, ...others] = left;
  if (first !== undefined && others.length === 0) return first;
  const names = left.map(({ provider }) => `'${provider.name}'`).join(', ');
  throw new ConfigError(
    `Cannot send the request as the base URLs of several providers fit alike, and the header '${PROVIDER_HEADER}' must name one of them: current value is ${names}`,
  );
}

/** By the base URL itself, by another version of the same path, or by the host alone where `alone` allows it. */
function rankOf({ provider, segments, versionAt, canonical }: Place, path: readonly string[], alone: boolean): Candidate | undefined {
  if (startsWith(path, segments)) return { provider, rest: path.slice(segments.length), rank: 2 * segments.length + 1 };
  const rest = versionAt < 0 ? undefined : behindSibling(path, segments, versionAt);
  if (rest !== undefined) return { provider, rest, rank: 2 * segments.length };
  return canonical && alone ? { provider, rest: path, rank: 0 } : undefined;
}

/** As below the base URL, but of another version, or uploaded (`/upload/v1beta/files`): Google's SDKs use both. */
function behindSibling(path: readonly string[], base: readonly string[], versionAt: number): readonly string[] | undefined {
  const before = base.slice(0, versionAt);
  const after = base.slice(versionAt + 1);
  if (!startsWith(path, before)) return undefined;
  const tail = path.slice(before.length);
  const [version, ...rest] = tail[0] === 'upload' ? tail.slice(1) : tail;
  return isVersion(version) && startsWith(rest, after) ? rest.slice(after.length) : undefined;
}

function startsWith(path: readonly string[], start: readonly string[]): boolean {
  return start.every((segment, index) => path[index] === segment);
}
