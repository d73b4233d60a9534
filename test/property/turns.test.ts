// Made-up histories of turns: whatever is asked, renewed, settled, released, merged or left to expire, a turn ends once,
// is settled with one use, tokens grow, and what is reserved is the estimates of the turns that are open.
import fc from 'fast-check';
import t from 'tap';
import { canonicalJson } from '../../src/events/canonical.js';
import { type TurnId, turnAsked, turnSettlement } from '../../src/events/catalogue/turn.js';
import type { Command } from '../../src/events/command.js';
import type { EventOf, LedgerEvent } from '../../src/events/envelope.js';
import { evolve } from '../../src/events/evolve.js';
import type { EpochMs, PoolId } from '../../src/events/scalars.js';
import { emptyState, type PoolState, restoreState, serialiseState } from '../../src/events/state.js';
import { isHeld } from '../../src/events/turns.js';
import type { Outcome } from '../../src/ledger/outcome.js';
import { command, inside, usage } from '../support/command.js';
import { equal } from '../support/equal.js';
import { noon } from '../support/fold.js';
import { type TestLedger, temporaryLedger } from '../support/ledger.js';
import { type ModelTurn, TurnModel, type Verdict } from '../support/turn-model.js';

const seed = Number(process.env.SEED ?? 20_260_105);
const runs = Number(process.env.RUNS ?? 40);
t.comment(`seed ${seed}`);

const name = fc.constantFrom('Ada', 'Grace', 'Eve', 'Zoë');
const cost = fc.integer({ min: 0, max: 900_000 });
const ttl = fc.integer({ min: 1, max: 400 });
const host = fc.constantFrom('here', 'there', undefined);
const aim = { target: fc.nat(30), stale: fc.integer({ min: 0, max: 9 }).map((n) => n === 0) };

const step = fc.oneof(
  { weight: 8, arbitrary: fc.record({ step: fc.constant('ask'), name, host, ttl, estimate: cost }) },
  { weight: 4, arbitrary: fc.record({ step: fc.constant('renew'), ...aim, ttl: fc.option(ttl, { nil: undefined }) }) },
  { weight: 6, arbitrary: fc.record({ step: fc.constant('settle'), ...aim, cost }) },
  { weight: 2, arbitrary: fc.record({ step: fc.constant('release'), ...aim }) },
  { weight: 3, arbitrary: fc.record({ step: fc.constant('report'), name, cost }) },
  { weight: 6, arbitrary: fc.record({ step: fc.constant('tick'), ms: fc.integer({ min: 1, max: 200_000 }) }) },
  { weight: 1, arbitrary: fc.record({ step: fc.constant('merge'), from: name, into: name }) },
  { weight: 1, arbitrary: fc.record({ step: fc.constant('retire'), name }) },
);
type Step = typeof step extends fc.Arbitrary<infer S> ? S : never;

class Player {
  readonly #test: TestLedger;
  readonly pool: PoolId;
  readonly model: TurnModel;
  #denied = 0;

  constructor(test: TestLedger, pool: PoolId) {
    this.#test = test;
    this.pool = pool;
    this.model = new TurnModel(test.clock.now());
  }

  get denied(): number {
    return this.#denied;
  }

  async play(one: Step): Promise<void> {
    switch (one.step) {
      case 'ask':
        return this.#ask(one.name, one.host, one.ttl, one.estimate);
      case 'renew':
        return this.#hold(one, 'turn.renewed', (turn, token) => this.model.renew(turn, token, one.ttl), {
          ttl_s: one.ttl,
        });
      case 'settle': {
        const { usage: use } = turnSettlement.parse({ turn: 't1', token: 1, usage: { cost_micro_usd: one.cost } });
        return this.#hold(one, 'turn.settled', (turn, token) => this.model.end(turn, token, 'settled', one.cost), {
          usage: use,
        });
      }
      case 'release':
        return this.#hold(one, 'turn.released', (turn, token) => this.model.end(turn, token, 'released', 0), {});
      case 'report':
        await this.submit(usage(one.name, { cost_micro_usd: one.cost }));
        this.model.used += one.cost;
        return;
      case 'tick':
        this.#test.clock.advance(one.ms);
        return this.model.pass(one.ms);
      case 'merge':
        if (this.model.agentOf(one.from) !== one.from || this.model.agentOf(one.into) === one.from) return;
        await this.submit(command('identity.merged', { from: one.from, into: one.into }));
        return this.model.merge(one.from, one.into);
      case 'retire':
        await this.submit(command('identity.retired', { name: one.name }));
        await this.submit(command('identity.reinstated', { name: one.name }));
        return this.model.retire(one.name);
    }
  }

  async submit(sent: Command): Promise<Outcome> {
    return this.#test.ledger.submitOne(this.pool, sent);
  }

  async #ask(who: string, from: string | undefined, seconds: number, estimate: number): Promise<void> {
    const instance = from === undefined ? undefined : { host: from };
    const asked = turnAsked.parse({ name: who, instance, ttl_s: seconds, estimate_micro_usd: estimate });
    const outcome = await this.submit(inside('turn.granted', asked));
    if (outcome.status !== 'recorded') throw new Error(`asking resulted in ${JSON.stringify(outcome)}`);
    const event = (await this.log()).at(-1) as LedgerEvent;
    const answer = (await this.log()).find(({ id }) => id === outcome.receipt.id);
    if (answer?.type === 'turn.denied') {
      this.#denied += 1;
      return;
    }
    const own = this.model.own(who, from);
    equal(answer?.type, own === undefined ? 'turn.granted' : 'turn.renewed', 'answer');
    const { turn, token, expires_at: expiresAt } = (answer as EventOf<'turn.granted' | 'turn.renewed'>).payload;
    equal(token > Math.max(0, ...this.model.turns.map((other) => other.token)), true, 'tokens grow');
    equal(expiresAt, this.model.now + seconds * 1_000, 'expiry');
    if (own === undefined) this.model.grant({ id: turn, host: from, token, expiresAt, ttl: seconds, estimate }, who);
    else {
      equal(turn, own.id, 'the turn that it has');
      Object.assign(own, { token, expiresAt, ttl: seconds });
    }
    if (event.type === 'turn.granted') await this.roomIsKept();
  }

  async #hold(
    { target, stale }: { target: number; stale: boolean },
    type: 'turn.renewed' | 'turn.settled' | 'turn.released',
    judge: (turn: ModelTurn, token: number) => Verdict,
    more: object,
  ): Promise<void> {
    const turn = this.model.turns[target % Math.max(1, this.model.turns.length)];
    if (turn === undefined) return;
    const token = stale ? turn.token - 1 : turn.token;
    const payload = { turn: turn.id as TurnId, token, ...more };
    const outcome = await this.submit(inside(type, payload as never));
    const said = outcome.status === 'rejected' ? outcome.code : outcome.status === 'recorded' ? 'done' : 'again';
    equal(said, judge(turn, token), `${type} of ${turn.id}`);
  }

  log(): Promise<LedgerEvent[]> {
    return this.#test.ledger.readEvents(this.pool, { limit: 10_000 });
  }

  /** Only where a budget is enforced: what is used and what is reserved add up to no more than there is. */
  async roomIsKept(): Promise<void> {
    if (this.#test.ledger.state(this.pool).fair.policy.mode !== 'enforce') return;
    equal(this.model.used + this.model.reserved <= budget, true, `${this.model.used} + ${this.model.reserved}`);
  }

  /** What the log, the state and the model say of the same turns. */
  async agree(): Promise<void> {
    const state = this.#test.ledger.state(this.pool);
    const held = [...state.turns.values()].filter((turn) => isHeld(turn, this.model.now as EpochMs));
    equal(
      held.map(({ id, token, expiresAt }) => [id, token, expiresAt]),
      this.model.open().map(({ id, token, expiresAt }) => [id, token, expiresAt]),
      'open turns',
    );
    const due = [...state.turns.values()].map(({ expiresAt }) => expiresAt);
    equal(state.turnsDueAt, due.length === 0 ? null : Math.min(...due), 'when the next one expires');
    equal(
      held.reduce((sum, turn) => sum + turn.estimateMicroUsd, 0),
      this.model.reserved,
      'reservations',
    );
    const events = await this.log();
    endOnce(events);
    const used = events.reduce(
      (sum, event) => sum + (event.type === 'usage.recorded' ? (event.payload.cost_micro_usd ?? 0) : 0),
      0,
    );
    equal(used, this.model.used, 'what was used');
    let folded = emptyState(this.pool);
    for (const [i, event] of events.entries()) {
      evolve(folded, event);
      if (i % 5 === 2) folded = restoreState(serialiseState(folded));
    }
    equal(inOrder(folded), inOrder(state), 'state');
  }
}

/** A policy from the log has its members in another order than the one that was asked for. */
const inOrder = (state: PoolState): unknown => JSON.parse(canonicalJson(JSON.parse(serialiseState(state))));

const ends = new Set(['turn.settled', 'turn.released', 'turn.expired']);

function endOnce(events: readonly LedgerEvent[]): void {
  const ended = events.flatMap((event) =>
    ends.has(event.type) ? [(event as EventOf<'turn.settled'>).payload.turn] : [],
  );
  equal(new Set(ended).size, ended.length, 'each turn ends once');
  const settled = events.filter((event) => event.type === 'turn.settled');
  for (const { payload, correlates } of settled) {
    const use = events[payload.usage_seq - 1];
    equal([use?.type, use?.correlates], ['usage.recorded', correlates], 'settled with its own use');
  }
  equal(new Set(settled.map(({ payload }) => payload.usage_seq)).size, settled.length, 'each use settles one turn');
}

const budget = 5_000_000;
const month = { key: 'month', length_s: 2_592_000, anchor: 'fixed', known_budget_micro_usd: budget, margin_percent: 0 };

for (const mode of ['advise', 'enforce']) {
  t.test(`turns result in what the model says: ${mode}`, async (t) => {
    const test = await temporaryLedger(t);
    let count = 0;
    let turns = 0;
    let denied = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 20, maxLength: 60 }), async (steps) => {
        count += 1;
        test.clock.goTo(noon + count * 86_400_000);
        const player = new Player(test, `${mode}-${count}` as PoolId);
        await test.ledger.addPool(player.pool);
        const bounds = { interval_s_min: 1, interval_s_base: 1, interval_s_max: 1, method: 'static' };
        await player.submit(command('policy.set', { mode, windows: [month], ...bounds }));
        for (const who of ['Ada', 'Grace', 'Eve', 'Zoë'])
          await player.submit(command('identity.registered', { name: who }));
        for (const one of steps) await player.play(one);
        await player.agree();
        await test.ledger.expireTurns();
        await player.agree();
        turns += player.model.turns.length;
        denied += player.denied;
      }),
      { numRuns: runs, seed, endOnFailure: process.env.SHRINK === undefined },
    );
    t.ok(turns > runs * 3, `${turns} turns`);
    t.equal(denied > 0, mode === 'enforce', `${denied} denied`);
    t.equal((await test.replay({ check: true })).identical, true, 'a replay gives what is live');
  });
}
