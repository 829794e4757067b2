import { ConfigError } from '../errors.ts';
import { toShown } from '../printable.ts';
import type { GroupLimits } from '../pool/limits.ts';
import type { KeyInput } from '../pool/members.ts';
import { knownProviders, type KnownProvider, protocols, toAccountHeaders } from '../providers/known.ts';
import type { ProtocolName, Provider } from '../providers/provider.ts';
import { Secret } from '../secret.ts';
import { type Environment, readKeys, readVariable } from './environment.ts';
import { keylessInput, type KeyPlace, resolveKeys } from './keys.ts';
import { resolveLimits } from './limits.ts';
import { suggest } from './suggest.ts';
import type { ProviderOptions } from './types.ts';

const REFRESH_MS = 300_000;

/** What is shorter is a word like `Bearer`, and hiding it would mangle every text. */
const SHORTEST_CREDENTIAL = 8;

/** What HTTP allows in a header's name and value: a line break would be another header. */
const HEADER_NAME = /^[!#$%&'*+.^_`|~\w-]+$/;
const HEADER_VALUE = /^[\t\u0020-\u007e\u0080-\u00ff]*$/;

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
}

/** Providers as they were given; none given are all known ones whose environment variables are set. */
export function resolveProviders(
  given: Readonly<Record<string, ProviderOptions>> | undefined,
  env: Environment,
): readonly ResolvedProvider[] {
  if (given !== undefined) {
    const names = Object.keys(given);
    if (names.length === 0)
      throw new ConfigError("Cannot create the client as 'providers' must name at least one: current value is an empty object");
    return names.map((name) => resolveProvider(name, given[name] ?? {}, env));
  }
  const names = Object.keys(knownProviders).filter((name) => isSet(knownProviders[name], env));
  if (names.length > 0) return names.map((name) => resolveProvider(name, {}, env));
  const variables = Object.values(knownProviders).flatMap((known) => (known.keyless ? [] : known.env.keys));
  throw new ConfigError(
    `Cannot create the client as no key was found in the environment: none of ${variables.join(', ')} (nor their forms with S, _1, _2, …) is set`,
  );
}

function isSet(known: KnownProvider | undefined, env: Environment): boolean {
  if (known === undefined) return false;
  // A local server is there for everybody, so it takes an address or a key to say that it is meant.
  return readKeys(env, known.env.keys).length > 0 || (known.keyless && readVariable(env, known.env.baseURL) !== undefined);
}

function resolveProvider(name: string, options: ProviderOptions, env: Environment): ResolvedProvider {
  if (/[/:\s]/.test(name))
    throw new ConfigError(`Cannot create the client as a provider's name has no '/', ':' or space: current value is ${toShown(name)}`);
  const known = knownProviders[name];
  const protocol = options.protocol ?? known?.protocol;
  if (protocol === undefined) throw new ConfigError(unknownProvider(name));
  assertMeant(name, options, protocol);
  const baseURL = options.baseURL ?? (known === undefined ? undefined : (readVariable(env, known.env.baseURL) ?? known.baseURL));
  if (baseURL === undefined)
    throw new ConfigError(`Cannot create the client as 'providers.${name}.baseURL' is missing, which a provider of your own needs`);
  const limits = resolveLimits(options.limits);
  const source = resolveSource(name, options, known, { env, limits });
  const account = {
    organization: options.organization ?? readVariable(env, known?.env.organization ?? []),
    project: options.project ?? readVariable(env, known?.env.project ?? []),
  };
  return {
    provider: {
      name,
      protocol: protocols[protocol],
      baseURL: toAddress(name, baseURL),
      headers: toHeaders(name, { ...toAccountHeaders(protocol, account), ...options.headers }),
      query: options.query ?? {},
      ...findHidden({ ...options.headers, ...options.query }),
      keyless: source.kind === 'list' && source.keys.every((key) => key.secret === undefined),
      auth: protocols[protocol].auth,
      capabilities: protocols[protocol].capabilities,
      rules: [],
    },
    source,
    limits,
  };
}

/** An option that its protocol does not read would be dropped in silence. */
function assertMeant(name: string, options: ProviderOptions, protocol: ProtocolName): void {
  for (const option of ['region', 'location', 'apiVersion'] as const) {
    if (options[option] === undefined) continue;
    const shown = toShown(options[option]);
    throw new ConfigError(
      `Cannot create the client as 'providers.${name}.${option}' means nothing to protocol '${protocol}': current value is ${shown}`,
    );
  }
}

function resolveSource(
  name: string,
  options: ProviderOptions,
  known: KnownProvider | undefined,
  from: { readonly env: Environment; readonly limits: GroupLimits },
): KeySource {
  const place: KeyPlace = { provider: name, task: 'create the client', limits: from.limits };
  const keyless: KeySource = { kind: 'list', keys: [keylessInput(name, from.limits)] };
  const { keys } = options;
  if (typeof keys === 'function') return { kind: 'function', load: keys, refreshMs: options.refreshMs ?? REFRESH_MS };
  if (Array.isArray(keys) && keys.length === 0) {
    if (options.baseURL !== undefined || known?.keyless === true) return keyless;
    throw new ConfigError(
      `Cannot create the client as 'providers.${name}.keys' is empty: without a 'baseURL' of your own the provider needs at least one key`,
    );
  }
  if (keys !== undefined) return { kind: 'list', keys: resolveKeys(keys, place) };
  const found = known === undefined ? [] : readKeys(from.env, known.env.keys);
  if (found.length > 0) return { kind: 'list', keys: resolveKeys(found, place) };
  if (known?.keyless === true) return keyless;
  const where = known === undefined ? '' : ` and ${known.env.keys.join(', ')} (nor its forms with S, _1, _2, …) is not set`;
  throw new ConfigError(`Cannot create the client as 'providers.${name}.keys' is missing${where}`);
}

function unknownProvider(name: string): string {
  const meant = suggest(name, Object.keys(knownProviders));
  const hint = meant === undefined ? `known are ${Object.keys(knownProviders).join(', ')}` : `did you mean '${meant}'?`;
  return `Cannot create the client as 'providers.${name}' is no known provider, and has no 'protocol' and 'baseURL' of its own: ${hint}`;
}

function toAddress(name: string, baseURL: string): string {
  const url = URL.canParse(baseURL) ? new URL(baseURL) : undefined;
  if (
    url === undefined ||
    (url.protocol !== 'http:' && url.protocol !== 'https:') ||
    url.search !== '' ||
    url.hash !== '' ||
    url.username !== '' ||
    url.password !== ''
  ) {
    throw new ConfigError(
      `Cannot create the client as 'providers.${name}.baseURL' must be an http or https URL without query, hash and user: current value is ${describe(baseURL, url)}`,
    );
  }
  return url.href.replace(/\/+$/, '');
}

/** Query and user may be a key, and so may a text that is no address at all: none of them is shown. */
function describe(baseURL: string, url: URL | undefined): string {
  if (url === undefined) return /[./:]/.test(baseURL) ? toShown(baseURL) : 'no URL';
  const hidden = [
    url.username + url.password === '' ? '' : 'a user',
    url.search === '' ? '' : 'a query',
    url.hash === '' ? '' : 'a hash',
  ].filter((part) => part !== '');
  const address = toShown(`${url.protocol}${url.host === '' ? '' : '//'}${url.host}${url.pathname}`);
  return hidden.length === 0 ? address : `${address} with ${hidden.join(' and ')}`;
}

/** Names of headers and parameters that carry credentials. Others are left readable in what a provider says. */
const CREDENTIAL = /auth|cookie|credential|key|passw|secret|session|signature|token/i;

/** A value with a scheme before it (`Basic …`) is hidden with and without. */
function findHidden(named: Readonly<Record<string, string>>): { readonly hidden?: readonly Secret[] } {
  const values = Object.entries(named).flatMap(([name, value]) => (CREDENTIAL.test(name) ? [value, ...value.split(/\s+/)] : []));
  const texts = new Set(values.filter((value) => value.length >= SHORTEST_CREDENTIAL));
  return texts.size === 0 ? {} : { hidden: [...texts].map((text) => new Secret(text)) };
}

/** Lower-case names. Values may be secrets, so that no message shows one. */
/** Somebody may have put a key where the name belongs: what is long and has digits is not shown. */
function shownName(header: string): string {
  return header.length >= 16 && /\d/.test(header) ? `a text of ${header.length} characters` : toShown(header);
}

function toHeaders(provider: string, headers: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const entries = Object.entries(headers).map(([header, value]) => [header.toLowerCase(), value] as const);
  for (const [header, value] of entries) {
    if (HEADER_NAME.test(header) && HEADER_VALUE.test(value)) continue;
    throw new ConfigError(
      `Cannot create the client as 'providers.${provider}' must send headers that HTTP allows: current name is ${shownName(header)}, its value is not shown`,
    );
  }
  return Object.fromEntries(entries);
}
