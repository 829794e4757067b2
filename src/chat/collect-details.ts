import { isRecord, merge } from './merge.ts';
import type { ReasoningDetail } from './reply.ts';

type Piece = Readonly<Record<string, unknown>>;

/** One detail while it grows. */
interface Growing {
  readonly index: unknown;
  readonly id: unknown;
  readonly type: unknown;
  value: unknown;
}

/**
 * Puts the pieces of `reasoning_details` together: those of one `index` and type are one detail. Servers that number nothing send
 * texts piece by piece and everything else whole.
 */
export class DetailCollector {
  readonly #details: Growing[] = [];

  get size(): number {
    return this.#details.length;
  }

  /** The pieces of one delta. */
  add(pieces: readonly unknown[]): void {
    // What comes together without numbers is told apart already.
    const earlier = this.#details.length;
    for (const piece of pieces) {
      const found = isRecord(piece) ? (this.#sameIndex(piece) ?? this.#sameText(piece, earlier)) : undefined;
      if (found !== undefined) found.value = merge(found.value, piece);
      else this.#begin(piece);
    }
  }

  details(): readonly ReasoningDetail[] {
    // Pieces are taken at their word; what is no object stays what it is.
    return this.#details.map(({ value }) => merge(undefined, value) as ReasoningDetail);
  }

  #begin(piece: unknown): void {
    const { index, id, type } = isRecord(piece) ? piece : {};
    this.#details.push({ index, id, type, value: merge(undefined, piece) });
  }

  #sameIndex({ index, id, type }: Piece): Growing | undefined {
    if (index == null && id == null) return undefined;
    return this.#details.findLast(
      (detail) => (index == null ? detail.id === id : detail.index === index) && mayBe(detail.type, type) && mayBe(detail.id, id),
    );
  }

  /** A text goes on in the next delta, until it is signed. */
  #sameText({ index, id, type, format, text, summary }: Piece, earlier: number): Growing | undefined {
    const last = this.#details.length === earlier ? this.#details.at(-1) : undefined;
    if (last === undefined || !isRecord(last.value) || index != null || id != null || last.index != null || last.id != null)
      return undefined;
    if (type !== last.type || format !== last.value['format'] || last.value['signature'] != null) return undefined;
    const grows = (typeof text === 'string' && typeof last.value['text'] === 'string') || (typeof summary === 'string' && text == null);
    return grows ? last : undefined;
  }
}

/** True when one of the two does not say it, or both say the same. */
function mayBe(said: unknown, is: unknown): boolean {
  return said == null || is == null || said === is;
}
