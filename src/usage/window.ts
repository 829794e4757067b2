import { Table } from './table.ts';

/** What use is told apart by. */
export type Dimension = 'key' | 'group' | 'provider' | 'model' | 'tenant' | 'tag';

/** Names of a dimension that a window keeps apart. */
export const MOST_NAMES = 1000;

/** Who used what in one window of time. */
export class Window implements Readonly<Record<Dimension, Table>> {
  /** Its beginning, epoch ms. */
  readonly at: number;
  readonly key = new Table();
  readonly group = new Table();
  readonly provider = new Table();
  readonly model = new Table();
  readonly tenant = new Table();
  readonly tag = new Table();
  /** When it was last settled, in cells. */
  size = 0;

  constructor(at: number) {
    this.at = at;
  }

  /** All that a window within this one has. */
  add(part: Window): void {
    this.key.add(part.key, MOST_NAMES);
    this.group.add(part.group, MOST_NAMES);
    this.provider.add(part.provider, MOST_NAMES);
    this.model.add(part.model, MOST_NAMES);
    this.tenant.add(part.tenant, MOST_NAMES);
    this.tag.add(part.tag, MOST_NAMES);
  }

  /** It is over: keeps `most` names of each dimension. */
  settle(most: number): void {
    this.size = 0;
    for (const table of [this.key, this.group, this.provider, this.model, this.tenant, this.tag]) {
      table.trim(most);
      this.size += table.settle();
    }
  }
}
