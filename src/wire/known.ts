import { Secret } from '../secret.ts';
import { partsOf, Scrubber } from './scrub.ts';

/** What is shorter is a word: `test` and `none` are keys of servers that want none. */
const SHORTEST = 8;

/** Characters by which a secret is looked up. */
const PROBE = 8;

/** Keys that went are still secrets: so many are remembered beside those that are there. */
const SPARE = 1000;

/** Of any length: to ask for long ones here would read short ones several times. */
const RUNS = /[A-Za-z0-9+/_-]+/g;

/** All secrets that somebody knows of; they may come and go. */
export interface SecretSource {
  /** Changes when they do. */
  readonly version: number;
  all(): Iterable<Secret>;
}

/**
 * Finds the secrets of thousands of keys in a text at the price of reading it once: each is looked up by a piece that stands in every form of it,
 * as letters and digits are escaped by nobody.
 */
export class KnownSecrets {
  readonly #source: SecretSource;
  #version: number | undefined;
  readonly #seen = new Set<Secret>();
  readonly #byProbe = new Map<string, Secret[]>();
  /** Those without such a piece. */
  readonly #always = new Set<Secret>();

  constructor(source: SecretSource) {
    this.#source = source;
  }

  /** For the secrets that a text may hold; `undefined` where it holds none. */
  in(text: string): Scrubber | undefined {
    this.#refresh();
    const found = new Set(this.#always);
    if (this.#byProbe.size > 0) for (const run of text.match(RUNS) ?? []) this.#lookUp(run, found);
    return found.size === 0 ? undefined : new Scrubber([...found]);
  }

  #lookUp(run: string, found: Set<Secret>): void {
    for (let at = 0; at + PROBE <= run.length; at += 1) {
      const secrets = this.#byProbe.get(run.slice(at, at + PROBE));
      if (secrets !== undefined) for (const secret of secrets) found.add(secret);
    }
  }

  #refresh(): void {
    const { version } = this.#source;
    if (version === this.#version) return;
    this.#version = version;
    const all = [...this.#source.all()];
    if (this.#seen.size > 2 * all.length + SPARE) this.#forget();
    for (const secret of all) if (!this.#seen.has(secret)) this.#add(secret);
  }

  #forget(): void {
    this.#seen.clear();
    this.#byProbe.clear();
    this.#always.clear();
  }

  #add(secret: Secret): void {
    this.#seen.add(secret);
    for (const part of partsOf(Secret.reveal(secret)).filter(({ length }) => length >= SHORTEST)) {
      const probe = probeOf(part);
      if (probe === undefined) this.#always.add(secret);
      for (const each of [probe, ...probesOfBase64(part)]) if (each !== undefined) this.#note(each, secret);
    }
  }

  #note(probe: string, secret: Secret): void {
    const secrets = this.#byProbe.get(probe);
    if (secrets === undefined) this.#byProbe.set(probe, [secret]);
    else secrets.push(secret);
  }
}

/** From the middle of the longest run of letters and digits: the beginning is the same for all keys of a provider. */
function probeOf(text: string): string | undefined {
  const runs = text.match(/[a-z0-9]+/gi) ?? [];
  return middleOf(runs.reduce((longest, run) => (run.length > longest.length ? run : longest), ''));
}

function probesOfBase64(text: string): readonly (string | undefined)[] {
  const bytes = Buffer.from(text);
  return [middleOf(bytes.toString('base64').replace(/=+$/, '')), middleOf(bytes.toString('base64url'))];
}

function middleOf(text: string): string | undefined {
  if (text.length < PROBE) return undefined;
  const at = Math.floor((text.length - PROBE) / 2);
  return text.slice(at, at + PROBE);
}
