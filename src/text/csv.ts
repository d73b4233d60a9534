/** Rows as CSV (RFC 4180). */

type Cell = string | number | null;

/** `safe`: no text is taken for a formula by a spreadsheet. `raw`: every text as it is. */
export type CsvStyle = 'safe' | 'raw';

/** One record, with its line end. */
export function csvLine(cells: readonly Cell[], style: CsvStyle = 'safe'): string {
  return `${cells.map((cell) => csvCell(cell, style)).join(',')}\r\n`;
}

/** What spreadsheets run when a text begins with it. */
const formulaStart = /^[=+\-@\t\r]/;

function csvCell(cell: Cell, style: CsvStyle): string {
  if (cell === null) return '';
  const isFormula = style === 'safe' && typeof cell === 'string' && formulaStart.test(cell);
  const text = isFormula ? `'${cell}` : String(cell);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
