import { Cell } from './cell.ts';

/** Stands for the names beyond those that are kept apart. */
const OTHERS = '(others)';

/** Longer names are cut: tags and tenants are whatever a caller says. */
const LONGEST_NAME = 256;

/** How many names beyond its bound a table takes before it lets go of some, as to find the least used ones takes a look at all. */
const SLACK = 1.25;

/** The cells of one dimension in one window, by their names. At most `most` names are kept apart, those most used. */
export class Table {
  readonly cells = new Map<string, Cell>();

  /** The cell of a name, made where there is none. */
  at(name: string, most: number): Cell {
    return this.cells.get(name) ?? this.#make(name, most);
  }

  #make(name: string, most: number): Cell {
    // Through bytes, as a part of a string keeps the whole of it.
    if (name.length > LONGEST_NAME) return this.at(Buffer.from(`${name.slice(0, LONGEST_NAME - 1)}…`).toString(), most);
    if (this.cells.size >= most * SLACK) this.trim(most);
    const cell = new Cell();
    this.cells.set(name, cell);
    return cell;
  }

  add(other: Table, most: number): void {
    for (const [name, cell] of other.cells) this.at(name, most).add(cell);
  }

  /** Keeps the `most` most used names; what the others used goes to the cell that stands for them all. */
  trim(most: number): void {
    if (this.cells.size <= most) return;
    const others = this.cells.get(OTHERS) ?? new Cell();
    const named = [...this.cells].filter(([name]) => name !== OTHERS).map(([name, cell]) => ({ name, cell, use: cell.use }));
    for (const { name, cell } of named.toSorted((a, b) => b.use - a.use).slice(most - 1)) {
      others.add(cell);
      this.cells.delete(name);
    }
    this.cells.set(OTHERS, others);
  }

  /** Its size, in cells. */
  settle(): number {
    let size = 0;
    for (const cell of this.cells.values()) size += cell.settle();
    return size;
  }
}
