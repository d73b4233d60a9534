// Goal: in a simulated world the product itself answers, with all that an agent, a person or a provider can do there.
import t from 'tap';
import { adoptMethod } from '../../src/ledger/own-commands.js';
import { simulate } from '../../src/simulate/run.js';
import { scenario, windows } from '../../src/simulate/scenarios/parts.js';
import { scenarioNamed } from '../../src/simulate/scenarios.js';
import { SimulatedPool, simulatedPool } from '../../src/simulate/simulated-pool.js';
import { dayMs, hourMs } from '../../src/simulate/units.js';
import { weekStart } from '../../src/simulate/world.js';

t.test('the same seed gives the same week, and a fair one', async (t) => {
  const run = () => simulate(scenarioNamed('three-equal'), simulatedPool(), '0', { start: weekStart });
  const { score, trace } = run();
  t.ok(score.jain > 0.99 && score.utilisation > 0.95, JSON.stringify(score));
  t.same(run().trace, trace);
});

t.test('parameters that differ from the defaults hold from the first answer on', async (t) => {
  const told: number[] = [];
  const make = (windows: Parameters<ReturnType<typeof simulatedPool>>[0]) => {
    const pool = new SimulatedPool(windows, { method: 'static', interval_s_base: 1_200, recheck_s: 600 });
    t.equal(pool.intervalSecondsInitial, 1_200);
    t.equal(pool.recheckSeconds, 600);
    const { report } = pool;
    pool.report = (...use) => {
      const interval = report.apply(pool, use);
      told.push(interval);
      return interval;
    };
    return pool;
  };
  simulate({ ...scenarioNamed('plenty'), lengthMs: dayMs }, make, '0', { start: weekStart });
  t.ok(told.length > 100);
  t.same([...new Set(told)], [1_200]);
});

t.test('it goes by the method that a daemon’s pool goes by, unless another one is asked for', async (t) => {
  const versionUnder = (...changes: Parameters<typeof simulatedPool>) => {
    const pool = new SimulatedPool([], ...changes);
    pool.register(weekStart, { name: 'Ada', weight: 1, multiplier: 1, model: 'opus', collaborativePref: 0 });
    return pool.state.fair.policy.method_version;
  };
  t.equal(versionUnder(), adoptMethod.payload.method_version);
  t.equal(versionUnder({ method_version: 1 }), 1);
});

t.test('what happens in the world is in the log', async (t) => {
  const pauses = [{ from: 5 * hourMs, until: 9 * hourMs }];
  const world = scenario({
    number: 0,
    name: 'a day',
    description: 'Somebody is paused, somebody leaves, and one window has a budget that is known.',
    lengthMs: dayMs,
    windows: [{ key: 'week_all', budgetUsd: 300, budgetKnown: true }, ...windows(300, 20).slice(0, 1)],
    agents: [
      {
        name: 'Ada',
        costUsd: 1,
        pauses,
        multiplier: [
          { from: 0, value: 1 },
          { from: 12 * hourMs, value: 5 },
        ],
      },
      { name: 'Ben', costUsd: 1, leavesAt: 10 * hourMs, leaveAnnounced: true },
    ],
  });
  let pool: SimulatedPool | undefined;
  simulate(
    world,
    (windows) => {
      pool = new SimulatedPool(windows);
      return pool;
    },
    '0',
    { start: weekStart },
  );
  const { identities, fair } = pool!.state;
  t.equal(identities.get('ada')?.pause?.until, weekStart + 9 * hourMs);
  t.equal(identities.get('ada')?.costMultiplier, 5);
  t.equal(identities.get('ben')?.retiredAt, weekStart + 10 * hourMs);
  t.equal(fair.windows.get('week_all')?.rule.known_budget_micro_usd, 300_000_000);
  t.equal(fair.windows.get('week_all')?.startAt, weekStart);
  t.ok((fair.windows.get('session_5hour')?.lastRead ?? 0) > weekStart);
});

t.test('turns and owners of a world are turns and groups of the pool', async (t) => {
  let pool: SimulatedPool | undefined;
  const grain = { responses: [3, 9], gapSeconds: [3, 60], hasTurns: true } as const;
  const { trace } = simulate(
    scenario({
      number: 0,
      name: 'turns',
      description: 'An owner has two agents, whose runs are turns.',
      lengthMs: dayMs,
      windows: windows(600, 60),
      agents: ['Ada', 'Ben', 'Cleo'].map((name, i) => ({
        name,
        costUsd: 1,
        grain,
        ...(i < 2 ? { group: 'alice' } : {}),
      })),
    }),
    (windows) => {
      pool = new SimulatedPool(windows);
      return pool;
    },
    '0',
    { start: weekStart },
  );
  const { identities, fair, turns } = pool!.state;
  t.match(
    ['ada', 'ben', 'cleo'].map((key) => identities.get(key)?.group ?? null),
    ['alice', 'alice', null],
  );
  for (const { name, runs } of trace.agents) {
    const { wakes, run } = fair.members.get(name.toLowerCase())!;
    t.equal(wakes, runs + (turns.size > 0 && run?.closed === false ? 1 : 0), `a turn of ${name} is a run`);
  }
});

t.test('what nobody wants an answer to is recorded, and not answered', async (t) => {
  const pool = new SimulatedPool([]);
  pool.register(weekStart, { name: 'Ada', weight: 1, multiplier: 1, model: 'opus', collaborativePref: 0 });
  const use = { name: 'Ada', mode: 'autonomy', costMicroUsd: 1_000_000, model: 'opus' } as const;
  pool.record(weekStart + 1_000, use);
  t.equal(pool.state.fair.members.get('ada')?.issued, null);
  t.equal(pool.state.fair.members.get('ada')?.used, 1);
  pool.report(weekStart + 2_000, use);
  t.type(pool.state.fair.members.get('ada')?.issued, 'number');
});

t.test(
  'a run told response by response is as fair as one told at its end, which version 1 of the method is not',
  async (t) => {
    const score = (name: string, version: 1 | 2) =>
      simulate(scenarioNamed(name), simulatedPool({ method_version: version }), '0', { start: weekStart }).score;
    const [byResponse, byRun] = [score('told-by-response', 2), score('three-equal', 2)];
    t.ok(Math.abs(byResponse.deviation - byRun.deviation) < 0.01, `${byResponse.deviation}, ${byRun.deviation}`);
    t.ok(Math.abs(byResponse.volatility - byRun.volatility) < 0.01);
    t.ok(byResponse.longestWait < 4, `waits ${byResponse.longestWait} times as long`);
    const before = score('told-by-response', 1);
    t.ok(before.lockedOutHours > 20 && byResponse.lockedOutHours === 0, JSON.stringify(before));
  },
);
