/** What an answer costs in processor time: the same reports to one ledger for each version of the method, in this process. */
import { openEngine } from '../src/engines/open.js';
import type { Command } from '../src/events/command.js';
import { Ledger } from '../src/ledger/ledger.js';
import { ManualClock } from '../test/support/clock.js';
import { median, withFolder } from './measure.js';
import { command, pool, reading } from './reports.js';

export interface Load {
  readonly identities: number;
  /**
   * `runs`: each of 20 reports, 15 s apart, of all agents at once, with 15 minutes in between; a commit for each report. `flood`: 64
   * reports in a commit, every 4 ms.
   */
  readonly pace: 'runs' | 'flood';
}

/** Microseconds of processor time per report, of all threads, by version of the method; the median of the rounds, each. */
export interface AnswerCost {
  readonly byRun: number;
  readonly byReport: number;
  /** The first over the second, of the two halves of a round: the median. */
  readonly ratio: number;
}

/** Many short rounds, in which the two take turns: what disturbs the one disturbs the other. */
export function answerCost(load: Load, rounds: number): Promise<AnswerCost> {
  return withFolder((one) =>
    withFolder(async (other) => {
      const [first, second] = [await Reporters.open(one, load, 1), await Reporters.open(other, load, 2)];
      const byReport: number[] = [];
      const byRun: number[] = [];
      const warm = Math.ceil(rounds / 4);
      for (let round = -warm; round < rounds; round += 1) {
        const isTurned = round % 2 === 0;
        const early = await (isTurned ? second : first).round();
        const late = await (isTurned ? first : second).round();
        if (round < 0) continue;
        byReport.push(isTurned ? late : early);
        byRun.push(isTurned ? early : late);
      }
      await first.close();
      await second.close();
      const ratios = byRun.map((cost, i) => cost / (byReport[i] as number));
      return { byRun: median(byRun), byReport: median(byReport), ratio: median(ratios) };
    }),
  );
}

const began = Date.parse('2026-01-05T12:00:00Z');
/** Longer than the rounds take, by the time of the log. */
const weekLeft = 302_400_000;
const runLength = 20;
const reportsPerRound = { runs: 64, flood: 640 };

/** The agents of a pool whose budgets are known. */
class Reporters {
  readonly #ledger: Ledger;
  readonly #clock: ManualClock;
  readonly #load: Load;
  #sent = 0;

  private constructor(ledger: Ledger, clock: ManualClock, load: Load) {
    this.#ledger = ledger;
    this.#clock = clock;
    this.#load = load;
  }

  static async open(folder: string, load: Load, version: 1 | 2): Promise<Reporters> {
    const clock = new ManualClock(began);
    const engine = await openEngine(folder, 'writer');
    const ledger = await Ledger.open(engine, { database: folder, timeZone: 'UTC', unknownAgents: 'auto', clock });
    if (!ledger.hasPool(pool)) await ledger.addPool(pool);
    const reporters = new Reporters(ledger, clock, load);
    await reporters.#begin(version);
    return reporters;
  }

  async #begin(version: 1 | 2): Promise<void> {
    const { identities } = this.#load;
    const names = Array.from({ length: identities }, (_, i) => ({ name: `Agent-${i}` }));
    await this.#send([command({ type: 'policy.set', payload: { method_version: version } })]);
    await this.#send(names.map((payload) => command({ type: 'identity.registered', payload })));
    for (const percent of [1_000, 2_000, 3_000]) {
      await this.#send([command(reading(percent, began + weekLeft))]);
      this.#clock.advance(600_000);
      await this.#send(names.map((_, i) => this.#report(i, Math.round(6_000_000 / identities))));
    }
  }

  /** Microseconds per report, of a few. */
  async round(): Promise<number> {
    const { pace } = this.#load;
    const size = pace === 'runs' ? 1 : 64;
    const count = reportsPerRound[pace];
    const reports = Array.from({ length: count }, (_, i) => this.#report(this.#sent + i, 1));
    const from = process.cpuUsage();
    for (let i = 0; i < count; i += size) {
      this.#clock.advance(this.#wait());
      await this.#send(reports.slice(i, i + size));
      this.#sent += size;
    }
    const { user, system } = process.cpuUsage(from);
    return (user + system) / count;
  }

  close(): Promise<void> {
    return this.#ledger.close();
  }

  #wait(): number {
    const { identities, pace } = this.#load;
    if (pace === 'flood') return 4;
    return this.#sent % (runLength * identities) === 0 ? 900_000 : 15_000 / identities;
  }

  #report(i: number, cost: number): Command {
    const payload = { name: `Agent-${i % this.#load.identities}`, mode: 'autonomy', cost_micro_usd: cost };
    return command({ type: 'usage.recorded', payload });
  }

  async #send(commands: readonly Command[]): Promise<void> {
    await this.#ledger.submit(pool, { commands });
  }
}
