import { coloured, type Paint, plain } from './paint.ts';
import { NARROWEST } from './table.ts';

const HIDE_CURSOR = '\u001b[?25l';
const SHOW_CURSOR = '\u001b[?25h';
const CLEAR_LINE_END = '\u001b[K';
const CLEAR_BELOW = '\u001b[J';

/** Where the demo shows itself: a terminal that is drawn over, or any other output, which gets lines. */
export class Screen {
  /** A picture can be drawn over itself here. */
  readonly live: boolean;
  readonly paint: Paint;
  readonly #output: NodeJS.WriteStream;
  readonly #lines: number;
  /** Lines of the picture that stands on the screen. */
  #drawn = 0;

  constructor(output: NodeJS.WriteStream, env: NodeJS.ProcessEnv, lines: number) {
    this.#output = output;
    const terminal = output.isTTY && env['TERM'] !== 'dumb' && !isSet(env['CI']);
    this.#lines = lines;
    this.live = terminal && this.#fits();
    this.paint = terminal && !isSet(env['NO_COLOR']) ? coloured : plain;
    if (this.live) output.on('resize', this.#startOver);
  }

  get columns(): number {
    return this.#output.isTTY ? this.#output.columns : 120;
  }

  /** Draws over what was drawn before: one write, and nothing is cleared that is not replaced, so nothing flickers. */
  draw(frame: readonly string[]): void {
    // Made too small meanwhile: the picture waits until there is room again.
    if (!this.#fits()) return;
    const home = this.#drawn === 0 ? HIDE_CURSOR : `\u001b[${this.#drawn}A\r`;
    this.#output.write(`${home}${frame.map((line) => `${line}${CLEAR_LINE_END}\n`).join('')}`);
    this.#drawn = frame.length;
  }

  print(...lines: readonly string[]): void {
    this.#output.write(lines.map((line) => `${line}\n`).join(''));
  }

  /** Leaves the last picture where it is and gives the cursor back. */
  close(): void {
    this.#output.off('resize', this.#startOver);
    if (this.live) this.#output.write(SHOW_CURSOR);
    this.#drawn = 0;
  }

  /** A picture taller than the screen cannot be drawn over: what has scrolled away is out of reach. */
  #fits(): boolean {
    return this.#output.columns >= NARROWEST && this.#output.rows > this.#lines;
  }

  /** A terminal that changes its width breaks the old lines anew, so that nobody knows how many they are now. */
  readonly #startOver = (): void => {
    if (this.#drawn === 0) return;
    this.#output.write(`\u001b[2J\u001b[H${CLEAR_BELOW}`);
    this.#drawn = 0;
  };
}

function isSet(value: string | undefined): boolean {
  return value !== undefined && value !== '' && value !== '0' && value !== 'false';
}
