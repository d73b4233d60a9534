/** One pool of a database opened for reading only, which works beside running daemons. */
import type { Engine, EventQuery, EventTexts, PoolRecord } from '../engines/engine.js';
import type { LedgerEvent } from '../events/envelope.js';
import type { EpochMs, PoolId } from '../events/scalars.js';
import { Problem } from '../problems.js';
import type { Page } from '../projections/pages.js';
import type { TableFilter, TableName, TableRow } from '../projections/table-reader.js';
import type { AsOfShadows } from '../replay/as-of.js';
import type { Clock } from '../runtime/clock.js';

/** A time as a person wrote it: its instant is known once the clock and the pool's zone are. */
export interface WrittenTime {
  at(now: number, timeZone: string): EpochMs;
}

/** How far a long fold of the log is, in events; `end` is called once it is over. */
export interface FoldProgress {
  show(done: number, total: number): void;
  end(): void;
}

export interface ViewOptions {
  /** Where the engine's data is, for threads that open it again. */
  readonly database: string;
  readonly clock: Clock;
  readonly progress?: FoldProgress | undefined;
}

/** The pool of this name. Throws `pool_unknown`, naming the pools there are, when there is none. */
export function poolAmong(pools: readonly PoolRecord[], name: string): PoolRecord {
  const found = pools.find(({ pool }) => pool === name);
  if (found === undefined)
    throw unknownPool(
      name,
      pools.map(({ pool }) => pool),
    );
  return found;
}

export function unknownPool(name: string, known: readonly string[]): Problem {
  const there =
    known.length === 0 ? 'there is none yet' : `there ${known.length > 1 ? 'are' : 'is'} ${known.join(', ')}`;
  return new Problem(
    'pool_unknown',
    `there is no pool ${name}; ${there}. \`resource-share pools add ${name}\` adds it.`,
  );
}

export class LedgerView {
  readonly engine: Engine;
  readonly pool: PoolId;
  readonly record: PoolRecord;
  readonly clock: Clock;
  readonly progress: FoldProgress | undefined;
  readonly #database: string;
  #timeZone: Promise<string> | null = null;

  private constructor(engine: Engine, record: PoolRecord, { database, clock, progress }: ViewOptions) {
    this.engine = engine;
    this.record = record;
    this.pool = record.pool;
    this.clock = clock;
    this.progress = progress;
    this.#database = database;
  }

  /** The engine stays its owner's, who closes it after the view. */
  static async open(engine: Engine, pool: string, options: ViewOptions): Promise<LedgerView> {
    return new LedgerView(engine, poolAmong(await engine.pools(), pool), options);
  }

  async close(): Promise<void> {
    await this.#shadows?.close();
  }

  /** The zone that the pool's days are cut in. */
  timeZone(): Promise<string> {
    this.#timeZone ??= this.newest({ types: ['pool.configured'] }).then((event) =>
      event?.type === 'pool.configured' ? event.payload.time_zone : 'UTC',
    );
    return this.#timeZone;
  }

  async instant(text: WrittenTime): Promise<EpochMs>;
  async instant(text: WrittenTime | undefined): Promise<EpochMs | undefined>;
  async instant(text: WrittenTime | undefined): Promise<EpochMs | undefined> {
    return text?.at(this.clock.now(), await this.timeZone());
  }

  async events(query: EventQuery): Promise<LedgerEvent[]> {
    const { upcast } = await import('../events/upcast.js');
    return (await this.engine.readEvents(this.pool, query)).map((stored) => upcast(stored));
  }

  async eventAt(seq: number): Promise<LedgerEvent | null> {
    const { upcast } = await import('../events/upcast.js');
    const stored = await this.engine.eventAt(this.pool, seq);
    return stored === null ? null : upcast(stored);
  }

  async newest(query: Omit<EventQuery, 'limit'>): Promise<LedgerEvent | undefined> {
    return (await this.events({ ...query, backwards: true, limit: 1 }))[0];
  }

  /** One page of a table: now, or as it was after the event `asOfSeq`. */
  async table(name: TableName, filter: TableFilter, asOfSeq?: number): Promise<Page<TableRow>> {
    if (asOfSeq === undefined) {
      const { readTable } = await import('../projections/table-reader.js');
      return readTable(this.engine, this.pool, name, filter);
    }
    const asOf = await import('../replay/as-of.js');
    this.#shadows ??= new asOf.AsOfShadows(this.engine, this.#database, this.clock);
    return this.#shadows.readTable(this.pool, asOfSeq, name, filter);
  }
  #shadows: AsOfShadows | null = null;

  /** Every row of a table in its order, page by page. */
  async *rows(
    name: TableName,
    filter: Omit<TableFilter, 'limit' | 'cursor'>,
    asOfSeq?: number,
  ): AsyncGenerator<TableRow> {
    const { limits } = await import('../limits.js');
    let cursor: string | undefined;
    do {
      const page = await this.table(name, { ...filter, limit: limits.pageRowsMax, cursor }, asOfSeq);
      yield* page.rows;
      cursor = page.next ?? undefined;
    } while (cursor !== undefined);
  }

  /** Events as lines of text, in order, read a page ahead of whoever takes them. */
  async *lines(after: number, upTo: number): AsyncGenerator<EventTexts> {
    const { limits } = await import('../limits.js');
    const read = (last: number) =>
      this.engine.readTexts(this.pool, { after: last, upTo, limit: limits.scanRowsPage }, '\n');
    let ahead = read(after);
    for (;;) {
      const page = await ahead;
      if (page.count === 0) return;
      ahead = read(page.lastSeq);
      ahead.catch(() => undefined);
      yield page;
    }
  }
}
