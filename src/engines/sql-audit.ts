/** What is kept of the sinks of the audit trail, by statements that both engines run, in the tables of the outbox. */
import type { AuditNote, AuditStore } from './audit-store.js';
import type { OutboxTables } from './sql-outbox.js';

export class SqlAudit implements AuditStore {
  readonly #tables: OutboxTables;

  constructor(tables: OutboxTables) {
    this.#tables = tables;
  }

  async begin(sink: string, heads: ReadonlyMap<string, number>): Promise<boolean> {
    const begun = await this.#tables.transaction(async (run) => {
      const { rows } = await run('SELECT 1 AS one FROM %audit_positions WHERE sink = ?', [sink]);
      if (rows.length > 0) return false;
      const sql = 'INSERT INTO %audit_positions VALUES (?, ?, ?) ON CONFLICT DO NOTHING';
      let added = 0;
      for (const [pool, seq] of heads) added += (await run(sql, [sink, pool, seq])).changed;
      return added > 0;
    }, 'make');
    return begun === true;
  }

  async positions(sink: string): Promise<ReadonlyMap<string, number>> {
    const sql = 'SELECT pool, seq FROM %audit_positions WHERE sink = ?';
    const rows = await this.#tables.transaction(
      async (run) => (await run<{ readonly pool: string; readonly seq: number }>(sql, [sink])).rows,
    );
    return new Map((rows ?? []).map(({ pool, seq }) => [pool, seq]));
  }

  async move(sink: string, pool: string, from: number, to: number): Promise<boolean> {
    const moved = await this.#tables.transaction(async (run) => {
      await run('INSERT INTO %audit_positions VALUES (?, ?, 0) ON CONFLICT DO NOTHING', [sink, pool]);
      const sql = 'UPDATE %audit_positions SET seq = ? WHERE sink = ? AND pool = ? AND seq = ?';
      return (await run(sql, [to, sink, pool, from])).changed > 0;
    });
    return moved === true;
  }

  async addNotes(sinks: readonly string[], notes: readonly AuditNote[], waitingMax: number): Promise<number> {
    const left = await this.#tables.transaction(async (run) => {
      let without = 0;
      for (const sink of sinks) {
        const waiting = 'SELECT count(*) AS n FROM %audit_notes WHERE sink = ?';
        const { rows } = await run<{ readonly n: number }>(waiting, [sink]);
        const room = Math.max(0, waitingMax - Number(rows[0]?.n ?? 0));
        for (const { id, record } of notes.slice(0, room))
          await run('INSERT INTO %audit_notes VALUES (?, ?, ?) ON CONFLICT DO NOTHING', [sink, id, record]);
        without += notes.slice(room).length;
      }
      return without;
    }, 'make');
    return left ?? 0;
  }

  async notes(sink: string, limit: number): Promise<readonly AuditNote[]> {
    const sql = 'SELECT id, record FROM %audit_notes WHERE sink = ? ORDER BY id LIMIT ?';
    return (await this.#tables.transaction(async (run) => (await run<AuditNote>(sql, [sink, limit])).rows)) ?? [];
  }

  async removeNotes(sink: string, ids: readonly string[]): Promise<void> {
    await this.#tables.transaction(async (run) => {
      for (const id of ids) await run('DELETE FROM %audit_notes WHERE sink = ? AND id = ?', [sink, id]);
    });
  }
}
