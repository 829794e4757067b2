import { SignalHub } from '../../src/abort.ts';
import { systemClock, type Clock } from '../../src/clock.ts';
import { Deadline } from '../../src/deadline.ts';
import { Secret } from '../../src/secret.ts';
import type { Credential, WireRequest } from '../../src/wire/index.ts';

export const SECRET = 'sk-test-4f9c1d7e22aa90bb';

export const credential: Credential = { secret: new Secret(SECRET), auth: { kind: 'header', header: 'authorization', prefix: 'Bearer ' } };

export function toRequest(url: string, more: Partial<WireRequest> = {}): WireRequest {
  return { method: 'POST', url, headers: { 'content-type': 'application/json' }, body: '{"hello":"wörld"}', ...more };
}

/** A deadline that never ends by itself. */
export function endless(clock: Clock = systemClock): Deadline {
  return new Deadline(clock, new SignalHub(), { timeoutMs: Infinity });
}

export async function readAll(body: { read(): Promise<Uint8Array | undefined> }): Promise<string> {
  const pieces: Uint8Array[] = [];
  for (let piece = await body.read(); piece !== undefined; piece = await body.read()) pieces.push(piece);
  return Buffer.concat(pieces).toString('utf8');
}
