/** Long series become as many points as there are pixels to tell apart, without losing a peak or a dip. */

export interface Point {
  readonly x: number;
  readonly y: number;
}

/** Of each column of pixels the first, the lowest, the highest and the last point, in their order. */
export function thinned<T extends Point>(points: readonly T[]): readonly T[] {
  const kept: T[] = [];
  let start = 0;
  while (start < points.length) {
    const end = columnEnd(points, start);
    kept.push(...(end - start <= 4 ? points.slice(start, end) : extremes(points, start, end)));
    start = end;
  }
  return kept;
}

function columnEnd(points: readonly Point[], start: number): number {
  const column = Math.floor((points[start] as Point).x);
  let end = start + 1;
  while (end < points.length && Math.floor((points[end] as Point).x) === column) end++;
  return end;
}

function extremes<T extends Point>(points: readonly T[], start: number, end: number): readonly T[] {
  let lowest = start;
  let highest = start;
  for (let i = start; i < end; i++) {
    const { y } = points[i] as Point;
    if (y > (points[lowest] as Point).y) lowest = i;
    if (y < (points[highest] as Point).y) highest = i;
  }
  const indexes = new Set([start, ...[lowest, highest].sort((a, b) => a - b), end - 1]);
  return [...indexes].map((i) => points[i] as T);
}
