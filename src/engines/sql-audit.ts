/** What is kept of the sinks of the audit trail, by statements that both engines run, in the tables of the outbox. */
import type { AuditNote, AuditPosition, AuditStore } from './audit-store.js';
import type { OutboxTables, RunStatement } from './sql-outbox.js';

interface PositionRow extends AuditPosition {
  readonly pool: string;
}

export class SqlAudit implements AuditStore {
  readonly #tables: OutboxTables;

  constructor(tables: OutboxTables) {
    this.#tables = tables;
  }

  async begin(sink: string, heads: ReadonlyMap<string, AuditPosition>): Promise<boolean> {
    const begun = await this.#tables.transaction(async (run) => {
      const { rows } = await run('SELECT 1 AS one FROM %audit_positions WHERE sink = ?', [sink]);
      if (rows.length > 0) return false;
      const sql = 'INSERT INTO %audit_positions VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING';
      let added = 0;
      for (const [pool, { seq, event }] of heads) added += (await run(sql, [sink, pool, seq, event])).changed;
      return added > 0;
    }, 'make');
    return begun === true;
  }

  async positions(sink: string): Promise<ReadonlyMap<string, AuditPosition>> {
    const sql = 'SELECT pool, seq, event FROM %audit_positions WHERE sink = ?';
    const rows = await this.#tables.transaction(async (run) => (await run<PositionRow>(sql, [sink])).rows);
    return new Map((rows ?? []).map(({ pool, seq, event }) => [pool, { seq, event }]));
  }

  async move(sink: string, pool: string, from: number, to: AuditPosition, note?: AuditNote): Promise<boolean> {
    const moved = await this.#tables.transaction(async (run) => {
      await run('INSERT INTO %audit_positions VALUES (?, ?, 0, NULL) ON CONFLICT DO NOTHING', [sink, pool]);
      const sql = 'UPDATE %audit_positions SET seq = ?, event = ? WHERE sink = ? AND pool = ? AND seq = ?';
      if ((await run(sql, [to.seq, to.event, sink, pool, from])).changed === 0) return false;
      if (note !== undefined) await insert(run, sink, note);
      return true;
    });
    return moved === true;
  }

  async addNotes(sink: string, notes: readonly AuditNote[], waitingMax: number): Promise<number> {
    const kept = await this.#tables.transaction(async (run) => {
      const waiting = 'SELECT count(*) AS n FROM %audit_notes WHERE sink = ?';
      const { rows } = await run<{ readonly n: number }>(waiting, [sink]);
      const room = Math.max(0, waitingMax - Number(rows[0]?.n ?? 0));
      for (const note of notes.slice(0, room)) await insert(run, sink, note);
      return Math.min(room, notes.length);
    }, 'make');
    return kept ?? 0;
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

async function insert(run: RunStatement, sink: string, { id, record }: AuditNote): Promise<void> {
  await run('INSERT INTO %audit_notes VALUES (?, ?, ?) ON CONFLICT DO NOTHING', [sink, id, record]);
}
