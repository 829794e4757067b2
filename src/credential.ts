/** Names of headers and parameters that carry credentials. */
const CREDENTIAL = /auth|cookie|credential|key|passw|secret|session|signature|token/i;

/** What is shorter is a word like `Bearer`, and hiding it would mangle every text. */
const SHORTEST = 8;

export function isCredential(name: string): boolean {
  return CREDENTIAL.test(name);
}

/** The credentials among headers or parameters. A value with a scheme before it (`Basic …`) is one with and without. */
export function credentialsIn(named: Readonly<Record<string, string>>): readonly string[] {
  const values = Object.entries(named).flatMap(([name, value]) => (isCredential(name) ? [value, ...value.split(/\s+/)] : []));
  return [...new Set(values.filter((value) => value.length >= SHORTEST))];
}
