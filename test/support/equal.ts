/** For assertions inside a property: throws, with the first lines that differ, when two values are not the same JSON. */
export function equal(found: unknown, wanted: unknown, what: string): void {
  const [a, b] = [found, wanted].map((value) => (JSON.stringify(value, null, 1) ?? 'undefined').split('\n')) as [
    string[],
    string[],
  ];
  const line = a.findIndex((text, i) => text !== b[i]);
  if (line < 0 && a.length === b.length) return;
  const from = Math.max(0, (line < 0 ? a.length : line) - 3);
  const shown = (lines: string[]) => lines.slice(from, from + 8).join('\n');
  throw new Error(`${what}: found\n${shown(a)}\nwhere this was expected\n${shown(b)}`);
}
