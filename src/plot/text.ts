/** How much room text takes. The reader's font is not known, so widths are those of a wide one, DejaVu Sans, rounded up. */

const widths: ReadonlyArray<readonly [signs: RegExp, em: number]> = [
  [/[ijl.,:;'|!I ]/, 0.34],
  [/[frt()[\]/\\"-]/, 0.46],
  [/[mwMW@%—]/, 1],
  [/[A-HJ-LN-VX-Z&+=<>~±×]/, 0.78],
  [/[\u{1100}-\u{115F}\u{2E80}-\u{FFEF}\u{1F000}-\u{3FFFF}]/u, 1.05],
];
const otherEm = 0.63;

export function textWidth(text: string, sizePx: number): number {
  let em = 0;
  for (const sign of text) em += widths.find(([signs]) => signs.test(sign))?.[1] ?? otherEm;
  return em * sizePx;
}

/** The text, or its beginning and an ellipsis if it is wider. */
export function shortened(text: string, sizePx: number, widthMax: number): string {
  if (textWidth(text, sizePx) <= widthMax) return text;
  const signs = [...text];
  while (signs.length > 1 && textWidth(`${signs.join('')}…`, sizePx) > widthMax) signs.pop();
  return `${signs.join('').trimEnd()}…`;
}

/** Lines no wider than allowed, broken at spaces. */
export function wrapped(text: string, sizePx: number, widthMax: number): readonly string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(/\s+/).filter(Boolean)) {
    const longer = line === '' ? word : `${line} ${word}`;
    if (line === '' || textWidth(longer, sizePx) <= widthMax) {
      line = longer;
      continue;
    }
    lines.push(line);
    line = word;
  }
  if (line !== '') lines.push(line);
  return lines.map((each) => shortened(each, sizePx, widthMax));
}
