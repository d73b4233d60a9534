/** The rows of the log that a query asks for, and their text as it goes out. */
import { rowId } from '../../projections/change.js';
import type { EventQuery, EventTexts, PoolRecord } from '../engine.js';
import { noTexts } from '../texts.js';
import type { Statements } from './statements.js';

/** Highest seq whose place fits below the next pool's. */
export const seqMax = 2 ** 40 - 1;

interface ChosenRows {
  /** From `FROM` on. */
  readonly sql: string;
  readonly parameters: readonly unknown[];
}

export function chosenRows({ pool, number }: PoolRecord, query: EventQuery): ChosenRows {
  const conditions = ['place > ?', 'place <= ?'];
  const bound = (seq: number) => rowId(number, Math.min(seq, seqMax));
  const parameters: unknown[] = [bound(query.after ?? 0), bound(query.upTo ?? seqMax)];
  const oneOf = (column: string, values: readonly string[]) => {
    conditions.push(`${column} IN (${values.map(() => '?').join(', ')})`);
    parameters.push(...values);
  };
  if (query.types !== undefined) {
    conditions.push('pool = ?');
    parameters.push(pool);
    oneOf('type', query.types);
    if (!query.types.includes('usage.recorded')) conditions.push(`type <> 'usage.recorded'`);
  }
  if (query.names !== undefined) {
    conditions.push('pool = ?', 'claude_name IS NOT NULL');
    parameters.push(pool);
    oneOf('claude_name', query.names);
  }
  if (query.source !== undefined) oneOf('source', [query.source]);
  if (query.correlates !== undefined) oneOf('correlates', [query.correlates]);
  const order = query.backwards === true ? 'DESC' : 'ASC';
  const sql = `FROM events ${indexFor(query)} WHERE ${conditions.join(' AND ')} ORDER BY place ${order} LIMIT ?`;
  return { sql, parameters: [...parameters, query.limit] };
}

/**
 * The narrowest filter's index, by name. SQLite's statistics say how often a value occurs on average: where that is often,
 * it would read the whole log for a value that nobody has. An index has several values of its column one after the other,
 * and not in the order of the log: those are left to the planner.
 */
function indexFor({ types, names, source, correlates }: EventQuery): string {
  if (correlates !== undefined) return 'INDEXED BY events_by_correlates';
  if (types?.length === 1 && types[0] !== 'usage.recorded') return 'INDEXED BY events_by_type';
  if (names?.length === 1) return 'INDEXED BY events_by_name';
  return source === undefined ? '' : 'INDEXED BY events_by_source';
}

/** `eventText` in SQL. */
const textSql = `concat('{"pool":"', pool, '","seq":', seq, ',"id":"', id, '","type":"', type, '","version":', version,
  ',"occurred_at":', occurred_at, ',"recorded_at":', recorded_at,
  ',"actor":', json_quote(actor), ',"source":', json_quote(source), ',"key":', json_quote(key),
  ',"correlates":', json_quote(correlates), ',"payload":', payload,
  ',"digest":"', lower(hex(digest)), '","hash":"', lower(hex(hash)), '","hash_version":', hash_version, '}')`;

/**
 * SQLite puts the text together: 1,000 events take it 3 ms, where reading their columns takes 8 ms, and making text of them
 * in this thread 11 ms.
 */
export function rowTexts(statements: Statements, record: PoolRecord, query: EventQuery, separator: string): EventTexts {
  const { sql, parameters } = chosenRows(record, query);
  const last = query.backwards === true ? 'min(seq)' : 'max(seq)';
  const [count, lastSeq, bytes] = statements
    .get(`SELECT count(*), ${last}, CAST(group_concat(text, ?) AS BLOB) FROM (SELECT seq, ${textSql} AS text ${sql})`)
    .raw()
    .get(separator, ...parameters) as [number, number | null, Uint8Array | null];
  if (lastSeq === null || bytes === null) return noTexts;
  const rest = query.backwards === true ? { upTo: lastSeq - 1 } : { after: lastSeq };
  return { count, lastSeq, bytes, more: count === query.limit && isAny(statements, record, { ...query, ...rest }) };
}

function isAny(statements: Statements, record: PoolRecord, query: EventQuery): boolean {
  const { sql, parameters } = chosenRows(record, { ...query, limit: 1 });
  return statements.get(`SELECT seq ${sql}`).get(...parameters) !== undefined;
}
