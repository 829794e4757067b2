import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { readBearer } from '../keys.ts';
import type { Incoming, ShownKey } from '../tongue.ts';

/** A bearer key, or the access key id of a request that is signed with Signature Version 4. */
export function readKey(incoming: Incoming): ShownKey | undefined {
  const signed = readSignature(incoming.headers['authorization'] ?? '');
  if (signed === undefined) return readBearer(incoming);
  return { text: signed.id, isSignedWith: (secret) => isSigned(incoming, signed, secret) };
}

interface Signature {
  readonly id: string;
  readonly date: string;
  readonly region: string;
  readonly service: string;
  readonly headers: readonly string[];
  readonly value: string;
}

function readSignature(authorization: string): Signature | undefined {
  const fields = /^AWS4-HMAC-SHA256\s+Credential=([^,]+),\s*SignedHeaders=([^,]+),\s*Signature=([0-9a-f]{64})$/.exec(authorization);
  if (fields === null) return undefined;
  const [, credential = '', headers = '', value = ''] = fields;
  const [id = '', date = '', region = '', service = ''] = credential.split('/');
  return { id, date, region, service, headers: headers.split(';'), value };
}

/** `secret` is `ACCESS_KEY_ID:SECRET_ACCESS_KEY[:SESSION_TOKEN]`. */
function isSigned(incoming: Incoming, signature: Signature, secret: string): boolean {
  const [, secretKey = '', ...token] = secret.split(':');
  const { headers } = incoming;
  const at = headers['x-amz-date'] ?? '';
  // What a signature does not cover anybody could change on the way.
  const covered = Object.keys(headers).filter((name) => name === 'host' || name.startsWith('x-amz-'));
  if (!covered.every((name) => signature.headers.includes(name))) return false;
  if ((headers['x-amz-security-token'] ?? '') !== token.join(':')) return false;
  if (!at.startsWith(signature.date) || signature.service !== 'bedrock') return false;
  const scope = `${signature.date}/${signature.region}/${signature.service}/aws4_request`;
  const text = ['AWS4-HMAC-SHA256', at, scope, hash(canonize(incoming, signature))].join('\n');
  const steps = [signature.date, signature.region, signature.service, 'aws4_request', text];
  const expected = steps.reduce<string | Buffer>((key, step) => createHmac('sha256', key).update(step).digest(), `AWS4${secretKey}`);
  return timingSafeEqual(Buffer.from(expected), Buffer.from(signature.value, 'hex'));
}

/** The request in the one form that both sides sign. Outside of S3 the path, as it was sent, is encoded once more. */
function canonize({ method, target, query, headers, text = '' }: Incoming, signature: Signature): string {
  const [sent = ''] = target.split('?');
  const path = sent.split('/').map(encode).join('/');
  const pairs = Array.from(query, ([name, value]) => `${encode(name)}=${encode(value)}`).toSorted();
  const lines = signature.headers.map((name) => `${name}:${(headers[name] ?? '').trim().replaceAll(/\s+/g, ' ')}`);
  return [method, path, pairs.join('&'), ...lines, '', signature.headers.join(';'), hash(text)].join('\n');
}

function hash(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/** Everything but what RFC 3986 leaves alone. */
function encode(text: string): string {
  return encodeURIComponent(text).replaceAll(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);
}
