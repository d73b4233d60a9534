/** Rows as CSV (RFC 4180). */

type Cell = string | number | boolean | null;

/** `safe`: no text is taken for a formula by a spreadsheet. `raw`: every text as it is. */
export type CsvStyle = 'safe' | 'raw';

/** One record, with its line end. */
export function csvLine(cells: readonly Cell[], style: CsvStyle = 'safe'): string {
  let line = '';
  for (let i = 0; i < cells.length; i += 1) line += (i === 0 ? '' : ',') + csvCell(cells[i] as Cell, style);
  return `${line}\r\n`;
}

/** What spreadsheets run when a text begins with it. */
const formulaStart = /^[=+\-@\t\r]/;
const quotedFor = /[",\r\n]/;
/** Most texts have neither: looked for at once, as exports have millions. */
const special = new RegExp(`${formulaStart.source}|${quotedFor.source}`);

function csvCell(cell: Cell, style: CsvStyle): string {
  if (typeof cell !== 'string') return cell === null ? '' : String(cell);
  if (!special.test(cell)) return cell;
  const text = style === 'safe' && formulaStart.test(cell) ? `'${cell}` : cell;
  return quotedFor.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
