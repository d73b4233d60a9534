/** Databases of the original server, as they are read: what they hold is text and numbers that nobody has checked. */
export type OriginalValue = string | number | null | Uint8Array;
export type OriginalRow = Readonly<Record<string, OriginalValue>>;

/** A copy, taken in one instant: whoever writes to the original is not kept waiting while it is read. */
export interface OriginalDatabase {
  /** Columns of a table by their names in lower case; none where there is no such table. */
  columnsOf(table: string): readonly string[];
  count(table: string): number;
  /** The rows in the order of `rowid`, with those columns that the table has; `rowid` is one of them. */
  rows(table: string, columns: readonly string[]): IterableIterator<OriginalRow>;
  /** One row by its `rowid`. */
  rowReader(table: string, columns: readonly string[]): (rowid: number) => OriginalRow;
  close(): void;
}
