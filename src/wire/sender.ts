import { Socket } from 'node:net';
import { Readable } from 'node:stream';
import { Agent, buildConnector, EnvHttpProxyAgent, type Dispatcher } from './undici.ts';
import { ConfigError } from '../errors.ts';
import { Exchange, type ExchangeSettings } from './exchange.ts';
import { type Outgoing, addressOf, isOnce } from './outgoing.ts';
import { openLate } from './once.ts';
import type { Stop, WireResponse } from './response.ts';
import type { OnceBody } from './types.ts';

/** Undici's own connect timer ends sockets that no exchange waits for any more; ours comes first. */
const SWEEP_MS = 1_000;

/** Undici measures in seconds and knows nothing of first tokens: the time-outs are ours. */
const NO_TIMEOUTS = { headersTimeout: 0, bodyTimeout: 0 } as const;

/** Sends over undici. One agent serves all keys, as keys differ in headers only. Created when it is first needed. */
export class UndiciSender {
  readonly #settings: ExchangeSettings;
  readonly #given: Dispatcher | undefined;
  #direct: Dispatcher | undefined;
  #proxied: Dispatcher | undefined;
  /** Read once: looking into the environment is not free. */
  #proxyIsSet: boolean | undefined;
  /** Whose request undici is taking, for the connector that it calls meanwhile. */
  #dispatching: Exchange | undefined;

  /** A `given` dispatcher is its owner's to close. */
  constructor(settings: Omit<ExchangeSettings, 'foreign'>, given: Dispatcher | undefined) {
    this.#settings = { ...settings, foreign: given !== undefined };
    this.#given = given;
  }

  send(outgoing: Outgoing, stop: Stop, opened: () => void): Promise<WireResponse> {
    const { url, method, headers, body, scrubber } = outgoing;
    const { origin, path } = addressOf(url);
    // Providers' answers are small, and proxies on the way hold compressed streams back. What comes compressed all the same is read.
    headers['accept-encoding'] ??= 'identity';
    const once = isOnce(body);
    if (once && body.bytes !== undefined) headers['content-length'] = String(body.bytes);
    const request: Dispatcher.DispatchOptions = {
      origin,
      path,
      method,
      headers,
      body: once ? toReadable(body) : (body ?? null),
      // Not spread: here each is made for every attempt, and spreads were a kilobyte of it.
      headersTimeout: NO_TIMEOUTS.headersTimeout,
      bodyTimeout: NO_TIMEOUTS.bodyTimeout,
    };
    const dispatcher = this.#dispatcherFor(url);
    return new Promise((resolve, reject) => {
      const exchange = new Exchange(this.#settings, { origin, scrubber }, { resolve, reject }, opened);
      exchange.start((handler) => this.#dispatch(dispatcher, request, handler), stop);
    });
  }

  async destroy(): Promise<void> {
    await Promise.all([this.#direct?.destroy(), this.#proxied?.destroy()]);
  }

  #dispatch(dispatcher: Dispatcher, request: Dispatcher.DispatchOptions, exchange: Exchange): void {
    const before = this.#dispatching;
    this.#dispatching = exchange;
    try {
      dispatcher.dispatch(request, exchange);
    } finally {
      this.#dispatching = before;
    }
  }

  #dispatcherFor(url: URL): Dispatcher {
    if (this.#given !== undefined) return this.#given;
    // Like Go: a proxy is for what is elsewhere, never for this machine.
    this.#proxyIsSet ??= hasProxy(process.env);
    if (!this.#proxyIsSet || isLoopback(url.hostname)) return (this.#direct ??= new Agent({ ...NO_TIMEOUTS, connect: this.#connector() }));
    const timeout = this.#settings.connectTimeoutMs === Infinity ? 0 : this.#settings.connectTimeoutMs + SWEEP_MS;
    return (this.#proxied ??= openProxied(timeout));
  }

  /**
   * Connects like undici, and tells the exchange that caused it which socket it is: undici calls this while it takes the request,
   * and with one request a connection nobody else waits for the socket.
   */
  #connector(): buildConnector.connector {
    const { connectTimeoutMs } = this.#settings;
    const connect = buildConnector({ timeout: connectTimeoutMs === Infinity ? 0 : connectTimeoutMs + SWEEP_MS });
    return (options, callback) => {
      // The types promise nothing, undici's own connector returns its socket; without it the abort waits for the connection.
      const socket: unknown = connect(options, callback);
      if (this.#dispatching !== undefined && socket instanceof Socket) this.#dispatching.opening = socket;
    };
  }
}

/** Opened with the first read, which is on a socket. */
function toReadable({ open }: OnceBody): Readable {
  return Readable.from(openLate(open), { objectMode: false });
}

/** Throws a `ConfigError` for an address that is none, without showing it: it may hold a password, as does the error of `URL`. */
function openProxied(timeout: number): Dispatcher {
  try {
    return new EnvHttpProxyAgent({
      ...NO_TIMEOUTS,
      // Plain http is forwarded as every other client does; https goes through a tunnel.
      proxyTunnel: false,
      proxyTls: { timeout },
      requestTls: { timeout },
    });
  } catch {
    const names = PROXY_VARIABLES.filter((name) => isSet(process.env[name])).join(', ');
    throw new ConfigError(`Cannot send the request as the proxy of the environment must be an absolute http URL: it is set by ${names}`);
  }
}

const PROXY_VARIABLES = ['http_proxy', 'HTTP_PROXY', 'https_proxy', 'HTTPS_PROXY'] as const;

function isSet(value: string | undefined): boolean {
  return value !== undefined && value !== '';
}

function hasProxy(env: NodeJS.ProcessEnv): boolean {
  return PROXY_VARIABLES.some((name) => isSet(env[name]));
}

function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname.endsWith('.localhost') || hostname === '[::1]' || /^127\.\d+\.\d+\.\d+$/.test(hostname);
}
