import type { AnswerFault, FrontFault, RateLimitFault } from './faults.ts';
import { toWhole, type Performance } from './performance.ts';
import type { GroupSettings } from './settings.ts';
import type { ErrorAnswer, Failure, Headers, RateLimit, Tongue } from './tongues/tongue.ts';

const FRONT = new Set<string>(['status', 'rate_limit', 'overloaded', 'hang', 'html', 'redirect', 'reset']);

/** True for faults that stand in for an answer, false for those that spoil one. */
export function isFrontFault(fault: FrontFault | AnswerFault): fault is FrontFault {
  return FRONT.has(fault.kind);
}

/** Who is met by a fault. */
export interface Met {
  readonly tongue: Tongue;
  readonly requestId: string;
  readonly group: GroupSettings;
  readonly model: string;
  /** Those of every answer. */
  readonly headers: Headers;
}

/** What a request gets from a fault that stands in for an answer. */
export function playFront(fault: FrontFault, met: Met): Performance {
  const { tongue, requestId, headers } = met;
  const refuse = (failure: Failure): ErrorAnswer => tongue.refuse(failure, requestId);
  switch (fault.kind) {
    case 'hang':
    case 'reset':
      return { kind: fault.kind };
    case 'status': {
      const usual = refuse({ kind: 'status', status: fault.status });
      if (fault.body === undefined) return toRefusal(usual, { ...headers, ...lowerNames(fault.headers ?? {}) });
      return toWhole(fault.status, fault.body, { ...headers, ...lowerNames(fault.headers ?? {}) });
    }
    case 'rate_limit':
      return toRefusal(refuse(toScriptedLimit(fault, met)), headers);
    case 'overloaded':
      return toRefusal(refuse({ kind: 'overloaded', retryAfterMs: fault.retryAfterMs }), headers);
    case 'html':
      // A page of something in between: none of the provider's headers are on it.
      return toWhole(fault.status ?? 502, HTML, { 'content-type': 'text/html; charset=utf-8' });
    case 'redirect':
      return toWhole(fault.status ?? 307, '', { ...headers, location: fault.location });
  }
}

/** An error as it goes over the wire. */
export function toRefusal({ status, body, headers }: ErrorAnswer, common: Headers): Performance {
  return toWhole(status, body, { ...common, ...headers });
}

/** A limit that was met only in a script. */
function toScriptedLimit(fault: RateLimitFault, { group, model }: Met): RateLimit {
  const { counts = 'requests', per = 'min', retryAfterMs = 1000, hints = 'both' } = fault;
  return { kind: 'rate_limit', group, model, counts, unit: per, limit: 500, used: 500, requested: 1, waitMs: retryAfterMs, hints };
}

const HTML = `<html>
<head><title>502 Bad Gateway</title></head>
<body><center><h1>502 Bad Gateway</h1></center></body>
</html>
`;

/** Names of headers in one spelling, so that a fault's `Content-Type` replaces ours. */
function lowerNames(headers: Headers): Headers {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
}
