import type { Clock } from '../clock.ts';
import { Backlog } from './backlog.ts';
import { WARN } from './draft.ts';
import { toLine } from './format.ts';
import type { Port, PortListener } from './port.ts';

/** What waits for a slow destination: at most so many lines, and so much text. */
const MOST = { lines: 1000, characters: 4_000_000 } as const;

/** A destination that failed is left alone so long, ms. No timer: the next line after it tries again. */
const PAUSE_MS = 10_000;

/** How long `close()` waits for what is not written yet, ms. */
const CLOSE_MS = 2_000;

type State =
  | { readonly status: 'shut' }
  | { readonly status: 'opening' }
  | { readonly status: 'open'; readonly port: Port }
  /** It takes no more for now. */
  | { readonly status: 'full'; readonly port: Port }
  | { readonly status: 'broken'; readonly until: number };

export interface PipeOptions {
  readonly open: (listener: PortListener) => Port | Promise<Port>;
  readonly clock: Clock;
  /** Told once an outage. */
  readonly onFailure: (error: unknown) => void;
}

/** Lines on their way into a stream: as fast as it takes them, in bounded memory, and whatever it does harms nobody. */
export class Pipe {
  readonly #options: PipeOptions;
  readonly #backlog = new Backlog(MOST);
  #state: State = { status: 'shut' };
  /** Changes with each port: what an earlier one still tells is old news. */
  #round = 0;
  /** Lines that were handed over and are not written yet. */
  #unwritten = 0;
  #isOut = false;
  #onIdle: (() => void) | undefined;
  #isClosed = false;

  constructor(options: PipeOptions) {
    this.#options = options;
  }

  write(line: string): void {
    if (this.#isClosed) return;
    this.#backlog.add(line);
    this.#pump();
  }

  /** Waits until all is written, for a short time. */
  async close(): Promise<void> {
    this.#isClosed = true;
    // One more try: there is no later one.
    if (this.#state.status === 'broken') this.#state = { status: 'shut' };
    this.#pump();
    let stop = (): void => {};
    const late = new Promise<void>((resolve) => {
      const timer = this.#options.clock.after(CLOSE_MS, resolve);
      stop = () => timer.cancel();
    });
    await Promise.race([this.#flush(), late]);
    stop();
    if ('port' in this.#state) this.#state.port.drop();
  }

  async #flush(): Promise<void> {
    if (!this.#isIdle) {
      await new Promise<void>((resolve) => {
        this.#onIdle = resolve;
      });
    }
    if (this.#state.status !== 'open' && this.#state.status !== 'full') return;
    const { port } = this.#state;
    this.#round += 1;
    this.#state = { status: 'shut' };
    await port.close();
  }

  get #isIdle(): boolean {
    const { status } = this.#state;
    return status === 'broken' || (status !== 'opening' && this.#unwritten === 0 && this.#backlog.isEmpty);
  }

  #pump(): void {
    const { status } = this.#state;
    if (this.#backlog.isEmpty || status === 'opening' || status === 'full') return;
    if (status === 'broken' && this.#options.clock.now() < this.#state.until) return;
    if (status !== 'open') this.#open();
    while (this.#state.status === 'open' && !this.#backlog.isEmpty) this.#put(this.#state.port);
  }

  #open(): void {
    this.#round += 1;
    const round = this.#round;
    const listener: PortListener = {
      onReady: () => this.#ready(round),
      onError: (error) => this.#fail(round, error),
    };
    this.#state = { status: 'opening' };
    try {
      const port = this.#options.open(listener);
      if (!(port instanceof Promise)) this.#state = { status: 'open', port };
      else port.then((opened) => this.#opened(round, opened)).catch((error: unknown) => this.#fail(round, error));
    } catch (error) {
      this.#fail(round, error);
    }
  }

  #opened(round: number, port: Port): void {
    if (round !== this.#round || this.#state.status !== 'opening') return port.drop();
    this.#state = { status: 'open', port };
    this.#pump();
    this.#tellIdle();
  }

  #put(port: Port): void {
    const round = this.#round;
    const line = this.#next();
    if (line === undefined) return;
    this.#unwritten += 1;
    try {
      const more = port.write(line, (error) => this.#settle(round, error));
      if (!more && round === this.#round && this.#state.status === 'open') this.#state = { status: 'full', port };
    } catch (error) {
      this.#fail(round, error);
    }
  }

  #next(): string | undefined {
    const dropped = this.#backlog.takeDropped();
    if (dropped === 0) return this.#backlog.take();
    const msg = `${dropped} ${dropped === 1 ? 'line was' : 'lines were'} left out: the log was too slow, or could not be written`;
    return toLine({ level: WARN, time: this.#options.clock.now(), dropped, msg });
  }

  #settle(round: number, error: unknown): void {
    if (round !== this.#round) return;
    if (error !== undefined && error !== null) return this.#fail(round, error);
    this.#unwritten -= 1;
    this.#isOut = false;
    this.#tellIdle();
  }

  #ready(round: number): void {
    if (round !== this.#round || this.#state.status !== 'full') return;
    this.#state = { status: 'open', port: this.#state.port };
    this.#pump();
  }

  #fail(round: number, error: unknown): void {
    if (round !== this.#round || this.#state.status === 'broken') return;
    const port = 'port' in this.#state ? this.#state.port : undefined;
    this.#round += 1;
    this.#state = { status: 'broken', until: this.#options.clock.now() + PAUSE_MS };
    this.#backlog.lose(this.#unwritten);
    this.#unwritten = 0;
    port?.drop();
    if (!this.#isOut) this.#options.onFailure(error);
    this.#isOut = true;
    this.#tellIdle();
  }

  #tellIdle(): void {
    if (this.#onIdle === undefined || !this.#isIdle) return;
    this.#onIdle();
    this.#onIdle = undefined;
  }
}
