import type { FailureClass, Scope } from '../failure.ts';
import type { WireFailure } from '../wire/types.ts';
import type { Rule, UserRule } from './rules/rule.ts';
import type { Told } from './told.ts';

/** What a failure of this class is usually about. */
const USUAL: Readonly<Record<FailureClass, { readonly scope: Scope; readonly perModel: boolean }>> = {
  rate_limited: { scope: 'group', perModel: true },
  quota_exhausted: { scope: 'group', perModel: false },
  key_invalid: { scope: 'key', perModel: false },
  key_forbidden: { scope: 'key', perModel: false },
  model_unavailable: { scope: 'group', perModel: true },
  overloaded: { scope: 'provider', perModel: false },
  server_error: { scope: 'provider', perModel: false },
  timeout: { scope: 'route', perModel: false },
  network: { scope: 'provider', perModel: false },
  bad_request: { scope: 'request', perModel: false },
  request_too_large: { scope: 'request', perModel: false },
  context_length: { scope: 'request', perModel: false },
  content_filtered: { scope: 'request', perModel: false },
  bad_output: { scope: 'request', perModel: false },
  aborted: { scope: 'request', perModel: false },
};

/** A body is text for a pattern to this length: a page of a proxy, not a whole answer. */
const LONGEST = 32_000;

/** The first of the user's rules that fits. `status` is the answer's, or inside a 200 the one that its error names. */
export function findUserRule(rules: readonly UserRule[], failure: WireFailure, status: number, told: Told): UserRule | undefined {
  if (rules.length === 0) return undefined;
  const texts = textsOf(failure.body, told);
  return rules.find(
    (rule) => (rule.status === undefined || rule.status.includes(status)) && (rule.match === undefined || finds(rule.match, texts)),
  );
}

/** As a row of the classifier. A key that is to be held is not dead. */
export function toRule({ number, class: failure, scope, holdMs }: UserRule): Rule {
  const usual = USUAL[failure];
  return {
    class: failure,
    scope: scope ?? usual.scope,
    perModel: usual.perModel,
    definitive: failure === 'key_invalid' && holdMs === undefined,
    taken: `${failure} by your rule ${number}`,
  };
}

function textsOf(body: unknown, { codes, code = '', message = '', prose }: Told): readonly string[] {
  return [...codes, code, message, prose, toText(body).slice(0, LONGEST)];
}

function toText(body: unknown): string {
  if (typeof body === 'string') return body;
  try {
    return JSON.stringify(body) ?? '';
  } catch {
    return '';
  }
}

function finds(pattern: RegExp, texts: readonly string[]): boolean {
  return texts.some((text) => pattern.test(text));
}
