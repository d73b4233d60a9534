/** Keeps a map to so many entries: what was put in first goes first. */
export function dropOldest(map: Map<string, unknown>, kept: number): void {
  if (map.size <= kept) return;
  const [oldest] = map.keys();
  if (oldest !== undefined) map.delete(oldest);
}
