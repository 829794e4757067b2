/** Environment variables as they are read: an empty one is one that is not set. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** The first of `names` that is set. */
export function readVariable(env: Environment, names: readonly string[]): string | undefined {
  for (const name of names) {
    const value = unquote(env[name] ?? '');
    if (value !== '') return value;
  }
  return undefined;
}

/**
 * Keys in the environment: for the stem `OPENAI_API_KEY`, those of `OPENAI_API_KEYS` (separated by commas or line breaks),
 * `OPENAI_API_KEY` and `OPENAI_API_KEY_1`, `_2`, … in the order of their numbers; each key once.
 */
export function readKeys(env: Environment, stems: readonly string[]): readonly string[] {
  const found = new Set<string>();
  for (const stem of stems) for (const text of readStem(env, stem)) found.add(text);
  return [...found];
}

function readStem(env: Environment, stem: string): readonly string[] {
  const numbered = Object.keys(env)
    .filter((name) => name.startsWith(`${stem}_`) && /^\d+$/.test(name.slice(stem.length + 1)))
    .toSorted((a, b) => Number(a.slice(stem.length + 1)) - Number(b.slice(stem.length + 1)));
  const values = [`${stem}S`, stem, ...numbered].map((name) => unquote(env[name] ?? ''));
  return values
    .flatMap((value) => value.split(/[,\r\n]/))
    .map(unquote)
    .filter((text) => text !== '');
}

/** Without the quotes of an `.env` file, which Docker and others hand on as they are. */
function unquote(value: string): string {
  const text = value.trim();
  const [, , inner] = /^(["'])((?:(?!\1)[^])*)\1$/.exec(text) ?? [];
  return (inner ?? text).trim();
}
