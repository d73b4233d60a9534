/**
 * What share each agent had by its weight at an event of the past, by the history of allocations. Where something concerns
 * everybody, that has a row of each; where one agent alone is told something else, of that one. So the rows of one event say
 * who shared, and by how much, only where together they are the whole.
 */
import type { PoolId } from '../events/scalars.js';
import type { Ledger } from '../ledger/ledger.js';

/** As they were noted at one event, and in force until the next ones. */
export interface NotedShares {
  /** When, in milliseconds UTC. */
  readonly at: number;
  /** By the name that the agent had then, 0 to 1; together 1. Nobody has one where agents are told fixed intervals. */
  readonly shares: ReadonlyMap<string, number>;
}

/** Shares are rounded where they are noted. */
const wholeMin = 0.999;
/** So many rows of one agent are gone through before the search is given up. */
const rowsMax = 1_000;

/** Whoever was noted last, as it shared then. */
const newestSql = `SELECT i.name AS name, (
    SELECT max(h.seq) FROM fair_allocation_history h WHERE h.pool = i.pool AND h.claude_name = i.name AND h.seq <= ?
  ) AS seq
  FROM claude_identities i WHERE i.pool = ?`;

const wholeSql = `SELECT c.seq AS seq, c.computed_at AS at FROM (
    SELECT seq, computed_at, share FROM fair_allocation_history
    WHERE pool = ? AND claude_name = ? AND seq <= ? ORDER BY seq DESC LIMIT ${rowsMax}
  ) c
  WHERE c.share = 0 OR (
    SELECT sum(h.share) FROM claude_identities i
    JOIN fair_allocation_history h ON h.pool = i.pool AND h.claude_name = i.name AND h.seq = c.seq
    WHERE i.pool = ?
  ) > ${wholeMin}
  ORDER BY c.seq DESC LIMIT 1`;

const sharesSql = `SELECT h.claude_name AS name, h.share AS share FROM claude_identities i
  JOIN fair_allocation_history h ON h.pool = i.pool AND h.claude_name = i.name
  WHERE i.pool = ? AND h.seq = ?`;

/** Those in force after an event; null where none were noted by then. */
export async function notedShares(ledger: Ledger, pool: PoolId, seq: number): Promise<NotedShares | null> {
  const names = await ledger.query<{ name: string; seq: number | string | null }>(newestSql, [seq, pool]);
  const newest = names.reduce((a, b) => (Number(b.seq) > Number(a.seq) ? b : a), { name: '', seq: 0 });
  const [found] = await ledger.query<{ seq: number | string; at: string }>(wholeSql, [pool, newest.name, seq, pool]);
  if (found === undefined) return null;
  const rows = await ledger.query<{ name: string; share: number }>(sharesSql, [pool, Number(found.seq)]);
  return {
    at: Date.parse(found.at),
    shares: new Map(rows.filter(({ share }) => share > 0).map(({ name, share }) => [name, share])),
  };
}
