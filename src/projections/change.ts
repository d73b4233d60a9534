/**
 * How a projection describes its tables and the changes it makes to them, in terms that every engine can carry out.
 * Changes are plain data: they cross threads, and one folded batch of them is one transaction's work.
 */
import type { Columns, Value } from './rows.js';

/**
 * What an upsert does to a column of a row that is there already: `key` finds the row, `keep` leaves what is stored,
 * `set` replaces it, `add`, `min` and `max` combine both.
 */
export type MergeRule = 'key' | 'keep' | 'set' | 'add' | 'min' | 'max';

export interface Table {
  readonly name: string;
  /** Column to rule, in the order in which rows hold their values. `pool` is part of every key. */
  readonly columns: Readonly<Record<string, MergeRule>>;
}

/** One step; a batch is a list of them, carried out in order. */
export type Change =
  /** New rows, whose keys are known not to exist. */
  | { readonly op: 'insert'; readonly table: string; readonly rows: Columns }
  /** New rows, or changes to those with the same key by the table's rules. */
  | { readonly op: 'upsert'; readonly table: string; readonly rows: Columns }
  | { readonly op: 'update'; readonly table: string; readonly set: Values; readonly where: Values }
  | { readonly op: 'delete'; readonly table: string; readonly where: Values }
  /** Moves the rows of one identity to another, combining those that meet by the table's rules. */
  | {
      readonly op: 'move';
      readonly table: string;
      readonly pool: string;
      readonly from: string;
      readonly into: string;
    };

export type Values = Readonly<Record<string, Value>>;

export const columnNames = (table: Table): readonly string[] => Object.keys(table.columns);

export const keyColumns = (table: Table): readonly string[] =>
  columnNames(table).filter((column) => table.columns[column] === 'key');

const poolNumberSpan = 2 ** 40;

/**
 * The id of a row, an integer that tells the events of all pools of a database apart: the pool's number in the high
 * bits, `seq` in the low 40. In the first pool (number 0) it is `seq` itself.
 */
export const rowId = (poolNumber: number, seq: number): number => poolNumber * poolNumberSpan + seq;
