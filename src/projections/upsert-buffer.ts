/** Upserts of one table, one after the other, as one: rows that meet are combined here by the table's rules, as an engine would. */
import { type Change, columnNames, keyColumns, type MergeRule, type Table } from './change.js';
import { type Columns, Rows, type Value, valuesOf } from './rows.js';

export class UpsertBuffer {
  readonly #table: Table;
  readonly #rules: readonly MergeRule[];
  /** Places of the key columns in a row. */
  readonly #keys: readonly number[];
  #changes: Change[] = [];
  #rows = new Map<string, Value[]>();

  constructor(table: Table) {
    this.#table = table;
    const names = columnNames(table);
    this.#rules = names.map((name) => table.columns[name] as MergeRule);
    this.#keys = keyColumns(table).map((name) => names.indexOf(name));
  }

  add(change: Change): void {
    if (change.op === 'upsert') return this.#combine(change.rows);
    this.#flush();
    this.#changes.push(change);
  }

  /** The changes gathered, in order. */
  take(): Change[] {
    this.#flush();
    const changes = this.#changes;
    this.#changes = [];
    return changes;
  }

  #combine({ count, columns }: Columns): void {
    const added = columns.map((column) => valuesOf(column, count));
    const rows = Array.from({ length: count }, (_, i) => this.#row(added, i));
    for (const [at, rule] of this.#rules.entries()) {
      const combined = combinedBy[rule];
      for (let i = 0; i < count; i += 1) {
        const row = rows[i] as Value[];
        const now = added[at]?.[i] as Value;
        const old = row[at];
        row[at] = old === undefined ? now : combined(old, now);
      }
    }
  }

  /** The row with the key of one that is added; a new one holds nothing yet. */
  #row(added: readonly (readonly Value[])[], i: number): Value[] {
    let key = '';
    for (const at of this.#keys) key += `${added[at]?.[i]}\u0000`;
    let row = this.#rows.get(key);
    if (row === undefined) {
      row = new Array<Value>(added.length);
      this.#rows.set(key, row);
    }
    return row;
  }

  #flush(): void {
    if (this.#rows.size === 0) return;
    this.#changes.push({ op: 'upsert', table: this.#table.name, rows: Rows.of(this.#rows.values()) });
    this.#rows = new Map();
  }
}

/** Text is compared as the engines compare it: by its bytes, and times and dates have only those of ASCII. */
const combinedBy: Readonly<Record<MergeRule, (old: Value, now: Value) => Value>> = {
  key: (old) => old,
  keep: (old) => old,
  set: (_, now) => now,
  add: (old, now) => (old as number) + (now as number),
  min: (old, now) => (old === null || (now !== null && now < old) ? now : old),
  max: (old, now) => (old === null || (now !== null && now > old) ? now : old),
};
