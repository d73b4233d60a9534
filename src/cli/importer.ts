/** Taking in the lines of an export, batch by batch, while their chain is verified. */
import { StorageError } from '../engines/engine.js';
import { chainFault, genesis, type Link } from '../events/chain.js';
import type { StoredEvent } from '../events/envelope.js';
import type { Ledger } from '../ledger/ledger.js';
import { Problem } from '../problems.js';
import { parseEventLine } from './event-line.js';
import { answerNo } from './exit.js';
import { shownCount } from './figures.js';
import { faultText } from './walk-ranges.js';

const batchEvents = 1_000;

export interface Imported {
  /** Null when the file was empty. */
  readonly pool: string | null;
  readonly events: number;
  /** The head afterwards. */
  readonly seq: number;
}

export class Importer {
  readonly #ledger: Ledger;
  readonly #wanted: string | undefined;
  #head: Link = genesis;
  #pool: StoredEvent['pool'] | null = null;
  #batch: StoredEvent[] = [];
  #line = 0;
  #imported = 0;

  constructor(ledger: Ledger, wanted: string | undefined) {
    this.#ledger = ledger;
    this.#wanted = wanted;
  }

  async run(lines: AsyncIterable<string>): Promise<Imported> {
    for await (const text of lines) {
      this.#line += 1;
      if (text.trim() === '') continue;
      await this.#take(this.#parse(text));
      if (this.#batch.length === batchEvents) await this.#adopt();
    }
    await this.#adopt();
    return { pool: this.#pool, events: this.#imported, seq: this.#head.seq };
  }

  #parse(text: string): StoredEvent {
    try {
      return parseEventLine(text);
    } catch (error) {
      throw this.#refusal((error as Error).message);
    }
  }

  async #take(event: StoredEvent): Promise<void> {
    if (this.#pool === null) await this.#begin(event);
    if (event.pool !== this.#pool)
      throw this.#refusal(`the event belongs to the pool ${event.pool}, not to ${this.#pool}`);
    if (event.seq !== this.#head.seq + 1) {
      throw this.#refusal(`event ${event.seq} cannot follow the head, which is ${this.#head.seq}`);
    }
    const fault = chainFault(this.#head, event);
    if (fault !== null) throw this.#refusal(`event ${event.seq} is broken: ${faultText(fault, event)}`);
    this.#head = event;
    this.#batch.push(event);
  }

  /** The first line says which pool the file is of. */
  async #begin({ pool }: StoredEvent): Promise<void> {
    if (this.#wanted !== undefined && pool !== this.#wanted) {
      throw this.#refusal(`the event belongs to the pool ${pool}, not to ${this.#wanted}`);
    }
    this.#pool = pool;
    if (this.#ledger.hasPool(pool)) this.#head = await this.#ledger.head(pool);
  }

  async #adopt(): Promise<void> {
    if (this.#pool === null || this.#batch.length === 0) return;
    const batch = this.#batch;
    this.#batch = [];
    try {
      await this.#ledger.addEmptyPool(this.#pool);
      await this.#ledger.adopt(this.#pool, batch);
    } catch (error) {
      if (error instanceof StorageError) throw error;
      if (error instanceof Problem && error.code === 'log_grown') throw this.#overtaken(error);
      throw this.#refusal(
        `the events ${batch[0]?.seq} to ${batch.at(-1)?.seq} make no sense: ${(error as Error).message}`,
      );
    }
    this.#imported += batch.length;
  }

  #refusal(why: string): Error {
    return answerNo(`line ${this.#line} is refused: ${why}. ${this.#kept}`);
  }

  /** What was appended has taken the place of the events that were to follow: the two logs are different ones now. */
  #overtaken({ message }: Error): Error {
    return answerNo(`${message}: an import needs a pool that nobody else appends to. ${this.#kept}`);
  }

  get #kept(): string {
    if (this.#imported === 0) return 'Nothing was imported.';
    return `The ${shownCount(this.#imported)} events before its batch were imported.`;
  }
}
