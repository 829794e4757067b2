import { ConfigError } from '../errors.ts';
import type { ClientEvents } from '../events.ts';
import { Secret } from '../secret.ts';
import { findHidden, isSendable } from './headers.ts';

/** Events that can be alerts. */
export type AlertName = 'limit-near' | 'keys-exhausted' | 'key-invalidated' | 'budget-near' | 'budget-reached';

/** What is posted, or handed to a function. */
export type Alert = {
  [Name in AlertName]: {
    readonly alert: Name;
    /** When it happened, as ISO text. */
    readonly at: string;
    /** One sentence, for people and for webhooks of chats (Slack's and others that read `text`). */
    readonly text: string;
    /** Equal alerts that were left out since the last one; absent where there were none. */
    readonly suppressed?: number;
    /** Others to the same webhook that were given up as it was too slow; absent where there were none. */
    readonly dropped?: number;
  } & ClientEvents[Name];
}[AlertName];

/** Tells somebody outside. */
export interface AlertOptions {
  readonly on: AlertName | readonly AlertName[];
  /**
   * A webhook's URL (http or https), which gets a POST with the alert as JSON, or a function. A URL may hold tokens: no error or event shows
   * more of it than its host. Its user name and password go as basic authentication. Sent by the client's own `dispatcher` or `fetch` where
   * one is set; a redirect is not followed.
   */
  readonly to: string | URL | ((alert: Alert) => unknown);
  /** Sent with the POST. Their values are treated as secrets. @default none */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** Equal alerts (of one key, limit, model or budget) are told once in this time, ms. @default 300000 */
  readonly everyMs?: number | undefined;
}

/** A webhook, ready to be posted to. */
export interface Webhook {
  readonly kind: 'webhook';
  /** Without user and password. */
  readonly url: string;
  /** What may be shown of it. */
  readonly host: string;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
  /** What no error may show. */
  readonly hidden: readonly Secret[];
}

/** An alert's options, resolved. */
export interface AlertSettings {
  readonly on: readonly AlertName[];
  readonly to: Webhook | { readonly kind: 'function'; readonly tell: (alert: Alert) => unknown };
  readonly everyMs: number;
}

const DEFAULTS = { everyMs: 300_000 } as const;

/** Shorter parts of a URL are words, and to hide them would mangle every text. */
const SHORTEST_HIDDEN = 8;

/** A word (`services`, `application/json`) is no token. */
const MIXED = /\d|[a-z].*[A-Z]|[A-Z].*[a-z]/;

/** Completes options that were checked. Throws `ConfigError` for headers that cannot be sent. */
export function resolveAlerts(given: readonly AlertOptions[]): readonly AlertSettings[] {
  return given.map(({ on, to, headers = {}, everyMs }, index) => ({
    on: [...new Set(typeof on === 'string' ? [on] : on)],
    to: typeof to === 'function' ? { kind: 'function', tell: to } : toWebhook(new URL(to), headers, `alerts.${index}`),
    everyMs: everyMs ?? DEFAULTS.everyMs,
  }));
}

function toWebhook(url: URL, given: Readonly<Record<string, string>>, name: string): Webhook {
  const headers = Object.fromEntries(Object.entries(given).map(([header, value]) => [header.toLowerCase(), value]));
  if (!Object.entries(headers).every(([header, value]) => isSendable(header, value))) {
    throw new ConfigError(`Cannot create the client as '${name}.headers' must be headers that HTTP allows: their values are not shown`);
  }
  const user = toBasic(url);
  if (user !== undefined && headers['authorization'] !== undefined) {
    throw new ConfigError(`Cannot create the client as the user in '${name}.to' and the header 'authorization' exclude each other`);
  }
  const bare = new URL(url);
  bare.username = '';
  bare.password = '';
  bare.hash = '';
  return {
    kind: 'webhook',
    url: bare.href,
    host: bare.host,
    headers: { 'content-type': 'application/json', ...headers, ...(user === undefined ? {} : { authorization: user }) },
    hidden: toHidden(url, headers),
  };
}

function toBasic({ username, password }: URL): string | undefined {
  if (username === '' && password === '') return undefined;
  return `Basic ${Buffer.from(`${decode(username)}:${decode(password)}`).toString('base64')}`;
}

/** A lone per cent sign is no escape: it stands for itself. */
function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** All that may be a token: parts of the path, values of the query, user and password, headers. */
function toHidden(url: URL, headers: Readonly<Record<string, string>>): readonly Secret[] {
  const { href, pathname, search, searchParams, username, password } = url;
  const likely = [...pathname.split('/'), ...searchParams.values(), ...Object.values(headers)].filter((part) => MIXED.test(part));
  const parts = [href, pathname + search, ...likely, decode(username), decode(password), toBasic(url) ?? ''];
  const secrets = [...new Set(parts)].filter((part) => part.length >= SHORTEST_HIDDEN).map((part) => new Secret(part));
  return [...secrets, ...(findHidden(headers).hidden ?? [])];
}
