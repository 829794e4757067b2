import { expect } from 'vitest';
import { ConfigError } from '../../src/errors.ts';
import { resolveOptions, type Settings } from '../../src/options/resolve.ts';
import type { ProviderOptions } from '../../src/options/types.ts';

export const KEY = 'sk-test-0123456789abcdef';

/** Options as a program without types may give them. */
export type Loose = Readonly<Record<string, unknown>>;

/** Resolves options without the machine's environment and with one key, unless `options` says otherwise. */
export function resolve(options: Loose = {}): Settings {
  const providers = { openai: { keys: [KEY] } };
  return resolveOptions({ env: {}, providers, ...options });
}

/** The one provider that `options` and `env` make of it. */
export function resolveOne(name: string, options: ProviderOptions | Loose, env: Readonly<Record<string, string>> = {}) {
  const [resolved] = resolve({ providers: { [name]: options }, env }).providers;
  if (resolved === undefined) throw new Error('No provider was resolved');
  return resolved;
}

/** The message of the `ConfigError` that `run` must throw. */
export function refusal(run: () => unknown): string {
  let thrown: unknown = 'nothing was thrown';
  try {
    run();
  } catch (error) {
    thrown = error;
  }
  expect(thrown).toBeInstanceOf(ConfigError);
  // Asserted one line above.
  return (thrown as ConfigError).message;
}
