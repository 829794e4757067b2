/** 300 calls over six keys in four groups, of which some are dead, spent or small. */
import process from 'node:process';
import { makeCalls, planCalls } from './calls.ts';
import { wrap } from './paint.ts';
import { Screen } from './screen.ts';
import { toReportLines, toSummary } from './summary.ts';
import { FRAME_LINES, toFrame, toTable } from './table.ts';
import { Tally, toDuration } from './tally.ts';
import { openWorld } from './world.ts';

const REDRAW_MS = 100;
const PROGRESS_MS = 2_000;
/** What a shell says of a program that was ended by Ctrl-C. */
const INTERRUPTED = 130;

const INTRODUCTION =
  '300 calls, half of them streamed, over six keys in four groups. keywheel was told which keys share a quota and nothing else: ' +
  'it reads the limits from the answers.';

/** Answers the exit code: 0 only if every call was answered. */
export async function showPool(): Promise<number> {
  const calls = planCalls(300);
  await using world = await openWorld();
  const { client, simulator } = world;
  const screen = new Screen(process.stdout, process.env, FRAME_LINES);
  const tally = new Tally(calls.length);
  const stop = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort());

  const draw = (): void => screen.draw(toFrame(tally, client.keys.list(), screen.columns, screen.paint));
  const progress = (): void =>
    screen.print(`${toDuration(tally.elapsedMs).padStart(6)}  ${tally.answeredCount} of ${tally.total} calls answered`);

  screen.print(...wrap(INTRODUCTION.split(' '), Math.min(screen.columns, 100) - 1), '');
  tally.follow(client, (line) => {
    if (!screen.live) screen.print(line);
  });
  const ticks = setInterval(screen.live ? draw : progress, screen.live ? REDRAW_MS : PROGRESS_MS);
  await makeCalls(client, calls, {
    signal: stop.signal,
    answered: (answered) => tally.answered(answered),
    failed: (error) => tally.failed(error),
  });
  tally.end();
  clearInterval(ticks);

  if (screen.live) draw();
  else screen.print('', ...toTable(client.keys.list(), screen.columns, screen.paint));
  screen.close();
  if (tally.telling !== undefined) screen.print('', ...toReportLines(tally.telling, screen.columns, screen.paint));
  screen.print('', ...toSummary(tally, simulator, screen.paint));
  if (stop.signal.aborted) screen.print('', 'Stopped before the end.');
  for (const error of stop.signal.aborted ? [] : tally.failures) console.error(error);
  const complete = tally.answeredCount === calls.length;
  return stop.signal.aborted ? INTERRUPTED : complete ? 0 : 1;
}
