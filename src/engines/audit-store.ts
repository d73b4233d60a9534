/** Where it is kept how far the sinks of the audit trail are: beside the outbox, and no part of the log. */

/** What is to be sent that is in no log. */
export interface AuditNote {
  /** A ULID. */
  readonly id: string;
  /** JSON of the record. */
  readonly record: string;
}

/** The last event of a log that a sink has, or behind which it begins. */
export interface AuditPosition {
  readonly seq: number;
  /** Its id: where the log has another one there, it is not the log that was sent. Null where `seq` is 0. */
  readonly event: string | null;
}

export interface AuditStore {
  /** A sink begins where the logs end now. False where it had begun before. */
  begin(sink: string, heads: ReadonlyMap<string, AuditPosition>): Promise<boolean>;
  /** Up to where the log of each pool was sent; a pool that is not named, not at all. */
  positions(sink: string): Promise<ReadonlyMap<string, AuditPosition>>;
  /**
   * Moves a position, and keeps a note with it where one is given: both or none. False, and nothing is changed, where the position is not
   * at the seq `from`: another process has gone on.
   */
  move(sink: string, pool: string, from: number, to: AuditPosition, note?: AuditNote): Promise<boolean>;

  /** Keeps notes, the first ones, as many as there is room for beside those that wait. Gives how many it kept. */
  addNotes(sink: string, notes: readonly AuditNote[], waitingMax: number): Promise<number>;
  /** Oldest first. */
  notes(sink: string, limit: number): Promise<readonly AuditNote[]>;
  removeNotes(sink: string, ids: readonly string[]): Promise<void>;
}
