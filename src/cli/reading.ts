/** Asking a ledger: a read-only view of its database, which works beside running daemons. */
import type { Engine, EventQuery, EventTexts, PoolRecord } from '../engines/engine.js';
import type { LedgerEvent, StoredEvent } from '../events/envelope.js';
import type { EpochMs, PoolId } from '../events/scalars.js';
import type { AsOfShadows } from '../ledger/as-of.js';
import type { Page } from '../ledger/pages.js';
import type { TableFilter, TableName, TableRow } from '../ledger/tables.js';
import { failure } from './exit.js';
import { defaultPool, type Globals } from './options.js';
import type { TimeText } from './times.js';

/** The pool of this name. Ends the run, naming the pools there are, when there is none. */
export function poolAmong(pools: readonly PoolRecord[], name: string): PoolRecord {
  const found = pools.find(({ pool }) => pool === name);
  if (found === undefined)
    throw unknownPool(
      name,
      pools.map(({ pool }) => pool),
    );
  return found;
}

export function unknownPool(name: string, known: readonly string[]): Error {
  const there =
    known.length === 0 ? 'there is none yet' : `there ${known.length > 1 ? 'are' : 'is'} ${known.join(', ')}`;
  return failure(`there is no pool ${name}; ${there}. \`resource-share pools add ${name}\` adds it.`);
}

export class Reading {
  readonly engine: Engine;
  readonly pool: PoolId;
  readonly record: PoolRecord;
  readonly #database: string;
  #timeZone: Promise<string> | null = null;

  private constructor(engine: Engine, record: PoolRecord, database: string) {
    this.engine = engine;
    this.record = record;
    this.pool = record.pool;
    this.#database = database;
  }

  /** Runs `ask` on one pool of the database, and closes what it opened. */
  static async of<T>(globals: Globals, ask: (reading: Reading) => Promise<T>): Promise<T> {
    return withEngine(globals.database, async (engine) => {
      const record = poolAmong(await engine.pools(), globals.pool ?? defaultPool);
      const reading = new Reading(engine, record, globals.database);
      try {
        return await ask(reading);
      } finally {
        await reading.#shadows?.close();
      }
    });
  }

  /** The zone that the pool's days are cut in. */
  timeZone(): Promise<string> {
    this.#timeZone ??= this.newest({ types: ['pool.configured'] }).then((event) =>
      event?.type === 'pool.configured' ? event.payload.time_zone : 'UTC',
    );
    return this.#timeZone;
  }

  async instant(text: TimeText): Promise<EpochMs>;
  async instant(text: TimeText | undefined): Promise<EpochMs | undefined>;
  async instant(text: TimeText | undefined): Promise<EpochMs | undefined> {
    return text?.at(Date.now(), await this.timeZone());
  }

  async events(query: EventQuery): Promise<LedgerEvent[]> {
    const { upcast } = await import('../events/upcast.js');
    return (await this.engine.readEvents(this.pool, query)).map((stored) => upcast(stored));
  }

  async newest(query: Omit<EventQuery, 'limit'>): Promise<LedgerEvent | undefined> {
    return (await this.events({ ...query, backwards: true, limit: 1 }))[0];
  }

  /** One page of a table: now, or as it was after the event `asOfSeq`. */
  async table(name: TableName, filter: TableFilter, asOfSeq?: number): Promise<Page<TableRow>> {
    if (asOfSeq === undefined) {
      const { readTable } = await import('../ledger/tables.js');
      return readTable(this.engine, this.pool, name, filter);
    }
    const asOf = await import('../ledger/as-of.js');
    this.#shadows ??= new asOf.AsOfShadows(this.engine, this.#database);
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

/** Opens the database for reading, and closes it again. */
export async function withEngine<T>(database: string, ask: (engine: Engine) => Promise<T>): Promise<T> {
  const { openEngine } = await import('../engines/open.js');
  const engine = await openEngine(database, 'reader', true);
  try {
    return await ask(engine);
  } finally {
    await engine.close();
  }
}

/** Events as stored, in order, read a page ahead of whoever takes them. */
export async function* storedPages(
  engine: Engine,
  pool: PoolId,
  after: number,
  upTo: number,
  limit: number,
): AsyncGenerator<readonly StoredEvent[]> {
  const read = (last: number) => engine.readEvents(pool, { after: last, upTo, limit });
  let ahead = read(after);
  for (;;) {
    const page = await ahead;
    const last = page.at(-1);
    if (last === undefined) return;
    ahead = read(last.seq);
    ahead.catch(() => undefined);
    yield page;
  }
}
