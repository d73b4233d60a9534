// Goal: whoever asks the ledger cannot tell whether old events are archived; and nothing is dropped that is not safe.
import t from 'tap';
import { type AppendContext, type Engine, type EventQuery, type Lookups, noLookups } from '../../src/engines/engine.js';
import { parseCommand } from '../../src/events/command.js';
import type { StoredEvent } from '../../src/events/envelope.js';
import type { EpochMs, PoolId } from '../../src/events/scalars.js';
import { stateFormat } from '../../src/events/state.js';
import { Ledger } from '../../src/ledger/ledger.js';
import type { Outcome } from '../../src/ledger/outcome.js';
import { replay } from '../../src/replay/replay.js';
import { systemClock } from '../../src/runtime/clock.js';
import { walkChain } from '../../src/verify/chain-walk.js';
import { ManualClock } from '../support/clock.js';
import { command, usage } from '../support/command.js';
import { dumpTables } from '../support/dump.js';
import { type Variant, variants } from '../support/engines.js';
import { eventId, minutes, noon } from '../support/fold.js';
import type { Scope } from '../support/folder.js';
import { MixedHistory } from '../support/mixed.js';

const pool = 'default' as PoolId;
const other = 'other' as PoolId;
const nothing = noLookups;
const everything: EventQuery = { limit: 100_000 };
const keyed = usage('Ada', { cost_micro_usd: 500 }, { key: 'kept' });

interface World {
  readonly place: string;
  readonly engine: Engine;
  readonly ledger: Ledger;
  readonly clock: ManualClock;
  readonly first: Outcome;
}

/** Some hundred events of every kind in one pool, and a few in another one at the same time. */
async function mixedWorld(t: Scope, variant: Variant, commands = 600): Promise<World> {
  const place = await variant.place(t, { calm: true });
  const engine = await variant.open(place);
  const clock = new ManualClock(noon);
  const settings = { database: place, timeZone: 'UTC', unknownAgents: 'auto', clock } as const;
  const ledger = await Ledger.open(engine, settings);
  t.teardown(() => ledger.close());
  await ledger.addPool(pool);
  await ledger.addPool(other);
  const first = await ledger.submitOne(pool, keyed);
  const history = new MixedHistory(11, noon);
  for (let sent = 0; sent < commands; sent += 20) {
    clock.advance(minutes(7));
    history.now = clock.now();
    const batch = history.next(20).map((made) => parseCommand(made, { actor: 'local', source: `test/${sent % 3}` }));
    const outcomes = await ledger.submit(pool, { commands: batch });
    history.answered(outcomes.map(answerOf));
    await ledger.submitOne(other, usage('Eve', { cost_micro_usd: sent }));
  }
  return { place, engine, ledger, clock, first };
}

const receiptOf = (outcome: Outcome) => (outcome.status === 'rejected' ? undefined : outcome.receipt);
const answerOf = (outcome: Outcome) => ({ status: outcome.status, id: receiptOf(outcome)?.id });
const headOf = async (engine: Engine, name = pool) =>
  (await engine.pools()).find((record) => record.pool === name)?.head ?? { seq: 0, id: null, hash: '', recorded_at: 0 };

/** Archives up to each of these seqs, so that there are many segments of a small log. */
async function sealAt(engine: Engine, ...seqs: readonly number[]): Promise<void> {
  for (const seq of seqs)
    if ((await engine.archiveSegment(pool, seq)) === null) throw new Error(`nothing to seal up to ${seq}`);
}

const distinct = <T>(values: readonly T[]): NonNullable<T>[] =>
  [...new Set(values)].filter((value): value is NonNullable<typeof value> => value !== null && value !== undefined);

const sealedAt = [60, 100, 101, 230, 400];

/** A few values, from all over a list. */
const some = <T>(values: readonly T[], count: number): T[] =>
  values.filter((_, i) => i % Math.ceil(values.length / count) === 0);

/** Every filter, alone and together, from both ends, in pages and whole. */
function queriesOf(events: readonly StoredEvent[]): EventQuery[] {
  const filters: Partial<EventQuery>[] = [
    {},
    ...distinct(events.map(({ type }) => type)).map((type) => ({ types: [type] })),
    ...some(distinct(events.map((event) => event.claude_name)), 4).map((name) => ({ names: [name] })),
    ...distinct(events.map(({ source }) => source)).map((source) => ({ source })),
    ...some(distinct(events.map(({ correlates }) => correlates)), 4).map((correlates) => ({ correlates })),
    { types: ['usage.recorded', 'quota.read'], names: ['Agent 1', 'Agent 2'], source: 'test/1' },
    { types: ['none'] },
    { names: ['nobody'] },
    { correlates: eventId(1) },
  ];
  const ranges: Partial<EventQuery>[] = [
    {},
    { after: 99, upTo: 101 },
    { after: 100, upTo: 350 },
    { after: 230 },
    { upTo: 230 },
    { after: events.length },
  ];
  const cuts = [3, 100_000].flatMap((limit) => [{ limit }, { limit, backwards: true }]);
  return filters.flatMap((filter) => ranges.flatMap((range) => cuts.map((cut) => ({ ...filter, ...range, ...cut }))));
}

/** What the engine says of everything that it is asked about the log. */
async function answers(engine: Engine, events: readonly StoredEvent[]): Promise<Map<string, unknown>> {
  const found = new Map<string, unknown>();
  for (const query of queriesOf(events)) {
    const read = await engine.readEvents(pool, query);
    found.set(`events ${JSON.stringify(query)}`, read.map((event) => JSON.stringify(event)).join('\n'));
    const { bytes, ...page } = await engine.readTexts(pool, query, ',');
    found.set(`texts ${JSON.stringify(query)}`, { ...page, text: Buffer.from(bytes).toString() });
  }
  for (const [after, upTo, limit] of [
    [0, 9e9, 9e9],
    [0, 150, 40],
    [99, 101, 9],
    [95, 300, 120],
    [400, 9e9, 9],
  ] as const) {
    found.set(`scan ${after} ${upTo} ${limit}`, await engine.scanEvents(pool, after, upTo, limit));
  }
  for (const { seq, id, recorded_at: at } of events.filter(({ seq }) => seq % 9 < 2 || sealedAt.includes(seq))) {
    found.set(`event ${seq}`, JSON.stringify(await engine.findEvent(id)));
    found.set(`event at ${seq}`, JSON.stringify(await engine.eventAt(pool, seq)));
    for (const ms of [at - 1, at]) found.set(`seq at ${ms}`, await engine.seqAt(pool, ms));
  }
  for (const id of [eventId(1), `7${'Z'.repeat(25)}`]) found.set(`event ${id}`, await engine.findEvent(id));
  for (const ms of [0, noon - 1, noon * 2]) found.set(`seq at ${ms}`, await engine.seqAt(pool, ms));
  for (const event of await engine.readEvents(other, everything)) {
    found.set(`other ${event.seq}`, JSON.stringify(await engine.findEvent(event.id)));
    found.set(`other at ${event.seq}`, JSON.stringify(await engine.eventAt(other, event.seq)));
  }
  const { outcomes, referenced } = await lookUp(engine, {
    keys: distinct(events.map(({ key }) => key)),
    usages: some(
      events.filter(({ type }) => type === 'usage.recorded'),
      60,
    ).map(({ id }) => id),
    readings: events.filter(({ type }) => type === 'quota.read').map(({ id }) => id),
  });
  found.set('outcomes', [...outcomes.values()].map((outcome) => JSON.stringify(outcome)).sort());
  found.set('referenced', referenced);
  return found;
}

async function lookUp(engine: Engine, lookups: Partial<Lookups>): Promise<AppendContext> {
  let found: AppendContext | null = null;
  await engine.append(pool, (await headOf(engine)).seq, { ...nothing, ...lookups }, (given) => {
    found = given;
    return { events: [], outcomes: [], changes: [] };
  });
  if (found === null) throw new Error('nothing was decided');
  return found;
}

async function chainBreak(engine: Engine): Promise<unknown> {
  const steps = walkChain(engine, pool, await headOf(engine));
  for (;;) {
    const step = await steps.next();
    if (step.done === true) return step.value;
  }
}

for (const variant of variants) {
  t.test(`archive in ${variant.name}`, async (t) => {
    t.test('every question has the same answer before and after', async (t) => {
      const { engine, ledger } = await mixedWorld(t, variant);
      const events = await engine.readEvents(pool, everything);
      const before = await answers(engine, events);
      const tables = await dumpTables(engine);
      const then = await ledger.readTable(pool, 'usage', { limit: 1_000 }, 300);
      t.ok(events.length > 500 && before.size > 900, `${before.size} questions of ${events.length} events`);

      await sealAt(engine, ...sealedAt);
      const segments = await engine.segments(pool);
      t.strictSame(
        segments.map(({ first, last, events: count }) => [first.seq, last.seq, count]),
        [
          [1, 60, 60],
          [61, 100, 40],
          [101, 101, 1],
          [102, 230, 129],
          [231, 400, 170],
        ],
      );
      t.match(segments[1], {
        first: { id: events[60]?.id },
        last: { hash: events[99]?.hash },
        previousHash: events[59]?.hash,
      });
      for (const [question, answer] of await answers(engine, events)) {
        if (JSON.stringify(answer) !== JSON.stringify(before.get(question)))
          t.strictSame(answer, before.get(question), question);
      }
      t.strictSame(await dumpTables(engine), tables, 'the tables');
      t.strictSame(await ledger.readTable(pool, 'usage', { limit: 1_000 }, 300), then, 'a table as it was');
      t.equal(await chainBreak(engine), null, 'the chain is whole');
    });

    t.test('a replay gives the same tables', async (t) => {
      const { engine, place } = await mixedWorld(t, variant, 300);
      await sealAt(engine, 50, 120, 200);
      const replayer = await variant.open(place, 'replayer');
      t.teardown(() => replayer.close());
      const events = (await headOf(engine)).seq + (await headOf(engine, other)).seq;
      t.match(await replay(replayer, systemClock, { check: true }), { identical: true, events });
    });

    t.test('repeated requests get the receipts they got, and corrections find what they correct', async (t) => {
      const { engine, ledger, first } = await mixedWorld(t, variant, 200);
      const events = await engine.readEvents(pool, everything);
      const lastOf = (type: string) => events.filter((event) => event.type === type).at(-1)?.id ?? '';
      const [use, reading] = [lastOf('usage.recorded'), lastOf('quota.read')];
      await sealAt(engine, 40, 90, events.length - 1);
      const { seq } = await headOf(engine);
      const again = await ledger.submitOne(pool, keyed);
      t.match(again, { status: 'repeated', receipt: receiptOf(first) });
      t.equal((await headOf(engine)).seq, seq, 'nothing was appended');
      t.match(await ledger.submitOne(pool, usage('Ada', { cost_micro_usd: 501 }, { key: 'kept' })), {
        code: 'key_reused',
      });
      const difference = { cost_micro_usd: -1 };
      const kept = receiptOf(first)?.id;
      t.match(await ledger.submitOne(pool, command('usage.corrected', { corrects: kept, difference, reason: 'r' })), {
        status: 'recorded',
        receipt: { seq: seq + 1 },
      });
      const below = { cost_micro_usd: -500 };
      t.match(
        await ledger.submitOne(pool, command('usage.corrected', { corrects: kept, difference: below, reason: 'r' })),
        {
          code: 'correction_below_zero',
        },
      );
      t.match(
        await ledger.submitOne(pool, command('usage.corrected', { corrects: reading, difference, reason: 'r' })),
        {
          code: 'event_unknown',
        },
      );
      t.match(await ledger.submitOne(pool, command('quota.rejected', { corrects: use, reason: 'r' })), {
        code: 'event_unknown',
      });
      const rejected = await ledger.submitOne(pool, command('quota.rejected', { corrects: reading, reason: 'r' }));
      t.ok(
        rejected.status === 'recorded' ||
          (rejected.status === 'rejected' && rejected.code === 'reading_rejected_already'),
      );
      t.equal(await chainBreak(engine), null, 'the chain goes on');
    });

    t.test('the newest event stays, and of an empty log nothing is taken', async (t) => {
      const { engine, ledger } = await mixedWorld(t, variant, 20);
      const { seq, id } = await headOf(engine);
      t.match(await engine.archiveSegment(pool, 9e9), { first: { seq: 1 }, last: { seq: seq - 1 } });
      t.equal(await engine.archiveSegment(pool, 9e9), null);
      t.equal(await engine.archiveSegment(pool, 3), null, 'what is archived is not archived again');
      t.strictSame(
        (await engine.readEvents(pool, { limit: 1, backwards: true })).map((event) => event.id),
        [id],
      );
      await engine.createPool('empty' as PoolId, noon);
      t.equal(await engine.archiveSegment('empty' as PoolId, 9e9), null);
      t.strictSame(await engine.segments('empty' as PoolId), []);
      t.strictSame(await engine.segments(other), [], 'another pool is left alone');
      await ledger.submitOne(pool, usage('Ada'));
      t.equal((await engine.archiveSegment(pool, 9e9))?.events, 1, 'it goes on behind the last segment');
    });

    t.test('what was recorded before a time is archived, and a start needs none of it', async (t) => {
      const { place, engine, ledger, clock } = await mixedWorld(t, variant);
      const events = await engine.readEvents(pool, everything);
      const before = events[Math.floor(events.length / 2)]?.recorded_at as EpochMs;
      for await (const segment of ledger.archive(pool, before)) t.ok(segment.last.recorded_at < before);
      const [archived] = await engine.segments(pool);
      t.equal(archived?.last.seq, events.filter((event) => event.recorded_at < before).length, 'all of them');
      for await (const _ of ledger.archive(pool, before)) t.fail('there is nothing left');

      const states = JSON.stringify([...ledger.state(pool).identities.keys()]);
      await variant.meddle(place, 'UPDATE segments SET bytes = previous_hash');
      await t.rejects(engine.readEvents(pool, everything), {
        reason: 'corrupt',
        message: 'the segment of the events 1 to ',
      });
      const settings = { database: place, timeZone: 'UTC', unknownAgents: 'auto', clock } as const;
      await ledger.close();
      const reopened = await Ledger.open(await variant.open(place), settings);
      t.teardown(() => reopened.close());
      t.equal(JSON.stringify([...reopened.state(pool).identities.keys()]), states);
      t.equal((await reopened.submitOne(pool, usage('Ada'))).status, 'recorded');
    });

    t.test(
      'a snapshot is kept first, so that a process which is killed meanwhile needs no archived event',
      async (t) => {
        const { engine, ledger } = await mixedWorld(t, variant, 100);
        t.equal(await engine.loadSnapshot(pool, stateFormat), null);
        for await (const { last } of ledger.archive(pool, (noon * 2) as EpochMs)) {
          const snapshot = await engine.loadSnapshot(pool, stateFormat);
          t.ok(Number(snapshot?.seq) >= last.seq, `a snapshot of ${snapshot?.seq} for events up to ${last.seq}`);
        }
        t.equal((await engine.segments(pool)).length, 1);
      },
    );

    t.test('events that are not what they were are not archived, and none is dropped', async (t) => {
      const { place, engine } = await mixedWorld(t, variant, 100);
      await sealAt(engine, 20);
      const damages: [number, string, string][] = [
        [31, `UPDATE events SET payload = '{}' WHERE seq = 31 AND pool = 'default'`, 'digest_mismatch'],
        [28, `UPDATE events SET source = 'x' WHERE seq = 28 AND pool = 'default'`, 'hash_mismatch'],
        [25, `DELETE FROM events WHERE seq = 25 AND pool = 'default'`, 'seq_gap'],
      ];
      for (const [seq, damage, fault] of damages) {
        await variant.meddle(place, damage);
        const before = await engine.readEvents(pool, everything);
        await t.rejects(engine.archiveSegment(pool, 50), {
          reason: 'corrupt',
          message: `event ${seq} of default cannot be archived (${fault})`,
        });
        t.strictSame(await engine.readEvents(pool, everything), before, fault);
        t.equal((await engine.segments(pool)).length, 1);
        t.match(await chainBreak(engine), { seq }, 'verify says the same');
      }
      t.match(await engine.archiveSegment(pool, 24), { last: { seq: 24 } }, 'what comes before is sound');
    });

    t.test('whatever is done to a segment, verify names the place', async (t) => {
      const { place, engine } = await mixedWorld(t, variant, 100);
      await sealAt(engine, 20, 40, 60);
      const where = 'WHERE last_seq = 40';
      const damages: [string, string, number, string][] = [
        ['other bytes', `UPDATE segments SET bytes = last_hash ${where}`, 21, 'is damaged: it is no segment'],
        ['no root', `UPDATE segments SET merkle_root = last_hash ${where}`, 21, 'is filed under other facts'],
        [
          'a hidden name',
          `UPDATE segments SET contents = '{"types":[],"names":[],"sources":[],"correlates":[]}' ${where}`,
          21,
          'is filed under other facts',
        ],
        [
          'another hash before',
          `UPDATE segments SET previous_hash = last_hash ${where}`,
          21,
          'is filed under other facts',
        ],
        ['a time', `UPDATE segments SET first_recorded_at = 5 ${where}`, 21, 'is filed under other facts'],
        [
          'the bytes of the one before',
          `UPDATE segments SET bytes = (SELECT s.bytes FROM segments s WHERE s.last_seq = 20) ${where}`,
          21,
          'is damaged: it holds the events 1 to 20',
        ],
        ['gone', `DELETE FROM segments ${where}`, 21, 'it is missing; the next event there is 41'],
      ];
      await variant.meddle(place, 'CREATE TABLE untouched AS SELECT * FROM segments');
      for (const [name, damage, seq, what] of damages) {
        await variant.meddle(place, damage);
        t.match(await chainBreak(await fresh(t, variant, place)), { seq, what }, name);
        await variant.meddle(place, 'DELETE FROM segments; INSERT INTO segments SELECT * FROM untouched');
      }
      t.equal(await chainBreak(await fresh(t, variant, place)), null);
      await variant.meddle(place, 'DELETE FROM segments WHERE last_seq = 60');
      t.match(await chainBreak(await fresh(t, variant, place)), {
        seq: 41,
        what: 'it is missing; the next event there is 61',
      });
    });

    t.test('who reads while events are archived sees each of them once', async (t) => {
      const { engine } = await mixedWorld(t, variant, 400);
      const events = await engine.readEvents(pool, everything);
      const whole = events.map(({ id }) => id).join();
      let sealing = true;
      let reads = 0;
      const reading = (async () => {
        while (sealing || reads < 3) {
          const backwards = reads % 2 === 1;
          const seen = (await engine.readEvents(pool, { ...everything, backwards })).map(({ id }) => id);
          if ((backwards ? seen.reverse() : seen).join() !== whole) return 'an event was missing, or there twice';
          if ((await engine.scanEvents(pool, 0, 9e9, 9e9)).events.length !== events.length) return 'a scan missed one';
          const one = events[(reads * 37) % events.length];
          if ((await engine.findEvent(one?.id ?? ''))?.seq !== one?.seq) return 'an event was not found';
          reads += 1;
        }
        return null;
      })();
      for (let seq = 8; seq < events.length; seq += 8) await sealAt(engine, seq);
      sealing = false;
      t.equal(await reading, null, `${reads} times`);
    });
  });
}

/** Segments do not change, so an engine may keep the one it opened last: a process that starts now has opened none. */
async function fresh(t: Scope, variant: Variant, place: string): Promise<Engine> {
  const engine = await variant.open(place, 'reader');
  t.teardown(() => engine.close());
  return engine;
}
