import { createHash, createHmac } from 'node:crypto';
import { isOnce, type Outgoing } from './outgoing.ts';

/** Headers that a signature adds; all others are the request's own. */
const ADDED = ['authorization', 'x-amz-date', 'x-amz-security-token'] as const;

/**
 * Signs the request by AWS's Signature Version 4, as of `now` (epoch ms): its headers get the signature, its URL the one spelling that
 * client and server agree on. The signer is loaded with the first request that needs one.
 */
export async function sign({ method, url, headers, body, signing }: Outgoing, now: number): Promise<void> {
  // A body that is read once has no hash: it was refused before.
  if (signing === undefined || isOnce(body)) return;
  const { SignatureV4 } = await import('@smithy/signature-v4');
  const { key, region, service } = signing;
  const { accessKeyId, secretAccessKey, sessionToken } = key;
  // A space in a query is `+` for a form, and a plus sign for AWS.
  url.search = url.search.replaceAll('+', '%20');
  const signer = new SignatureV4({
    credentials: { accessKeyId, secretAccessKey, ...(sessionToken === undefined ? {} : { sessionToken }) },
    region,
    service,
    sha256: Sha256,
    // The hash of the body is part of the signature; only S3 wants it in a header as well.
    applyChecksum: false,
  });
  const request = {
    method,
    protocol: url.protocol,
    hostname: url.hostname,
    path: url.pathname,
    query: toQuery(url.searchParams),
    headers: { ...toSigned(headers), host: url.host },
    body,
  };
  const signed = await signer.sign(request, { signingDate: new Date(now) });
  for (const name of ADDED) {
    const value = signed.headers[name];
    if (value !== undefined) headers[name] = value;
  }
}

/** AWS wants its own headers signed and the host; others may be changed on the way by a proxy, or written in another encoding. */
function toSigned(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => name === 'content-type' || name.startsWith('x-amz-')));
}

function toQuery(search: URLSearchParams): Record<string, string | string[]> {
  const names = [...new Set(search.keys())];
  return Object.fromEntries(
    names.map((name) => {
      const values = search.getAll(name);
      return [name, values.length === 1 ? (values[0] ?? '') : values];
    }),
  );
}

type Hasher = ReturnType<typeof createHash> | ReturnType<typeof createHmac>;
type Source = string | ArrayBuffer | ArrayBufferView;

/** Node's SHA-256, keyed where there is a secret, in the shape that the signer wants. */
class Sha256 {
  readonly #secret: Source | undefined;
  #hash: Hasher;

  constructor(secret?: Source) {
    this.#secret = secret;
    this.#hash = this.#start();
  }

  update(source: Source): void {
    this.#hash.update(toBytes(source));
  }

  digest(): Promise<Uint8Array> {
    return Promise.resolve(new Uint8Array(this.#hash.digest()));
  }

  reset(): void {
    this.#hash = this.#start();
  }

  #start(): Hasher {
    return this.#secret === undefined ? createHash('sha256') : createHmac('sha256', toBytes(this.#secret));
  }
}

function toBytes(source: Source): Uint8Array {
  if (typeof source === 'string') return Buffer.from(source, 'utf8');
  return ArrayBuffer.isView(source) ? new Uint8Array(source.buffer, source.byteOffset, source.byteLength) : new Uint8Array(source);
}
