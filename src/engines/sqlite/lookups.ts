/** What the commands of a batch refer to, looked up under the head lock before they are decided. */
import type Database from 'better-sqlite3';
import type { DayTotal } from '../../events/catalogue/day.js';
import type { UsageMode } from '../../events/catalogue/usage.js';
import type { Stopgap } from '../../events/meter.js';
import { emptyPage } from '../../events/page.js';
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
import type { AppendContext, FoundOutcome, Lookups } from '../engine.js';
import { type MeterRow, meterColumns, noteMeter, noteSession, wantsStopgaps } from '../found-meters.js';
import type { LogTables } from './log.js';
import { Statements } from './statements.js';

/** Net of its corrections; a bucket is null when nobody spoke of it. */
const usageSql = `SELECT claude_name AS name, mode, min(timestamp) AS timestamp, sum(cost_micro_usd) AS cost,
  sum(legacy_tokens) AS legacy, sum(total_tokens) AS total,
  ${tokenBuckets.map((bucket) => `sum(${bucket}_tokens) AS ${bucket}`).join(', ')}
  FROM resource_share_increments WHERE pool = ? AND (id = ? OR corrects = ?) GROUP BY claude_name, mode`;

const sessionSql =
  'SELECT owner, cost_micro_usd AS costMicroUsd, total_tokens AS tokens FROM usage_sessions WHERE pool = ? AND session = ?';

const meterSql = `SELECT ${meterColumns} FROM usage_meters WHERE pool = ? AND meter_id = ?`;

const meteredSql = 'SELECT detail FROM metered_sessions WHERE pool = ? AND session = ?';
const stopgapsSql = `SELECT event_id AS "use", fair_cost_micro_usd AS "fairCostMicroUsd"
  FROM stopgap_uses WHERE pool = ? AND session = ? AND detail = ? ORDER BY event_id`;

const outcomeSql = `SELECT i.key, lower(hex(i.digest)) AS digest, i.seq, answer, id, nullif(lower(hex(hash)), '') AS hash,
  type, occurred_at, payload FROM idempotency i
  LEFT JOIN events e ON e.place = ? + i.seq WHERE i.pool = ? AND i.key = ?`;

const dayTotalsSql = `SELECT claude_name AS name, 'autonomy' AS mode, autonomous_tokens AS tokens, autonomous_cost_micro_usd AS cost_micro_usd
    FROM daily_resource_share WHERE pool = ? AND date = ?
  UNION ALL SELECT claude_name, 'collaboration', collaborative_tokens, collaborative_cost_micro_usd
    FROM daily_resource_share WHERE pool = ? AND date = ?`;

export class LookupTables {
  readonly #statements: Statements;
  readonly #log: LogTables;

  constructor(db: Database.Database, log: LogTables) {
    this.#statements = new Statements(db);
    this.#log = log;
  }

  find(pool: PoolId, knownSeq: number, lookups: Lookups): AppendContext {
    const { head, number } = this.#log.pool(pool);
    const outcomes = new Map<string, FoundOutcome>();
    const byKey = this.#statements.get(outcomeSql);
    for (const key of lookups.keys) {
      const row = byKey.get(rowId(number, 0), pool, key) as FoundOutcome | undefined;
      if (row !== undefined) outcomes.set(key, row);
    }
    this.#nameArchived(pool, outcomes);
    const tail = head.seq === knownSeq ? emptyPage : this.#log.scan(pool, knownSeq, head.seq, head.seq - knownSeq);
    return { tail, head, outcomes, referenced: this.#referenced(pool, lookups) };
  }

  /** Receipts of archived events have no row to be joined with. By seq, so that each segment is opened once. */
  #nameArchived(pool: PoolId, outcomes: Map<string, FoundOutcome>): void {
    const nameless = [...outcomes.values()].filter(({ seq, id }) => seq !== null && id === null);
    for (const outcome of nameless.sort((a, b) => Number(a.seq) - Number(b.seq))) {
      const event = this.#log.eventAt(pool, Number(outcome.seq));
      if (event === null) continue;
      const { id, hash, type, occurred_at, payload } = event;
      outcomes.set(outcome.key, { ...outcome, id, hash, type, occurred_at, payload });
    }
  }

  #referenced(pool: PoolId, lookups: Lookups): Referenced {
    const referenced = nothingReferenced();
    const bySession = this.#statements.get(sessionSql);
    for (const session of lookups.sessions) {
      for (const { owner, ...counters } of bySession.all(pool, session) as SessionRow[]) {
        referenced.sessions.set(sessionKey(owner, session), counters);
      }
    }
    const byMeter = this.#statements.get(meterSql);
    for (const id of lookups.meters) {
      const row = byMeter.get(pool, id) as MeterRow | undefined;
      noteMeter(referenced, id, row);
      if (row !== undefined) this.#findUsage(pool, row.use, referenced);
    }
    for (const wanted of lookups.metered) this.#findMetered(pool, wanted, referenced);
    for (const id of lookups.usages) this.#findUsage(pool, id, referenced);
    for (const id of lookups.readings) {
      const event = this.#log.findEvent(id);
      if (event?.pool !== pool || event.type !== 'quota.read') continue;
      const kept = this.#statements.get('SELECT 1 FROM quota_info WHERE pool = ? AND event_id = ?').get(pool, id);
      referenced.readings.set(id, { rejected: kept === undefined });
    }
    for (const date of lookups.dates) {
      referenced.days.set(date, this.#statements.get(dayTotalsSql).all(pool, date, pool, date) as DayTotal[]);
    }
    return referenced;
  }

  #findMetered(pool: PoolId, wanted: Lookups['metered'][number], referenced: Referenced): void {
    const { session } = wanted;
    const row = this.#statements.get(meteredSql).get(pool, session) as { readonly detail: number } | undefined;
    const detail = row?.detail ?? 0;
    const rows = wantsStopgaps(wanted, detail) ? this.#statements.get(stopgapsSql).all(pool, session, detail) : [];
    const stopgaps = rows as readonly Stopgap[];
    noteSession(referenced, session, detail, stopgaps);
    for (const { use } of stopgaps) this.#findUsage(pool, use, referenced);
  }

  #timeZoneBefore(pool: PoolId, seq: number): string {
    const query = { types: ['pool.configured'], upTo: seq - 1, backwards: true, limit: 1 };
    return timeZoneOf(this.#log.readEvents(pool, query));
  }

  #findUsage(pool: PoolId, id: string, referenced: Referenced): void {
    const event = this.#log.findEvent(id);
    if (event === null || event.pool !== pool || event.type !== 'usage.recorded') return;
    const { number } = this.#log.pool(pool);
    const row = this.#statements.get(usageSql).get(pool, rowId(number, event.seq), id) as UsageRow | undefined;
    if (row === undefined) return;
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
      timeZone: this.#timeZoneBefore(pool, event.seq),
      net: { costMicroUsd: row.cost ?? 0, legacyTokens: row.legacy ?? 0, tokens },
    });
  }
}

interface SessionRow extends SessionCounters {
  readonly owner: string;
}

interface UsageRow extends Record<(typeof tokenBuckets)[number], number | null> {
  readonly name: IdentityName;
  readonly mode: UsageMode;
  readonly timestamp: string;
  readonly cost: number | null;
  readonly legacy: number | null;
  readonly total: number;
}
