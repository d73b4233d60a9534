/**
 * Goal: what is asked on the way of a report or a page is found by an index at any size. The statements are those that
 * the product sends; the server says how it would answer them on a log of 100,000 events.
 */
import pg from 'pg';
import t from 'tap';
import type { Engine, Lookups } from '../../src/engines/engine.js';
import type { EpochMs, PoolId } from '../../src/events/scalars.js';
import { RollingCost } from '../../src/ledger/rolling-cost.js';
import { Rows } from '../../src/projections/rows.js';
import {
  readTable,
  readUsage,
  type TableFilter,
  type TableName,
  tableNames,
} from '../../src/projections/table-reader.js';
import { variant } from '../support/engines.js';
import { eventId, noon } from '../support/fold.js';
import { queryOnce } from '../support/postgres-server.js';
import { follow } from '../support/sealed.js';

const pool = 'default' as PoolId;
const events = 100_000;

/** Made in the database, as 100,000 reports would leave it; ids are those that `eventId` gives. */
const filled = `
  INSERT INTO events SELECT 'default', n, '01' || lpad(n::text, 24, '0'),
      CASE WHEN n % 20 = 0 THEN 'quota.read' ELSE 'usage.recorded' END, 1, ${noon} + n, ${noon} + n, 'local',
      CASE WHEN n % 5000 = 0 THEN 'rare/1' WHEN n % 2 = 0 THEN 'other/1' ELSE 'test/1' END, 'key ' || n, CASE WHEN n % 10 = 0 THEN '01' || lpad((n - 1)::text, 24, '0') END,
      '{"name":"Agent ' || n % 50 || '"}', decode(repeat('00', 32), 'hex'), decode(repeat('11', 32), 'hex'), 1,
      'Agent ' || n % 50
    FROM generate_series(1, ${events}) n;
  INSERT INTO resource_share_increments (id, pool, seq, event_id, claude_name, timestamp, mode, cache_read_increment,
      weighted_cost, total_tokens, cost_source, source, corrects, occurred_at, recorded_at)
    SELECT n, 'default', n, '01' || lpad(n::text, 24, '0'), 'Agent ' || n % 50,
      to_char(to_timestamp(${noon / 1_000} + n) AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS".000Z"'), 'autonomy', 0, 0, 1, 'reported',
      'test/1', CASE WHEN n % 10 = 0 THEN '01' || lpad((n - 1)::text, 24, '0') END, ${noon} + n * 1000, ${noon} + n * 1000
    FROM generate_series(1, ${events}) n;
  INSERT INTO idempotency SELECT 'default', 'key ' || n, decode(repeat('22', 32), 'hex'), n, '{}'
    FROM generate_series(1, ${events}) n;
  INSERT INTO usage_sessions SELECT 'default', 'agent ' || n % 50, 'session ' || n, 1, 1, n, '2026' FROM generate_series(1, 20000) n;
  INSERT INTO usage_meters (pool, meter_id, event_id, ids, rank, sidechain, says_speed, last_seq)
    SELECT 'default', 'anthropic:msg_' || n, '01' || lpad(n::text, 24, '0'), '["anthropic:msg_' || n || '"]', 'final', 0, 0, n FROM generate_series(1, 20000) n;
  INSERT INTO metered_sessions SELECT 'default', 'session ' || n, 2, n FROM generate_series(1, 20000) n;
  INSERT INTO stopgap_uses SELECT 'default', 'session ' || n / 2, '01' || lpad(n::text, 24, '0'), 2, NULL, n FROM generate_series(1, 20000) n;
  INSERT INTO quota_info (id, pool, seq, event_id, timestamp, source, confidence, stale, occurred_at, recorded_at)
    SELECT n, 'default', n, '01' || lpad(n::text, 24, '0'), to_char(to_timestamp(${noon / 1_000} + n) AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS".000Z"'), 'test', 'exact', 0, ${noon} + n * 1000, ${noon} + n * 1000
    FROM generate_series(20, ${events}, 20) n;
  INSERT INTO quota_windows (pool, seq, window_key, event_id, timestamp, percent_bp, active, source, confidence, suspect, occurred_at, recorded_at)
    SELECT 'default', n, 'week_' || w, '01' || lpad(n::text, 24, '0'), to_char(to_timestamp(${noon / 1_000} + n) AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS".000Z"'), 1, 1, 'test', 'exact', 0, ${noon} + n * 1000, ${noon} + n * 1000
    FROM generate_series(20, ${events}, 20) n, generate_series(1, 3) w;
  UPDATE pools SET head_seq = ${events}, head_id = '01' || lpad('${events}', 24, '0'),
    head_hash = decode(repeat('11', 32), 'hex'), head_recorded_at = ${noon + events};
  ANALYZE`;

/** Whose rows grow with the log. */
const large = new Set([
  'events',
  'resource_share_increments',
  'idempotency',
  'usage_sessions',
  'usage_meters',
  'metered_sessions',
  'stopgap_uses',
  'quota_info',
  'quota_windows',
]);

interface Plan {
  readonly 'Node Type': string;
  readonly 'Relation Name'?: string;
  readonly Filter?: string;
  readonly Plans?: readonly Plan[];
}

interface Sent {
  readonly text: string;
  readonly values: unknown[];
}

t.test('the server answers by its indexes', { timeout: 400_000 }, async (t) => {
  const place = await variant.place(t, { calm: true });
  const engine = await variant.open(place);
  t.teardown(() => engine.close());
  await engine.createPool(pool, noon);
  await queryOnce(place, filled);

  for (const [name, ask] of Object.entries(questions(engine))) {
    const sent = await sentBy(ask);
    t.ok(sent.length > 0, name);
    for (const { text, values } of sent) {
      const plan = await planOf(place, text, values);
      t.strictSame(faultsIn(plan), [], `${name}: ${text.replace(/\s+/g, ' ').slice(0, 110)}`);
    }
  }
});

t.test('what the test looks for is found', async (t) => {
  const scan: Plan = { 'Node Type': 'Seq Scan', 'Relation Name': 'events' };
  t.strictSame(faultsIn(scan), ['Seq Scan of events']);
  const ordered: Plan = { 'Node Type': 'Index Scan', 'Relation Name': 'events' };
  t.strictSame(faultsIn({ 'Node Type': 'Sort', Plans: [ordered] }), ['Sort of events']);
  t.strictSame(faultsIn({ 'Node Type': 'Limit', Plans: [ordered] }), []);
  t.strictSame(faultsIn({ ...ordered, Filter: "(source = 'test/1'::text)" }), ['Filter of events by source']);
});

/** Everything that is asked while commands are decided, and for pages. */
function questions(engine: Engine): Record<string, () => Promise<unknown>> {
  const middle = events / 2;
  const page = { after: middle, limit: 100 };
  const all: Record<string, () => Promise<unknown>> = {
    'an append that refers to much': () => append(engine),
    'a page of events': () => engine.readEvents(pool, page),
    'a page of events, backwards': () => engine.readEvents(pool, { ...page, backwards: true }),
    'events of a type': () => engine.readEvents(pool, { ...page, types: ['quota.read'] }),
    'events of an identity': () => engine.readEvents(pool, { ...page, names: ['Agent 7'] }),
    'events of a common source': () => engine.readEvents(pool, { ...page, source: 'test/1' }),
    'events of a rare source': () => engine.readEvents(pool, { ...page, source: 'rare/1' }),
    'events of a rare source, backwards': () => engine.readEvents(pool, { ...page, source: 'rare/1', backwards: true }),
    'events of a source nobody has': () => engine.readEvents(pool, { ...page, source: 'nobody/1' }),
    'events that belong to another': () => engine.readEvents(pool, { limit: 100, correlates: eventId(middle - 1) }),
    'a page of the scan': () => engine.scanEvents(pool, middle, Number.MAX_SAFE_INTEGER, 2_000),
    'an event by its seq': () => engine.eventAt(pool, middle),
    'an event by its id': () => engine.findEvent(eventId(middle)),
    'the seq at a time': () => engine.seqAt(pool, noon + middle),
  };
  const deep: TableFilter = { limit: 50 };
  const filters: Partial<Record<TableName, readonly TableFilter[]>> = {
    usage: [deep, { ...deep, identity: 'Agent 7' }, { ...deep, descending: false }],
    quota: [deep, { ...deep, window: 'week_2' }],
  };
  all['pages of usage as of an event'] = () =>
    readUsage(engine, pool, deep, { rowId: middle, time: (noon + middle * 1_000) as EpochMs });
  const cost = new RollingCost(engine, { pool, number: 0 });
  for (const [name, ms] of Object.entries({ 'the cost of the last minutes': 100_000, 'the same, later': 50_000 })) {
    all[name] = () => cost.since((noon + events * 1_000 - ms) as EpochMs);
  }
  for (const table of tableNames) {
    for (const [i, filter] of (filters[table] ?? []).entries()) {
      all[`pages of ${table}, filter ${i + 1}`] = async () => {
        const { next } = await readTable(engine, pool, table, filter);
        if (next !== null) await readTable(engine, pool, table, { ...filter, cursor: next });
      };
    }
  }
  return all;
}

async function append(engine: Engine): Promise<void> {
  const [record] = await engine.pools();
  if (record === undefined) throw new Error('there is no pool');
  const wanted: Lookups = {
    keys: ['key 5', 'key 77777', 'key of nobody'],
    sessions: ['session 10', 'session 20'],
    usages: [eventId(12_345)],
    meters: ['anthropic:msg_7', 'anthropic:msg_x'],
    metered: [
      { session: 'session 7', rule: 'response' },
      { session: 'session x', rule: 'sum' },
    ],
    readings: [eventId(20_000)],
    dates: ['2026-01-05'],
    jobs: [],
  };
  const where = { pool, event_id: eventId(40) };
  const events = follow(pool, record.head, {});
  await engine.append(pool, record.head.seq, wanted, (found) => {
    if (found.outcomes.size !== 2 || found.referenced.usages.size === 0) throw new Error('not everything was found');
    return {
      events,
      outcomes: [{ key: 'new', digest: '33'.repeat(32), seq: (events[0]?.seq ?? 0) as number, answer: '{}' }],
      changes: [
        { op: 'delete', table: 'quota_info', where },
        { op: 'delete', table: 'quota_windows', where },
        {
          op: 'upsert',
          table: 'usage_sessions',
          rows: Rows.of([[pool, 'agent 1', 'session 1', 5, 5, 1, '2026']]),
        },
      ],
    };
  });
}

/** Statements with values that a task sends through the driver. */
async function sentBy(task: () => Promise<unknown>): Promise<Sent[]> {
  const sent = new Map<string, Sent>();
  const { query } = pg.Client.prototype;
  pg.Client.prototype.query = function (this: pg.Client, ...args: unknown[]) {
    const [config] = args as [Partial<Sent>];
    if (config.text !== undefined && config.values !== undefined) sent.set(config.text, config as Sent);
    return (query as (...args: unknown[]) => unknown).apply(this, args);
  } as typeof query;
  try {
    await task();
  } finally {
    pg.Client.prototype.query = query;
  }
  return [...sent.values()];
}

async function planOf(place: string, text: string, values: unknown[]): Promise<Plan> {
  const client = new pg.Client(place);
  await client.connect();
  try {
    const { rows } = await client.query(`EXPLAIN (FORMAT JSON) ${text}`, values);
    return rows[0]['QUERY PLAN'][0].Plan as Plan;
  } finally {
    await client.end();
  }
}

/** Whole tables that are read, rows that are brought in order by other means than an index, and those read for their source. */
function faultsIn(plan: Plan): string[] {
  const { Plans: below = [], 'Node Type': kind, 'Relation Name': relation, Filter: filter = '' } = plan;
  const faults = below.flatMap(faultsIn);
  if (relation === 'events' && /\bsource\b/.test(filter)) faults.push('Filter of events by source');
  if (kind === 'Seq Scan' && large.has(relation ?? '')) faults.push(`Seq Scan of ${relation}`);
  if (/Sort/.test(kind)) faults.push(...relationsIn(plan).map((name) => `Sort of ${name}`));
  return faults;
}

const relationsIn = (plan: Plan): string[] => [
  ...(large.has(plan['Relation Name'] ?? '') ? [plan['Relation Name'] as string] : []),
  ...(plan.Plans ?? []).flatMap(relationsIn),
];
