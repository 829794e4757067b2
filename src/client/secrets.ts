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

/** The same without secrets; `undefined` for what cannot be read. Nothing is copied where there are none. */
export function hideIn(written: unknown, secrets: KnownSecrets): unknown {
  try {
    const scrubber = secrets.in(JSON.stringify(written, withoutNumbers) ?? '');
    return scrubber === undefined ? written : scrubber.value(written);
  } catch {
    // A getter of the caller's, or what is no JSON.
    return undefined;
  }
}

/** Embeddings: millions of digits to read, and no secret among them. */
function withoutNumbers(_name: string, value: unknown): unknown {
  return Array.isArray(value) && typeof value[0] === 'number' ? value.length : value;
}
