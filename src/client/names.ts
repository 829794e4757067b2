import type { Target } from '../call.ts';
import { ConfigError, RequestError } from '../errors.ts';
import { toShown } from '../printable.ts';
import type { Provider } from '../providers/provider.ts';
import type { Balancing } from '../options/aliases.ts';
import { suggest } from '../options/suggest.ts';

const MOST_KNOWN = 200;

/**
 * Model names: an exact alias first; then `provider/model` or `provider:model` when the part before the first separator is a
 * configured provider; else a bare name when one provider is configured. Aliases do not nest.
 */
export class ModelNames {
  readonly #providers: ReadonlyMap<string, Provider>;
  readonly #aliases: ReadonlyMap<string, readonly Target[]>;
  readonly #only: Provider | undefined;

  /** Throws `ConfigError` for an alias to a target that is none. */
  constructor(
    providers: readonly Provider[],
    aliases: ReadonlyMap<string, readonly string[]>,
    balances: ReadonlyMap<string, Balancing> = new Map(),
  ) {
    this.#providers = new Map(providers.map((provider) => [provider.name, provider]));
    this.#only = providers.length === 1 ? providers[0] : undefined;
    this.#aliases = new Map(
      [...aliases].map(([alias, names]) => {
        const targets = names.map((name) => this.#targetOf(alias, name, aliases));
        return [alias, balanced(targets, balances.get(alias))];
      }),
    );
  }

  /** Names that were resolved before: programs use few, and each call asks for one. */
  readonly #known = new Map<string, readonly Target[]>();

  /** Throws `RequestError` naming the field when the name is no model of a configured provider. */
  resolve(model: string): readonly Target[] {
    const targets = this.#aliases.get(model) ?? this.#known.get(model);
    if (targets !== undefined) return targets;
    // Not everybody is checked by types.
    const target = typeof model === 'string' ? this.#find(model) : undefined;
    if (target !== undefined) return this.#keep(model, [target]);
    const known = [...this.#aliases.keys(), ...[...this.#providers.keys()].map((name) => `${name}/…`)];
    const meant = typeof model === 'string' ? suggest(model, [...this.#aliases.keys()]) : undefined;
    const hint = meant === undefined ? `use one of ${known.join(', ')}` : `did you mean '${meant}'?`;
    throw new RequestError(
      `Cannot start the call as 'model' must be an alias or name a configured provider, ${hint}: current value is ${toShown(model)}`,
      { class: 'bad_request' },
    );
  }

  /** The provider of this name, or the only one. Throws `ConfigError` when there is no such one. */
  provider(name: string | undefined): Provider {
    const found = name === undefined ? this.#only : this.#providers.get(name);
    if (found !== undefined) return found;
    const known = [...this.#providers.keys()].join(', ');
    const meant = typeof name === 'string' ? suggest(name, [...this.#providers.keys()]) : undefined;
    const hint = meant === undefined ? `name one of ${known}` : `did you mean '${meant}'?`;
    throw new ConfigError(`Cannot list the models as 'provider' must be a configured provider, ${hint}: current value is ${toShown(name)}`);
  }

  #keep(model: string, targets: readonly Target[]): readonly Target[] {
    if (this.#known.size >= MOST_KNOWN) this.#known.clear();
    this.#known.set(model, targets);
    return targets;
  }

  #targetOf(alias: string, name: string, aliases: ReadonlyMap<string, unknown>): Target {
    // With one provider another alias would pass for a bare name. An alias may stand before the model of its own name.
    const nested = name !== alias && aliases.has(name) && this.#prefixed(name) === undefined;
    const target = nested ? undefined : this.#find(name);
    if (target !== undefined) return target;
    const reason = nested ? ', and aliases do not nest' : '';
    throw new ConfigError(
      `Cannot create the client as 'models.${alias}' must name models of configured providers${reason}: current value is ${toShown(name)}`,
    );
  }

  #find(name: string): Target | undefined {
    const prefixed = this.#prefixed(name);
    if (prefixed !== undefined) return prefixed.model === '' ? undefined : toTarget(prefixed.provider, prefixed.model);
    return this.#only === undefined || name === '' ? undefined : toTarget(this.#only, name);
  }

  #prefixed(name: string): { readonly provider: Provider; readonly model: string } | undefined {
    const separator = name.search(/[/:]/);
    const provider = separator < 0 ? undefined : this.#providers.get(name.slice(0, separator));
    return provider === undefined ? undefined : { provider, model: name.slice(separator + 1) };
  }
}

function balanced(targets: readonly Target[], balancing: Balancing | undefined): readonly Target[] {
  if (balancing === undefined) return targets;
  return targets.map((target, index) => {
    const { weight = 1, price } = balancing.targets[index] ?? {};
    return { ...target, balanced: { by: balancing.by, weight, price } };
  });
}

export function toTarget(provider: Provider, model: string): Target {
  return { provider, model, route: `${provider.name} ${provider.baseURL} ${model}` };
}
