import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { readArrival, type Arrival } from './arrival.ts';
import type { Decision, Desk } from './desk.ts';
import { Exchange, readText, type Watch } from './exchange.ts';
import { toRefusal } from './front.ts';
import { withoutKey, withoutSecrets } from './headers.ts';
import type { Ledger, Visit } from './ledger.ts';
import type { Settings } from './settings.ts';
import { readPrompt } from './tokens.ts';

/** Takes requests from the wire, asks the desk what to do with them, and does it. */
export class LoopbackServer {
  readonly #settings: Settings;
  readonly #desk: Desk;
  readonly #ledger: Ledger;
  readonly #server: Server;
  /** Requests being answered: closing waits for their last step. */
  readonly #tasks = new Set<Promise<void>>();
  #count = 0;

  constructor(settings: Settings, desk: Desk, ledger: Ledger) {
    this.#settings = settings;
    this.#desk = desk;
    this.#ledger = ledger;
    // No timeouts: a connection ends when the client or `close()` ends it, never by a timer of ours in the middle of a test.
    const timeouts = { keepAliveTimeout: 0, requestTimeout: 0, headersTimeout: 0 };
    this.#server = createServer(timeouts, (request, response) => this.#accept(request, response));
    this.#server.on('connection', () => ledger.connect());
  }

  /** Listens on a free port of 127.0.0.1 and says which. */
  async listen(): Promise<number> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(0, '127.0.0.1', resolve);
    });
    const address = this.#server.address();
    if (typeof address === 'object' && address !== null) return address.port;
    throw new Error(`Cannot start the simulator as its address must have a port: current value is ${address}`);
  }

  /** Drops every connection and waits for what was going on. */
  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    this.#server.closeAllConnections();
    await closed;
    await Promise.all(this.#tasks);
  }

  #accept(request: IncomingMessage, response: ServerResponse): void {
    const task = this.#serve(request, response).finally(() => this.#tasks.delete(task));
    this.#tasks.add(task);
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const exchange = new Exchange(response, this.#settings.clock);
    const text = await readText(request);
    if (text === 'gone') return;
    const arrival = readArrival(++this.#count, request, text === 'too long' ? undefined : text.text);
    const decision = this.#decide(arrival);
    const visit = this.#record(arrival, decision);
    const watch = watchOver(decision, visit);
    if (await exchange.pause(decision.delayMs)) await exchange.perform(decision.perform(), watch);
    else watch.end(0, true);
  }

  #decide(arrival: Arrival): Decision {
    try {
      return this.#desk.decide(arrival);
    } catch (error) {
      // The user's `reply` threw. Answering with its message is how a test finds out.
      const message = `The simulator's reply function failed: ${error instanceof Error ? error.message : String(error)}`;
      const performance = toRefusal(arrival.tongue.refuse({ kind: 'reply_failed', message }, 'reply-failed'), {});
      const nothing = { caller: undefined, delayMs: 0, fault: undefined, replyId: undefined, tokens: 0, release: () => undefined };
      return { ...nothing, outcome: 'rejected', perform: () => performance };
    }
  }

  #record({ number, path, tongue, incoming, question }: Arrival, decision: Decision): Visit {
    return this.#ledger.arrive({
      number,
      at: this.#settings.clock.now(),
      protocol: tongue.name,
      method: incoming.method,
      path,
      query: withoutKey(incoming.query),
      key: decision.caller?.key?.id,
      group: decision.caller?.group.settings.id,
      model: question.model,
      stream: question.stream,
      prompt: readPrompt(question),
      headers: withoutSecrets(incoming.headers),
      body: incoming.body,
      fault: decision.fault,
      replyId: decision.replyId,
    });
  }
}

function watchOver(decision: Decision, visit: Visit): Watch {
  return {
    status: (status) => visit.status(status),
    end: (share, gone) => {
      decision.release(share);
      // A fault that made the client leave has done what it was for.
      visit.end(gone && decision.fault === undefined ? 'aborted' : decision.outcome, decision.tokens, gone);
    },
  };
}
