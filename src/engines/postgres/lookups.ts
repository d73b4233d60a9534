/** What the commands of a batch refer to, looked up under the head lock before they are decided. */
import type { DayTotal } from '../../events/catalogue/day.js';
import type { UsageMode } from '../../events/catalogue/usage.js';
import type { Stopgap } from '../../events/meter.js';
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
import { type MeterRow, meterColumns, noteMeter, noteSession, wantsStopgaps } from '../found-meters.js';
import type { Client } from './connections.js';
import { eventAt, findEventIn, findSeqs, readEvents } from './log.js';
import { prepared } from './statements.js';

/** Uses and their corrections; a bucket is null where nobody spoke of it. */
const usagesSql = `SELECT COALESCE(corrects, event_id) AS "use", claude_name AS name, mode, timestamp,
  cost_micro_usd AS cost, legacy_tokens AS legacy, total_tokens AS total,
  ${tokenBuckets.map((bucket) => `${bucket}_tokens AS ${bucket}`).join(', ')}
  FROM resource_share_increments WHERE pool = ? AND (id = ANY(?::bigint[]) OR corrects = ANY(?::text[]))`;

const sessionSql = `SELECT owner, session, cost_micro_usd AS "costMicroUsd", total_tokens AS tokens
  FROM usage_sessions WHERE pool = ? AND session = ANY(?::text[])`;

const meterSql = `SELECT meter_id AS "id", ${meterColumns} FROM usage_meters WHERE pool = ? AND meter_id = ANY(?::text[])`;

const meteredSql = 'SELECT session, detail FROM metered_sessions WHERE pool = ? AND session = ANY(?::text[])';
const stopgapsSql = `SELECT session, event_id AS "use", fair_cost_micro_usd AS "fairCostMicroUsd", detail
  FROM stopgap_uses WHERE pool = ? AND session = ANY(?::text[])
  ORDER BY session, event_id`;

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
  if (lookups.meters.length > 0) await findMeters(client, pool, lookups.meters, referenced);
  if (lookups.metered.length > 0) await findMetered(client, pool, lookups.metered, referenced);
  const uses = [...lookups.usages, ...usesOf(referenced)];
  if (uses.length > 0) await findUsages(client, record, [...new Set(uses)], referenced);
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

/** Uses that a response seen again, or a session told of more closely, may correct. */
function usesOf({ meters, metered }: Referenced): string[] {
  const ofMeters = [...meters.values()].flatMap((meter) => (meter === null ? [] : [meter.use]));
  return [...ofMeters, ...[...metered.values()].flatMap(({ stopgaps }) => stopgaps.map(({ use }) => use))];
}

async function findMeters(client: Client, pool: PoolId, ids: readonly string[], referenced: Referenced): Promise<void> {
  const { rows } = await client.query<MeterRow & { readonly id: string }>(prepared(meterSql, [pool, ids]));
  const found = new Map(rows.map((row) => [row.id, row]));
  for (const id of ids) noteMeter(referenced, id, found.get(id));
}

async function findMetered(
  client: Client,
  pool: PoolId,
  metered: Lookups['metered'],
  referenced: Referenced,
): Promise<void> {
  const sessions = metered.map(({ session }) => session);
  const { rows } = await client.query<MeteredRow>(prepared(meteredSql, [pool, sessions]));
  const details = new Map(rows.map(({ session, detail }) => [session, detail]));
  const replaced = metered.filter((wanted) => {
    const detail = details.get(wanted.session) ?? 0;
    return detail > 0 && wantsStopgaps(wanted, detail);
  });
  const found = replaced.length === 0 ? [] : await findStopgaps(client, pool, replaced);
  for (const session of sessions) {
    const detail = details.get(session) ?? 0;
    const stopgaps = found.filter((row) => row.session === session && row.detail === detail);
    noteSession(referenced, session, detail, stopgaps);
  }
}

async function findStopgaps(client: Client, pool: PoolId, metered: Lookups['metered']): Promise<StopgapRow[]> {
  const sessions = metered.map(({ session }) => session);
  return (await client.query<StopgapRow>(prepared(stopgapsSql, [pool, sessions]))).rows;
}

async function findUsages(
  client: Client,
  record: PoolRecord,
  ids: readonly string[],
  referenced: Referenced,
): Promise<void> {
  const { pool, number } = record;
  const seqs = await findSeqs(client, record, ids);
  if (seqs.size === 0) return;
  const rowIds = [...seqs.values()].map((seq) => rowId(number, seq));
  const { rows } = await client.query<UsageRow>(prepared(usagesSql, [pool, rowIds, [...seqs.keys()]]));
  const configured = (await readEvents(client, pool, configuredBefore(record.head.seq + 1)))[0];
  for (const row of netted(rows)) {
    const seq = seqs.get(row.use) as number;
    // Zones change seldom: most uses are after the last change.
    const before = configured === undefined || configured.seq < seq ? configured : undefined;
    const zone = before ?? (await readEvents(client, pool, configuredBefore(seq)))[0];
    const tokens: Record<string, number> = {};
    for (const bucket of tokenBuckets) {
      const count = row[bucket];
      if (count !== null) tokens[bucket] = count;
    }
    if (Object.keys(tokens).length === 0) tokens.total = row.total - (row.legacy ?? 0);
    referenced.usages.set(row.use, {
      name: row.name,
      mode: row.mode,
      occurredAt: Date.parse(row.timestamp) as EpochMs,
      timeZone: timeZoneOf(zone === undefined ? [] : [zone]),
      net: { costMicroUsd: row.cost ?? 0, legacyTokens: row.legacy ?? 0, tokens },
    });
  }
}

/** One row a use, net of its corrections, which have its name, its mode and its time. */
function netted(rows: readonly UsageRow[]): Iterable<UsageRow> {
  const net = new Map<string, UsageRow>();
  for (const row of rows) {
    const known = net.get(row.use);
    net.set(row.use, known === undefined ? row : { ...row, ...summed(known, row) });
  }
  return net.values();
}

const summedColumns = ['cost', 'legacy', 'total', ...tokenBuckets] as const;

/** What neither says stays unsaid. */
const summed = (one: UsageRow, other: UsageRow) =>
  Object.fromEntries(
    summedColumns.map((column) => [column, one[column] === null ? other[column] : one[column] + (other[column] ?? 0)]),
  );

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

interface MeteredRow {
  readonly session: string;
  readonly detail: number;
}

interface StopgapRow extends MeteredRow, Stopgap {}

interface UsageRow extends Record<(typeof tokenBuckets)[number], number | null> {
  /** Id of its event. */
  readonly use: string;
  readonly name: IdentityName;
  readonly mode: UsageMode;
  readonly timestamp: string;
  readonly cost: number | null;
  readonly legacy: number | null;
  readonly total: number;
}
