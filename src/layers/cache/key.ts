import type { Call } from '../../call.ts';
import type { Asked } from '../../chat/asked.ts';
import type { FetchRequest } from '../../chat/fetched.ts';
import { fingerprint } from '../../chat/fingerprint.ts';

/**
 * Names an answer: calls with the same key may serve each other. Whoever may draw on other keys or groups asks for another answer,
 * as it may be another customer's.
 */
export function toKey(call: Call, namespace: string): string {
  const { asked, targets, settings } = call;
  return fingerprint({
    namespace,
    tenant: settings.tenant ?? null,
    groups: settings.groups ?? null,
    keys: settings.keys ?? null,
    operation: asked.operation,
    targets: targets.map(({ provider, model }) => [provider.name, provider.protocol.name, provider.baseURL, model]),
    request: asked.operation === 'fetch' ? toTelling(asked.request) : toNeutral(asked.request),
  });
}

/** The targets say which models an alias means; how the answer comes does not change it. */
function toNeutral(request: Asked['request']): unknown {
  return { ...request, model: undefined, stream: undefined, stream_options: undefined };
}

/**
 * Headers of a caller's own request that never change an answer: who sends it, for the how many-th time, and traces. All others count, as nobody
 * knows what a server makes of them: a miss too many costs a call, and a hit too many another customer's answer.
 */
const NOISE =
  /^(x-stainless-.*|user-agent|x-goog-api-client|x-goog-request-params|traceparent|tracestate|baggage|sentry-trace|idempotency-key|x-idempotency-key|x-request-id|x-client-request-id|x-amzn-trace-id|amz-sdk-.*|connection|content-length|accept-encoding|accept-language|cache-control|pragma|sec-fetch-.*|date|host)$/;

/** The bytes of the answer are the caller's: also how it comes is part of the question. */
function toTelling({ method, url, headers, json }: FetchRequest): unknown {
  const telling = Object.entries(headers).filter(([name]) => !NOISE.test(name));
  return { method, url, headers: Object.fromEntries(telling), json };
}

/** Whether a caller's own request is one that `chat` or `embed` would keep: its answer depends on its words alone. */
export function isKept({ method, endpoint, body, json }: FetchRequest): boolean {
  const isRepeated = body.kind === 'text' || body.kind === 'bytes';
  return method === 'POST' && endpoint.kind !== 'other' && isRepeated && typeof json === 'object' && json !== null;
}
