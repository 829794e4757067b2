import type { Dispatcher } from './undici.ts';
import type { Clock } from '../clock.ts';
import { ClosedError } from '../errors.ts';
import type { WireBody } from './body.ts';
import { sendByFetch, type Fetch } from './fetch.ts';
import { toOutgoing } from './outgoing.ts';
import type { Stop, WireResponse } from './response.ts';
import { Scrubber } from './scrub.ts';
import { EventReader } from './sse.ts';
import type { Credential, WireRequest } from './types.ts';
import { UndiciSender } from './sender.ts';

export interface WireOptions {
  readonly clock: Clock;
  /** Until the request is on a socket, ms. Does not apply to a `fetch`. @default 10_000 */
  readonly connectTimeoutMs?: number;
  /** Sends instead of keywheel's own agent; never closed by keywheel. */
  readonly dispatcher?: Dispatcher | undefined;
  /** Sends instead of undici. */
  readonly fetch?: Fetch | undefined;
  /** Longest body that is read as a whole, decompressed. Streams are bounded by their events. @default 67_108_864 */
  readonly maxBodyBytes?: number;
  /** Longest single event of a stream, in characters. @default 8_388_608 */
  readonly maxEventBytes?: number;
}

/** The way to the network. Knows no provider, only requests and where a secret goes. */
export interface Wire {
  /**
   * Sends a request. Resolves at the headers, whatever the status but for redirects. Rejects with a `WireError`, with the reason
   * of `stop` (in the same tick, whatever undici is doing), with a `ConfigError` for what no header can carry, or a `ClosedError`.
   * `opened` is called when the request goes onto a socket: before that, nothing can have been done or charged.
   * `scrubber`: for what errors say, where more than the credential is to be hidden.
   */
  send(
    request: WireRequest,
    credential: Credential | undefined,
    stop: Stop,
    opened?: () => void,
    scrubber?: Scrubber,
  ): Promise<WireResponse>;
  /** The server-sent events of a body. */
  events(body: WireBody): EventReader;
  /** Refuses new requests and ends those under way. */
  destroy(): Promise<void>;
}

const MIB = 1024 * 1024;

/** Opens the way to the network; nothing is connected before the first request. */
export function createWire(options: WireOptions): Wire {
  const { clock, connectTimeoutMs = 10_000, maxBodyBytes = 64 * MIB, maxEventBytes = 8 * MIB, fetch } = options;
  const sender = new UndiciSender({ clock, connectTimeoutMs, maxBodyBytes }, options.dispatcher);
  let closed = false;
  return {
    async send(request, credential, stop, opened = () => {}, scrubber = new Scrubber(credential?.secret)) {
      if (closed) throw new ClosedError('Cannot send the request as the client is closed');
      const outgoing = toOutgoing(request, credential, scrubber);
      if (stop.ended !== undefined) throw stop.ended.reason;
      return fetch === undefined ? sender.send(outgoing, stop, opened) : sendByFetch(fetch, outgoing, stop, opened, maxBodyBytes);
    },
    events: (body) => new EventReader(body, maxEventBytes),
    destroy() {
      closed = true;
      return sender.destroy();
    },
  };
}

export type { WireBody } from './body.ts';
export { WireError } from './failure.ts';
export type { Fetch } from './fetch.ts';
export { readErrorBody, type Stop, type WireResponse } from './response.ts';
export { Scrubber } from './scrub.ts';
export type { EventReader } from './sse.ts';
export type { Dispatcher } from './undici.ts';
export type { Credential, WireEvent, WireRequest } from './types.ts';
export type { Secret } from '../secret.ts';
