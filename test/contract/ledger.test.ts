// What the ledger promises whoever submits to it, over a real engine.
import { firstValueFrom, toArray } from 'rxjs';
import t from 'tap';
import { writerOf } from '../../src/engines/open.js';
import type { PoolId } from '../../src/events/scalars.js';
import { serialiseState } from '../../src/events/state.js';
import { Ledger } from '../../src/ledger/ledger.js';
import type { Outcome } from '../../src/ledger/outcome.js';
import { limits } from '../../src/limits.js';
import { projections } from '../../src/projections/projector.js';
import { replay } from '../../src/replay/replay.js';
import type { ReplayProgress } from '../../src/replay/replay-run.js';
import { systemClock } from '../../src/runtime/clock.js';
import { StorageError, storageProblem } from '../../src/storage-error.js';
import { command, reading, register, usage } from '../support/command.js';
import { variant } from '../support/engines.js';
import { hours, minutes } from '../support/fold.js';
import { atTheLastMoment, logFault, pool, temporaryLedger } from '../support/ledger.js';

const codeOf = (outcome: Outcome) => (outcome.status === 'rejected' ? outcome.code : outcome.status);

t.test('a key is for ever: the same request has the same answer, another one is refused', async (t) => {
  const test = await temporaryLedger(t);
  const first = usage('Ada', { cost_micro_usd: 5 }, { key: 'k' });
  const recorded = await test.ledger.submitOne(pool, first);
  await test.record(...Array.from({ length: 5 }, () => usage('Ada', { cost_micro_usd: 1 })));
  test.clock.advance(hours(24 * 400));
  await test.close();

  const later = await temporaryLedger(t, { place: test.place, clock: test.clock });
  await later.ledger.acceptClock();
  const repeated = await later.ledger.submitOne(pool, first);
  t.strictSame([recorded.status, repeated.status], ['recorded', 'repeated']);
  t.match(repeated, { receipt: { seq: 3 } });
  const { receipt, advice } = recorded as Extract<Outcome, { status: 'recorded' }>;
  t.match(repeated, { receipt, advice });
  const other = await later.ledger.submitOne(pool, usage('Ada', { cost_micro_usd: 6 }, { key: 'k' }));
  t.equal(codeOf(other), 'key_reused');
  t.equal((await later.events()).length, 9, 'nothing was added but that the clock is right');
});

t.test('a key remembers neither a refusal nor that there was nothing to do', async (t) => {
  const { ledger } = await temporaryLedger(t);
  const pause = command('agent.paused', { name: 'Ada' }, { key: 'p' });
  const resume = command('agent.resumed', { name: 'Ada' }, { key: 'r' });
  t.equal(codeOf(await ledger.submitOne(pool, pause)), 'identity_unknown');
  await ledger.submitOne(pool, register('Ada'));
  t.equal(codeOf(await ledger.submitOne(pool, pause)), 'recorded', 'it is possible now');
  t.equal(codeOf(await ledger.submitOne(pool, command('agent.resumed', { name: 'Ada' }))), 'recorded');
  t.equal(codeOf(await ledger.submitOne(pool, resume)), 'repeated', 'it was so already');
  await ledger.submitOne(pool, command('agent.paused', { name: 'Ada' }));
  t.equal(codeOf(await ledger.submitOne(pool, resume)), 'recorded', 'and is not now');
});

t.test('a key is of its pool', async (t) => {
  const { ledger } = await temporaryLedger(t);
  const other = 'other' as PoolId;
  await ledger.addPool(other);
  const report = usage('Ada', { cost_micro_usd: 5 }, { key: 'k' });
  t.strictSame(
    [codeOf(await ledger.submitOne(pool, report)), codeOf(await ledger.submitOne(other, report))],
    ['recorded', 'recorded'],
  );
  await t.rejects(ledger.addPool(other), { code: 'pool_exists' });
  await t.rejects(ledger.submitOne('nowhere' as PoolId, report), { code: 'pool_unknown' });
});

t.test('one bad command does not spoil those beside it', async (t) => {
  const { ledger } = await temporaryLedger(t);
  const commands = [
    usage('Ada', { cost_micro_usd: 1 }),
    command('agent.paused', { name: 'Nobody' }),
    usage('Ada', { cost_micro_usd: 2 }),
  ];
  t.strictSame((await ledger.submit(pool, { commands })).map(codeOf), ['recorded', 'identity_unknown', 'recorded']);
});

t.test('what waits for the same commit keeps its order, and each caller has its own outcomes', async (t) => {
  const test = await temporaryLedger(t);
  const outcomes = await Promise.all(
    Array.from({ length: 300 }, (_, i) => test.ledger.submitOne(pool, usage('Ada', { cost_micro_usd: i }))),
  );
  const events = await test.events();
  const costs = outcomes.map((outcome) => {
    const event = outcome.status === 'recorded' ? events[outcome.receipt.seq - 1] : undefined;
    return event?.type === 'usage.recorded' ? event.payload.cost_micro_usd : undefined;
  });
  t.strictSame(
    costs,
    Array.from({ length: 300 }, (_, i) => i),
  );
  t.ok(new Set(events.map(({ recorded_at: at }) => at)).size === 1, 'the clock stood');
  t.equal(logFault(await test.stored()), null);
});

t.test('recorded time never goes back, whatever the clock does', async (t) => {
  const test = await temporaryLedger(t);
  await test.record(usage('Ada'));
  const now = test.clock.now();
  test.clock.set(now - minutes(3));
  await test.record(usage('Ada'));
  await test.close();
  const again = await temporaryLedger(t, { place: test.place, clock: test.clock });
  await again.record(usage('Ada'), usage('Ada'));
  again.clock.advance(hours(1));
  await again.record(usage('Ada'));
  const events = await again.events();
  t.equal(logFault(await again.stored()), null);
  t.ok(
    events.every(({ id }, i) => i === 0 || id > (events[i - 1]?.id ?? '')),
    'and ids grow',
  );
  t.equal(events.at(-1)?.recorded_at, again.clock.now(), 'and the log is no longer ahead');
});

t.test('a full queue is refused, not kept waiting', async (t) => {
  const { ledger } = await temporaryLedger(t);
  const many = (count: number) => ({
    commands: Array.from({ length: count }, () => command('agent.resumed', { name: 'Nobody' })),
  });
  const waiting = ledger.submit(pool, many(limits.queueCommandsMax));
  await t.rejects(ledger.submit(pool, many(1)), { code: 'queue_full' });
  t.equal((await waiting).length, limits.queueCommandsMax);
  t.equal(codeOf(await ledger.submitOne(pool, register('Ada'))), 'recorded', 'afterwards there is room');
});

t.test('closing commits what waits, and takes nothing more', async (t) => {
  const test = await temporaryLedger(t);
  const batch = { commands: Array.from({ length: limits.batchCommandsMax }, () => usage('Ada')) };
  const waiting = Array.from({ length: 9 }, () => test.ledger.submit(pool, batch));
  const closing = test.close();
  await t.rejects(test.ledger.submitOne(pool, usage('Ada')), { code: 'draining' });
  const outcomes = (await Promise.all(waiting)).flat();
  t.ok(outcomes.every(({ status }) => status === 'recorded'));
  await closing;
  const again = await temporaryLedger(t, { place: test.place });
  t.equal((await again.ledger.head(pool)).seq, 2 + outcomes.length);
});

t.test('the state after a start is the one before it, with a snapshot or without', async (t) => {
  const test = await temporaryLedger(t, { timeZone: 'Europe/London' });
  await test.record(
    register('Ada'),
    usage('Grace', { cost_micro_usd: 5 }),
    reading('week_all', 400, { resets_at: test.clock.now() + hours(5) }),
  );
  const before = serialiseState(test.ledger.state(pool));
  await test.close();
  const second = await temporaryLedger(t, { place: test.place });
  t.equal(serialiseState(second.ledger.state(pool)), before);
  const head = await second.ledger.head(pool);
  await second.record(usage('Ada', { cost_micro_usd: 7 }));
  t.equal((await second.ledger.head(pool)).seq, head.seq + 1);
});

t.test('tells what was committed, in order, once it is', async (t) => {
  const test = await temporaryLedger(t);
  const heard = firstValueFrom(test.ledger.followers.headsOf(pool).pipe(toArray()));
  await Promise.all([
    test.record(usage('Ada')),
    test.record(usage('Grace')),
    test.ledger.submitOne(pool, command('agent.resumed', { name: 'Ada' })),
  ]);
  await test.close();
  const heads = await heard;
  t.strictSame(
    heads,
    [...heads].sort((a, b) => a - b),
  );
  t.equal(heads.at(-1), 5);
});

t.test('replays beside live reports: what is appended meanwhile is in the tables, too', async (t) => {
  const test = await temporaryLedger(t);
  const commands = Array.from({ length: 1_000 }, (_, i) => usage(`Agent ${i % 7}`, { cost_micro_usd: i }));
  await test.ledger.submit(pool, { commands });
  const replaying = test.replay();
  let sent = 0;
  let ended = false;
  const ending = replaying.finally(() => {
    ended = true;
  });
  while (!ended) {
    await test.ledger.submit(pool, { commands: commands.slice(0, 10) });
    sent += 10;
  }
  t.equal((await ending).identical, true);
  const [row] = await test.ledger.query<{ rows: number }>('SELECT count(*) AS rows FROM resource_share_increments');
  t.equal(row?.rows, 1_000 + sent);
  t.equal((await test.replay({ check: true })).identical, true);
});

t.test('a replay compares, and swaps, with the reports and the pools that came before it got there', async (t) => {
  const test = await temporaryLedger(t);
  await test.record(usage('Ada', { cost_micro_usd: 5 }));
  await variant.meddle(test.place, 'UPDATE daily_resource_share SET total_cost_micro_usd = 6');
  const replayer = await variant.open(test.place, 'replayer');
  t.teardown(() => replayer.close());
  const moments: string[] = [];
  const reportAt = async (moment: string) => {
    moments.push(moment);
    const added = moment as PoolId;
    await test.ledger.addPool(added);
    await test.ledger.submit(added, { commands: [usage('Grace', { cost_micro_usd: 7 }), usage('Eve')] });
    await test.record(usage('Ada', { cost_micro_usd: 11 }));
  };
  atTheLastMoment(replayer, reportAt);
  const report = await replay(replayer, systemClock, {}, { onProgress: ({ phase }) => reportAt(phase) });
  t.strictSame(moments, ['fold', 'compare', 'comparing', 'swap', 'swapping']);
  const events = (await test.ledger.heads()).reduce((sum, { head }) => sum + head.seq, 0);
  t.match(report, { swapped: true, events });
  t.strictSame(
    report.tables.filter(({ differing }) => differing > 0).map(({ table, differing }) => [table, differing]),
    [['daily_resource_share', 1]],
  );
  t.equal((await test.replay({ check: true })).identical, true);
});

t.test('a replay changes nothing when another one has begun meanwhile', async (t) => {
  const test = await temporaryLedger(t);
  await test.record(usage('Ada', { cost_micro_usd: 5 }));
  await variant.meddle(test.place, 'UPDATE daily_resource_share SET total_cost_micro_usd = 6');
  for (const moment of ['comparing', 'swapping'] as const) {
    const [asleep, awake] = [await variant.open(test.place, 'replayer'), await variant.open(test.place, 'replayer')];
    t.teardown(() => Promise.all([asleep.close(), awake.close()]));
    atTheLastMoment(asleep, async (step) => {
      if (step === moment) await awake.openShadow('replay', projections, true);
    });
    const told = await replay(asleep, systemClock, {}).then(() => null, storageProblem);
    t.match(told, { code: 'replay_running', message: /taken up the shadow/ }, moment);
    const [row] = await test.ledger.query<{ cost: number }>(
      'SELECT total_cost_micro_usd AS cost FROM daily_resource_share',
    );
    t.equal(row?.cost, 6, moment);
  }
  t.equal((await test.replay()).swapped, true, 'what they leave can be taken up');
});

t.test('a replay that is taken up works out the allocations of an event that was folded before', async (t) => {
  const test = await temporaryLedger(t);
  await test.record(register('Ada'), reading('session_5hour', 1_000), usage('Ada', { cost_micro_usd: 5_000_000 }));
  test.clock.advance(hours(2));
  const [outcome] = await test.ledger.submit(pool, { commands: [usage('Ada', { cost_micro_usd: 7 })], advise: false });
  const { receipt: drifted } = outcome as Extract<Outcome, { status: 'recorded' }>;
  const commands = Array.from({ length: 1_000 }, () => usage('Ada', { cost_micro_usd: 100 }));
  for (let sent = 0; sent < 2.5 * limits.replayEventsStretch; sent += 1_000) {
    await test.ledger.submit(pool, { commands, advise: false });
  }
  const rows = await test.ledger.query<{ seq: number }>('SELECT seq FROM fair_allocations');
  t.ok(
    rows.length > 0 && rows.every(({ seq }) => seq === drifted?.seq),
    'they were worked out once, long before the end',
  );

  const replayer = await variant.open(test.place, 'replayer');
  t.teardown(() => replayer.close());
  const folded: number[] = [];
  const givenUp = new AbortController();
  const onProgress = ({ events }: ReplayProgress) => {
    folded.push(events);
    if (folded.length === 2) givenUp.abort();
  };
  const replaying = replay(replayer, systemClock, { check: true }, { signal: givenUp.signal, onProgress });
  await t.rejects(replaying, { name: 'AbortError' });
  t.strictSame(folded, [limits.replayEventsStretch, 2 * limits.replayEventsStretch], 'it ends at its next step');
  const resumed: number[] = [];
  const taken = await replay(
    replayer,
    systemClock,
    { check: true },
    { onProgress: ({ resumedAt }) => void resumed.push(resumedAt) },
  );
  t.ok((resumed[0] ?? 0) > (drifted?.seq ?? 0), `taken up at ${resumed[0]}`);
  t.match(taken, { identical: true });
});

t.test('a replay repairs what was changed by hand, and says so in the log', async (t) => {
  const test = await temporaryLedger(t);
  await test.record(usage('Ada', { cost_micro_usd: 5 }), usage('Grace', { cost_micro_usd: 7 }));
  await variant.meddle(
    test.place,
    `UPDATE daily_resource_share SET total_cost_micro_usd = 6 WHERE claude_name = 'Ada'; DELETE FROM resource_share_increments WHERE claude_name = 'Grace'`,
  );
  const checked = await test.replay({ check: true });
  t.equal(checked.identical, false);
  t.strictSame(
    checked.tables.filter(({ differing }) => differing > 0).map(({ table, differing }) => [table, differing]),
    [
      ['resource_share_increments', 1],
      ['daily_resource_share', 1],
    ],
  );
  t.equal(checked.swapped, false, 'checking changes nothing');
  t.equal((await test.replay({ check: true })).identical, false);
  t.equal((await test.replay()).swapped, true);
  t.equal((await test.replay({ check: true })).identical, true);
  const last = (await test.events()).at(-1);
  t.match(last, {
    type: 'projection.rebuilt',
    payload: { identical: false, differing: ['resource_share_increments', 'daily_resource_share'] },
  });
});

t.test('closes although no snapshot can be kept: the next start folds the log', async (t) => {
  const place = await variant.place(t);
  const engine = await variant.open(place);
  engine.saveSnapshot = () => Promise.reject(new StorageError('full', 'the disk is full'));
  const ledger = await Ledger.open(engine, { database: place, timeZone: 'UTC', unknownAgents: 'auto' });
  await ledger.addPool(pool);
  await ledger.submitOne(pool, register('Ada'));
  const state = serialiseState(ledger.state(pool));
  await ledger.close();
  t.equal(writerOf(place), null, 'the directory is free');
  const again = await temporaryLedger(t, { place });
  t.equal(serialiseState(again.ledger.state(pool)), state);
});
