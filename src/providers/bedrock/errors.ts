import type { WireEvent, WireFailure } from '../../wire/types.ts';
import { isLoose, type Loose } from '../loose.ts';

/** An exception inside a stream, in the shape that the same one has as an answer. */
export function toErrorBody({ event, data }: Pick<WireEvent, 'event' | 'data'>): Loose {
  const told = parse(data);
  const fields = isLoose(told) ? told : { message: data };
  return { ...fields, __type: event ?? 'UnknownException' };
}

/**
 * The failure with the exception's name in its body, where the rules look for it: AWS says it in a header, with an address behind it, or in
 * a body's `__type`, with a package before it. SDKs that pass a stream's exception on put its name around it.
 */
export function withType(failure: WireFailure): WireFailure {
  const { headers } = failure;
  const body = unwrap(failure.body);
  const named = headers['x-amzn-errortype'] ?? headers[':exception-type'] ?? (isLoose(body) ? body['__type'] : undefined);
  const type = typeof named === 'string' ? toPlainType(named) : '';
  if (type === '') return { ...failure, body };
  return {
    ...failure,
    body: { ...(isLoose(body) ? body : typeof body === 'string' ? { message: body } : {}), ...toMessage(body), __type: type },
  };
}

function unwrap(body: unknown): unknown {
  if (!isLoose(body)) return body;
  const [name = '', ...others] = Object.keys(body);
  const inner = body[name];
  return others.length === 0 && /exception$/i.test(name) && isLoose(inner) ? { ...inner, __type: name } : body;
}

/** `com.amazon.coral.service#ThrottlingException:http://internal.amazon.com/…` */
function toPlainType(named: string): string {
  const [name = ''] = named.split(':');
  return name.slice(name.lastIndexOf('#') + 1).trim();
}

/** Some services of AWS write it with a capital. */
function toMessage(body: unknown): Loose {
  return isLoose(body) && body['message'] === undefined && typeof body['Message'] === 'string' ? { message: body['Message'] } : {};
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
