/**
 * Goal: what a run used counts once, however many reports tell of it: over HTTP, a report that is split into parts of up to 40 s
 * apart leaves the same as the sum that is told at once.
 */
import t from 'tap';
import { explain } from '../../src/fairness/explain.js';
import type { FairState, Member } from '../../src/fairness/state.js';
import { ManualClock } from '../support/clock.js';
import { found } from '../support/controller.js';
import { equal } from '../support/equal.js';
import { days, hours, minutes, noon } from '../support/fold.js';
import type { pool } from '../support/ledger.js';
import { randomSource } from '../support/random.js';
import { type TestServer, testServer } from './support.js';

const logs = Number(process.env.RUNS ?? 24);
const seed = Number(process.env.SEED ?? 20_260_113);
const names = ['Ada', 'Bo', 'Cy'] as const;
const usdOf = { week: 100, sonnet: 60 } as const;

t.comment(`seed ${seed}`);

interface Split {
  readonly name: string;
  /** Milliseconds since the last part of the one before. */
  readonly after: number;
  /** Micro-USD, and milliseconds since the part before. */
  readonly parts: readonly { readonly micro: number; readonly after: number }[];
  readonly mode: 'autonomy' | 'collaboration';
}

/** Runs of 1 to 20 parts; a run begins at least 300 s after the last part of the one before it. */
function someSplits(random: () => number, apart: boolean): Split[] {
  const whole = (bound: number) => Math.floor(random() * bound);
  return Array.from({ length: 8 }, () => ({
    name: names[whole(3)] as string,
    after: 300_000 + whole(random() < 0.3 ? hours(5) : minutes(30)),
    parts: Array.from({ length: 1 + whole(random() < 0.2 ? 20 : 4) }, (_, i) => ({
      micro: whole(400_000),
      after: apart && i > 0 ? whole(40_001) : 0,
    })),
    mode: !apart && random() < 0.2 ? 'collaboration' : 'autonomy',
  }));
}

/** A pool with two windows of known budgets and three agents, on a daemon whose clock the test moves. */
async function newPool(server: TestServer, name: string): Promise<Pool> {
  const created = await server.post('/v1/pools', { pool: name, time_zone: 'UTC' });
  equal(created.statusCode, 201, created.body);
  const made = new Pool(server, name as typeof pool);
  const resetsAt = noon + days(7 * 1_000);
  const windows = Object.entries(usdOf).map(([key, usd]) => ({
    ...{ key, length_s: 604_800, anchor: 'fixed', known_budget_micro_usd: usd * 1_000_000, resets_at: resetsAt },
    ...(key === 'sonnet' ? { models: ['sonnet'] } : {}),
  }));
  await made.send('policy.set', { method_version: 2, plan_ms: 0, windows });
  for (const agent of names) {
    const model = agent === 'Cy' ? 'claude-opus-4-5' : 'claude-sonnet-4-5';
    await made.send('identity.registered', { name: agent, model });
  }
  return made;
}

class Pool {
  readonly #server: TestServer;
  readonly #name: typeof pool;

  constructor(server: TestServer, name: typeof pool) {
    this.#server = server;
    this.#name = name;
  }

  async send(type: string, payload: object): Promise<void> {
    const response = await this.#server.post(`/v1/events?pool=${this.#name}&ask=false`, { type, payload });
    equal(response.statusCode, 201, response.body);
  }

  /** The interval an agent is told; a person's work asks for none. */
  async report(name: string, mode: Split['mode'], micro: number): Promise<number | null> {
    if (mode === 'collaboration') {
      await this.send('usage.recorded', { name, mode, cost_micro_usd: micro });
      return null;
    }
    const body = { claude_name: name, mode, cost_delta: micro / 1e6 };
    const response = await this.#server.post(`/resource-share/increment?pool=${this.#name}`, body);
    equal(response.statusCode, 200, response.body);
    return response.json<{ recommended_interval: number }>().recommended_interval;
  }

  get fair(): FairState {
    return this.#server.ledger.state(this.#name).fair;
  }

  member(name: string): Member {
    return found(
      [...this.fair.members.values()].find((member) => member.name === name),
      name,
    );
  }

  /** `GET /v1/fairness`, without what is the pool's own. */
  async published(): Promise<Published> {
    const { pool: _, as_of_seq: __, ...rest } = (await this.#server.get(`/v1/fairness?pool=${this.#name}`)).json();
    return rest;
  }

  async rows(): Promise<Record<string, unknown>[]> {
    const response = await this.#server.get(`/v1/allocations?pool=${this.#name}`);
    return response.json<{ rows: Record<string, unknown>[] }>().rows.map(({ pool: _, seq: __, ...row }) => row);
  }

  /** What a run of each usually costs, and how long it really waits, as its interval is explained. */
  explained(): object[] {
    return names.map((name) => {
      const member = this.member(name);
      const { sharers } = explain(this.fair, member, this.#server.clock.now());
      const { wakeCost, gap, used, level } = found(
        sharers.find((sharer) => sharer.name === name),
        name,
      );
      return { name, wakeCost, gap, used, level };
    });
  }
}

interface Published {
  readonly windows: readonly {
    readonly window: string;
    readonly runout: { readonly burn_usd_per_hour: number; readonly p10: string; readonly p90: string } | null;
  }[];
  readonly identities: readonly { readonly name: string; readonly windows: readonly object[] }[];
}

const instant = /^\d{4}-\d\d-\d\dT/;

/** Compares numbers to a relative difference, instants to a second, and all else exactly; says where it differs. */
function near(one: unknown, other: unknown, where: string, tolerance = 1e-6): void {
  if (typeof one === 'number' && typeof other === 'number') {
    if (Math.abs(one - other) > tolerance * Math.max(1, Math.abs(one)))
      throw new Error(`${where}: ${other}, not ${one}`);
  } else if (typeof one === 'object' && one !== null && typeof other === 'object' && other !== null) {
    equal(Object.keys(other), Object.keys(one), where);
    for (const [key, value] of Object.entries(one))
      near(value, (other as Record<string, unknown>)[key], `${where}, ${key}`, tolerance);
  } else if (typeof one === 'string' && typeof other === 'string' && instant.test(one) && instant.test(other)) {
    if (Math.abs(Date.parse(one) - Date.parse(other)) > 1_000) throw new Error(`${where}: ${other}, not ${one}`);
  } else equal(other, one, where);
}

/** What is counted by run or by dollar: mean cost, number of runs, gaps, U of each, and C of each window with its parts. */
function counted(one: Pool): object {
  const members = names.map((name) => {
    const { wakeCost, wakes, gap, gaps, used, autonomy, collaboration } = one.member(name);
    return { name, wakeCost, wakes, gap, gaps, used, autonomy, collaboration };
  });
  const windows = [...one.fair.windows.values()].map(({ key, cost, used }) => {
    return { key, cost, used: Object.fromEntries([...used].sort()) };
  });
  return { members, windows, explained: one.explained() };
}

const amounts = ({ identities }: Published): object[] =>
  identities.map((identity) => {
    const { name, used_usd, autonomous_usd, windows } = identity as Record<string, unknown> & typeof identity;
    return { name, used_usd, autonomous_usd, windows: windows.map((one) => ({ ...one, remaining_usd: null })) };
  });

const sumOf = ({ parts }: Split): number => parts.reduce((sum, { micro }) => sum + micro, 0);

t.test('parts told at one moment leave everything that their sum leaves, and end with its answer', async (t) => {
  const server = await testServer(t, { clock: new ManualClock(noon) });
  let [parts, runouts, rows] = [0, 0, 0];
  for (let log = 0; log < logs; log++) {
    const [whole, split] = [await newPool(server, `whole-${log}`), await newPool(server, `split-${log}`)];
    for (const one of someSplits(randomSource(seed + log), false)) {
      server.clock.advance(one.after);
      const told = await whole.report(one.name, one.mode, sumOf(one));
      let again: number | null = null;
      for (const { micro } of one.parts) again = await split.report(one.name, one.mode, micro);
      near(told, again, `log ${log}, interval`);
      near(counted(whole), counted(split), `log ${log}`);
      const published = await whole.published();
      near(published, await split.published(), `log ${log}, published`);
      parts += one.parts.length;
      runouts += published.windows.filter(({ runout }) => runout !== null).length;
    }
    // Rows are worked out at events that concern everybody.
    for (const one of [whole, split]) await one.send('policy.set', { horizon_h: 40 });
    near(await whole.rows(), await split.rows(), `log ${log}, allocations`);
    rows += (await whole.rows()).length;
  }
  t.ok(parts > 20 * logs && runouts > logs, `${parts} parts, ${runouts} run-outs`);
  t.equal(rows, 5 * logs, 'of two agents in both windows, and one in the week');
});

/** Sums of a window with half-lives of a tenth of it, by hand: the squares of a run are those of its sum so far. */
class Sums {
  #at: number | null = null;
  cost = 0;
  squared = 0;
  twice = 0;

  add(at: number, cost: number, before: number): void {
    const kept = this.#at === null ? 1 : 2 ** (-(at - this.#at) / (days(7) / 10));
    const grown = (before + cost) ** 2 - before ** 2;
    this.cost = this.cost * kept + cost;
    this.squared = this.squared * kept + grown;
    this.twice = this.twice * kept ** 2 + grown;
    this.#at = at;
  }
}

t.test('parts up to 40 s apart count as their sum does, told with the first of them', async (t) => {
  const server = await testServer(t, { clock: new ManualClock(noon) });
  let [parts, spreads] = [0, 0];
  for (let log = 0; log < logs; log++) {
    const [whole, split] = [await newPool(server, `whole-${log}`), await newPool(server, `split-${log}`)];
    const sums = new Sums();
    for (const one of someSplits(randomSource(seed - 1 - log), true)) {
      server.clock.advance(one.after);
      await whole.report(one.name, one.mode, sumOf(one));
      let before = 0;
      for (const { micro, after } of one.parts) {
        server.clock.advance(after);
        await split.report(one.name, one.mode, micro);
        sums.add(server.clock.now(), micro / 1e6, before);
        before += micro / 1e6;
      }
      near(counted(whole), counted(split), `log ${log}`);
      const {
        cost,
        costSquared: squared,
        costSquaredTwice: twice,
      } = found(split.fair.windows.get('week'), 'week').burn;
      near({ ...sums }, { cost, squared, twice }, `log ${log}, burn`);
      const [a, b] = [await whole.published(), await split.published()];
      near(amounts(a), amounts(b), `log ${log}, published`);
      spreads += sameSpread(a, b, `log ${log}`);
      parts += one.parts.length;
    }
  }
  t.ok(parts > 20 * logs && spreads > logs, `${parts} parts, ${spreads} run-outs`);
});

/** When a window runs out, as it is published: what decays does so from other moments, minutes apart, and so differs by little. */
function sameSpread(one: Published, other: Published, where: string): number {
  let compared = 0;
  for (const [i, { window, runout }] of one.windows.entries()) {
    const again = other.windows[i]?.runout;
    if (runout === null || again === null || again === undefined) continue;
    near(runout.burn_usd_per_hour, again.burn_usd_per_hour, `${where}, burn of ${window}`, 0.05);
    const spread = ({ p10, p90 }: typeof runout) => Date.parse(p90) / hours(1) - Date.parse(p10) / hours(1);
    near(1, spread(again) / spread(runout), `${where}, spread of ${window}`, 0.1);
    compared += 1;
  }
  return compared;
}
