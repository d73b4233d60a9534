/**
 * Goal: a long history of runs (reports seconds apart, from several at once, with and without turns, in groups of owners, imported
 * ones of the past, beside readings, pauses, merges, retirements and corrections; by version 1 of the method and then by version 2,
 * with restarts in between) leaves the same rows and the same state as a replay of it. `EVENTS=100000` makes it longer.
 */
import t from 'tap';
import { type TurnId, turnSettlement } from '../../src/events/catalogue/turn.js';
import { type Command, parseCommand } from '../../src/events/command.js';
import { evolve } from '../../src/events/evolve.js';
import { emptyState, serialiseState } from '../../src/events/state.js';
import { ManualClock } from '../support/clock.js';
import { command, inside, origin, usage } from '../support/command.js';
import { variant } from '../support/engines.js';
import { days, hours, minutes, noon } from '../support/fold.js';
import { pool, type TestLedger, temporaryLedger } from '../support/ledger.js';
import { MixedHistory } from '../support/mixed.js';
import { randomSource } from '../support/random.js';

const events = Number(process.env.EVENTS ?? 3_000);
const seed = Number(process.env.SEED ?? 11);
const agents = 12;

/** What goes on in a pool, an episode after the other. */
class Course {
  readonly #random = randomSource(seed);
  readonly #mixed = new MixedHistory(seed, noon);
  readonly clock: ManualClock;
  test: TestLedger;

  constructor(test: TestLedger, clock: ManualClock) {
    this.test = test;
    this.clock = clock;
  }

  get seq(): number {
    return this.test.ledger.state(pool).seq;
  }

  async goOn(): Promise<void> {
    const roll = this.#random();
    if (roll < 0.7) await this.#run();
    else if (roll < 0.85) await this.#mixture();
    else if (roll < 0.9) await this.#change();
    else if (roll < 0.95) await this.#tellThePast();
    else this.clock.advance(this.#whole(hours(8)));
  }

  /** An agent and two others at once report every few seconds, under a turn or without one. */
  async #run(): Promise<void> {
    const name = this.#name();
    const turn = this.#random() < 0.4 ? await this.#grant(name) : undefined;
    for (let i = this.#whole(25); i >= 0; i--) {
      this.clock.advance(3_000 + this.#whole(40_000));
      const commands = [name, this.#name(), this.#name()].map((one, place) =>
        usage(one, {
          cost_micro_usd: this.#whole(60_000),
          mode: this.#random() < 0.05 ? 'collaboration' : 'autonomy',
          turn: place === 0 ? turn?.id : undefined,
        }),
      );
      await this.#submit(commands, this.#random() < 0.8);
    }
    if (turn !== undefined) await this.#end(turn);
    this.clock.advance(this.#whole(minutes(15)));
  }

  /** The newest turn, where it was granted. */
  async #grant(name: string): Promise<{ readonly id: TurnId; readonly token: number } | undefined> {
    await this.#submit([inside('turn.granted', { name: name as never, ttl_s: 60 + this.#whole(3_600) })]);
    return [...this.test.ledger.state(pool).turns.values()].at(-1);
  }

  async #end({ id: turn, token }: { readonly id: TurnId; readonly token: number }): Promise<void> {
    const roll = this.#random();
    if (roll < 0.1) return;
    const use = { cost_micro_usd: this.#whole(50_000) };
    if (roll < 0.35) await this.#submit([inside('turn.released', { turn, token })]);
    else await this.#submit([inside('turn.settled', turnSettlement.parse({ turn, token, usage: use }))]);
    if (roll < 0.8) return;
    // What is told of it late still belongs to its run.
    this.clock.advance(this.#whole(minutes(20)));
    await this.#submit([usage(this.#name(), { ...use, turn })]);
  }

  /** Everything else, some of it refused. */
  async #mixture(): Promise<void> {
    this.#mixed.now = this.clock.now();
    const made = this.#mixed.next(16).map((one) => parseCommand(one, origin));
    const outcomes = [];
    for (let i = 0; i < made.length; i += 4) {
      this.clock.advance(this.#whole(minutes(2)));
      outcomes.push(...(await this.#submit(made.slice(i, i + 4), i === 0)));
    }
    this.#mixed.answered(
      outcomes.map((outcome) => ({
        status: outcome.status,
        id: outcome.status === 'recorded' ? outcome.receipt.id : undefined,
      })),
    );
  }

  /** Some join a group, with a name of theirs or another, some leave theirs; one is merged, one retires. */
  async #change(): Promise<void> {
    const commands: Command[] = Array.from({ length: 4 }, () => {
      const group = this.#random() < 0.2 ? '' : `owner ${this.#whole(4)}`;
      const weight = group === '' ? {} : { group_weight: 1 + this.#whole(3) };
      const joins = this.#random() < 0.3;
      const name = joins ? `Owned ${this.#whole(agents) + (this.seq >> 13)}` : this.#name();
      return command(joins ? 'identity.registered' : 'identity.changed', { name, group, ...weight });
    });
    if (this.#random() < 0.5) commands.push(command('identity.merged', { from: this.#name(), into: this.#name() }));
    if (this.#random() < 0.5) commands.push(command('identity.retired', { name: this.#name() }));
    await this.#submit(commands);
  }

  /** A history as an import tells it: oldest first, from before the period and from within it. */
  async #tellThePast(): Promise<void> {
    const name = this.#name();
    let at = this.clock.now() - this.#whole(days(9)) - hours(1);
    const commands = Array.from({ length: 20 }, () => {
      at += this.#whole(minutes(4));
      return usage(name, { cost_micro_usd: this.#whole(60_000) }, { occurred_at: Math.min(at, this.clock.now()) });
    });
    await this.#submit(commands, this.#random() < 0.2);
  }

  #submit(commands: readonly Command[], advise = true) {
    return this.test.ledger.submit(pool, { commands, advise });
  }

  /** Some of the mixture, which merge into fewer and fewer, and some that come and go. */
  #name(): string {
    return this.#random() < 0.5 ? `Agent ${this.#whole(agents)}` : `Runner ${this.#whole(agents) + (this.seq >> 13)}`;
  }

  #whole(bound: number): number {
    return Math.floor(this.#random() * bound);
  }
}

/** What a history has to hold, so that it says something. */
const kinds = [
  'turn.granted',
  'turn.settled',
  'turn.released',
  'turn.expired',
  'quota.read',
  'usage.corrected',
  'agent.paused',
  'identity.merged',
  'identity.retired',
  'identity.changed',
];

t.test('runs over weeks are what a replay of them gives', { timeout: 1_800_000 }, async (t) => {
  const place = await variant.place(t);
  const clock = new ManualClock(noon);
  const course = new Course(await temporaryLedger(t, { place, clock }), clock);
  t.comment(`seed ${seed}, ${events} events`);
  let [part, version] = [1, 1];
  while (course.seq < events) {
    await course.goOn();
    if (version === 1 && course.seq > events / 4) {
      await course.test.record(command('policy.set', { method_version: 2, method: 'fair' }));
      version = 2;
    }
    if (course.seq < (part * events) / 5) continue;
    part += 1;
    await course.test.close();
    course.test = await temporaryLedger(t, { place, clock });
  }
  const { test } = course;

  const report = await test.replay({ check: true });
  t.equal(report.identical, true, JSON.stringify(report.tables));
  t.ok(report.events >= events, `${report.events} events`);
  const counts = await test.ledger.query<{ rows: number }>(
    'SELECT COUNT(*) AS rows FROM fair_allocations UNION ALL SELECT COUNT(*) FROM fair_allocation_history',
  );
  t.ok(
    counts.every(({ rows }) => Number(rows) > 0),
    'with rows of the controller, current and past',
  );

  const [state, seen] = [emptyState(pool), new Map<string, number>()];
  for (const event of await test.events()) {
    evolve(state, event);
    seen.set(event.type, (seen.get(event.type) ?? 0) + 1);
  }
  t.strictSame(
    kinds.filter((kind) => !seen.has(kind)),
    [],
    `of every kind: ${JSON.stringify([...seen])}`,
  );
  const { members, groups, policy } = state.fair;
  t.equal(policy.method_version, 2);
  t.ok(groups.size > 0 && [...members.values()].some(({ past }) => past !== null), 'with groups and a past');
  t.equal(serialiseState(test.ledger.state(pool)), serialiseState(state), 'and so is what is known');
});
