import { uncertain } from '../charging.ts';
import { ConfigError } from '../errors.ts';
import { toShown } from '../printable.ts';
import type { GroupLimits } from '../pool/quota/limits.ts';
import type { KeyInput } from '../pool/keys/members.ts';
import { type Given, isAt, type KnownProvider, knownProviders, type Place, rowAt, type SpecialOption } from '../providers/known.ts';
import type { Provider } from '../providers/provider.ts';
import type { Auth } from '../wire/types.ts';
import { toAddress } from './address.ts';
import { type Environment, readKeys, readVariable } from './environment.ts';
import { findHidden, toHeaders } from './headers.ts';
import { keylessInput, type KeyPlace, resolveKeys } from './keys.ts';
import { resolveLimits } from './limits.ts';
import { suggest } from './suggest.ts';
import type { ProviderOptions } from './types.ts';

const REFRESH_MS = 300_000;

const SPECIAL: readonly SpecialOption[] = ['organization', 'project', 'region', 'location', 'apiVersion'];

/** Where a provider's keys come from. */
export type KeySource =
  | { readonly kind: 'list'; readonly keys: readonly KeyInput[] }
  /** Asked again every `refreshMs`; may answer a promise. */
  | { readonly kind: 'function'; readonly load: () => unknown; readonly refreshMs: number };

export interface ResolvedProvider {
  readonly provider: Provider;
  readonly source: KeySource;
  /** Default limits of its groups. */
  readonly limits: GroupLimits;
  /** Anything has a price, so that budgets of its keys may be in USD. @default true */
  readonly priced?: boolean;
}

/** Providers as they were given; none given are all known ones whose environment variables are set. */
export function resolveProviders(
  given: Readonly<Record<string, ProviderOptions>> | undefined,
  env: Environment,
  priced = true,
): readonly ResolvedProvider[] {
  if (given !== undefined) {
    const names = Object.keys(given);
    if (names.length === 0)
      throw new ConfigError("Cannot create the client as 'providers' must name at least one: current value is an empty object");
    return names.map((name) => resolveProvider(name, given[name] ?? {}, env, priced));
  }
  const names = findInEnvironment(env);
  if (names.length > 0) return names.map((name) => resolveProvider(name, {}, env, priced));
  const variables = Object.values(knownProviders).flatMap((known) => (known.keyless ? [] : known.env.keys));
  throw new ConfigError(
    `Cannot create the client as no key was found in the environment: none of ${variables.join(', ')} (nor their forms with S, _1, _2, …) is set`,
  );
}

/** One whose keys are there, but not its address, is left out while there are others; alone it says what it misses. */
function findInEnvironment(env: Environment): readonly string[] {
  const found = Object.entries(knownProviders).filter(([, known]) => isSet(known, env));
  const placed = found.filter(([name, known]) => !('missing' in known.locate(toGiven(name, {}, known, env))));
  return (placed.length > 0 ? placed : found).map(([name]) => name);
}

function isSet(known: KnownProvider, env: Environment): boolean {
  // A local server is there for everybody, so it takes an address or a key to say that it is meant.
  return readKeys(env, known.env.keys).length > 0 || (known.keyless && readVariable(env, known.env.baseURL) !== undefined);
}

function resolveProvider(name: string, options: ProviderOptions, env: Environment, priced: boolean): ResolvedProvider {
  if (/[/:\s]/.test(name))
    throw new ConfigError(`Cannot create the client as a provider's name has no '/', ':' or space: current value is ${toShown(name)}`);
  const known = knownProviders[name];
  const row = findRow(name, options, known);
  assertMeant(name, options, row);
  const given = toGiven(name, options, row === known ? known : undefined, env);
  const place = row.locate(given);
  if ('missing' in place) throw new ConfigError(`Cannot create the client as 'providers.${name}.baseURL' is missing: ${place.missing}`);
  const limits = resolveLimits(options.limits);
  const source = resolveSource(name, options, known, { env, limits, auth: (place.auth ?? row.auth).kind, priced });
  return {
    provider: toProvider({ name, options, row, place, given, isKeyless: isKeyless(source) }),
    source,
    limits,
    ...(priced ? {} : { priced }),
  };
}

/** That of the name; of a name of the user's own, and of a known one that speaks otherwise, that of the address or of the protocol. */
function findRow(
  name: string,
  { protocol, baseURL, region, project, location }: ProviderOptions,
  known: KnownProvider | undefined,
): KnownProvider {
  if (known !== undefined && (protocol === undefined || protocol === known.protocol.name)) return known;
  if (protocol === undefined) throw new ConfigError(unknownProvider(name));
  const row = rowAt(protocol, baseURL);
  // Bedrock's region and Google's project and location are addresses, too.
  if (baseURL === undefined && region === undefined && ((project === undefined && location === undefined) || protocol !== 'google'))
    throw new ConfigError(`Cannot create the client as 'providers.${name}.baseURL' is missing, which a provider of your own needs`);
  return row;
}

/** The environment is that of the name, so that a provider of the user's own name has none. */
function toGiven(name: string, options: ProviderOptions, known: KnownProvider | undefined, env: Environment): Given {
  const variable = (names: readonly string[]): string | undefined => (known === undefined ? undefined : readVariable(env, names));
  const { baseURL, organization, project, region, location, apiVersion } = options;
  return {
    name,
    variable,
    baseURL: baseURL ?? variable(known?.env.baseURL ?? []),
    organization: organization ?? variable(known?.env.organization ?? []),
    project: project ?? variable(known?.env.project ?? []),
    region,
    location,
    apiVersion,
    keyed: hasKeys(options, known, env),
  };
}

function hasKeys({ keys }: ProviderOptions, known: KnownProvider | undefined, env: Environment): boolean {
  if (keys === undefined) return known !== undefined && readNamedKeys(known, env).length > 0;
  return !Array.isArray(keys) || keys.length > 0;
}

function toProvider(from: {
  readonly name: string;
  readonly options: ProviderOptions;
  readonly row: KnownProvider;
  readonly place: Exclude<Place, { readonly missing: string }>;
  readonly given: Given;
  readonly isKeyless: boolean;
}): Provider {
  const { name, options, row, place, given, isKeyless: keyless } = from;
  return {
    name,
    protocol: row.protocol,
    baseURL: toAddress(name, place.baseURL),
    headers: toHeaders(name, { ...toAccountHeaders(row, given), ...options.headers }),
    query: options.query ?? {},
    ...findHidden({ ...options.headers, ...options.query }),
    keyless,
    auth: place.auth ?? row.auth,
    capabilities: row.protocol.capabilities,
    charging: isAt(place.baseURL, row.hosts) ? row.charging : uncertain,
    rules: [],
    ...(options.apiVersion === undefined ? {} : { apiVersion: options.apiVersion }),
  };
}

function toAccountHeaders({ account }: KnownProvider, { organization, project }: Given): Readonly<Record<string, string>> {
  return {
    ...(account.organization === undefined || organization === undefined ? {} : { [account.organization]: organization }),
    ...(account.project === undefined || project === undefined ? {} : { [account.project]: project }),
  };
}

function isKeyless(source: KeySource): boolean {
  return source.kind === 'list' && source.keys.every((key) => key.secret === undefined);
}

/** An option that means nothing to the provider would be dropped in silence. */
function assertMeant(name: string, options: ProviderOptions, row: KnownProvider): void {
  for (const option of SPECIAL) {
    if (options[option] === undefined || row.options.includes(option)) continue;
    const whom = knownProviders[name] === row ? 'it' : `protocol '${row.protocol.name}'`;
    throw new ConfigError(
      `Cannot create the client as 'providers.${name}.${option}' means nothing to ${whom}: current value is ${toShown(options[option])}`,
    );
  }
}

function resolveSource(
  name: string,
  options: ProviderOptions,
  known: KnownProvider | undefined,
  from: { readonly env: Environment; readonly limits: GroupLimits; readonly auth: Auth['kind']; readonly priced: boolean },
): KeySource {
  const { limits, auth, priced } = from;
  const place: KeyPlace = { provider: name, task: 'create the client', limits, auth, priced };
  const keyless: KeySource = { kind: 'list', keys: [keylessInput(name, limits)] };
  const { keys } = options;
  if (typeof keys === 'function') return { kind: 'function', load: keys, refreshMs: options.refreshMs ?? REFRESH_MS };
  if (Array.isArray(keys) && keys.length === 0) {
    if (options.baseURL !== undefined || known?.keyless === true) return keyless;
    throw new ConfigError(
      `Cannot create the client as 'providers.${name}.keys' is empty: without a 'baseURL' of your own the provider needs at least one key`,
    );
  }
  if (keys !== undefined) return { kind: 'list', keys: resolveKeys(keys, place) };
  const found = known === undefined ? [] : readNamedKeys(known, from.env);
  if (found.length > 0) return { kind: 'list', keys: resolveKeys(found, place) };
  if (known?.keyless === true) return keyless;
  const where = known === undefined ? '' : ` and ${nameVariables(known)} (nor its forms with S, _1, _2, …) is not set`;
  throw new ConfigError(`Cannot create the client as 'providers.${name}.keys' is missing${where}`);
}

/** All that there are for a provider that is named: those that are usually set for something else come last, and only where it has no own. */
function readNamedKeys({ env: { keys, shared, compose } }: KnownProvider, env: Environment): readonly string[] {
  const own = readKeys(env, keys);
  if (own.length > 0) return own;
  const others = readKeys(env, shared);
  const composed = compose?.((names) => readVariable(env, names));
  return others.length > 0 || composed === undefined ? others : [composed];
}

function nameVariables({ env: { keys, shared } }: KnownProvider): string {
  return [...keys, ...shared].join(', ');
}

function unknownProvider(name: string): string {
  const meant = suggest(name, Object.keys(knownProviders));
  const hint = meant === undefined ? `known are ${Object.keys(knownProviders).join(', ')}` : `did you mean '${meant}'?`;
  return `Cannot create the client as 'providers.${name}' is no known provider, and has no 'protocol' and 'baseURL' of its own: ${hint}`;
}
