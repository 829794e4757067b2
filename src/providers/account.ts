/** Whose quota an error is about, as far as it says so. */
export interface Account {
  readonly organization?: string;
  readonly project?: string;
}

const LETTERS = '[A-Za-z0-9]{1,64}';

/** `in organization org-71S7`, `organization \`org_01ks\``, Moonshot's `account org-x<ak-y>`, whose second part is the key. */
const ORGANIZATIONS = [
  new RegExp(`\\b(?:organi[sz]ation|org|account)(?: id)?[\\s:=]{1,3}[\`'"(]?(org[-_]${LETTERS})`, 'i'),
  new RegExp(`\\b(org[-_][A-Za-z0-9]{16,64})\\b`),
];
/** OpenAI's `proj_…`; xAI's team, whose limits are of the team; Google's consumer. */
const PROJECTS = [
  new RegExp(`\\b[Pp]roject[\\s:=]{1,3}[\`'"(]?(proj_${LETTERS})`),
  /\bteam[\s:=]{1,3}[`'"(]?([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})\b/i,
  /\bconsumer[\s:=]{1,3}['"`]?(?:project_number:|projects\/)([\w.-]{1,64})/i,
];

/** Reads the ids of organisation and project from an error's fields and sentences. Only what looks like one is taken for one. */
export function readAccount(body: unknown, prose: string): Account {
  const text = prose.slice(0, 4000);
  const organization = firstOf(ORGANIZATIONS, text) ?? userOf(body);
  const project = firstOf(PROJECTS, text) ?? consumerOf(body, 0);
  return { ...(organization === undefined ? {} : { organization }), ...(project === undefined ? {} : { project }) };
}

function firstOf(patterns: readonly RegExp[], text: string): string | undefined {
  for (const pattern of patterns) {
    const found = pattern.exec(text)?.[1];
    if (found !== undefined) return found;
  }
  return undefined;
}

/** OpenRouter names the account of the key beside its error. */
function userOf(body: unknown): string | undefined {
  const user = fieldOf(body, 'user_id');
  return typeof user === 'string' && /^user_[A-Za-z0-9]{8,64}$/.test(user) ? user : undefined;
}

/** Google's `ErrorInfo` names it in its metadata: `{ consumer: 'projects/1234' }`. */
function consumerOf(value: unknown, depth: number): string | undefined {
  if (depth > 5 || value === null || typeof value !== 'object') return undefined;
  const consumer = Array.isArray(value) ? undefined : fieldOf(value, 'consumer');
  const named = typeof consumer === 'string' ? /^projects\/([\w.-]{1,64})$/.exec(consumer)?.[1] : undefined;
  if (named !== undefined) return named;
  const items: readonly unknown[] = Array.isArray(value)
    ? value.slice(0, 10)
    : ['error', 'details', 'metadata'].map((name) => fieldOf(value, name));
  for (const item of items) {
    const found = consumerOf(item, depth + 1);
    if (found !== undefined) return found;
  }
  return undefined;
}

function fieldOf(value: unknown, name: string): unknown {
  return value !== null && typeof value === 'object' && Object.hasOwn(value, name) ? Reflect.get(value, name) : undefined;
}
