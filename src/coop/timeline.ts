/**
 * The rows of a table in the order of their times. A row whose time is missing or broken takes that of the row before it by id, or,
 * where there is none, of the one after.
 */
import type { OriginalDatabase } from '../engines/original.js';
import { timeIn } from './values.js';

export interface DatedRow {
  readonly rowid: number;
  /** Milliseconds UTC; null where no row of the table says a time. */
  readonly at: number | null;
  readonly isEstimated: boolean;
}

export interface TimelineSettings {
  readonly table: string;
  readonly column: string;
  /** Of times without an offset. */
  readonly zone: string;
  /** What lies after it is no time of a row. Milliseconds UTC. */
  readonly latest: number;
}

export class Timeline {
  readonly count: number;
  /** Of the first and the last row that says its time. */
  readonly range: { readonly from: number; readonly until: number } | null;
  readonly #rowids: Float64Array;
  readonly #times: Float64Array;
  readonly #estimated: Uint8Array;
  readonly #order: Uint32Array;

  constructor(db: OriginalDatabase, { table, column, zone, latest }: TimelineSettings) {
    this.count = db.count(table);
    this.#rowids = new Float64Array(this.count);
    this.#times = new Float64Array(this.count).fill(Number.NaN);
    this.#estimated = new Uint8Array(this.count);
    let [i, from, until] = [0, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
    for (const row of db.rows(table, [column])) {
      const at = timeIn(row[column], zone, latest);
      this.#rowids[i] = row.rowid as number;
      if (at === null) this.#estimated[i] = 1;
      else {
        this.#times[i] = at;
        [from, until] = [Math.min(from, at), Math.max(until, at)];
      }
      i += 1;
    }
    this.range = from > until ? null : { from, until };
    this.#takeFromNeighbours();
    const [times, rowids] = [this.#times, this.#rowids];
    this.#order = Uint32Array.from({ length: this.count }, (_, index) => index).sort(
      (a, b) => (times[a] as number) - (times[b] as number) || (rowids[a] as number) - (rowids[b] as number),
    );
  }

  #takeFromNeighbours(): void {
    const times = this.#times;
    const fill = (i: number, neighbour: number) => {
      if (Number.isNaN(times[i]) && neighbour >= 0 && neighbour < this.count) times[i] = times[neighbour] as number;
    };
    for (let i = 0; i < this.count; i += 1) fill(i, i - 1);
    for (let i = this.count - 1; i >= 0; i -= 1) fill(i, i + 1);
  }

  *[Symbol.iterator](): Generator<DatedRow> {
    for (const i of this.#order) {
      const at = this.#times[i] as number;
      yield {
        rowid: this.#rowids[i] as number,
        at: Number.isNaN(at) ? null : at,
        isEstimated: this.#estimated[i] === 1,
      };
    }
  }
}
