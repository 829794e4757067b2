import type { Rule } from '../rules/rule.ts';

/** Zhipu numbers its errors, with statuses that say less: money, locked accounts and a sick model all come as a 429. */
export const ZAI_RULES: readonly Rule[] = [
  { code: /^1261$/, class: 'context_length', scope: 'request', taken: 'longer than the context of the model' },
  { code: /^1301$/, class: 'content_filtered', scope: 'request', taken: 'refused for its content' },
  { code: /^(1002|1003|1111|1112|1121)$/, class: 'key_invalid', scope: 'key', definitive: true, taken: 'the key is dead' },
  { code: /^1110$/, class: 'key_forbidden', scope: 'group', taken: 'the account is not active' },
  { code: /^1220$/, class: 'key_forbidden', scope: 'key', taken: 'the key lacks a permission' },
  { code: /^(1113|1309)$/, class: 'quota_exhausted', scope: 'org', taken: 'out of quota' },
  { code: /^(1308|1310)$/, class: 'quota_exhausted', scope: 'group', taken: 'the usage limit of the plan is reached' },
  { code: /^1304$/, class: 'quota_exhausted', scope: 'group', perModel: true, taken: 'done for the day' },
  { code: /^(1211|1311)$/, class: 'model_unavailable', scope: 'group', perModel: true, taken: 'the model is not available' },
  { code: /^(1302|1303)$/, class: 'rate_limited', scope: 'group', perModel: true, taken: 'rate limited' },
  { code: /^(1305|1312)$/, class: 'overloaded', scope: 'route', perModel: true, taken: 'the model is overloaded' },
];
