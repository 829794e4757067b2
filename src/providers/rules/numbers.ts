import { UNKNOWN, type Rule } from './rule.ts';

/**
 * Services that number their errors inside a 200, by the shape that tells whose numbers they are. Only numbers whose meaning is
 * documented; words about the request go first, as "invalid params" may be a context that is too long.
 */
export const NUMBER_RULES: readonly Rule[] = [...ofMiniMax(), ...ofBaidu()];

/** `base_resp.1002` is a `status_code` beside a `status_msg`. */
function ofMiniMax(): readonly Rule[] {
  return [
    { code: /^base_resp_(1026|1027)$/, class: 'content_filtered', scope: 'request', taken: 'refused for its content' },
    { code: /^base_resp_(1042|2013)$/, class: 'bad_request', scope: 'request', taken: 'the request is wrong' },
    { code: /^base_resp_2049$/, class: 'key_invalid', scope: 'key', definitive: true, taken: 'the key is dead' },
    { code: /^base_resp_1004$/, class: 'key_invalid', scope: 'key', taken: 'the key was refused, though nothing calls it dead' },
    { code: /^base_resp_1008$/, class: 'quota_exhausted', scope: 'org', taken: 'out of quota' },
    { code: /^base_resp_2056$/, class: 'quota_exhausted', scope: 'group', taken: 'the usage limit of the plan is reached' },
    { code: /^base_resp_2061$/, class: 'model_unavailable', scope: 'group', perModel: true, taken: 'the plan does not have the model' },
    { code: /^base_resp_(1002|1039|1041|2045)$/, class: 'rate_limited', scope: 'group', perModel: true, taken: 'rate limited' },
    { code: /^base_resp_1001$/, class: 'timeout', scope: 'route', taken: 'the provider ran out of time' },
    { code: /^base_resp_(1000|1013|1024|1033)$/, class: 'server_error', scope: 'provider', taken: 'the provider failed' },
  ];
}

/** `error_msg.18` is an `error_code` beside an `error_msg`. Its numbers are small, so they count only inside a 200, where Baidu has them. */
function ofBaidu(): readonly Rule[] {
  const rows: readonly Rule[] = [
    { code: /^error_msg_(3|336001|336002|336003)$/, class: 'bad_request', scope: 'request', taken: 'the request is wrong' },
    { code: /^error_msg_(110|111)$/, class: 'key_invalid', scope: 'key', definitive: true, taken: 'the key is dead' },
    { code: /^error_msg_(13|14)$/, class: 'key_invalid', scope: 'key', taken: 'the key was refused, though nothing calls it dead' },
    { code: /^error_msg_6$/, class: 'key_forbidden', scope: 'key', taken: 'the key lacks a permission' },
    { code: /^error_msg_19$/, class: 'quota_exhausted', scope: 'org', taken: 'out of quota' },
    { code: /^error_msg_17$/, class: 'quota_exhausted', scope: 'group', taken: 'done for the day' },
    { code: /^error_msg_(18|336501|336502)$/, class: 'rate_limited', scope: 'group', perModel: true, taken: 'rate limited' },
    { code: /^error_msg_(2|4|336100)$/, class: 'overloaded', scope: 'provider', taken: 'the provider is overloaded' },
    { code: /^error_msg_(1|336000)$/, class: 'server_error', scope: 'provider', taken: 'the provider failed' },
  ];
  return rows.map((row) => ({ ...row, status: [UNKNOWN] }));
}
