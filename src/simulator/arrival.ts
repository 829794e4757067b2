import type { IncomingMessage } from 'node:http';
import { isObject } from './check.ts';
import { joinHeaders } from './headers.ts';
import { findTongue } from './tongues/find.ts';
import type { Question, WireBody } from './question.ts';
import type { Incoming, Route, Tongue } from './tongues/tongue.ts';

/** A request, read and understood as far as it can be. */
export interface Arrival {
  readonly number: number;
  /** The path as it was sent, without the query: what faults and records call it. */
  readonly path: string;
  readonly tongue: Tongue;
  readonly incoming: Incoming;
  /** `undefined` for a path that does not exist. */
  readonly route: Route | undefined;
  readonly question: Question;
}

/** What came over the wire, in the tongue that it came in. `text` is `undefined` for a body that was too long. */
export function readArrival(number: number, request: IncomingMessage, text: string | undefined): Arrival {
  const target = request.url ?? '';
  const [path = '', query = ''] = target.split(/\?(.*)/s);
  const sent: Incoming = {
    method: request.method ?? '',
    target,
    path,
    query: new URLSearchParams(query),
    headers: joinHeaders(request.headers),
    text,
    body: text === undefined ? undefined : parseBody(text),
  };
  const { tongue, incoming } = findTongue(sent);
  const route = tongue.route(incoming);
  return { number, path, tongue, incoming, route, question: tongue.read(incoming, route) };
}

/** A body that is a JSON object, or `undefined`. */
function parseBody(text: string): WireBody | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
