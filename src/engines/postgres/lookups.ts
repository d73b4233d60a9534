/** What the commands of a batch refer to, looked up under the head lock before they are decided. */
import type { DayTotal } from '../../events/catalogue/day.js';
import type { UsageMode } from '../../events/catalogue/usage.js';
import {
  nothingReferenced,
  type Referenced,
  type SessionCounters,
  sessionKey,
  timeZoneOf,
} from '../../events/referenced.js';
import type { EpochMs, IdentityName, PoolId } from '../../events/scalars.js';
import { tokenBuckets } from '../../events/tokens.js';
import { rowId } from '../../projections/change.js';
import type { FoundOutcome, Lookups, PoolRecord } from '../engine.js';
import { type MeterRow, meterColumns, noteMeter } from '../found-meters.js';
import type { Client } from './connections.js';
import { eventAt, findEventIn, readEvents } from './log.js';
import { prepared } from './statements.js';

/** Net of its corrections; a bucket is null when nobody spoke of it. */
const usageSql = `SELECT min(claude_name) AS name, min(mode) AS mode, min(timestamp) AS timestamp, sum(cost_micro_usd) AS cost,
  sum(legacy_tokens) AS legacy, sum(total_tokens) AS total,
  ${tokenBuckets.map((bucket) => `sum(${bucket}_tokens) AS ${bucket}`).join(', ')}
  FROM resource_share_increments WHERE pool = ? AND (id = ? OR corrects = ?)`;

const sessionSql = `SELECT owner, session, cost_micro_usd AS "costMicroUsd", total_tokens AS tokens
  FROM usage_sessions WHERE pool = ? AND session = ANY(?::text[])`;

const meterSql = `SELECT meter_id AS "id", ${meterColumns} FROM usage_meters WHERE pool = ? AND meter_id = ANY(?::text[])`;

const outcomeSql = `SELECT i.key, encode(i.digest, 'hex') AS digest, i.seq, i.answer, e.id, encode(e.hash, 'hex') AS hash,
  e.type, e.occurred_at, e.payload
  FROM idempotency i LEFT JOIN events e ON e.pool = i.pool AND e.seq = i.seq
  WHERE i.pool = ? AND i.key = ANY(?::text[])`;

const dayTotalsSql = `SELECT claude_name AS name, 'autonomy' AS mode, autonomous_tokens AS tokens, autonomous_cost_micro_usd AS cost_micro_usd
    FROM daily_resource_share WHERE pool = ? AND date = ?
  UNION ALL SELECT claude_name, 'collaboration', collaborative_tokens, collaborative_cost_micro_usd
    FROM daily_resource_share WHERE pool = ? AND date = ?`;

export async function findOutcomes(
  client: Client,
  { pool }: PoolRecord,
  keys: readonly string[],
): Promise<ReadonlyMap<string, FoundOutcome>> {
  if (keys.length === 0) return new Map();
  const { rows } = await client.query<FoundOutcome>(prepared(outcomeSql, [pool, keys]));
  const outcomes = new Map(rows.map((row) => [row.key, row]));
  await nameArchived(client, pool, outcomes);
  return outcomes;
}

/** Receipts of archived events have no row to be joined with. By seq, so that each segment is opened once. */
async function nameArchived(client: Client, pool: PoolId, outcomes: Map<string, FoundOutcome>): Promise<void> {
  const nameless = [...outcomes.values()].filter(({ seq, id }) => seq !== null && id === null);
  for (const outcome of nameless.sort((a, b) => Number(a.seq) - Number(b.seq))) {
    const event = await eventAt(client, pool, Number(outcome.seq));
    if (event === null) continue;
    const { id, hash, type, occurred_at, payload } = event;
    outcomes.set(outcome.key, { ...outcome, id, hash, type, occurred_at, payload });
  }
}

export async function findFacts(client: Client, record: PoolRecord, lookups: Lookups): Promise<Referenced> {
  const referenced = nothingReferenced();
  const { pool } = record;
  if (lookups.sessions.length > 0) {
    const { rows } = await client.query<SessionRow>(prepared(sessionSql, [pool, lookups.sessions]));
    for (const { owner, session, ...counters } of rows) referenced.sessions.set(sessionKey(owner, session), counters);
  }
  if (lookups.meters.length > 0) await findMeters(client, record, lookups.meters, referenced);
  for (const id of lookups.usages) await findUsage(client, record, id, referenced);
  for (const id of lookups.readings) {
    const event = await findEventIn(client, record, id);
    if (event?.type !== 'quota.read') continue;
    const kept = await client.query(prepared('SELECT 1 FROM quota_info WHERE pool = ? AND event_id = ?', [pool, id]));
    referenced.readings.set(id, { rejected: kept.rowCount === 0 });
  }
  for (const date of lookups.dates) {
    const { rows } = await client.query<DayTotal>(prepared(dayTotalsSql, [pool, date, pool, date]));
    referenced.days.set(date, rows);
  }
  return referenced;
}

async function findMeters(
  client: Client,
  record: PoolRecord,
  ids: readonly string[],
  referenced: Referenced,
): Promise<void> {
  const { rows } = await client.query<MeterRow & { readonly id: string }>(prepared(meterSql, [record.pool, ids]));
  const found = new Map(rows.map((row) => [row.id, row]));
  for (const id of ids) noteMeter(referenced, id, found.get(id));
  for (const use of new Set(rows.map((row) => row.use))) await findUsage(client, record, use, referenced);
}

async function findUsage(client: Client, record: PoolRecord, id: string, referenced: Referenced): Promise<void> {
  const event = await findEventIn(client, record, id);
  if (event?.type !== 'usage.recorded') return;
  const usageRow = rowId(record.number, event.seq);
  const { rows } = await client.query<UsageRow>(prepared(usageSql, [record.pool, usageRow, id]));
  const row = rows[0];
  if (row === undefined || row.name === null) return;
  const tokens: Record<string, number> = {};
  for (const bucket of tokenBuckets) {
    const count = row[bucket];
    if (count !== null) tokens[bucket] = count;
  }
  if (Object.keys(tokens).length === 0) tokens.total = row.total - (row.legacy ?? 0);
  referenced.usages.set(id, {
    name: row.name,
    mode: row.mode,
    occurredAt: Date.parse(row.timestamp) as EpochMs,
    timeZone: timeZoneOf(await readEvents(client, record.pool, configuredBefore(event.seq))),
    net: { costMicroUsd: row.cost ?? 0, legacyTokens: row.legacy ?? 0, tokens },
  });
}

const configuredBefore = (seq: number) => ({
  types: ['pool.configured'],
  upTo: seq - 1,
  backwards: true,
  limit: 1,
});

interface SessionRow extends SessionCounters {
  readonly owner: string;
  readonly session: string;
}

/** All null where there is no such use. */
interface UsageRow extends Record<(typeof tokenBuckets)[number], number | null> {
  readonly name: IdentityName | null;
  readonly mode: UsageMode;
  readonly timestamp: string;
  readonly cost: number | null;
  readonly legacy: number | null;
  readonly total: number;
}
