import type { Target } from '../call.ts';
import { ConfigError, RequestError } from '../errors.ts';
import { toShown } from '../printable.ts';
import type { Provider } from '../providers/provider.ts';
import { suggest } from '../options/suggest.ts';

/**
 * Model names: an exact alias first; then `provider/model` or `provider:model` when the part before the first separator is a
 * configured provider; else a bare name when one provider is configured. Aliases do not nest.
 */
export class ModelNames {
  readonly #providers: ReadonlyMap<string, Provider>;
  readonly #aliases = new Map<string, readonly Target[]>();
  readonly #only: Provider | undefined;

  /** Throws `ConfigError` for an alias to a target that is none. */
  constructor(providers: readonly Provider[], aliases: ReadonlyMap<string, readonly string[]>) {
    this.#providers = new Map(providers.map((provider) => [provider.name, provider]));
    this.#only = providers.length === 1 ? providers[0] : undefined;
    for (const [alias, names] of aliases) this.#aliases.set(alias, names.map((name) => this.#targetOf(alias, name)));
  }

  /** Throws `RequestError` naming the field when the name is no model of a configured provider. */
  resolve(model: string): readonly Target[] {
    const targets = this.#aliases.get(model);
    if (targets !== undefined) return targets;
    const target = this.#find(model);
    if (target !== undefined) return [target];
    const known = [...this.#aliases.keys(), ...[...this.#providers.keys()].map((name) => `${name}/…`)];
    const meant = suggest(model, [...this.#aliases.keys()]);
    const hint = meant === undefined ? `use one of ${known.join(', ')}` : `did you mean '${meant}'?`;
    throw new RequestError(`Cannot start the call as 'model' must be an alias or name a configured provider, ${hint}: current value is ${toShown(model)}`, {
      class: 'bad_request',
    });
  }

  #targetOf(alias: string, name: string): Target {
    const target = this.#find(name);
    if (target !== undefined) return target;
    const nested = this.#aliases.has(name) ? ', and aliases do not nest' : '';
    throw new ConfigError(`Cannot create the client as 'models.${alias}' must name models of configured providers${nested}: current value is ${toShown(name)}`);
  }

  #find(name: string): Target | undefined {
    const separator = name.search(/[/:]/);
    const provider = separator < 0 ? undefined : this.#providers.get(name.slice(0, separator));
    const model = name.slice(separator + 1);
    if (provider !== undefined && model !== '') return toTarget(provider, model);
    return this.#only === undefined ? undefined : toTarget(this.#only, name);
  }
}

function toTarget(provider: Provider, model: string): Target {
  return { provider, model, route: `${provider.name} ${provider.baseURL} ${model}` };
}
