/**
 * Databases as the original server left them, in the three generations of its tables, and what each row is meant to say: worked out
 * while it is written, so that a reader of the rows can be compared with it.
 */
import Database from 'better-sqlite3';

export type Generation = 1 | 2 | 3;

const columnsOfUses = [
  ['id INTEGER PRIMARY KEY', 'claude_name TEXT', 'timestamp TEXT DEFAULT CURRENT_TIMESTAMP', 'mode TEXT'],
  ['cache_read_increment INTEGER', 'context_percentage REAL'],
].flat();

const schemas: Readonly<Record<Generation, string>> = {
  1: `
    CREATE TABLE claude_identities (name TEXT PRIMARY KEY, model TEXT, cost_multiplier INTEGER DEFAULT 3);
    CREATE TABLE resource_share_increments (${columnsOfUses.join(', ')});
    CREATE TABLE quota_info (timestamp TEXT PRIMARY KEY, session_5hour REAL, week_all REAL, week_sonnet REAL);`,
  2: `
    CREATE TABLE claude_identities (name TEXT PRIMARY KEY, model TEXT, cost_multiplier INTEGER DEFAULT 3,
      collaborative_pref INTEGER, active INTEGER DEFAULT 1);
    CREATE TABLE resource_share_increments (${columnsOfUses.join(', ')}, weighted_cost REAL);
    CREATE TABLE quota_info (timestamp TEXT PRIMARY KEY, session_5hour REAL, week_all REAL, week_sonnet REAL);`,
  3: `
    CREATE TABLE claude_identities (name TEXT PRIMARY KEY, model TEXT, cost_multiplier INTEGER DEFAULT 3,
      collaborative_pref INTEGER, active INTEGER DEFAULT 1, ip_address TEXT, pause_until TEXT);
    CREATE TABLE resource_share_increments (${columnsOfUses.join(', ')}, weighted_cost REAL, cost_delta REAL,
      normalized_usage REAL, recommended_interval INTEGER);
    CREATE TABLE quota_info (timestamp TEXT PRIMARY KEY, session_5hour REAL, week_all REAL, week_sonnet REAL,
      session_5hour_reset TEXT, week_reset TEXT);`,
};

const dailySchema = `
  CREATE TABLE daily_resource_share (id INTEGER PRIMARY KEY, claude_name TEXT NOT NULL, date TEXT NOT NULL,
    autonomous_tokens INTEGER, collaborative_tokens INTEGER, total_tokens INTEGER, last_updated TEXT,
    UNIQUE (claude_name, date));`;

/** What a row of the increments means. Sums are by `name`, the day of `at` in UTC, and `mode`. */
export interface Meant {
  readonly name: string;
  readonly mode: 'autonomy' | 'collaboration';
  /** Milliseconds UTC. */
  readonly at: number;
  readonly usd?: number;
  readonly tokens?: number;
}

export interface UseWritten {
  readonly name: string | null;
  readonly at: number;
  readonly mode?: string | null;
  readonly usd?: number;
  readonly tokens?: number;
  readonly interval?: number;
  /** What stands in the place of the time. */
  readonly timestamp?: string | null;
}

const multipliers: Readonly<Record<string, number>> = { Ada: 5, Bob: 3, 'Sparkle-Delta': 15 };
/** By which the original multiplies the tokens of a name. */
export const multiplierOf = (name: string | null): number => multipliers[name ?? ''] ?? 3;

export class OriginalHousehold {
  readonly path: string;
  readonly db: Database.Database;
  readonly generation: Generation;
  readonly meant: Meant[] = [];

  constructor(path: string, generation: Generation = 3) {
    this.path = path;
    this.generation = generation;
    this.db = new Database(path);
    this.db.exec(schemas[generation] + dailySchema);
    for (const [name, multiplier] of Object.entries(multipliers)) {
      this.db
        .prepare('INSERT INTO claude_identities (name, model, cost_multiplier) VALUES (?, ?, ?)')
        .run(name, `model-of-${name.toLowerCase()}`, multiplier);
    }
  }

  /** One report, as the server of this generation (or of an earlier one) wrote it. Returns its id. */
  write(use: UseWritten, by: Generation = this.generation): number {
    const { name, usd, tokens = 0, mode = 'autonomy', interval = 900 } = use;
    const multiplier = multiplierOf(name);
    const isNewer = usd !== undefined;
    const row: Record<string, string | number | null> = {
      claude_name: name,
      timestamp: use.timestamp === undefined ? sqlTime(use.at) : use.timestamp,
      mode,
      cache_read_increment: isNewer ? Math.floor((usd / multiplier) * 1_000) : tokens,
      context_percentage: 41.5,
    };
    if (by >= 2) row.weighted_cost = isNewer ? usd * 1_000 : tokens * multiplier;
    if (by >= 3) {
      row.cost_delta = isNewer ? usd : (tokens * multiplier) / 1_000;
      row.normalized_usage = isNewer ? usd / multiplier : tokens;
      row.recommended_interval = interval;
    }
    return this.insert('resource_share_increments', row);
  }

  /** As `write`, of a row that is to be recorded. */
  add(
    use: UseWritten,
    { by, name = use.name ?? '', at = use.at }: { by?: Generation; name?: string; at?: number } = {},
  ): number {
    const mode = use.mode === undefined || use.mode === 'autonomy' ? 'autonomy' : 'collaboration';
    const amount = use.usd === undefined ? { tokens: use.tokens ?? 0 } : { usd: use.usd };
    this.meant.push({ name, mode, at, ...amount });
    return this.write(use, by);
  }

  /** `at`, and resets: the local times that the script wrote, as text. */
  reading(
    at: string | null,
    percents: readonly (number | string | null)[],
    resets: readonly (string | null)[] = [],
  ): void {
    const [session, week, sonnet] = percents;
    const row: Record<string, string | number | null> = {
      timestamp: at,
      session_5hour: session ?? null,
      week_all: week ?? null,
      week_sonnet: sonnet ?? null,
    };
    if (this.generation >= 3) [row.session_5hour_reset, row.week_reset] = [resets[0] ?? null, resets[1] ?? null];
    this.insert('quota_info', row);
  }

  insert(table: string, row: Readonly<Record<string, string | number | null>>): number {
    const columns = Object.keys(row);
    const sql = `INSERT INTO ${table} (${columns.join(', ')}) VALUES (${columns.map(() => '?').join(', ')})`;
    return Number(this.db.prepare(sql).run(...Object.values(row)).lastInsertRowid);
  }

  /** The totals by day, as the original's own job makes them. */
  aggregate(): void {
    this.db.exec(`
      INSERT OR REPLACE INTO daily_resource_share (claude_name, date, autonomous_tokens, collaborative_tokens, total_tokens, last_updated)
      SELECT claude_name, date(timestamp),
             sum(CASE mode WHEN 'autonomy' THEN cache_read_increment ELSE 0 END),
             sum(CASE mode WHEN 'autonomy' THEN 0 ELSE cache_read_increment END),
             sum(cache_read_increment), datetime('now')
        FROM resource_share_increments WHERE claude_name IS NOT NULL AND date(timestamp) IS NOT NULL
       GROUP BY claude_name, date(timestamp)`);
  }

  close(): void {
    this.db.close();
  }
}

/** As SQLite's CURRENT_TIMESTAMP. */
export const sqlTime = (at: number): string => new Date(at).toISOString().slice(0, 19).replace('T', ' ');

/** Sums of what was meant, by name, day in UTC and mode, as sorted text. */
export function sumsOf(meant: readonly Meant[], nameOf: (name: string) => string = (name) => name): string[] {
  const sums = new Map<string, { usd: number; tokens: number }>();
  for (const { name, at, mode, usd = 0, tokens = 0 } of meant) {
    const key = `${nameOf(name)} ${new Date(at).toISOString().slice(0, 10)} ${mode}`;
    const sum = sums.get(key) ?? { usd: 0, tokens: 0 };
    sums.set(key, { usd: sum.usd + usd, tokens: sum.tokens + tokens });
  }
  return [...sums].map(([key, { usd, tokens }]) => `${key} $${usd.toFixed(4)} ${tokens}`).sort();
}

/**
 * Weeks of ordinary reports of three agents, a few minutes apart; the last ones up to `until`. Each uses by its multiplier, so that
 * nobody is ahead of the others.
 */
export function writeWeeks(household: OriginalHousehold, count: number, until: number, random: () => number): void {
  const names = ['Ada', 'Bob', 'Sparkle-Delta'];
  const stepMs = 300_000;
  const first = Math.floor((until - count * stepMs) / 1_000) * 1_000;
  household.db.transaction(() => {
    for (let i = 0; i < count; i += 1) {
      const name = names[Math.floor(random() * names.length)] as string;
      const at = first + i * stepMs;
      const mode = random() < 0.8 ? 'autonomy' : 'collaboration';
      const isOld = i < count / 3;
      const amount = isOld
        ? { tokens: 1 + Math.floor(random() * 200_000) }
        : { usd: Math.floor(random() * 100_000 * multiplierOf(name) + 1) / 1e6 };
      household.add({ name, at, mode, ...amount }, isOld ? { by: i % 2 === 0 ? 1 : 2 } : {});
    }
  })();
}
