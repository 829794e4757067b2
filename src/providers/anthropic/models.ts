/** What keywheel knows of a model by its name. Providers add models faster than clients are updated: what is unknown is taken for the newest. */
export interface ModelFacts {
  /** `max_tokens` where the caller names none. The API needs one, and charges only what is written. */
  readonly maxTokens: number;
  /** Keeps to a schema by itself (`output_config.format`, strict tools). */
  readonly schemas: boolean;
  /** Levels of `output_config.effort`, weakest first. Absent: it has none. */
  readonly efforts?: readonly string[];
  /** Thinks by itself (`adaptive`), by a budget of tokens, or not at all. */
  readonly thinking: 'adaptive' | 'budget' | false;
  /** How thinking is turned off; `effort`: it cannot be, so it is made short. */
  readonly without: 'disabled' | 'between_tools' | 'effort';
  /** Takes `temperature`, `top_p` and `top_k`. */
  readonly sampling: boolean;
  /** Checks what stands beside thinking; what other servers make of it is theirs to say. */
  readonly strict: boolean;
  /** Can be made to call a tool; models that always think cannot. */
  readonly forcedTools: boolean;
}

/** Servers that speak the protocol with models of their own: the least that all of them take. */
const FOREIGN: ModelFacts = {
  maxTokens: 8192,
  schemas: false,
  thinking: 'budget',
  without: 'disabled',
  sampling: true,
  strict: false,
  forcedTools: true,
};

const NEWEST = 99;

export function modelFacts(model: string): ModelFacts {
  const name = model.toLowerCase();
  if (!name.includes('claude')) return FOREIGN;
  const { family, version } = readName(name);
  const efforts = effortsOf(family, version);
  return {
    maxTokens: maxTokensOf(family, version),
    schemas: version >= 45 || (family === 'opus' && version === 41),
    ...(efforts === undefined ? {} : { efforts }),
    thinking: version >= 46 ? 'adaptive' : version >= 37 ? 'budget' : false,
    without: withoutOf(family, version),
    sampling: version < 47,
    strict: true,
    forcedTools: version < 55 && !(isGreat(family) && version >= 51) ? true : family === 'haiku' && version === 55,
  };
}

/** `claude-sonnet-4-5-20250929`, `claude-opus-4@20250514`, `claude-3-7-sonnet-latest`, `claude-2.1`: family and version times ten. */
function readName(name: string): { readonly family: string; readonly version: number } {
  const named = /claude-([a-z]+)-(\d{1,2})(?!\d)(?:[-.](\d{1,2})(?!\d))?/.exec(name);
  const numbered = /claude-(?:instant-|v)?(\d{1,2})(?!\d)(?:[-.](\d{1,2})(?!\d))?(?:-([a-z]+))?/.exec(name);
  if (numbered !== null) return { family: numbered[3] ?? '', version: toVersion(numbered[1], numbered[2]) };
  if (named !== null && named[1] !== 'instant') return { family: named[1] ?? '', version: toVersion(named[2], named[3]) };
  const family = /claude-([a-z]+)/.exec(name)?.[1] ?? '';
  return { family, version: family === 'instant' ? 10 : NEWEST };
}

function toVersion(major: string | undefined, minor: string | undefined): number {
  return Number(major) * 10 + Math.min(9, Number(minor ?? 0));
}

function maxTokensOf(family: string, version: number): number {
  if (version < 35) return 4096;
  if (version < 37) return 8192;
  // Newer ones write up to 128,000, which is more than an answer nobody limited should take.
  return family === 'opus' && version < 45 ? 32_000 : 64_000;
}

function effortsOf(family: string, version: number): readonly string[] | undefined {
  if (version >= 47) return ['low', 'medium', 'high', 'xhigh', 'max'];
  if (version === 46) return ['low', 'medium', 'high', 'max'];
  return family === 'opus' && version === 45 ? ['low', 'medium', 'high'] : undefined;
}

function withoutOf(family: string, version: number): ModelFacts['without'] {
  if (isGreat(family)) return 'effort';
  if (version < 55 || (family === 'haiku' && version === 55)) return 'disabled';
  return family === 'sonnet' ? 'between_tools' : 'effort';
}

/** The lines above Opus always think. */
function isGreat(family: string): boolean {
  return family === 'fable' || family === 'mythos';
}
