import type { Call } from '../call.ts';
import type { FetchRequest } from '../chat/fetched.ts';
import {
  BudgetError,
  CacheMissError,
  ClosedError,
  ConfigError,
  DeadlineError,
  type ExhaustedKey,
  KeysExhaustedError,
  KeywheelError,
  ProviderError,
  RequestError,
} from '../errors.ts';
import type { FailureClass } from '../failure.ts';
import type { Provider } from '../providers/provider.ts';
import type { LastRefusal } from '../trace.ts';
import { FINAL, respond } from './response.ts';
import { type Complaint, toTold } from './shapes.ts';

/** Which request failed. */
export interface Failed {
  readonly request: FetchRequest;
  readonly provider: Provider;
  /** Absent where it could not even begin. */
  readonly call: Call | undefined;
  /** The caller wants to see redirects. */
  readonly manual: boolean;
}

/**
 * A failure as the `Response` that an SDK makes its own error of: the provider's last one, or one in its shape. `undefined` for what no
 * server can answer: the caller's own reason, a closed client, a wrong option, a bug.
 */
export function toFailedResponse(error: unknown, failed: Failed): Response | undefined {
  if (!(error instanceof KeywheelError) || error instanceof ClosedError || error instanceof ConfigError) return undefined;
  const { call, request } = failed;
  const head = { url: request.url, callId: call?.id };
  const last = call?.trace.lastRefusal;
  if (last !== undefined && isAnswer(last, error, failed))
    return respond(last.body, { ...head, status: last.status, headers: { ...last.headers, ...FINAL } });
  const complaint = toComplaint(error, call?.deadline.now());
  const { headers, body } = toTold(request.endpoint.protocol ?? failed.provider.protocol.name, complaint);
  return respond(JSON.stringify(body), {
    ...head,
    status: complaint.status,
    headers: { 'content-type': 'application/json', ...toWaitHeaders(complaint.waitMs), ...headers, ...FINAL },
  });
}

const DEAD = new Set<ExhaustedKey['state']>(['invalid', 'disabled', 'expired']);

/** True when the last refusal is what the error tells of. A redirect is one for who asked for it, and news that there is none always is. */
function isAnswer({ status }: LastRefusal, error: KeywheelError, { call, manual }: Failed): boolean {
  if (error instanceof KeysExhaustedError) {
    // No key is left to wait for: what the provider said of them is the news.
    const refused = call?.trace.attempts.filter((attempt) => attempt.class === 'key_invalid' || attempt.class === 'key_forbidden') ?? [];
    const isDead = ({ id, state }: ExhaustedKey): boolean => DEAD.has(state) || refused.some(({ key }) => key === id);
    return (status === 401 || status === 403) && error.keys.every(isDead);
  }
  if (!(error instanceof RequestError || error instanceof ProviderError)) return false;
  if (status >= 300 && status < 400) return error.status === undefined && (manual || status === 304);
  // An error inside a 200 is none to an SDK that looks at the status.
  return status >= 400 && status === error.status;
}

function toComplaint(error: KeywheelError, now: number | undefined): Complaint {
  const retryAt = error instanceof KeysExhaustedError || error instanceof BudgetError ? error.retryAt : undefined;
  const waitMs = retryAt === undefined || now === undefined || !Number.isFinite(retryAt) ? undefined : Math.max(0, retryAt - now);
  return { status: toStatus(error), message: error.message, code: error.code, waitMs };
}

function toStatus(error: KeywheelError): number {
  if (error instanceof KeysExhaustedError || error instanceof BudgetError) return 429;
  // As HTTP has it for `only-if-cached`.
  if (error instanceof DeadlineError || error instanceof CacheMissError) return 504;
  if (!(error instanceof RequestError || error instanceof ProviderError)) return 502;
  if (error.status !== undefined && error.status >= 400 && error.status < 600) return error.status;
  return STATUSES[error.class] ?? 502;
}

/** Of failures that have no status of their own: inside a 200, before anything was sent, or without an answer. */
const STATUSES: Readonly<Partial<Record<FailureClass, number>>> = {
  rate_limited: 429,
  quota_exhausted: 429,
  key_invalid: 401,
  key_forbidden: 403,
  model_unavailable: 404,
  overloaded: 503,
  timeout: 504,
  bad_request: 400,
  request_too_large: 413,
  context_length: 400,
  content_filtered: 400,
};

/** Whole seconds for who reads only these, and the time itself. */
function toWaitHeaders(waitMs: number | undefined): Readonly<Record<string, string>> {
  return waitMs === undefined ? {} : { 'retry-after': String(Math.ceil(waitMs / 1000)), 'retry-after-ms': String(Math.ceil(waitMs)) };
}
