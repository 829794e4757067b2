import { ConfigError } from '../errors.ts';
import { toShown } from '../printable.ts';
import { DESCRIBED } from './families.ts';
import type { Aggregator, Described, Family, Sample } from './family.ts';

/** What is asked of a registry of prom-client. */
export interface MetricsRegistry {
  registerMetric(metric: never): void;
  getSingleMetric(name: string): unknown;
}

/** Who has metrics to tell. */
export interface Source {
  readonly scrape: readonly Family[];
}

/**
 * The clients that share one registry. The first one's series have the labels that they have in its own text; each further client's have
 * `client="2"`, `client="3"`, … too, so that nothing is counted together and no series of the first changes its name.
 */
export class Sharing {
  readonly #numbers = new Map<Source, number>();

  join(source: Source): void {
    if (this.#numbers.has(source)) return;
    const taken = new Set(this.#numbers.values());
    let number = 1;
    while (taken.has(number)) number += 1;
    this.#numbers.set(source, number);
  }

  leave(source: Source): void {
    this.#numbers.delete(source);
  }

  samples(name: string): Sample[] {
    return [...this.#numbers].flatMap(([source, number]) => {
      const samples = source.scrape.find((family) => family.name === name)?.samples ?? [];
      if (number === 1) return samples;
      return samples.map((sample) => ({ ...sample, labels: { ...sample.labels, client: String(number) } }));
    });
  }
}

/** A metric in the shape that a registry of prom-client asks: nothing of that package is needed for it. */
class Registered {
  /** A registry of OpenMetrics takes `_total` off, and puts it on again as it prints. */
  name: string;
  readonly help: string;
  readonly type: Described['type'];
  readonly aggregator: Aggregator;
  readonly sharing: Sharing;
  readonly #family: string;

  constructor({ name, help, type, aggregator }: Described, sharing: Sharing) {
    this.name = name;
    this.help = help;
    this.type = type;
    this.aggregator = aggregator;
    this.sharing = sharing;
    this.#family = name;
  }

  get(): Pick<Registered, 'name' | 'help' | 'type' | 'aggregator'> & { readonly values: readonly Sample[] } {
    const { name, help, type, aggregator, sharing } = this;
    return { name, help, type, aggregator, values: sharing.samples(this.#family) };
  }

  /** The counts are the client's: a registry that is reset does not forget them. */
  reset(): void {}
}

/**
 * Puts `source` into a registry, once however often it is asked. Throws `ConfigError` for what is no registry, and where it has somebody
 * else's metric of one of the names.
 */
export function register(registry: MetricsRegistry, source: Source): Sharing {
  assertRegistry(registry);
  const present = DESCRIBED.map(({ name }) => registry.getSingleMetric(name));
  const stranger = present.findIndex((metric) => metric !== undefined && !(metric instanceof Registered));
  if (stranger >= 0) {
    throw new ConfigError(
      `Cannot register the metrics as the registry has another metric of the same name: current value is ${toShown(DESCRIBED[stranger]?.name)}`,
    );
  }
  const sharing = present.find((metric) => metric instanceof Registered)?.sharing ?? new Sharing();
  for (const [index, described] of DESCRIBED.entries()) {
    // The registry asks for a metric of its own class, of which it uses what `Registered` has.
    if (present[index] === undefined) registry.registerMetric(new Registered(described, sharing) as never);
  }
  sharing.join(source);
  return sharing;
}

/** JavaScript can pass anything. */
function assertRegistry(registry: unknown): asserts registry is MetricsRegistry {
  const has = (name: string): boolean => {
    return typeof registry === 'object' && registry !== null && typeof (registry as Record<string, unknown>)[name] === 'function';
  };
  if (has('registerMetric') && has('getSingleMetric')) return;
  throw new ConfigError(
    `Cannot register the metrics as 'registry' must be a Registry of prom-client: current value is ${toShown(registry)}`,
  );
}
