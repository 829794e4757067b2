import type { Budgeted } from '../budget.ts';
import type { ClientEvents } from '../events.ts';
import type { Alert, AlertName } from '../options/alerts.ts';
import { toPrintable } from '../printable.ts';

/** An event as somebody outside is told of it. `at`: epoch ms. */
export function toAlert<Name extends AlertName>(name: Name, payload: ClientEvents[Name], at: number, suppressed: number): Alert {
  const told = clean({ alert: name, at: new Date(at).toISOString(), text: '', ...payload, ...(suppressed > 0 ? { suppressed } : {}) });
  // The pair of name and payload is right by the signature, and cleaning changes texts alone.
  const alert = told as Alert;
  return { ...alert, text: toText(alert) };
}

/** Names come from callers and providers: on one line, bounded. */
function clean(value: unknown): unknown {
  if (typeof value === 'string') return toPrintable(value, 500);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, clean(item)]));
}

/** What chats take for a link, or for a call to everybody. */
const MEANT = /[<>]|@(?=everyone|here|channel)/g;

function toText(alert: Alert): string {
  return `keywheel: ${toSentence(alert).replaceAll(MEANT, '')}`;
}

function toSentence(alert: Alert): string {
  switch (alert.alert) {
    case 'limit-near': {
      const { provider, group, model, counts, windowMs, limit, remaining, share } = alert;
      const whose = `group ${group} of ${provider}${model === undefined ? '' : ` for ${model}`}`;
      const left = `${shown(remaining)} of ${shown(limit)} ${counts} ${toWindow(windowMs)} are left`;
      return `${toPercent(share)} of a limit of ${whose} is spent: ${left}`;
    }
    case 'keys-exhausted': {
      const { provider, model, retryAt } = alert;
      const next = retryAt === undefined ? 'none comes back by itself soon' : `the next one can ${toInstant(retryAt)}`;
      return `no key of ${provider} can serve ${model} in time: ${next}`;
    }
    case 'key-invalidated':
      return `key ${alert.key} of ${alert.provider} is dead: ${alert.why}`;
    case 'budget-near':
      return `${toPercent(alert.share)} of the budget of ${toOwner(alert.budget)} is spent: ${toSpent(alert.spent, alert.budget)}`;
    case 'budget-reached': {
      const { budget, spent, until } = alert;
      return `the budget of ${toOwner(budget)} is spent: ${toSpent(spent, budget)}, nothing more ${toInstant(until, 'until')}`;
    }
  }
}

function toOwner({ of, name }: Budgeted): string {
  return `${of} ${name}`;
}

function toSpent(spent: number, { limit, counts, per }: Budgeted): string {
  return `${shown(spent)} of ${shown(limit)} ${counts === 'usd' ? 'USD' : counts} a ${per}`;
}

const WINDOWS: readonly (readonly [ms: number, name: string])[] = [
  [1000, 'second'],
  [60_000, 'minute'],
  [3_600_000, 'hour'],
  [86_400_000, 'day'],
];

function toWindow(ms: number): string {
  const name = WINDOWS.find(([length]) => length === ms)?.[1];
  return name === undefined ? `in ${shown(ms / 1000)} s` : `a ${name}`;
}

function toPercent(share: number): string {
  return `${shown(share * 100)} %`;
}

/** Dates end in the year 275760. */
function toInstant(at: number, word = 'at'): string {
  return Math.abs(at) <= 8.64e15 ? `${word} ${new Date(at).toISOString()}` : 'for ever';
}

/** Four digits are enough for a sentence: the numbers themselves stand beside it. */
function shown(value: number): string {
  return Number.isInteger(value) ? String(value) : String(Number(value.toPrecision(4)));
}
