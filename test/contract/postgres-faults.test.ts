/**
 * Goal: two nodes report to one pool while one transaction in twenty meets a conflict, a broken connection or a commit
 * whose answer is lost. Whatever was reported counts exactly once, with a key or without, and callers notice nothing.
 * All the while, no statement leaves the portable dialect. Nor does a fault change what a replay compares.
 */
import t from 'tap';
import { openEngine } from '../../src/engines/open.js';
import type { Command } from '../../src/events/command.js';
import { serialiseState } from '../../src/events/state.js';
import type { Outcome } from '../../src/ledger/outcome.js';
import { replay } from '../../src/replay/replay.js';
import { systemClock } from '../../src/runtime/clock.js';
import { ManualClock } from '../support/clock.js';
import { command, reading, usage } from '../support/command.js';
import { atTheLastMoment, logFault, pool, temporaryLedger } from '../support/ledger.js';
import { temporaryDatabase } from '../support/postgres.js';
import { faults, PostgresGuard } from '../support/postgres-guard.js';
import { randomSource } from '../support/random.js';

const seed = Number(process.env.SEED ?? 20_261);
const rounds = Number(process.env.ROUNDS ?? 200);
const names = ['Ada', 'Grace', 'Zoë'];
/** A seed with which a guard that disturbs one in two disturbs the first, at its third statement or later, and not the second. */
const disturbingFirst = 18;

/** A report that can be told from every other one by its cost. */
interface Report {
  readonly cost: number;
  readonly command: Command;
}

t.test('what is reported through faults counts exactly once', { timeout: 400_000 }, async (t) => {
  t.comment(`seed ${seed}`);
  const database = await temporaryDatabase(t);
  const guard = await PostgresGuard.start(database, { rate: 0.05, seed });
  t.teardown(() => guard.stop());
  const place = guard.through(database);
  const clock = new ManualClock(Date.now());
  const nodes = [await temporaryLedger(t, { place, clock }), await temporaryLedger(t, { place, clock })] as const;

  const random = randomSource(seed);
  const whole = (bound: number) => Math.floor(random() * bound);
  const reports: Report[] = [];
  const statuses: string[] = [];
  const unexpected: unknown[] = [];
  const make = (): Report => {
    const cost = reports.length + 1;
    const key = random() < 0.5 ? `key ${cost}` : undefined;
    const name = names[whole(names.length)] as string;
    const made = { cost, command: usage(name, { cost_micro_usd: cost, session: `s${whole(4)}` }, { key }) };
    reports.push(made);
    return made;
  };
  const send = async (node: (typeof nodes)[number], commands: readonly Command[]) => {
    try {
      statuses.push(...(await node.ledger.submit(pool, { commands })).map(statusOf));
    } catch (error) {
      unexpected.push(error);
    }
  };
  const others = [
    () => command('identity.changed', { name: names[whole(3)], weight: 1 + whole(3) }),
    () => reading('week_all', whole(5_000), { resets_at: clock.now() + 86_400_000 }),
    () => command('agent.paused', { name: names[whole(3)], until: clock.now() + 1 + whole(60_000) }),
    () => command('agent.resumed', { name: names[whole(3)] }),
  ];
  for (let round = 0; round < rounds; round += 1) {
    clock.advance(whole(60_000));
    const commands = nodes.map(() => Array.from({ length: 1 + whole(6) }, () => make().command));
    // One of the keys there are is sent once more, to whichever node.
    const again = reports[whole(reports.length)]?.command;
    if (again?.key !== undefined) commands[whole(2)]?.push(again);
    if (random() < 0.3) commands[whole(2)]?.push((others[whole(others.length)] as () => Command)());
    await Promise.all(nodes.map((node, i) => send(node, commands[i] as Command[])));
  }
  t.strictSame(unexpected, [], 'no caller noticed');
  t.strictSame(
    statuses.filter((status) => !['recorded', 'repeated', 'identity_unknown'].includes(status)),
    [],
  );

  const events = await nodes[0].events();
  t.equal(logFault(await nodes[0].stored()), null, 'the chain is whole');
  t.strictSame(
    events.map(({ seq }) => seq),
    events.map((_, i) => i + 1),
    'no gap',
  );
  const counts = new Map<number, number>();
  for (const event of events) {
    const cost = event.type === 'usage.recorded' ? event.payload.cost_micro_usd : undefined;
    if (cost !== undefined) counts.set(cost, (counts.get(cost) ?? 0) + 1);
  }
  t.strictSame(
    reports.flatMap(({ cost, command }) => (counts.get(cost) === 1 ? [] : [[counts.get(cost) ?? 0, command]])),
    [],
    'each report is there exactly once',
  );
  const repeated = statuses.filter((status) => status === 'repeated').length;
  t.ok(repeated > rounds / 10, `${repeated} were recognised as repeated`);

  await nodes[0].record(usage('Ada'));
  const fresh = await temporaryLedger(t, { place: database, clock });
  t.equal(
    serialiseState(fresh.ledger.state(pool)),
    serialiseState(nodes[0].ledger.state(pool)),
    'a node that starts now knows the same as one that went through it',
  );
  const report = await fresh.replay({ check: true });
  t.equal(report.identical, true, JSON.stringify(report.tables.filter(({ differing }) => differing > 0)));

  t.comment(JSON.stringify(guard.injected));
  for (const [fault, times] of Object.entries(guard.injected)) t.ok(times > 0, `there was: ${fault}`);
  t.ok(
    guard.statements.some((sql) => sql.includes('INSERT INTO events')),
    'the guard saw the hot path',
  );
  t.strictSame(guard.violations, []);
});

for (const fault of faults) {
  t.test(`a comparison is made again after a fault: ${fault}`, async (t) => {
    const database = await temporaryDatabase(t);
    const live = await temporaryLedger(t, { place: database });
    await live.record(usage('Ada', { cost_micro_usd: 5 }));
    // Of two comparisons the first is disturbed, when the last events were folded.
    const guard = await PostgresGuard.start(database, {
      rate: 0.5,
      seed: disturbingFirst,
      faults: [fault],
      disturbing: /current_schema/,
    });
    t.teardown(() => guard.stop());
    const replayer = await openEngine(guard.through(database), 'replayer');
    t.teardown(() => replayer.close());
    atTheLastMoment(replayer, () => live.record(usage('Ada', { cost_micro_usd: 7 }), usage('Grace')));
    const report = await replay(replayer, systemClock, { check: true });
    t.equal(guard.injected[fault], 1);
    t.match(report, { identical: true, events: (await live.events()).length });
  });
}

const statusOf = (outcome: Outcome): string => (outcome.status === 'rejected' ? outcome.code : outcome.status);
