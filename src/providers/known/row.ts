import { type Charging, uncertain } from '../../charging.ts';
import type { Auth } from '../../wire/types.ts';
import type { Protocol } from '../provider.ts';

/** Environment variables of a provider. The first one that is set wins. */
export interface KnownEnvironment {
  /** Stems: `OPENAI_API_KEY` stands for `OPENAI_API_KEYS`, `OPENAI_API_KEY`, `OPENAI_API_KEY_1`, … */
  readonly keys: readonly string[];
  /**
   * Stems of keys that are usually set for something else (`GITHUB_TOKEN` of a CI, `HF_TOKEN` of a download): they are read where the
   * options name the provider, and alone do not make a client use it.
   */
  readonly shared: readonly string[];
  /** A key of several variables; as `shared`, only where the options name the provider. */
  readonly compose: ((variable: ReadVariable) => string | undefined) | undefined;
  readonly baseURL: readonly string[];
  readonly organization: readonly string[];
  readonly project: readonly string[];
}

/** The first of the named variables that is set. */
export type ReadVariable = (names: readonly string[]) => string | undefined;

/** Options that mean something to some providers only. */
export type SpecialOption = 'organization' | 'project' | 'region' | 'location' | 'apiVersion';

/** What is said of where a provider is. */
export interface Given extends Readonly<Partial<Record<SpecialOption | 'baseURL', string | undefined>>> {
  /** For messages. */
  readonly name: string;
  readonly variable: ReadVariable;
  /** It was given keys, by the options or the environment. */
  readonly keyed?: boolean;
}

/** Where it is. `missing` says what would tell where nothing does. */
export type Place = { readonly baseURL: string; readonly auth?: Auth } | { readonly missing: string };

/** What keywheel knows of a provider by its name. */
export interface KnownProvider {
  /** With the dialect that it speaks. */
  readonly protocol: Protocol;
  readonly auth: Auth;
  readonly env: KnownEnvironment;
  /** A local server, which needs no key but may have been given one. */
  readonly keyless: boolean;
  /** Domains by which it is known where somebody gives it a name of their own. */
  readonly hosts: readonly string[];
  readonly options: readonly SpecialOption[];
  /** What it counts against its limits; said of its own hosts only, as a gateway at another address counts in its own way. */
  readonly charging: Charging;
  /** Headers for options that name an account. */
  readonly account: Readonly<Partial<Record<'organization' | 'project', string>>>;
  locate(given: Given): Place;
}

/** What differs from row to row. */
export interface RowDetails extends Partial<Omit<KnownProvider, 'env' | 'protocol'>> {
  /** More stems than `PREFIX_API_KEY`, or others. */
  readonly keys?: readonly string[];
  readonly shared?: readonly string[];
  readonly compose?: KnownEnvironment['compose'];
  readonly variables?: readonly string[];
  readonly organizationVariables?: readonly string[];
  readonly projectVariables?: readonly string[];
}

/** A provider with keys, whose variables are `PREFIX_API_KEY` and `PREFIX_BASE_URL` where `details` does not say otherwise. */
export function hosted(protocol: Protocol, baseURL: string | undefined, prefix: string, details: RowDetails = {}): KnownProvider {
  const { keys = [`${prefix}_API_KEY`], variables = [`${prefix}_BASE_URL`], shared = [], compose, ...rest } = details;
  const { organizationVariables: organization = [], projectVariables: project = [], ...row } = rest;
  const hosts = row.hosts ?? (baseURL === undefined ? [] : [new URL(baseURL).hostname]);
  return {
    protocol,
    auth: protocol.auth,
    keyless: false,
    options: [],
    account: {},
    charging: uncertain,
    locate: ({ baseURL: given }) => ({ baseURL: given === undefined ? (baseURL ?? '') : completeOwn(given, baseURL, hosts) }),
    ...row,
    hosts,
    env: { keys, shared, compose, baseURL: variables, organization, project },
  };
}

/** No domain: at a port of this machine may be anything. */
export function local(protocol: Protocol, baseURL: string, prefix: string): KnownProvider {
  return hosted(protocol, baseURL, prefix, { keyless: true, hosts: [] });
}

/** The address that was given, with the path of `usual` where it is one of the provider's own hosts alone, as other SDKs take it. */
export function completeOwn(given: string, usual: string | undefined, hosts: readonly string[]): string {
  if (usual === undefined || !isAt(given, hosts)) return given;
  const { pathname } = new URL(usual);
  return pathname === '/' ? given : atOrigin(given, pathname);
}

/** True for an address at one of these domains, or below one. */
export function isAt(address: string | undefined, domains: readonly string[]): boolean {
  if (address === undefined || !URL.canParse(address)) return false;
  const { hostname } = new URL(address);
  return domains.some((domain) => hostname === domain || hostname.endsWith(`.${domain}`));
}

/** `path` after an address that has none: services are often named by their host alone. */
export function atOrigin(baseURL: string, path: string): string {
  if (!URL.canParse(baseURL)) return baseURL;
  const { pathname, search, hash } = new URL(baseURL);
  return pathname === '/' && search === '' && hash === '' ? baseURL.replace(/\/+$/, '') + path : baseURL;
}
