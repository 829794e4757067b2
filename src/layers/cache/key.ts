import type { Call } from '../../call.ts';
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
    // The targets say which models an alias means; how the answer comes does not change it.
    request: { ...asked.request, model: undefined, stream: undefined, stream_options: undefined },
  });
}
