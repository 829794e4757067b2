import { rateLimitedByScript, retryAfter, toError } from './errors.ts';
import type { AnswerFault, FrontFault } from './faults.ts';
import { toWhole, type Performance } from './performance.ts';
import type { GroupSettings } from './settings.ts';

type Headers = Readonly<Record<string, string>>;

const FRONT = new Set<string>(['status', 'rate_limit', 'overloaded', 'hang', 'html', 'redirect', 'reset']);

/** True for faults that stand in for an answer, false for those that spoil one. */
export function isFrontFault(fault: FrontFault | AnswerFault): fault is FrontFault {
  return FRONT.has(fault.kind);
}

/** What a request gets from a fault that stands in for an answer. `headers` are those of every answer. */
export function playFront(fault: FrontFault, group: GroupSettings, model: string, headers: Headers): Performance {
  switch (fault.kind) {
    case 'hang':
    case 'reset':
      return { kind: fault.kind };
    case 'status':
      return toWhole(fault.status, fault.body ?? statusError(fault.status), { ...headers, ...lowerNames(fault.headers ?? {}) });
    case 'rate_limit': {
      const error = rateLimitedByScript(group, model, fault);
      return toWhole(error.status, error.body, { ...headers, ...error.headers });
    }
    case 'overloaded': {
      const hint = fault.retryAfterMs === undefined ? {} : retryAfter(fault.retryAfterMs);
      const detail = { message: 'The server is overloaded or not ready yet.', type: 'server_error', code: 'server_is_overloaded' };
      return toWhole(503, toError(503, detail).body, { ...headers, ...hint });
    }
    case 'html':
      // A page of something in between: none of the provider's headers are on it.
      return toWhole(fault.status ?? 502, HTML, { 'content-type': 'text/html; charset=utf-8' });
    case 'redirect':
      return toWhole(fault.status ?? 307, '', { ...headers, location: fault.location });
  }
}

const HTML = `<html>
<head><title>502 Bad Gateway</title></head>
<body><center><h1>502 Bad Gateway</h1></center></body>
</html>
`;

function statusError(status: number): object {
  const message = 'The server had an error while processing your request. Sorry about that!';
  const type = status >= 500 ? 'server_error' : 'invalid_request_error';
  return toError(status, { message, type, code: null }).body;
}

/** Names of headers in one spelling, so that a fault's `Content-Type` replaces ours. */
function lowerNames(headers: Headers): Headers {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
}
