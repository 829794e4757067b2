import type { Dispatcher } from './undici.ts';
import type { Clock } from '../clock.ts';
import { ClosedError } from '../errors.ts';
import { sendByFetch, type Fetch } from './fetch.ts';
import { FrameReader, isFramed } from './frames.ts';
import { type Outgoing, toOutgoing } from './outgoing.ts';
import type { Stop, WireResponse } from './response.ts';
import { Scrubber } from './scrub.ts';
import { sign } from './sign.ts';
import { SseReader } from './sse.ts';
import type { WireBody } from './body.ts';
import { isJson, ObjectReader } from './objects.ts';
import type { AnyRequest, Credential, EventReader, WireHeaders } from './types.ts';
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
  /** Longest single event of a stream: characters of a server-sent one, bytes of a binary one. @default 8_388_608 */
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
    request: AnyRequest,
    credential: Credential | undefined,
    stop: Stop,
    opened?: () => void,
    scrubber?: Scrubber,
  ): Promise<WireResponse>;
  /** The events of an answer: server-sent, or AWS's binary ones or objects of JSON where its type says so. */
  events(response: { readonly headers: WireHeaders; readonly body: Pick<WireBody, 'read'> }): EventReader;
  /** Refuses new requests and ends those under way. */
  destroy(): Promise<void>;
}

const MIB = 1024 * 1024;

/** Opens the way to the network; nothing is connected before the first request. */
export function createWire(options: WireOptions): Wire {
  const { clock, connectTimeoutMs = 10_000, maxBodyBytes = 64 * MIB, maxEventBytes = 8 * MIB, fetch } = options;
  const sender = new UndiciSender({ clock, connectTimeoutMs, maxBodyBytes }, options.dispatcher);
  let closed = false;
  const assertOpen = (): void => {
    if (closed) throw new ClosedError('Cannot send the request as the client is closed');
  };
  const start = (outgoing: Outgoing, stop: Stop, opened: () => void): Promise<WireResponse> => {
    if (stop.ended !== undefined) throw stop.ended.reason;
    return fetch === undefined ? sender.send(outgoing, stop, opened) : sendByFetch(fetch, outgoing, stop, opened, maxBodyBytes);
  };
  const startSigned = async (outgoing: Outgoing, stop: Stop, opened: () => void): Promise<WireResponse> => {
    await unlessStopped(sign(outgoing, clock.now()), stop);
    assertOpen();
    return start(outgoing, stop, opened);
  };
  return {
    // Only who signs waits: any other request is on its way in the same tick.
    send(request, credential, stop, opened = () => {}, scrubber = new Scrubber(credential?.secret)) {
      try {
        assertOpen();
        const outgoing = toOutgoing(request, credential, scrubber);
        return outgoing.signing === undefined ? start(outgoing, stop, opened) : startSigned(outgoing, stop, opened);
      } catch (error) {
        return Promise.reject(error);
      }
    },
    events({ headers, body }) {
      const type = headers['content-type'];
      if (isFramed(type)) return new FrameReader(body, maxEventBytes);
      return isJson(type) ? new ObjectReader(body, maxEventBytes) : new SseReader(body, maxEventBytes);
    },
    destroy() {
      closed = true;
      return sender.destroy();
    },
  };
}

/** The work, or the reason of a stop that comes first. */
function unlessStopped(work: Promise<void>, stop: Stop): Promise<void> {
  return new Promise((resolve, reject) => {
    const unlisten = stop.listen(reject);
    void work.then(resolve, reject).then(unlisten);
  });
}

export type { WireBody } from './body.ts';
export { WireError } from './failure.ts';
export type { Fetch } from './fetch.ts';
export { KnownSecrets } from './known.ts';
export { readErrorBody, readErrorText, type Stop, type WireResponse } from './response.ts';
export { isFramed } from './frames.ts';
export { isJson } from './objects.ts';
export { Scrubber, toSecrets } from './scrub.ts';
export type { Dispatcher } from './undici.ts';
export type { AnyRequest, Credential, EventReader, WireEvent, WireHeaders, WireRequest } from './types.ts';
export type { Secret } from '../secret.ts';
