import type { Target } from '../call.ts';
import type { Asked } from '../chat/asked.ts';
import { RequestError } from '../errors.ts';
import type { Provider } from '../providers/provider.ts';

/** The targets whose providers have the operation. Throws `RequestError` when none has: nothing is sent. */
export function ableTargets(targets: readonly Target[], operation: Asked['operation']): readonly Target[] {
  const able = targets.filter(({ provider }) => has(provider, operation));
  if (able.length > 0) return able;
  const names = [...new Set(targets.map(({ provider }) => `'${provider.name}'`))].join(', ');
  const [what, which] = LACKS[operation];
  throw new RequestError(`Cannot send the ${what} to ${names} as keywheel knows of no ${which} there`, { class: 'bad_request' });
}

const LACKS = {
  chat: ['chat request', 'chats'],
  embed: ['embeddings request', 'embeddings'],
  models: ['request for models', 'list of models'],
} as const;

function has({ capabilities }: Provider, operation: Asked['operation']): boolean {
  switch (operation) {
    case 'chat':
      return true;
    case 'embed':
      return capabilities.embeddings !== false;
    case 'models':
      return capabilities.models;
  }
}
