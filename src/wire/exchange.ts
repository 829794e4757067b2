import type { IncomingHttpHeaders } from 'node:http';
import type { Socket } from 'node:net';
import type { Dispatcher } from './undici.ts';
import type { Clock, Timer } from '../clock.ts';
import { ConfigError } from '../errors.ts';
import { toPrintable } from '../printable.ts';
import type { BodySource } from './body.ts';
import { neverOpened, toNetworkError, toOver, WireError } from './failure.ts';
import { openSink, type Sink } from './inflate.ts';
import { refuseRedirect } from './redirect.ts';
import type { Stop, WireResponse } from './response.ts';
import type { Scrubber } from './scrub.ts';
import type { WireHeaders } from './types.ts';

/** What an exchange needs to know of its wire. */
export interface ExchangeSettings {
  readonly clock: Clock;
  readonly connectTimeoutMs: number;
  readonly maxBodyBytes: number;
  /** The dispatcher is not ours, so that an error before the start proves nothing. */
  readonly foreign: boolean;
}

/** Whom a request is for, and what nobody may tell of it. */
export interface Addressee {
  readonly origin: string;
  readonly scrubber: Scrubber;
}

/** Whom an exchange answers, once. */
export interface Answerer {
  readonly resolve: (response: WireResponse) => void;
  readonly reject: (error: unknown) => void;
}

type Phase = { readonly at: 'waiting' } | { readonly at: 'answered'; readonly sink: Sink } | { readonly at: 'over' };

/**
 * One request on undici's side. Undici itself hears an abort only once the request is on a socket, so this settles its caller by
 * itself and lets go of the socket as soon as undici hands it over.
 */
export class Exchange implements Dispatcher.DispatchHandler {
  readonly #settings: ExchangeSettings;
  readonly #addressee: Addressee;
  readonly #answerer: Answerer;
  /** Called when the request goes onto a socket: from then on it may have been read. */
  readonly #opened: () => void;
  #phase: Phase = { at: 'waiting' };
  #controller: Dispatcher.DispatchController | undefined;
  #opening: Socket | undefined;
  #connectTimer: Timer | undefined;
  #unlisten: (() => void) | undefined;

  constructor(settings: ExchangeSettings, addressee: Addressee, answerer: Answerer, opened: () => void) {
    this.#settings = settings;
    this.#addressee = addressee;
    this.#answerer = answerer;
    this.#opened = opened;
  }

  /** Sends the request. `stop` ends the exchange at any time, with its reason. */
  start(dispatch: (handler: Exchange) => void, stop: Stop): void {
    this.#unlisten = stop.listen((reason) => this.#stop(reason));
    if (this.#phase.at === 'over') return;
    const { clock, connectTimeoutMs } = this.#settings;
    // A key's connection may be idle and at hand, but undici checks it for a turn first: the start is always to be waited for.
    if (connectTimeoutMs !== Infinity) this.#connectTimer = clock.after(connectTimeoutMs, () => this.#giveUpConnecting());
    try {
      dispatch(this);
    } catch (error) {
      this.#fail(error);
    }
  }

  /** The socket that undici opens for this exchange alone: ended with it. */
  set opening(socket: Socket) {
    if (this.#phase.at === 'over') socket.destroy(toOver());
    else if (this.#controller === undefined) this.#opening = socket;
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    this.#opening = undefined;
    this.#connectTimer?.cancel();
    this.#connectTimer = undefined;
    if (this.#phase.at === 'over') controller.abort(toOver());
    else this.#opened();
  }

  onResponseStart(controller: Dispatcher.DispatchController, status: number, headers: IncomingHttpHeaders): void {
    if (status < 200 || this.#phase.at !== 'waiting') return;
    const wireHeaders = toWireHeaders(headers);
    try {
      const { origin, scrubber } = this.#addressee;
      refuseRedirect({ status, headers: wireHeaders }, () => scrubber.text(wireHeaders['location'] ?? ''), origin);
      const encoding = wireHeaders['content-encoding'] ?? '';
      const sink = openSink(encoding, this.#toSource(controller), this.#settings.maxBodyBytes, scrubber);
      this.#phase = { at: 'answered', sink };
      this.#answerer.resolve({ status, headers: wireHeaders, body: sink.body });
    } catch (error) {
      this.#answerer.reject(error);
      this.#letGo();
    }
  }

  onResponseData(_controller: Dispatcher.DispatchController, bytes: Uint8Array): void {
    if (this.#phase.at === 'answered') this.#phase.sink.write(bytes);
  }

  onResponseEnd(): void {
    if (this.#phase.at === 'answered') this.#phase.sink.end();
    this.#close();
  }

  onResponseError(_controller: Dispatcher.DispatchController | undefined, error: Error): void {
    this.#fail(error);
  }

  #fail(error: unknown): void {
    const phase = this.#phase;
    if (phase.at === 'over') return;
    const { scrubber } = this.#addressee;
    this.#close();
    if (phase.at === 'answered') phase.sink.fail(toNetworkError(error, true, scrubber));
    else this.#answerer.reject(toRefusal(error, this.#reached(error), scrubber));
  }

  #reached(error: unknown): boolean {
    return this.#controller !== undefined || (this.#settings.foreign && !neverOpened(error));
  }

  #stop(reason: unknown): void {
    const phase = this.#phase;
    if (phase.at === 'waiting') this.#answerer.reject(reason);
    if (phase.at === 'answered') phase.sink.stop(reason);
    this.#letGo();
  }

  #giveUpConnecting(): void {
    const detail = `the connection did not open in time: 'connectTimeoutMs' is ${this.#settings.connectTimeoutMs}`;
    this.#answerer.reject(new WireError('connect_timeout', detail, { reached: false }));
    this.#letGo();
  }

  /** Ends our side, and undici's whatever it is doing. */
  #letGo(): void {
    this.#close();
    const ended = toOver();
    if (this.#controller === undefined) this.#opening?.destroy(ended);
    else this.#controller.abort(ended);
    this.#opening = undefined;
  }

  #close(): void {
    this.#phase = { at: 'over' };
    this.#connectTimer?.cancel();
    this.#connectTimer = undefined;
    this.#unlisten?.();
    this.#unlisten = undefined;
  }

  #toSource(controller: Dispatcher.DispatchController): BodySource {
    return { pause: () => controller.pause(), resume: () => controller.resume(), abort: () => this.#letGo() };
  }
}

/** Undici's refusal of our own arguments is no failure of the network: nothing would make it better. */
function toRefusal(error: unknown, reached: boolean, scrubber: Scrubber): Error {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code !== 'UND_ERR_INVALID_ARG' && code !== 'UND_ERR_NOT_SUPPORTED') return toNetworkError(error, reached, scrubber);
  const message = error instanceof Error ? error.message : String(error);
  return new ConfigError(`Cannot send the request as undici refuses it: ${toPrintable(scrubber.text(message), 200)}`);
}

function toWireHeaders(headers: IncomingHttpHeaders): WireHeaders {
  // Mostly no header comes twice, and then they are what is wanted as they are.
  if (isPlain(headers)) return headers;
  const found: Record<string, string> = {};
  for (const name of Object.keys(headers)) {
    const value = headers[name];
    if (value !== undefined) found[name] = Array.isArray(value) ? value.join(', ') : value;
  }
  return found;
}

function isPlain(headers: IncomingHttpHeaders): headers is Record<string, string> {
  for (const name in headers) if (typeof headers[name] !== 'string') return false;
  return true;
}
