import { describe, expect, test } from 'vitest';
import { classifyAnswer } from '../../src/providers/classify.ts';
import { failureOf } from './support.ts';
import { UNSAMPLED } from './unsampled.rows.ts';

const NOW = Date.UTC(2026, 6, 1, 12);

describe('the general rules know what no sample says', () => {
  for (const [index, row] of UNSAMPLED.entries()) {
    test(`${index} ${row.from}: a ${row.status} is ${row.class} of the ${row.scope}`, () => {
      const verdict = classifyAnswer(failureOf(row.status, row.body, row.headers, row.status === 200), NOW);
      expect({
        class: verdict.class,
        scope: verdict.scope,
        definitive: verdict.definitive,
        afterS: verdict.until === undefined ? undefined : (verdict.until.at - NOW) / 1000,
      }).toEqual({ class: row.class, scope: row.scope, definitive: row.definitive, afterS: row.afterS });
    });
  }
});
