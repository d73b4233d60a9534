/** Where it is kept how far the sinks of the audit trail are: beside the outbox, and no part of the log. */

/** What is to be sent that is in no log. */
export interface AuditNote {
  /** A ULID. */
  readonly id: string;
  /** JSON of the record. */
  readonly record: string;
}

export interface AuditStore {
  /** A sink begins where the logs end now. False where it had begun before. */
  begin(sink: string, heads: ReadonlyMap<string, number>): Promise<boolean>;
  /** Up to where the log of each pool was sent; a pool that is not named, not at all. */
  positions(sink: string): Promise<ReadonlyMap<string, number>>;
  /** False where the log was not sent as far as `from` before: another process has gone on. */
  move(sink: string, pool: string, from: number, to: number): Promise<boolean>;

  /** Keeps notes for each of these sinks, as many as there is room for: the oldest. Gives how many of them all found none. */
  addNotes(sinks: readonly string[], notes: readonly AuditNote[], waitingMax: number): Promise<number>;
  /** Oldest first. */
  notes(sink: string, limit: number): Promise<readonly AuditNote[]>;
  removeNotes(sink: string, ids: readonly string[]): Promise<void>;
}
