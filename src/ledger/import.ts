/** Taking in the lines of an export, batch by batch, while their chain is verified. */

import { genesis, type Link, linkFault } from '../events/chain.js';
import type { LedgerEvent, StoredEvent } from '../events/envelope.js';
import type { PoolId } from '../events/scalars.js';
import { Problem } from '../problems.js';
import { StorageError } from '../storage-error.js';
import { countText } from '../text/number.js';
import { faultText } from '../verify/walk-ranges.js';
import { type EventLine, parseEventLine } from './event-line.js';
import type { Ledger } from './ledger.js';

const batchEvents = 1_000;

export interface ImportResult {
  /** Null when the file was empty. */
  readonly pool: string | null;
  readonly events: number;
  /** The head afterwards. */
  readonly seq: number;
}

/** Why a line is not taken; what is said of it depends on what was imported before. */
class Refusal extends Error {
  readonly line: number;

  constructor(line: number, why: string) {
    super(why);
    this.line = line;
  }
}

/** Events that follow each other, on their way into the ledger together. */
interface Batch {
  readonly stored: StoredEvent[];
  readonly read: LedgerEvent[];
}

export class Importer {
  readonly #ledger: Ledger;
  readonly #wanted: string | undefined;
  #head: Link = genesis;
  #pool: PoolId | null = null;
  #batch: Batch = { stored: [], read: [] };
  /** The batch before, while it is being written. */
  #adopting: Promise<void> | null = null;
  #line = 0;
  #imported = 0;

  constructor(ledger: Ledger, wanted: string | undefined) {
    this.#ledger = ledger;
    this.#wanted = wanted;
  }

  /** While a batch is being written, the next one is read and verified. */
  async run(texts: AsyncIterable<readonly string[]>): Promise<ImportResult> {
    try {
      for await (const lines of texts) for (const text of lines) await this.#takeLine(text);
      await this.#adopt();
    } catch (error) {
      // If what came before cannot be imported either, that is said.
      await this.#adopting;
      throw error instanceof Refusal ? this.#refused(error) : error;
    }
    await this.#adopting;
    return { pool: this.#pool, events: this.#imported, seq: this.#head.seq };
  }

  async #takeLine(text: string): Promise<void> {
    this.#line += 1;
    if (text.trim() === '') return;
    const line = this.#parse(text);
    if (this.#pool === null) await this.#begin(line.stored);
    this.#take(line);
    if (this.#batch.stored.length === batchEvents) await this.#adopt();
  }

  #parse(text: string): EventLine {
    try {
      return parseEventLine(text);
    } catch (error) {
      throw new Refusal(this.#line, (error as Error).message);
    }
  }

  #take({ stored, event }: EventLine): void {
    const refuse = (why: string) => new Refusal(this.#line, why);
    if (stored.pool !== this.#pool) throw refuse(`the event belongs to the pool ${stored.pool}, not to ${this.#pool}`);
    if (stored.seq !== this.#head.seq + 1) {
      throw refuse(`event ${stored.seq} cannot follow the head, which is ${this.#head.seq}`);
    }
    const fault = linkFault(this.#head, stored);
    if (fault !== null) throw refuse(`event ${stored.seq} is broken: ${faultText(fault, stored)}`);
    this.#head = stored;
    this.#batch.stored.push(stored);
    this.#batch.read.push(event);
  }

  /** The first line says which pool the file is of. */
  async #begin({ pool }: StoredEvent): Promise<void> {
    if (this.#wanted !== undefined && pool !== this.#wanted) {
      throw new Refusal(this.#line, `the event belongs to the pool ${pool}, not to ${this.#wanted}`);
    }
    this.#pool = pool;
    if (this.#ledger.hasPool(pool)) this.#head = await this.#ledger.head(pool);
  }

  /** Has the batch written after the one before it. */
  async #adopt(): Promise<void> {
    const batch = this.#batch;
    if (this.#pool === null || batch.stored.length === 0) return;
    this.#batch = { stored: [], read: [] };
    await this.#adopting;
    this.#adopting = this.#write(this.#pool, batch, this.#line);
    this.#adopting.catch(() => undefined);
  }

  async #write(pool: PoolId, { stored, read }: Batch, line: number): Promise<void> {
    try {
      await this.#ledger.addEmptyPool(pool);
      await this.#ledger.adopt(pool, stored, read);
    } catch (error) {
      if (error instanceof StorageError) throw error;
      if (error instanceof Problem && error.code === 'log_grown') throw this.#overtaken(error);
      const why = `the events ${stored[0]?.seq} to ${stored.at(-1)?.seq} make no sense: ${(error as Error).message}`;
      throw this.#refused(new Refusal(line, why));
    }
    this.#imported += stored.length;
  }

  #refused({ line, message }: Refusal): Error {
    return new Problem('import_refused', `line ${line} is refused: ${message}. ${this.#kept}`);
  }

  /** What was appended has taken the place of the events that were to follow: the two logs are different ones now. */
  #overtaken({ message }: Error): Error {
    return new Problem('log_grown', `${message}: an import needs a pool that nobody else appends to. ${this.#kept}`);
  }

  get #kept(): string {
    if (this.#imported === 0) return 'Nothing was imported.';
    return `The ${countText(this.#imported)} events before its batch were imported.`;
  }
}
