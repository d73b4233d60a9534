/** The known name that a mistyped one is closest to. */

/** Undefined when none is close: a guess that is no help is worse than none. */
export function nearest(name: string, known: Iterable<string>): string | undefined {
  const wanted = letters(name);
  let best: string | undefined;
  let bestDistance = Math.floor(wanted.length / 3) + 1;
  for (const candidate of known) {
    // The last part alone is a setting whose section was forgotten, or misnamed.
    const distance = Math.min(
      editDistance(wanted, letters(candidate)),
      editDistance(letters(lastPart(name)), letters(lastPart(candidate))) + 1,
    );
    if (distance >= bestDistance) continue;
    best = candidate;
    bestDistance = distance;
  }
  return best;
}

/** `timeZone`, `time-zone` and `TIME_ZONE` are one name. */
const letters = (name: string): string => name.replace(/[^a-z0-9]/gi, '').toLowerCase();

const lastPart = (name: string): string => name.slice(name.lastIndexOf('.') + 1);

/** How many letters must be put in, left out, changed, or swapped with the next one. */
function editDistance(from: string, to: string): number {
  const rows = [Array.from({ length: to.length + 1 }, (_, column) => column)];
  const at = (row: number, column: number): number => rows[row]?.[column] as number;
  for (let i = 1; i <= from.length; i++) {
    rows.push([i]);
    for (let j = 1; j <= to.length; j++) {
      const isSame = from[i - 1] === to[j - 1];
      const isSwapped = i > 1 && j > 1 && from[i - 1] === to[j - 2] && from[i - 2] === to[j - 1];
      const steps = [at(i - 1, j - 1) + (isSame ? 0 : 1), at(i - 1, j) + 1, at(i, j - 1) + 1];
      if (isSwapped) steps.push(at(i - 2, j - 2) + 1);
      rows[i]?.push(Math.min(...steps));
    }
  }
  return at(from.length, to.length);
}
