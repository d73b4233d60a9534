/** The outbox in tables, by statements that both engines run; `%` stands before the name of a table. */
import type {
  Attempted,
  DeliveryQuery,
  DeliveryRecord,
  DeliveryState,
  EndpointFormat,
  EndpointRecord,
  NewDelivery,
  OutboxStore,
} from './outbox-store.js';

export type OutboxValue = string | number | null;

/** Runs one statement: its rows, and how many rows it changed. */
export type RunStatement = <R>(
  sql: string,
  values?: readonly OutboxValue[],
) => Promise<{ readonly rows: readonly R[]; readonly changed: number }>;

export interface OutboxTables {
  /** One transaction. Null, and nothing is done, where the tables are not there; `make` makes them. */
  transaction<T>(task: (run: RunStatement) => Promise<T>, make?: 'make'): Promise<T | null>;
}

interface EndpointRow {
  readonly id: string;
  readonly url: string;
  readonly secret: string;
  readonly types: string;
  readonly pool: string | null;
  readonly format: EndpointFormat;
  readonly label: string | null;
  readonly created_at: number;
  readonly disabled_at: number | null;
  readonly disabled_why: string | null;
}

interface DeliveryRow {
  readonly endpoint: string;
  readonly id: string;
  readonly kind: NewDelivery['kind'];
  readonly pool: string;
  readonly seq: number;
  readonly type: string;
  readonly body: string;
  readonly state: DeliveryState;
  readonly attempts: number;
  readonly due_at: number;
  readonly created_at: number;
  readonly tried_at: number | null;
  readonly status: number | null;
  readonly error: string | null;
  readonly reply: string | null;
}

/** A number after all others of the endpoint. Two processes may take the same: their order is that of the ids then. */
const nextNumber = '(SELECT coalesce(max(last.number), 0) + 1 FROM %deliveries AS last WHERE last.endpoint = ?)';
const insertDelivery = `INSERT INTO %deliveries AS kept
  (endpoint, id, number, kind, pool, seq, type, body, state, attempts, due_at, created_at)
  VALUES (?, ?, ${nextNumber}, ?, ?, ?, ?, ?, 'waiting', 0, ?, ?)
  ON CONFLICT (endpoint, id) DO UPDATE SET body = excluded.body, seq = excluded.seq
  WHERE kept.kind = 'digest' AND kept.state = 'waiting' AND kept.attempts = 0`;
const forget = `DELETE FROM %deliveries WHERE endpoint = ? AND state <> 'waiting' AND number <=
  (SELECT max(last.number) FROM %deliveries AS last WHERE last.endpoint = ?) - ?`;

export class SqlOutbox implements OutboxStore {
  readonly #tables: OutboxTables;

  constructor(tables: OutboxTables) {
    this.#tables = tables;
  }

  async endpoints(): Promise<EndpointRecord[]> {
    return (await this.#rows<EndpointRow>('SELECT * FROM %endpoints ORDER BY created_at, id')).map(endpointOf);
  }

  async addEndpoint(endpoint: EndpointRecord, from: ReadonlyMap<string, number>): Promise<void> {
    const { id, url, secret, types, pool, format, label, createdAt, disabledAt, disabledWhy } = endpoint;
    const values = [id, url, secret, JSON.stringify(types), pool, format, label, createdAt, disabledAt, disabledWhy];
    await this.#tables.transaction(async (run) => {
      await run('INSERT INTO %endpoints VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)', values);
      for (const [each, seq] of from) await run('INSERT INTO %positions VALUES (?, ?, ?)', [id, each, seq]);
    }, 'make');
  }

  async removeEndpoint(id: string): Promise<boolean> {
    const removed = await this.#tables.transaction(async (run) => {
      await run('DELETE FROM %deliveries WHERE endpoint = ?', [id]);
      await run('DELETE FROM %positions WHERE endpoint = ?', [id]);
      return (await run('DELETE FROM %endpoints WHERE id = ?', [id])).changed > 0;
    });
    return removed === true;
  }

  async setDisabled(id: string, at: number | null, why: string | null): Promise<boolean> {
    const sql = 'UPDATE %endpoints SET disabled_at = ?, disabled_why = ? WHERE id = ?';
    return (await this.#change(sql, [at, why, id])) > 0;
  }

  async positions(endpoint: string): Promise<ReadonlyMap<string, number>> {
    const sql = 'SELECT pool, seq FROM %positions WHERE endpoint = ?';
    const rows = await this.#rows<{ readonly pool: string; readonly seq: number }>(sql, [endpoint]);
    return new Map(rows.map(({ pool, seq }) => [pool, seq]));
  }

  async keep(
    endpoint: string,
    pool: string,
    from: number,
    to: number,
    deliveries: readonly NewDelivery[],
  ): Promise<boolean> {
    const kept = await this.#tables.transaction(async (run) => {
      // An endpoint that was removed meanwhile gets nothing.
      const { rows } = await run('SELECT 1 AS one FROM %endpoints WHERE id = ?', [endpoint]);
      if (rows.length === 0) return false;
      await run('INSERT INTO %positions VALUES (?, ?, 0) ON CONFLICT DO NOTHING', [endpoint, pool]);
      const moved = 'UPDATE %positions SET seq = ? WHERE endpoint = ? AND pool = ? AND seq = ?';
      if ((await run(moved, [to, endpoint, pool, from])).changed === 0) return false;
      for (const delivery of deliveries) await insert(run, delivery);
      return true;
    });
    return kept === true;
  }

  async readAgain(endpoint: string, pool: string, after: number): Promise<void> {
    const sql = 'UPDATE %positions SET seq = ? WHERE endpoint = ? AND pool = ? AND seq > ?';
    await this.#change(sql, [after, endpoint, pool, after]);
  }

  async add(delivery: NewDelivery): Promise<void> {
    await this.#tables.transaction((run) => insert(run, delivery));
  }

  async next(endpoint: string): Promise<DeliveryRecord | null> {
    const sql = `SELECT * FROM %deliveries WHERE endpoint = ? AND state = 'waiting' ORDER BY number, id LIMIT 1`;
    return this.#delivery(sql, [endpoint]);
  }

  async waiting(endpoint: string): Promise<number> {
    return this.#count(`SELECT count(*) AS n FROM %deliveries WHERE endpoint = ? AND state = 'waiting'`, [endpoint]);
  }

  async keptSince(endpoint: string, at: number): Promise<number> {
    const sql = `SELECT count(*) AS n FROM %deliveries WHERE endpoint = ? AND created_at > ? AND kind = 'event'`;
    return this.#count(sql, [endpoint, at]);
  }

  async growingDigest(endpoint: string, pool: string, at: number): Promise<DeliveryRecord | null> {
    const sql = `SELECT * FROM %deliveries WHERE endpoint = ? AND state = 'waiting' AND pool = ? AND kind = 'digest'
      AND attempts = 0 AND due_at > ? ORDER BY number DESC LIMIT 1`;
    return this.#delivery(sql, [endpoint, pool, at]);
  }

  async attempted({ endpoint, id, attempts }: DeliveryRecord, outcome: Attempted): Promise<boolean> {
    const { state, dueAt, status, error, reply, triedAt } = outcome;
    const sql = `UPDATE %deliveries SET state = ?, attempts = attempts + 1, due_at = ?, status = ?, error = ?, reply = ?,
      tried_at = ? WHERE endpoint = ? AND id = ? AND state = 'waiting' AND attempts = ?`;
    const values = [state, dueAt, status, error, reply, triedAt, endpoint, id, attempts];
    return (await this.#change(sql, values)) > 0;
  }

  async deliveries({ endpoint, state, pool, limit }: DeliveryQuery): Promise<DeliveryRecord[]> {
    const given = Object.entries({ endpoint, state, pool }).filter(([, value]) => value !== undefined);
    const where = given.length === 0 ? '' : `WHERE ${given.map(([name]) => `${name} = ?`).join(' AND ')}`;
    const sql = `SELECT * FROM %deliveries ${where} ORDER BY created_at DESC, number DESC, endpoint, id LIMIT ?`;
    return (await this.#rows<DeliveryRow>(sql, [...given.map(([, value]) => value as string), limit])).map(deliveryOf);
  }

  async sendAgain(id: string, endpoint: string | undefined, at: number): Promise<number> {
    const found = await this.#rows<DeliveryRow>('SELECT * FROM %deliveries WHERE id = ?', [id]);
    const wanted = found.filter((row) => endpoint === undefined || row.endpoint === endpoint);
    await this.#wait(wanted, at);
    return wanted.length;
  }

  async sendDeadAgain(endpoint: string, since: number, at: number): Promise<number> {
    const sql = `SELECT * FROM %deliveries WHERE endpoint = ? AND state = 'dead' AND created_at >= ? ORDER BY number, id`;
    const found = await this.#rows<DeliveryRow>(sql, [endpoint, since]);
    await this.#wait(found, at);
    return found.length;
  }

  async prune(deliveredBefore: number, deadBefore: number, keptMax: number): Promise<void> {
    await this.#tables.transaction(async (run) => {
      const sql = 'DELETE FROM %deliveries WHERE state = ? AND created_at < ?';
      await run(sql, ['delivered', deliveredBefore]);
      await run(sql, ['dead', deadBefore]);
      const { rows } = await run<{ readonly id: string }>('SELECT id FROM %endpoints');
      for (const { id } of rows) await run(forget, [id, id, keptMax]);
    });
  }

  /** One that waits already stays in its place. */
  async #wait(found: readonly DeliveryRow[], at: number): Promise<void> {
    const sql = `UPDATE %deliveries SET state = 'waiting', attempts = 0, due_at = ?, number = ${nextNumber}
      WHERE endpoint = ? AND id = ? AND state <> 'waiting'`;
    await this.#tables.transaction(async (run) => {
      for (const { endpoint, id } of found) await run(sql, [at, endpoint, endpoint, id]);
    });
  }

  async #delivery(sql: string, values: readonly OutboxValue[]): Promise<DeliveryRecord | null> {
    const [row] = await this.#rows<DeliveryRow>(sql, values);
    return row === undefined ? null : deliveryOf(row);
  }

  async #count(sql: string, values: readonly OutboxValue[]): Promise<number> {
    return Number((await this.#rows<{ readonly n: number }>(sql, values))[0]?.n ?? 0);
  }

  async #rows<R>(sql: string, values: readonly OutboxValue[] = []): Promise<readonly R[]> {
    return (await this.#tables.transaction(async (run) => (await run<R>(sql, values)).rows)) ?? [];
  }

  async #change(sql: string, values: readonly OutboxValue[]): Promise<number> {
    return (await this.#tables.transaction(async (run) => (await run(sql, values)).changed)) ?? 0;
  }
}

async function insert(run: RunStatement, delivery: NewDelivery): Promise<void> {
  const { endpoint, id, kind, pool, seq, type, body, dueAt, createdAt } = delivery;
  await run(insertDelivery, [endpoint, id, endpoint, kind, pool, seq, type, body, dueAt, createdAt]);
}

const endpointOf = (row: EndpointRow): EndpointRecord => ({
  id: row.id,
  url: row.url,
  secret: row.secret,
  types: JSON.parse(row.types) as string[],
  pool: row.pool,
  format: row.format,
  label: row.label,
  createdAt: row.created_at,
  disabledAt: row.disabled_at,
  disabledWhy: row.disabled_why,
});

const deliveryOf = (row: DeliveryRow): DeliveryRecord => ({
  endpoint: row.endpoint,
  id: row.id,
  kind: row.kind,
  pool: row.pool,
  seq: row.seq,
  type: row.type,
  body: row.body,
  dueAt: row.due_at,
  createdAt: row.created_at,
  state: row.state,
  attempts: row.attempts,
  triedAt: row.tried_at,
  status: row.status,
  error: row.error,
  reply: row.reply,
});
