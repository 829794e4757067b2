import type { KeySnapshot } from 'keywheel';
import { type Colour, type Paint, spread, toBar } from './paint.ts';
import { type Tally, toDuration } from './tally.ts';
import { ROLES } from './world.ts';

/** Below this the columns have no room. */
export const NARROWEST = 78;

/** From here on there is room to say what is special about each key. */
const WIDE = 116;

const NEWS_LINES = 6;

/** Lines of a frame: the progress, a table of six keys and what happened to them. */
export const FRAME_LINES = 2 + 1 + 7 + 1 + 1 + NEWS_LINES;

const COLOURS: Readonly<Record<KeySnapshot['state'], Colour>> = {
  ready: 'green',
  cooling: 'yellow',
  exhausted: 'yellow',
  invalid: 'red',
  disabled: 'grey',
  expired: 'grey',
};

/** Everything on the screen while calls are made; the same number of lines each time, so that it can be drawn over itself. */
export function toFrame(tally: Tally, keys: readonly KeySnapshot[], columns: number, paint: Paint): readonly string[] {
  const news = tally.news.slice(-NEWS_LINES).map((line) => paint('grey', line.slice(0, columns - 1)));
  const blank = Array.from({ length: NEWS_LINES - news.length }, () => '');
  return [
    ...toProgress(tally, columns, paint),
    '',
    ...toTable(keys, columns, paint),
    '',
    paint('bold', 'What happened to the keys'),
    ...news,
    ...blank,
  ];
}

function toProgress(tally: Tally, columns: number, paint: Paint): readonly string[] {
  const { answeredCount, total } = tally;
  const counts = `${answeredCount} of ${total} calls answered, ${tally.reused} of them without a request, ${toDuration(tally.elapsedMs)}`;
  return [paint('bold', counts), paint('green', toBar(answeredCount / total, Math.min(columns - 1, WIDE)))];
}

/** One line a key; the bar shows who carried how much. */
export function toTable(keys: readonly KeySnapshot[], columns: number, paint: Paint): readonly string[] {
  const most = Math.max(1, ...keys.map(({ totals }) => totals.calls));
  const head = toCells(['key', 'group', 'state', 'served', 'in flight', 'remaining']).join('');
  const rows = keys.map((key, index) => {
    const { id, group, totals, inFlight } = key;
    const colour = COLOURS[key.state];
    const [name, of, state, ...numbers] = toCells([
      id,
      group,
      toState(key),
      String(totals.calls),
      String(inFlight),
      toRemaining(key, keys[index - 1]),
    ]);
    const bar = spread(toBar(totals.calls / most, BAR), Math.min(BAR, columns - head.length - 3));
    const role = columns < WIDE ? '' : `  ${ROLES.get(id) ?? ''}`;
    return `${name}${of}${paint(colour, state ?? '')}${numbers.join('')}  ${paint(colour, bar)}${paint('grey', role)}`;
  });
  return [paint('bold', head), ...rows];
}

/** The longest bar; a narrow screen shortens it. */
const BAR = 20;

/** Widths of the columns: names stand left, numbers right. */
const LEFT = [8, 7, 18] as const;
const RIGHT = [7, 11, 11] as const;

function toCells(cells: readonly string[]): readonly string[] {
  const widths = [...LEFT, ...RIGHT];
  return cells.map((cell, index) => spread(cell, widths[index] ?? 0, index < LEFT.length ? 'left' : 'right'));
}

function toState(key: KeySnapshot): string {
  if (key.until !== undefined) return `${key.state}, ${toDuration(key.until - Date.now())}`;
  // A hold for one model leaves the key ready for others.
  const [hold] = key.holds.toSorted((a, b) => b.until - a.until);
  return hold === undefined || key.state !== 'ready' ? key.state : `rests, ${toDuration(hold.until - Date.now())}`;
}

function toRemaining(key: KeySnapshot, above: KeySnapshot | undefined): string {
  const [bucket] = key.buckets;
  if (bucket === undefined) return 'unknown';
  return above?.group === key.group ? 'the same' : `${Math.max(0, Math.floor(bucket.remaining))} of ${bucket.limit}`;
}
