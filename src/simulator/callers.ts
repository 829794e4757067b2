import type { Caller, Group } from './group.ts';
import type { SimulatedKey } from './keys.ts';
import type { ShownKey } from './tongues/tongue.ts';

/** Who may call, by what they show. */
export class Callers {
  /** Whoever shows no known key, where none is required. */
  readonly #stranger: Caller | undefined;
  readonly #bySecret = new Map<string, Caller>();
  /** By what signed requests name: the first part of a secret like `AKID:SECRET`. */
  readonly #byName = new Map<string, Caller & { readonly key: SimulatedKey }>();

  constructor(groups: readonly Group[], requireKey: boolean) {
    const [first] = groups;
    this.#stranger = requireKey || first === undefined ? undefined : { group: first, key: undefined };
    for (const group of groups) {
      for (const key of group.keys) {
        this.#bySecret.set(key.secret, { group, key });
        this.#byName.set(key.secret.split(':')[0] ?? '', { group, key });
      }
    }
  }

  /** `forged`: the request names a key and is not signed with it. */
  identify(shown: ShownKey | undefined): { readonly caller: Caller | undefined; readonly forged: boolean } {
    if (shown === undefined) return { caller: this.#stranger, forged: false };
    if (shown.isSignedWith === undefined) return { caller: this.#bySecret.get(shown.text) ?? this.#stranger, forged: false };
    const signer = this.#byName.get(shown.text);
    return { caller: signer ?? this.#stranger, forged: signer !== undefined && !shown.isSignedWith(signer.key.secret) };
  }
}
