import type { Phases } from '../believe.ts';
import type { Capabilities } from '../capabilities.ts';
import type { AssumedWindows } from '../limits.ts';
import type { Loose } from '../loose.ts';
import { FORMATS } from '../reasoning-details.ts';
import type { Rule } from '../rules/rule.ts';
import { asItCame, type ReasoningForm } from './reasoning.ts';

/** What one family of servers does differently from OpenAI. A row names what differs, the rest is `COMPATIBLE`. */
export interface Dialect {
  readonly capabilities: Capabilities;
  /** Fields that it knows by another name: `seed` is Mistral's `random_seed`. */
  readonly rename: Readonly<Record<string, string>>;
  /** First version of its API, by date, that knows the other names. */
  readonly renamesFrom: string | undefined;
  /** Fields of OpenAI's chat that it refuses or ignores: a `RequestError`, so that nothing is lost silently. */
  readonly refuses: readonly string[];
  /** The same for embeddings. */
  readonly refusesForEmbeddings: readonly string[];
  readonly renameForEmbeddings: Readonly<Record<string, string>>;
  /** Knows the role `developer`; elsewhere it is `system`. */
  readonly developer: boolean;
  /** Knows `name` of a message. */
  readonly names: boolean;
  /**
   * Fields of an assistant message that it takes beside role, content and tool calls; all others came with some provider's reply and
   * are left out. `any`: whatever the caller says, but for what replies of other protocols carry.
   */
  readonly echoes: readonly string[] | 'any';
  /** Formats of `reasoning_details` that it does not want back. */
  readonly detailsWithout: readonly string[];
  /** Takes `extra_content` of tool calls (Google's signatures). */
  readonly extraContent: boolean;
  /** Takes prompt-cache markers; elsewhere caching is automatic and a marker a hint that is left out. */
  readonly markers: boolean;
  /** Texts of several parts are one text there: it knows arrays only where there is more than text. */
  readonly joinsText: boolean;
  /** Choices of a tool that it knows beside `auto` and `none`; `any` is Mistral's word for `required`. */
  readonly toolChoices: 'all' | 'any' | 'auto';
  /** Counts a stream's tokens only when asked to. */
  readonly asksForUsage: boolean;
  readonly reasoning: ReasoningForm;
  /** Its own form of documents and audio; without one they go as OpenAI has them. */
  readonly part: ((part: Loose) => Loose | undefined) | undefined;
  /** Ids of tool calls that it takes; others are replaced, the same one by the same. */
  readonly callIds: RegExp | undefined;
  /**
   * What makes it go on with the last message where that is an assistant's with `prefix: true`: a field of the message, or fields of
   * the body. Without it `prefix` is a field like any other.
   */
  readonly continues: { readonly message?: Loose; readonly body?: Loose } | undefined;
  /** Fields that are always sent. */
  readonly headers: Readonly<Record<string, string>>;
  readonly paths: Paths;
  /** With an API version it has one address for each deployment, as Azure does. */
  readonly deployments: boolean;
  /** Windows of limits whose headers name none, where they are not a minute's. */
  readonly windows: AssumedWindows;
  /** What its failures mean, before OpenAI's rules. */
  readonly rules: readonly Rule[];
  /** When its windows end, where its refusals do not say so. */
  readonly phases: Phases;
}

/** Where each operation is, after the base URL. */
export interface Paths {
  readonly chat: string;
  readonly embed: string;
  readonly models: string;
}

const CAPABILITIES: Capabilities = {
  tools: true,
  images: 'both',
  files: true,
  audio: true,
  jsonSchema: 'native',
  jsonObject: true,
  reasoning: true,
  promptCache: 'automatic',
  continuation: false,
  embeddings: { maxInputs: 2048 },
  models: true,
};

/** Formats of `reasoning_details` that this client makes of other protocols' replies: no server of this one wants them back. */
const FOREIGN_DETAILS: readonly string[] = Object.values(FORMATS);

/** A server of which only the protocol is known: what the caller says goes through. */
export const COMPATIBLE: Dialect = {
  capabilities: CAPABILITIES,
  rename: {},
  renamesFrom: undefined,
  refuses: [],
  refusesForEmbeddings: [],
  renameForEmbeddings: {},
  developer: true,
  names: true,
  echoes: 'any',
  detailsWithout: FOREIGN_DETAILS,
  extraContent: false,
  markers: false,
  joinsText: false,
  toolChoices: 'all',
  asksForUsage: true,
  reasoning: asItCame,
  part: undefined,
  callIds: undefined,
  continues: undefined,
  headers: {},
  paths: { chat: '/chat/completions', embed: '/embeddings', models: '/models' },
  deployments: false,
  windows: {},
  rules: [],
  phases: {},
};

/** What a row may say: capabilities and paths in part. */
export type DialectRow = Partial<Omit<Dialect, 'capabilities' | 'paths'>> & {
  readonly capabilities?: Partial<Capabilities>;
  readonly paths?: Partial<Paths>;
};

/** A row made whole. */
export function toDialect(row: DialectRow, base: Dialect = COMPATIBLE): Dialect {
  return {
    ...base,
    ...row,
    capabilities: { ...base.capabilities, ...row.capabilities },
    paths: { ...base.paths, ...row.paths },
  };
}
