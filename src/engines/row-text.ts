/** Rows of a statement as text, in each of the formats, with long texts cut and counted. */
import { csvLine } from '../text/csv.js';
import type { RowPage, RowsEnd, StatementRequest } from './statement-runner.js';

/** Bytes as hexadecimal, whole numbers beyond 2^53 as their digits, numbers that JSON has not as their names. */
export type Cell = string | number | boolean | null;

export const pageRowsMax = 500;
const pageBytes = 262_144;

type Request = Pick<StatementRequest, 'format' | 'csv' | 'rowsMax' | 'bytesMax' | 'cellCharactersMax'>;

export class RowText {
  readonly #request: Request;
  readonly #names: readonly string[];
  #left: { rows: number; bytes: number };
  #texts: string[] = [];
  #bytes = 0;
  #cellsCut = 0;

  constructor(columns: readonly string[], request: Request) {
    this.#request = request;
    this.#names = uniqueNames(columns).map((name) => JSON.stringify(name));
    this.#left = { rows: request.rowsMax, bytes: request.bytesMax };
  }

  /** The limit that a row more would be beyond; nothing of it is taken then. */
  add(cells: Cell[]): Exclude<RowsEnd, 'all'> | null {
    if (this.#left.rows === 0) return 'rows';
    const cut = this.#cut(cells);
    const text = this.#textOf(cells);
    const bytes = Buffer.byteLength(text) + (this.#request.format === 'json' ? 1 : 0);
    if (bytes > this.#left.bytes) return 'bytes';
    this.#left.rows -= 1;
    this.#left.bytes -= bytes;
    this.#cellsCut += cut;
    this.#bytes += bytes;
    this.#texts.push(text);
    return null;
  }

  get isFull(): boolean {
    return this.#texts.length >= pageRowsMax || this.#bytes >= pageBytes;
  }

  /** What was added since the last page. */
  take(): RowPage {
    const text = this.#texts.join(this.#request.format === 'json' ? ',' : '');
    const page = { rows: this.#texts.length, cellsCut: this.#cellsCut, bytes: Buffer.from(text) };
    this.#texts = [];
    this.#bytes = 0;
    this.#cellsCut = 0;
    return page;
  }

  #cut(cells: Cell[]): number {
    const { cellCharactersMax: most } = this.#request;
    if (most === null) return 0;
    let cut = 0;
    for (const [i, cell] of cells.entries()) {
      if (typeof cell !== 'string' || cell.length <= most) continue;
      cells[i] = `${cell.slice(0, most)}…`;
      cut += 1;
    }
    return cut;
  }

  #textOf(cells: readonly Cell[]): string {
    const { format, csv } = this.#request;
    if (format === 'json') return JSON.stringify(cells);
    if (format === 'ndjson')
      return `{${this.#names.map((name, i) => `${name}:${JSON.stringify(cells[i])}`).join(',')}}\n`;
    return csvLine(cells, csv);
  }
}

/** A second column of a name is `name_2`, so that no object loses one. */
function uniqueNames(columns: readonly string[]): readonly string[] {
  const known = new Set<string>();
  return columns.map((name) => {
    let own = name;
    for (let count = 2; known.has(own); count++) own = `${name}_${count}`;
    known.add(own);
    return own;
  });
}

/** A number as JSON can have it. */
export const numberCell = (value: number): Cell => (Number.isFinite(value) ? value : String(value));

export const integerCell = (value: bigint): Cell => {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : String(value);
};
