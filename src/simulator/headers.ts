/** Fields that may carry a credential: they are not recorded. */
const SECRET_HEADERS = new Set([
  'authorization',
  'proxy-authorization',
  'cookie',
  'api-key',
  'x-api-key',
  'x-goog-api-key',
  'x-amz-security-token',
]);

type Headers = Readonly<Record<string, string>>;

/** Headers by lower-case name, repeated ones joined. */
export function joinHeaders(headers: Readonly<Record<string, string | readonly string[] | undefined>>): Headers {
  const sent = Object.entries(headers).filter(([, value]) => value !== undefined);
  return Object.fromEntries(sent.map(([name, value]) => [name, typeof value === 'string' ? value : (value ?? []).join(', ')]));
}

/** The headers of a request without those that may carry a secret. */
export function withoutSecrets(headers: Headers): Headers {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !SECRET_HEADERS.has(name)));
}

/** A query without a key in it. */
export function withoutKey(query: URLSearchParams): string {
  if (!query.has('key')) return query.size === 0 ? '' : `?${query.toString()}`;
  const kept = new URLSearchParams(query);
  kept.delete('key');
  return kept.size === 0 ? '' : `?${kept.toString()}`;
}
