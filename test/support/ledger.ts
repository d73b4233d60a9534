/** A ledger in a temporary place, on the engine that was chosen, with a clock that stands until a test moves it. */
import type { Engine } from '../../src/engines/engine.js';
import { chainFault, genesisHash } from '../../src/events/chain.js';
import type { Command } from '../../src/events/command.js';
import type { UnknownAgents } from '../../src/events/decision.js';
import type { LedgerEvent, Receipt, StoredEvent } from '../../src/events/envelope.js';
import type { PoolId } from '../../src/events/scalars.js';
import { Ledger } from '../../src/ledger/ledger.js';
import type { Rules } from '../../src/ledger/rules.js';
import { BookPrices } from '../../src/prices/book-prices.js';
import type { Price } from '../../src/prices/price.js';
import type { ReplayOptions, ReplayReport } from '../../src/replay/replay.js';
import { ManualClock } from './clock.js';
import { type Variant, variant } from './engines.js';
import { noon } from './fold.js';
import type { Scope } from './folder.js';

export const pool = 'default' as PoolId;

export interface LedgerOptions {
  readonly timeZone?: string;
  readonly unknownAgents?: UnknownAgents;
  readonly newcomersPerHour?: number;
  /** Where a database is already: a data directory, or the URL of a database. */
  readonly place?: string;
  readonly clock?: ManualClock;
  readonly rules?: Rules;
  /** Prices of one's own. */
  readonly prices?: readonly Price[];
  /** What the loading of the prices waits for. */
  readonly pricesWait?: Promise<void>;
  /** The first of those that were chosen, when left out. */
  readonly engine?: Variant;
}

/** A ledger with the pool `default`; it is closed when the test ends, if not before. */
export async function temporaryLedger(t: Scope, options: LedgerOptions = {}): Promise<TestLedger> {
  const {
    timeZone = 'UTC',
    unknownAgents = 'auto',
    newcomersPerHour,
    clock = new ManualClock(noon),
    rules,
    prices: own = [],
  } = options;
  const chosen = options.engine ?? variant;
  const place = options.place ?? (await chosen.place(t));
  const engine = await chosen.open(place);
  const prices = async () => {
    await options.pricesWait;
    return new BookPrices(own);
  };
  const settings = { database: place, timeZone, unknownAgents, newcomersPerHour, clock, rules, prices };
  const test = new TestLedger(await Ledger.open(engine, settings), place, clock);
  t.teardown(() => test.close());
  if (!test.ledger.hasPool(pool)) await test.ledger.addPool(pool);
  return test;
}

/** Has something happen at the last moment before a replay over this engine compares, and before it swaps. */
export function atTheLastMoment(engine: Engine, happen: (step: 'comparing' | 'swapping') => Promise<unknown>): void {
  const compare = engine.compareShadow.bind(engine);
  const swap = engine.swapShadow.bind(engine);
  engine.compareShadow = async (...given) => {
    await happen('comparing');
    return compare(...given);
  };
  engine.swapShadow = async (...given) => {
    await happen('swapping');
    return swap(...given);
  };
}

export class TestLedger {
  readonly ledger: Ledger;
  readonly place: string;
  readonly clock: ManualClock;
  #open = true;

  constructor(ledger: Ledger, place: string, clock: ManualClock) {
    this.ledger = ledger;
    this.place = place;
    this.clock = clock;
  }

  async close(): Promise<void> {
    if (!this.#open) return;
    this.#open = false;
    await this.ledger.close();
  }

  /** Submits each command by itself, one after the other; the receipts. Throws when one is rejected. */
  async record(...commands: readonly Command[]): Promise<Receipt[]> {
    const receipts: Receipt[] = [];
    for (const command of commands) {
      const outcome = await this.ledger.submitOne(pool, command);
      if (outcome.status === 'rejected') throw new Error(`${command.type}: ${outcome.code} ${outcome.detail}`);
      if (outcome.receipt !== undefined) receipts.push(outcome.receipt);
    }
    return receipts;
  }

  stored(): Promise<StoredEvent[]> {
    return this.ledger.readStored(pool, { limit: 1_000_000 });
  }

  events(): Promise<LedgerEvent[]> {
    return this.ledger.readEvents(pool, { limit: 1_000_000 });
  }

  async replay(options: ReplayOptions = {}): Promise<ReplayReport> {
    const steps = this.ledger.replay(options);
    for (;;) {
      const step = await steps.next();
      if (step.done === true) return step.value;
    }
  }
}

/** The first thing wrong with a log, from its first event on; null when its chain is whole. */
export function logFault(events: readonly StoredEvent[]): string | null {
  let previous = { seq: 0, hash: genesisHash, recorded_at: 0 };
  for (const event of events) {
    const fault = chainFault(previous, event);
    if (fault !== null) return `${fault} at ${event.seq}`;
    previous = event;
  }
  return null;
}
