import { AttemptError, type FailureClass, type Verdict } from '../failure.ts';
import { toPrintable } from '../printable.ts';
import type { WireError } from '../wire/index.ts';

/** Which exchange an error is about. */
export interface Place {
  readonly provider: string;
  readonly model: string;
  readonly host: string;
}

/** Longest part of a useless answer that an error shows. */
const SHOWN = 200;

/** A failure of the network or of the bytes. It is about the route, never about the key. */
export function toAttemptError(error: WireError, place: Place): AttemptError {
  return new AttemptError(readWireError(error, place), { reached: error.reached, cause: error });
}

function readWireError(error: WireError, place: Place): Verdict {
  const why = toWhy(place, error.detail);
  switch (error.kind) {
    case 'connect_timeout':
      return aboutRoute('timeout', why);
    case 'network':
      return aboutRoute('network', why);
    case 'unreadable':
      return aboutRoute('server_error', why);
    case 'redirect':
      // A wrong base URL or a captive portal: the provider as configured does not work. No class says "never retry, the next target
      // please", so it counts as a sick route; `definitive` tells that waiting will not help.
      return { ...aboutRoute('server_error', why), definitive: true };
  }
}

/** A limit of ours passed. `what` names the option. */
export function toTimeout(place: Place, what: string, ms: number, reached: boolean): AttemptError {
  return new AttemptError(aboutRoute('timeout', toWhy(place, `its time is over: '${what}' is ${ms}`)), { reached });
}

/** An answer with status 200 that is none. `shown` is scrubbed. */
export function toMalformed(place: Place, what: string, shown: string, status: number): AttemptError {
  const message = toPrintable(shown, SHOWN);
  const verdict: Verdict = { ...aboutRoute('server_error', toWhy(place, `${what}: ${JSON.stringify(message)}`)), status, message };
  return new AttemptError(verdict, { reached: true });
}

/** The body ended, and with it the stream, but nothing said that it was complete. */
export function toCut(place: Place): AttemptError {
  const why = toWhy(place, 'the stream ended without its terminal marker');
  return new AttemptError(aboutRoute('network', why), { reached: true });
}

/** One phrase: who tells the caller names provider and model before it. */
function toWhy({ host }: Place, reason: string): string {
  return `${reason} (${host})`;
}

function aboutRoute(failure: FailureClass, why: string): Verdict {
  return { class: failure, scope: 'route', perModel: false, definitive: false, why };
}
