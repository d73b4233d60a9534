/** A table in Markdown whose columns are aligned in plain text, too: to the left those in `texts`, the others to the right. */
export function markdownTable(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  texts: readonly number[] = [0],
): string {
  const widths = head.map((text, i) => Math.max(3, text.length, ...rows.map((row) => row[i]?.length ?? 0)));
  const padded = (text: string, i: number) =>
    texts.includes(i) ? text.padEnd(widths[i] ?? 0) : text.padStart(widths[i] ?? 0);
  const rule = widths.map((width, i) => (texts.includes(i) ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`));
  return [head.map(padded), rule, ...rows.map((row) => row.map(padded))]
    .map((cells) => `| ${cells.join(' | ')} |`)
    .join('\n');
}
