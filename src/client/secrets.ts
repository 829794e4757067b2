import type { Settings } from '../options/resolve.ts';
import type { Pool } from '../pool/pool.ts';
import { KnownSecrets, type Secret } from '../wire/index.ts';

/** Every secret of a client: its keys as they come and go, credentials in headers and queries, and what webhooks hold. */
export function knownSecrets({ providers, alerts }: Settings, { ring }: Pool): KnownSecrets {
  const fixed = [
    ...providers.flatMap(({ provider }) => provider.hidden ?? []),
    ...alerts.flatMap(({ to }) => (to.kind === 'webhook' ? to.hidden : [])),
  ];
  return new KnownSecrets({
    get version() {
      return ring.version;
    },
    all: (): readonly Secret[] => [...fixed, ...ring.all().flatMap(({ input }) => input.secret ?? [])],
  });
}
