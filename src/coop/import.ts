/**
 * Takes in what a database of the original server holds: its identities, its readings of the quota, and every report of use, each as
 * an event of its own time. Rows that come again are repeated; where a run is broken off, the next one goes on.
 *
 * The newest reading of each window goes first, and the older ones are late then: the controller goes by what the windows stand at
 * now, and learns nothing from how they once moved. Uses follow in the order of their times, as history.
 */
import { createHash } from 'node:crypto';
import type { OriginalDatabase, OriginalRow } from '../engines/original.js';
import type { Report } from '../intake/report.js';
import type { SinkOutcome } from '../intake/sink.js';
import { Account } from './account.js';
import { type Alias, type IdentityCommand, OriginalIdentities } from './identities.js';
import { recordedName } from './names.js';
import { type DaysCompared, OriginalDays } from './original-days.js';
import {
  isTaken,
  type LeftOut,
  readingColumns,
  readingRow,
  sameUse,
  type TakenRow,
  tables,
  useColumns,
  useRow,
  windowKeysOf,
} from './rows.js';
import { type DatedRow, Timeline } from './timeline.js';
import { numberIn, textIn } from './values.js';

/** What events of an import carry as their source. */
export const importSource = 'coop-import/1';

export interface ImportSettings {
  readonly db: OriginalDatabase;
  /** Of the machine of the original: its readings are of its local time. */
  readonly zone: string;
  /** In which the pool's days are cut. */
  readonly poolZone: string;
  /** Milliseconds UTC. */
  readonly now: number;
  readonly aliases: readonly Alias[];
  /** Rows that were written twice are recorded twice. */
  readonly keepDoubled: boolean;
  readonly send: (reports: readonly Report[]) => Promise<readonly SinkOutcome[]>;
  /** `exists` where somebody is registered under the name already; else the code of a problem. */
  readonly register: (command: IdentityCommand) => Promise<string>;
  readonly onProgress: (done: number, total: number) => void;
  /** Aborted: what was sent is answered, and nothing more is. */
  readonly stop: AbortSignal;
}

export interface OriginalHistory {
  readonly fileId: string;
  readonly account: Account;
  readonly days: DaysCompared;
  /** Every name that was read, those of its identities first. */
  readonly names: readonly string[];
  /** What could not be done for an identity: its name, and a code of the problem catalogue. */
  readonly refused: readonly { readonly name: string; readonly what: string; readonly code: string }[];
  readonly range: Timeline['range'];
  readonly isComplete: boolean;
}

/** Larger batches are a second faster for 100,000 rows, and take 25 MB more: all of a batch is in memory when young objects are collected. */
const batchRows = 250;
/** Of what a retry of a report would be, within this time. */
const retryMsMax = 60_000;

export async function importOriginal(settings: ImportSettings): Promise<OriginalHistory> {
  return new Import(settings).run();
}

/** By which a database is known when it comes again, grown or copied: its first row. */
export function fileIdOf(db: OriginalDatabase): string {
  const first = [
    [tables.uses, ['id', 'claude_name', 'timestamp']],
    [tables.readings, ['timestamp']],
    [tables.identities, ['name']],
  ] as const;
  for (const [table, columns] of first) {
    const rows = db.rows(table, columns);
    const { value } = rows.next();
    rows.return?.();
    if (value === undefined) continue;
    return createHash('sha256')
      .update(JSON.stringify([table, value]))
      .digest('hex')
      .slice(0, 12);
  }
  return 'empty';
}

class Import {
  readonly #settings: ImportSettings;
  readonly #fileId: string;
  readonly #account: Account;
  readonly #identities: OriginalIdentities;
  readonly #uses: Timeline;
  readonly #readings: Timeline;
  readonly #days: OriginalDays;
  readonly #refused: { name: string; what: string; code: string }[] = [];
  /** Identities that came by this database, now or before. */
  readonly #registered = new Set<string>();
  #waiting: TakenRow[] = [];
  #done = 0;

  constructor(settings: ImportSettings) {
    const { db, zone, poolZone, now } = settings;
    this.#settings = settings;
    this.#fileId = fileIdOf(db);
    this.#account = new Account(poolZone);
    this.#identities = new OriginalIdentities(db, this.#fileId, now);
    const dated = { column: 'timestamp', latest: now } as const;
    this.#uses = new Timeline(db, { ...dated, table: tables.uses, zone: 'UTC' });
    this.#readings = new Timeline(db, { ...dated, table: tables.readings, zone });
    this.#days = new OriginalDays(zone);
  }

  async run(): Promise<OriginalHistory> {
    const { db, aliases } = this.#settings;
    const seen = this.#firstTimes();
    this.#account.of(tables.identities).read = this.#identities.count;
    for (const { id, reason } of this.#identities.leftOut)
      this.#account.leaveOut({ table: tables.identities, id, reason, usd: 0, tokens: 0 });
    await this.#register(this.#identities.registrations(seen, aliases));
    await this.#takeReadings();
    await this.#takeUses();
    const isComplete = !this.#settings.stop.aborted;
    if (isComplete) await this.#register(this.#identities.departures(this.#registered));
    return {
      fileId: this.#fileId,
      account: this.#account,
      days: this.#days.compare(db),
      names: [...this.#identities.names, ...seen.keys()],
      refused: this.#refused,
      range: this.#uses.range,
      isComplete,
    };
  }

  /** Of every name that uses are of. */
  #firstTimes(): Map<string, number> {
    const first = new Map<string, number>();
    const nameOf = this.#settings.db.rowReader(tables.uses, ['claude_name']);
    if (this.#uses.count === 0) return first;
    for (const { rowid, at } of this.#uses) {
      const name = recordedName(textIn(nameOf(rowid).claude_name));
      if (!first.has(name) && at !== null) first.set(name, at);
    }
    return first;
  }

  async #register(commands: readonly IdentityCommand[]): Promise<void> {
    const account = this.#account.of(tables.identities);
    for (const command of commands) {
      const name = String(command.payload.name);
      const status = await this.#settings.register(command);
      const isDone = status === 'recorded' || status === 'repeated';
      if (!isDone && status !== 'exists') this.#refused.push({ name, what: command.type, code: status });
      if (command.type !== 'identity.registered') continue;
      if (isDone) this.#registered.add(name);
      if (this.#identities.has(name)) account[status === 'recorded' ? 'recorded' : 'repeated'] += 1;
    }
  }

  async #takeReadings(): Promise<void> {
    if (this.#readings.count === 0) return;
    const { db, zone } = this.#settings;
    const rowOf = db.rowReader(tables.readings, readingColumns);
    const read = (dated: DatedRow) => readingRow(this.#fileId, rowOf(dated.rowid), dated, zone);
    const newest = newestOf([...this.#readings], read);
    for (const dated of newest) await this.#take(read(dated));
    await this.#flush();
    const first = new Set(newest.map(({ rowid }) => rowid));
    for (const dated of this.#readings) {
      if (this.#settings.stop.aborted) return;
      if (!first.has(dated.rowid)) await this.#take(read(dated));
    }
    await this.#flush();
  }

  async #takeUses(): Promise<void> {
    if (this.#uses.count === 0) return;
    const rowOf = this.#settings.db.rowReader(tables.uses, useColumns);
    const doubles = new Doubles();
    for (const dated of this.#uses) {
      if (this.#settings.stop.aborted) return;
      const row = rowOf(dated.rowid);
      const read = useRow(this.#fileId, row, dated, (name) => this.#identities.multiplierOf(name));
      this.#countDay(row, dated);
      await this.#take(isTaken(read) ? this.#unlessDoubled(read, row, dated, doubles) : read);
    }
    await this.#flush();
  }

  #countDay(row: OriginalRow, { at }: DatedRow): void {
    if (at !== null) this.#days.add(recordedName(textIn(row.claude_name)), at, numberIn(row.cache_read_increment) ?? 0);
  }

  #unlessDoubled(taken: TakenRow, row: OriginalRow, dated: DatedRow, doubles: Doubles): TakenRow | LeftOut {
    const { id, use } = taken;
    const found = doubles.find(taken, row, dated);
    if (found === null || use === null) return taken;
    const { amount, name } = use;
    const amounts = amount.form === 'dollars' ? { usd: amount.usd, tokens: 0 } : { usd: 0, tokens: amount.tokens };
    if (found.isSame && !this.#settings.keepDoubled)
      return { table: taken.table, id, reason: 'written twice', ...amounts };
    if (!found.isSame) this.#account.noteLikelyDouble({ id, of: found.of, name, ...amounts });
    return taken;
  }

  async #take(row: TakenRow | LeftOut): Promise<void> {
    this.#account.read(row.table);
    if (!isTaken(row)) {
      this.#account.leaveOut(row);
      this.#done += 1;
      return;
    }
    this.#waiting.push(row);
    if (this.#waiting.length >= batchRows) await this.#flush();
  }

  async #flush(): Promise<void> {
    const rows = this.#waiting;
    this.#waiting = [];
    if (rows.length === 0) return;
    const outcomes = await this.#settings.send(rows.map(({ report }) => report));
    for (const [i, row] of rows.entries()) {
      const { status, code = 'refused', seq } = outcomes[i] ?? { status: 'rejected' };
      if (status !== 'rejected') this.#account.taken(row, status, seq);
      else if (code === 'key_reused') this.#account.refuse(row, 'changed since it was imported');
      else this.#account.refuse(row, code.replaceAll('_', ' '));
    }
    this.#done += rows.length;
    if (this.#done >= batchRows) this.#settings.onProgress(this.#done, this.#uses.count + this.#readings.count);
  }
}

/** Of each window the newest reading, the oldest of those first. */
function newestOf(dated: readonly DatedRow[], read: (row: DatedRow) => TakenRow | LeftOut): readonly DatedRow[] {
  const found = new Set<string>();
  const newest: DatedRow[] = [];
  // Windows that are read at all are read often: those that are not among the last thousand readings are of long ago.
  for (const row of dated.slice(-1_000).reverse()) {
    const reading = read(row);
    const keys = isTaken(reading) ? windowKeysOf(reading).filter((key) => !found.has(key)) : [];
    if (keys.length === 0) continue;
    for (const key of keys) found.add(key);
    newest.unshift(row);
  }
  return newest;
}

/** Finds rows that were written twice, among rows in the order of their times. */
class Doubles {
  #at: number | null = null;
  /** Ids of the rows of this instant by all that they say. */
  #rows = new Map<string, string>();
  /** The last row of each name. */
  readonly #last = new Map<string, { readonly id: string; readonly at: number; readonly said: string }>();

  /** `isSame`: at the same instant. */
  find({ id, use }: TakenRow, row: OriginalRow, { at, isEstimated }: DatedRow): { of: string; isSame: boolean } | null {
    if (use === null || at === null || isEstimated) return null;
    if (at !== this.#at) [this.#at, this.#rows] = [at, new Map()];
    const said = sameUse(row);
    const same = this.#rows.get(said);
    if (same !== undefined) return { of: same, isSame: true };
    this.#rows.set(said, id);
    const before = this.#last.get(use.name);
    const amounts = sameUse({ ...row, timestamp: null });
    this.#last.set(use.name, { id, at, said: amounts });
    const counts = use.amount.form === 'dollars' ? use.amount.usd : use.amount.tokens;
    const isLikely = before !== undefined && before.said === amounts && at - before.at <= retryMsMax && counts > 0;
    return isLikely ? { of: before.id, isSame: false } : null;
  }
}
