/** Puts `[Redacted]` in the place of what paths name. May change what it gets. */
export type Redact = (facts: Readonly<Record<string, unknown>>) => Readonly<Record<string, unknown>>;

/** Loaded only where a path is given. */
export async function loadRedact(paths: readonly string[]): Promise<Redact> {
  const { default: redact } = await import('@pinojs/redact');
  const redacted = redact({ paths: [...paths], censor: '[Redacted]', serialize: (facts: object) => facts });
  // What its serializer returns, which is the object.
  return (facts) => redacted(facts) as Readonly<Record<string, unknown>>;
}
