/** Rows of the original's tables as reports that carry where they come from. */
import type { OriginalRow } from '../engines/original.js';
import type { Report } from '../intake/report.js';
import { limits } from '../limits.js';
import { type Amount, amountOf } from './amount.js';
import { recordedName } from './names.js';
import type { DatedRow } from './timeline.js';
import { instantIn, numberIn, textIn } from './values.js';

export const tables = {
  identities: 'claude_identities',
  uses: 'resource_share_increments',
  days: 'daily_resource_share',
  readings: 'quota_info',
} as const;

/** A row that can be recorded. */
export interface TakenRow {
  readonly table: string;
  readonly id: string;
  readonly report: Report;
  readonly isEstimated: boolean;
  readonly use: Use | null;
}

/** What a row of the increments says, for the account. */
export interface Use {
  readonly name: string;
  readonly mode: 'autonomy' | 'collaboration';
  readonly at: number;
  readonly amount: Amount;
}

/** A row that is not recorded, and why. */
export interface LeftOut {
  readonly table: string;
  readonly id: string;
  readonly reason: string;
  /** What it would have counted, where it says that. */
  readonly usd: number;
  readonly tokens: number;
}

export const isTaken = (row: TakenRow | LeftOut): row is TakenRow => 'report' in row;

export const useColumns = [
  'id',
  'claude_name',
  'timestamp',
  'mode',
  'cache_read_increment',
  'context_percentage',
  'weighted_cost',
  'cost_delta',
  'normalized_usage',
  'recommended_interval',
];

export const readingColumns = [
  'timestamp',
  'session_5hour',
  'week_all',
  'week_sonnet',
  'session_5hour_reset',
  'week_reset',
];

/** An agent that was told to wait longer than a week was told not to run. */
const intervalSecondsMax = 604_800;
const dayMs = 86_400_000;
const percentMax = limits.percentBpMax / 100;

/** `fileId`: which database it is of. */
export function useRow(
  fileId: string,
  row: OriginalRow,
  dated: DatedRow,
  multiplierOf: (name: string) => number,
): TakenRow | LeftOut {
  const id = String(row.id ?? row.rowid);
  const table = tables.uses;
  const name = recordedName(textIn(row.claude_name));
  const amount = amountOf(row, multiplierOf(name));
  const leftOut = (reason: string): LeftOut => ({ table, id, reason, ...saidAmounts(row) });
  if (typeof amount === 'string') return leftOut(amount);
  if (dated.at === null) return leftOut('no time');
  const mode = textIn(row.mode) === 'autonomy' ? 'autonomy' : 'collaboration';
  const context = numberIn(row.context_percentage);
  const interval = numberIn(row.recommended_interval);
  const estimated = [...(dated.isEstimated ? ['time'] : []), ...(amount.isEstimated ? ['amount'] : [])];
  const payload = {
    name,
    mode,
    ...(amount.form === 'dollars'
      ? { cost_micro_usd: Math.round(amount.usd * 1e6) }
      : { legacy_tokens: amount.tokens }),
    ...(context !== null && context >= 0 && context <= 1_000 ? { context_percentage: context } : {}),
    imported: {
      ...origin(fileId, table, id),
      ...(estimated.length > 0 ? { estimated } : {}),
      ...(interval !== null && interval > 0 && interval <= intervalSecondsMax
        ? { recommended_interval_s: Math.round(interval) }
        : {}),
    },
  };
  return {
    table,
    id,
    report: { type: 'usage.recorded', occurred_at: dated.at, key: keyOf(fileId, table, id), payload },
    isEstimated: estimated.length > 0,
    use: { name, mode, at: dated.at, amount },
  };
}

/** What tells a row that was written twice: all of it but its id. */
export const sameUse = (row: OriginalRow): string =>
  JSON.stringify(useColumns.filter((column) => column !== 'id').map((column) => row[column] ?? null));

function saidAmounts(row: OriginalRow): { readonly usd: number; readonly tokens: number } {
  const usd = numberIn(row.cost_delta) ?? 0;
  return { usd, tokens: usd === 0 ? (numberIn(row.cache_read_increment) ?? 0) : 0 };
}

export const leftOutAs = (row: TakenRow, reason: string): LeftOut => ({
  table: row.table,
  id: row.id,
  reason,
  usd: row.use?.amount.form === 'dollars' ? row.use.amount.usd : 0,
  tokens: row.use?.amount.form === 'tokens' ? row.use.amount.tokens : 0,
});

/** `zone`: of the machine whose clock wrote the times. */
export function readingRow(fileId: string, row: OriginalRow, dated: DatedRow, zone: string): TakenRow | LeftOut {
  const said = textIn(row.timestamp);
  const id = said === null || said === '' || dated.isEstimated ? `row ${row.rowid}` : said.slice(0, 100);
  const table = tables.readings;
  const leftOut = (reason: string): LeftOut => ({ table, id, reason, usd: 0, tokens: 0 });
  const { at } = dated;
  if (at === null) return leftOut('no time');
  const sessionReset = sessionResetIn(instantIn(row.session_5hour_reset, zone), at);
  const weekReset = instantIn(row.week_reset, zone);
  const windows = [
    windowOf('session_5hour', row.session_5hour, sessionReset),
    windowOf('week_all', row.week_all, weekReset),
    windowOf('week_sonnet', row.week_sonnet, weekReset),
  ].filter((window) => window !== null);
  if (windows.length === 0) return leftOut('no percentage');
  const payload = {
    source: 'coop-quota',
    windows,
    imported: { ...origin(fileId, table, id), ...(dated.isEstimated ? { estimated: ['time'] } : {}) },
  };
  return {
    table,
    id,
    report: { type: 'quota.read', occurred_at: at, key: keyOf(fileId, table, id), payload },
    isEstimated: dated.isEstimated,
    use: null,
  };
}

/** The time of day of a reset was taken for today, where it was of tomorrow. */
function sessionResetIn(reset: number | null, at: number): number | null {
  return reset !== null && reset <= at && at - reset < dayMs ? reset + dayMs : reset;
}

function windowOf(key: string, value: OriginalRow[string] | undefined, reset: number | null) {
  const percent = numberIn(value);
  if (percent === null || percent < 0 || percent > percentMax) return null;
  const isInstant = reset !== null && reset >= limits.occurredAtMsMin && reset <= limits.occurredAtMsMax;
  return { key, percent_bp: Math.round(percent * 100), ...(isInstant ? { resets_at: Math.round(reset) } : {}) };
}

const origin = (fileId: string, table: string, id: string) => ({ source: `coop:${fileId}`, table, id });

/** By which a row that comes again is known. */
export const keyOf = (fileId: string, table: string, id: string): string => `coop:${fileId}:${table}:${id}`;

export const originOf = (fileId: string, id: string) => origin(fileId, tables.identities, id);

/** Windows that a reading says something of. */
export const windowKeysOf = ({ report }: TakenRow): readonly string[] =>
  (report.payload.windows as readonly { readonly key: string }[]).map(({ key }) => key);
