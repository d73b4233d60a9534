// What the ledger relies on, whichever engine is below it: one suite, run against each.
import t from 'tap';
import {
  type AppendContext,
  type Batch,
  type Engine,
  type FoldTails,
  type Lookups,
  noLookups,
  type Positions,
} from '../../src/engines/engine.js';
import { genesisHash } from '../../src/events/chain.js';
import type { Head } from '../../src/events/envelope.js';
import { eventText } from '../../src/events/event-text.js';
import type { PoolId } from '../../src/events/scalars.js';
import { Ledger } from '../../src/ledger/ledger.js';
import { limits } from '../../src/limits.js';
import { type Change, columnNames } from '../../src/projections/change.js';
import { projections } from '../../src/projections/projector.js';
import { type Row, Rows } from '../../src/projections/rows.js';
import { ManualClock } from '../support/clock.js';
import { command, reading, usage } from '../support/command.js';
import { dumpTables } from '../support/dump.js';
import { type Variant, variants } from '../support/engines.js';
import { eventId, noon } from '../support/fold.js';
import type { Scope } from '../support/folder.js';
import { type Content, follow } from '../support/sealed.js';

const pool = 'default' as PoolId;
const other = 'other' as PoolId;
const nothing = noLookups;
const genesis: Head = { seq: 0, id: null, hash: genesisHash, recorded_at: 0 };
/** For a comparison while nothing is appended. */
const nothingMeanwhile: FoldTails = () => {
  throw new Error('the shadow lacks events');
};
const noBatch: Batch = { events: [], outcomes: [], changes: [] };
const digest = '11'.repeat(32);

async function headOf(engine: Engine, name = pool): Promise<Head> {
  const record = (await engine.pools()).find((candidate) => candidate.pool === name);
  if (record === undefined) throw new Error(`no pool ${name}`);
  return record.head;
}

/** Appends events behind the head. */
async function add(
  engine: Engine,
  contents: readonly Content[],
  more: Partial<Batch> = {},
  name = pool,
): Promise<void> {
  const head = await headOf(engine, name);
  const events = follow(name, head, ...contents);
  await engine.append(name, head.seq, nothing, () => ({ ...noBatch, events, ...more }));
}

/** What a batch that writes nothing is told. */
async function find(engine: Engine, lookups: Partial<Lookups>, knownSeq?: number): Promise<AppendContext> {
  let found: AppendContext | null = null;
  const known = knownSeq ?? (await headOf(engine)).seq;
  await engine.append(pool, known, { ...nothing, ...lookups }, (given) => {
    found = given;
    return noBatch;
  });
  if (found === null) throw new Error('nothing was decided');
  return found;
}

const seqs = (events: readonly { seq: number }[]) => events.map(({ seq }) => seq);
const at = (seq: number, of: PoolId = pool): Positions => new Map([[of, { seq, state: '{}' }]]);
const resumed = (name: string): Content => ({ payload: { name } });

/** A row of `usage_sessions` for a session. */
const sessionRow = (session: string, tokens: number): Row => [
  pool,
  'ada',
  session,
  null,
  tokens,
  1,
  '2026-01-05T12:00:00.000Z',
];

for (const variant of variants) {
  t.test(`engine ${variant.name}`, async (t) => {
    t.test('opens a pool once, with an empty log', async (t) => {
      const engine = await opened(t, variant, []);
      const made = await engine.createPool(pool, noon);
      t.match(made, { pool, number: 0, createdAt: noon, head: genesis });
      t.strictSame(await engine.createPool(pool, noon + 5), made, 'one that exists is returned as it is');
      t.equal((await engine.createPool(other, noon)).number, 1);
      t.strictSame(
        (await engine.pools()).map(({ pool }) => pool),
        [pool, other],
      );
    });

    t.test('writes a batch, and reads back every column of it', async (t) => {
      const engine = await opened(t, variant);
      const events = follow(
        pool,
        genesis,
        { key: 'k', correlates: eventId(9), payload: { name: 'Zoë', text: '€ "\\ \u0001' } },
        {},
      );
      await engine.append(pool, 0, nothing, () => ({ ...noBatch, events }));
      t.strictSame(
        (await engine.readEvents(pool, { limit: 10 })).map((event) => ({ ...event })),
        events.map((event) => ({ ...event })),
      );
      const last = events[1];
      t.match(await headOf(engine), { seq: 2, id: last?.id, hash: last?.hash, recorded_at: last?.recorded_at });
    });

    t.test('decides once, under the head as it is', async (t) => {
      const engine = await opened(t, variant);
      await add(engine, [resumed('Ada'), resumed('Grace')]);
      let calls = 0;
      await engine.append(pool, 2, nothing, ({ head, tail }) => {
        calls += 1;
        t.equal(head.seq, 2);
        t.strictSame(tail, { events: [], payloads: '[]' });
        return noBatch;
      });
      t.equal(calls, 1);
      t.equal((await headOf(engine)).seq, 2, 'a batch of nothing writes nothing');
    });

    t.test('tells what others appended since', async (t) => {
      const engine = await opened(t, variant);
      await add(engine, [resumed('Ada'), resumed('Grace'), resumed('Eve')]);
      const { tail, head } = await find(engine, {}, 1);
      t.strictSame(seqs(tail.events), [2, 3]);
      t.equal(tail.payloads, '[{"name":"Grace"},{"name":"Eve"}]');
      t.equal(head.seq, 3);
    });

    t.test('refuses a gap, and a seq that is taken', async (t) => {
      const engine = await opened(t, variant);
      await add(engine, [resumed('Ada')]);
      const head = await headOf(engine);
      for (const seq of [0, 2]) {
        const events = follow(pool, { ...head, seq }, {});
        await t.rejects(
          engine.append(pool, 1, nothing, () => ({ ...noBatch, events })),
          `seq ${seq + 1}`,
        );
      }
      const inside = follow(pool, head, {}, {}, {}).filter(({ seq }) => seq !== 3);
      await t.rejects(
        engine.append(pool, 1, nothing, () => ({ ...noBatch, events: inside })),
        'a gap inside the batch',
      );
      t.strictSame(seqs(await engine.readEvents(pool, { limit: 10 })), [1]);
    });

    t.test('a checkpoint is added while the one before it is there', async (t) => {
      const engine = await opened(t, variant);
      const kept = async () =>
        (
          await engine.query<{ place: string }>(
            `SELECT part || ' ' || seq AS place FROM checkpoints ORDER BY seq, part`,
          )
        ).map(({ place }) => place);
      const at = (seq: number, after: number, more = {}, rules = 'these') =>
        engine.saveCheckpoint(pool, { seq, after, rules, parts: { state: '{}', ...more } });
      t.equal(await at(20, 10), false, 'there is none to go on from');
      t.equal(await at(10, 0, { daily: '[]' }), true);
      t.equal(await at(20, 10, {}, 'others'), false, 'nor one of these rules');
      t.strictSame(await kept(), ['daily 10', 'state 10']);
      t.equal(await at(20, 10), true);
      t.equal(await at(20, 10, { daily: '[]' }), true, 'somebody else may have added the same');
      t.strictSame(await kept(), ['daily 10', 'state 10', 'daily 20', 'state 20']);
      await engine.dropCheckpoints(other);
      t.equal((await kept()).length, 4);
      await engine.dropCheckpoints(pool);
      t.strictSame(await kept(), []);
      t.equal(await at(30, 20), false);
    });

    t.test('a batch that fails leaves nothing: no event, no answer, no row, no head', async (t) => {
      const engine = await opened(t, variant);
      await add(engine, [resumed('Ada')], {
        outcomes: [{ key: 'taken', digest, seq: 1, answer: '{}' }],
        changes: [{ op: 'upsert', table: 'usage_sessions', rows: Rows.of([sessionRow('a', 1)]) }],
      });
      const before = await headOf(engine);
      const tables = await dumpTables(engine);
      const events = follow(pool, before, resumed('Grace'));
      const change = { op: 'insert', table: 'usage_sessions' } as const;
      const broken: [string, Partial<Batch>][] = [
        [
          'a row that is there',
          {
            changes: [
              { ...change, rows: Rows.of([sessionRow('b', 1)]) },
              { ...change, rows: Rows.of([sessionRow('a', 2)]) },
            ],
          },
        ],
        [
          'a key that is taken',
          {
            outcomes: [
              { key: 'new', digest, seq: 2, answer: '{}' },
              { key: 'taken', digest, seq: 2, answer: '{}' },
            ],
          },
        ],
        [
          'a table that is not',
          {
            changes: [
              { ...change, rows: Rows.of([sessionRow('c', 1)]) },
              { ...change, table: 'no_table', rows: new Rows() },
            ],
          },
        ],
      ];
      for (const [name, more] of broken) {
        await t.rejects(
          engine.append(pool, 1, nothing, () => ({ ...noBatch, events, ...more })),
          name,
        );
        t.strictSame(await headOf(engine), before, name);
        t.strictSame(seqs(await engine.readEvents(pool, { limit: 10 })), [1], name);
        t.strictSame(await dumpTables(engine), tables, name);
      }
      t.equal((await find(engine, { keys: ['new'] })).outcomes.size, 0, 'no answer was kept');
      await engine.append(pool, 1, nothing, () => ({ ...noBatch, events }));
      t.equal((await headOf(engine)).seq, 2, 'the same events are taken afterwards');
    });

    t.test('an error while deciding leaves nothing', async (t) => {
      const engine = await opened(t, variant);
      const failure = new Error('no decision');
      await t.rejects(
        engine.append(pool, 0, nothing, () => {
          throw failure;
        }),
        failure,
      );
      await add(engine, [resumed('Ada')]);
      t.equal((await headOf(engine)).seq, 1);
    });

    t.test('keeps answers by key, with the event of the receipt', async (t) => {
      const engine = await opened(t, variant);
      await engine.createPool(other, noon);
      await add(engine, [resumed('Ada')], {
        outcomes: [
          { key: 'recorded', digest, seq: 1, answer: '{"status":"recorded"}' },
          { key: 'rejected', digest, seq: null, answer: '{"status":"rejected"}' },
        ],
      });
      const [event] = await engine.readEvents(pool, { limit: 1 });
      const { outcomes } = await find(engine, { keys: ['recorded', 'rejected', 'unknown', 'RECORDED'] });
      t.strictSame([...outcomes.keys()], ['recorded', 'rejected'], 'keys are compared exactly');
      t.match(outcomes.get('recorded'), {
        digest,
        seq: 1,
        id: event?.id,
        hash: event?.hash,
        answer: '{"status":"recorded"}',
      });
      t.match(outcomes.get('rejected'), { digest, seq: null, id: null, hash: null, answer: '{"status":"rejected"}' });
      await engine.append(other, 0, { ...nothing, keys: ['recorded'] }, (found) => {
        t.equal(found.outcomes.size, 0, 'a key is of its pool');
        return noBatch;
      });
    });

    t.test('finds what corrections, rejections, counters and closings refer to', async (t) => {
      const place = await variant.place(t, { calm: true });
      const engine = await variant.open(place);
      const ledger = await Ledger.open(engine, {
        database: place,
        timeZone: 'UTC',
        unknownAgents: 'auto',
        clock: new ManualClock(noon),
      });
      t.teardown(() => ledger.close());
      await ledger.addPool(pool);
      const outcomes = await ledger.submit(pool, {
        commands: [
          usage('Ada', { cost_micro_usd: 500, tokens: { input: 3, output: 4 } }, { occurred_at: noon - 1_000 }),
          usage('Ada', { session: 's', total_tokens: 90 }),
          usage('Grace', { session: 's', total_cost_usd: 2, mode: 'collaboration' }),
          reading('week_all', 100),
          reading('week_all', 200),
        ],
      });
      const ids = outcomes.map((outcome) => (outcome.status === 'recorded' ? outcome.receipt.id : 'none'));
      const [use = '', bare = '', , kept = '', wrong = ''] = ids;
      await ledger.submit(pool, {
        commands: [
          command('usage.corrected', {
            corrects: use,
            difference: { cost_micro_usd: -100, tokens: { input: -1 } },
            reason: 'r',
          }),
          command('quota.rejected', { corrects: wrong, reason: 'r' }),
        ],
      });
      const { referenced } = await find(engine, {
        sessions: ['s', 'unknown'],
        usages: [use, bare, kept, eventId(5)],
        readings: [kept, wrong, use],
        dates: ['2026-01-05', '2026-01-06'],
      });
      t.strictSame([...referenced.usages.keys()].sort(), [use, bare].sort(), 'only uses are uses');
      t.match(referenced.usages.get(use), {
        name: 'Ada',
        mode: 'autonomy',
        occurredAt: noon - 1_000,
        net: { costMicroUsd: 400, legacyTokens: 0, tokens: { input: 2, output: 4 } },
      });
      t.strictSame(referenced.usages.get(bare)?.net.tokens, { total: 90 });
      t.strictSame(
        [...referenced.readings],
        [
          [kept, { rejected: false }],
          [wrong, { rejected: true }],
        ],
      );
      t.strictSame([...referenced.sessions].sort(), [
        ['ada\u0000s', { costMicroUsd: null, tokens: 90 }],
        ['grace\u0000s', { costMicroUsd: 2_000_000, tokens: null }],
      ]);
      const totals = (referenced.days.get('2026-01-05') ?? []).filter(
        ({ tokens, cost_micro_usd: cost }) => tokens + cost > 0,
      );
      t.strictSame(totals.map(({ name, mode, tokens, cost_micro_usd: cost }) => [name, mode, tokens, cost]).sort(), [
        ['Ada', 'autonomy', 96, 400],
        ['Grace', 'collaboration', 0, 2_000_000],
      ]);
      t.strictSame(referenced.days.get('2026-01-06'), []);
    });

    t.test('reads the log from both ends, filtered', async (t) => {
      const engine = await opened(t, variant);
      await engine.createPool(other, noon);
      await add(engine, [
        resumed('Ada'),
        { type: 'agent.paused', payload: { name: 'Grace' } },
        { ...resumed('Ada'), source: 'coop/1', correlates: eventId(1) },
        { type: 'agent.paused', payload: { name: 'Ada' } },
        { type: 'usage.recorded', payload: { name: 'Ada' } },
      ]);
      await add(engine, [resumed('Ada'), resumed('Eve')], {}, other);
      const cases: [string, object, number[]][] = [
        ['all', {}, [1, 2, 3, 4, 5]],
        ['after', { after: 3 }, [4, 5]],
        ['up to', { upTo: 2 }, [1, 2]],
        ['between', { after: 1, upTo: 3 }, [2, 3]],
        ['a page', { limit: 2 }, [1, 2]],
        ['backwards', { backwards: true, limit: 2 }, [5, 4]],
        ['backwards up to', { backwards: true, upTo: 2 }, [2, 1]],
        ['by type', { types: ['agent.paused'] }, [2, 4]],
        ['by types', { types: ['agent.paused', 'usage.recorded'] }, [2, 4, 5]],
        ['by the commonest type', { types: ['usage.recorded'] }, [5]],
        ['by name', { names: ['Ada'] }, [1, 3, 4, 5]],
        ['by names', { names: ['Eve', 'Grace'] }, [2]],
        ['by type and name', { types: ['agent.paused'], names: ['Ada'] }, [4]],
        ['by source', { source: 'coop/1' }, [3]],
        ['by what it answers', { correlates: eventId(1) }, [3]],
        ['beyond the head', { after: 5 }, []],
        ['by a name that nobody has', { names: ['Ada\u0000'], source: '\u0000' }, []],
      ];
      for (const [name, query, expected] of cases) {
        t.strictSame(seqs(await engine.readEvents(pool, { limit: 100, ...query })), expected, name);
        const { count, lastSeq, bytes, more } = await engine.readTexts(pool, { limit: 100, ...query }, ',');
        t.strictSame(seqs(JSON.parse(`[${Buffer.from(bytes)}]`)), expected, `${name}, as text`);
        t.strictSame([count, lastSeq], [expected.length, expected.at(-1) ?? 0], name);
        t.equal(more, 'limit' in query, name);
      }
      t.strictSame(seqs(await engine.readEvents(other, { limit: 100 })), [1, 2], 'pools are apart');
      const scanned = await engine.scanEvents(pool, 1, 4, 2);
      t.strictSame(seqs(scanned.events), [2, 3]);
      t.match(scanned.events[0], { pool, type: 'agent.paused', recorded_at: noon + 2 });
      t.match(JSON.parse(scanned.payloads), [{ name: 'Grace' }, {}]);
    });

    t.test('events are the same text wherever it is put together, whatever is in their words', async (t) => {
      const engine = await opened(t, variant);
      const words = [
        '"quoted" \\',
        'two\nlines\r\n',
        '\t\b\f\u0001\u001f\u007f',
        '\u0085\u2028\u2029',
        'é 😀 \ufffd',
        "'",
      ];
      await add(
        engine,
        words.flatMap((word, i) => [
          { ...resumed(word), source: word, actor: word, key: word },
          { ...resumed('Ada'), correlates: eventId(i + 1) },
        ]),
      );
      const events = await engine.readEvents(pool, { limit: 100 });
      const { bytes } = await engine.readTexts(pool, { limit: 100 }, '\n');
      t.equal(Buffer.from(bytes).toString(), events.map(eventText).join('\n'));
    });

    t.test('a page of text says whether there is more, and where it ended', async (t) => {
      const engine = await opened(t, variant);
      await engine.createPool(other, noon);
      await add(engine, ['Ada', 'Eve', 'Ada', 'Eve', 'Ada'].map(resumed));
      await add(engine, [resumed('Ada')], {}, other);
      const ends = async (query: object) => {
        const { count, lastSeq, more } = await engine.readTexts(pool, { limit: 2, ...query }, ',');
        return [count, lastSeq, more];
      };
      t.strictSame(await ends({}), [2, 2, true]);
      t.strictSame(await ends({ after: 3 }), [2, 5, false]);
      t.strictSame(await ends({ upTo: 2 }), [2, 2, false]);
      t.strictSame(await ends({ backwards: true }), [2, 4, true]);
      t.strictSame(await ends({ backwards: true, upTo: 2 }), [2, 1, false]);
      t.strictSame(await ends({ backwards: true, upTo: Number.MAX_SAFE_INTEGER, limit: 6 }), [5, 1, false]);
      t.strictSame(await ends({ names: ['Ada'] }), [2, 3, true]);
      t.strictSame(await ends({ names: ['Eve'] }), [2, 4, false]);
      t.strictSame(await ends({ names: ['Ada'], after: 5 }), [0, 0, false]);
    });

    t.test('scans words with line breaks as they are', async (t) => {
      const engine = await opened(t, variant);
      const sources = ['one/1', 'two\nlines/1', '\n', 'three/1'];
      await add(
        engine,
        sources.map((source) => ({ source })),
      );
      const scanned = await engine.scanEvents(pool, 0, 4, 10);
      t.strictSame(
        scanned.events.map(({ seq, source }) => [seq, source]),
        sources.map((source, i) => [i + 1, source]),
      );
    });

    t.test('gives the event with exactly a seq, of that pool alone, archived or not', async (t) => {
      const engine = await opened(t, variant);
      await engine.createPool(other, noon);
      await add(
        engine,
        [0, 1, 2, 3].map((ms) => ({ recorded_at: noon + ms })),
      );
      const written = await engine.readEvents(pool, { limit: 10 });
      t.equal((await engine.archiveSegment(pool, 2))?.last.seq, 2);
      for (const event of written) t.strictSame(await engine.eventAt(pool, event.seq), event);
      for (const seq of [-1, 0, 5, 2 ** 41, 1e20]) t.equal(await engine.eventAt(pool, seq), null, `there is no ${seq}`);
      t.equal(await engine.eventAt(other, 1), null, 'another pool has events of its own');
    });

    t.test('finds an event by its id, and the seq at a time', async (t) => {
      const engine = await opened(t, variant);
      await engine.createPool(other, noon);
      const times = [0, 0, 10, 10, 10, 25, 90];
      await add(
        engine,
        times.map((ms) => ({ recorded_at: noon + ms })),
      );
      for (const seq of [1, 4, 7]) t.equal((await engine.findEvent(eventId(seq)))?.seq, seq);
      t.equal(await engine.findEvent(eventId(8)), null);
      t.equal(await engine.findEvent('00000000000000000000000000'), null);
      t.equal(await engine.findEvent('7ZZZZZZZZZZZZZZZZZZZZZZZZZ'), null);
      const cases: [number, number][] = [
        [-1, 0],
        [0, 2],
        [9, 2],
        [10, 5],
        [24, 5],
        [25, 6],
        [89, 6],
        [90, 7],
        [1_000, 7],
      ];
      for (const [ms, seq] of cases) t.equal(await engine.seqAt(pool, noon + ms), seq, `at ${ms} ms`);
      t.equal(await engine.seqAt(other, noon), 0, 'an empty log has no event at any time');
    });

    t.test('keeps the newest snapshot of a format', async (t) => {
      const engine = await opened(t, variant);
      t.equal(await engine.loadSnapshot(pool, 1), null);
      const snapshot = (seq: number) => engine.saveSnapshot(pool, { seq, format: 1, state: `at ${seq}` });
      await snapshot(1);
      t.equal(await engine.loadSnapshot(pool, 1), null, 'a state beyond the head is not kept');
      await add(
        engine,
        Array.from({ length: 9 }, () => ({})),
      );
      for (const seq of [5, 9, 10, 7]) await snapshot(seq);
      t.match(await engine.loadSnapshot(pool, 1), { seq: 9, format: 1, state: 'at 9' });
      t.equal(await engine.loadSnapshot(pool, 2), null, 'another format is no snapshot');
      await engine.saveSnapshot(pool, { seq: 9, format: 1, state: 'again' });
      t.equal((await engine.loadSnapshot(pool, 1))?.state, 'again');
    });

    t.test('a lease is held by one, and its token grows whenever it is taken', async (t) => {
      const { operations } = await opened(t, variant);
      const held = 60_000;
      const first = Number(await operations.acquireLease('job', 'one', held));
      t.equal(await operations.acquireLease('job', 'two', held), null, 'another must wait');
      t.equal(await operations.renewLease('job', first, 0), true);
      t.equal(await operations.renewLease('job', first, 0), true, "it is still its holder's when it has run out");
      const taken = Number(await operations.acquireLease('job', 'two', held));
      t.ok(first < taken, 'an expired one is taken over');
      t.equal(await operations.renewLease('job', first, held), false, 'what another took is not renewed');
      await operations.releaseLease('job', first);
      t.equal(await operations.acquireLease('job', 'one', held), null, 'nobody can release what is not theirs');
      await operations.releaseLease('job', taken);
      t.equal(await operations.renewLease('job', taken, held), false, 'what was released is not renewed');
      t.ok(Number(await operations.acquireLease('job', 'three', held)) > taken, 'tokens grow over a release');
      t.not(await operations.acquireLease('another job', 'one', held), null);
    });

    t.test('statements that differ from each other are not kept for ever', async (t) => {
      const engine = await opened(t, variant);
      const ask = async (from: number, count: number) => {
        for (let i = from; i < from + count; i++)
          await engine.query(`SELECT ${i} AS number, '${'wide'.repeat(20)}' AS text`);
      };
      if (engine.shared) {
        await ask(0, 1_000);
        const [kept] = await engine.query<{ statements: number }>(
          'SELECT count(*) AS statements FROM pg_prepared_statements',
        );
        t.ok(Number(kept?.statements) <= limits.statementsKept, `the server keeps ${kept?.statements}`);
        return;
      }
      await ask(0, 10_000);
      const before = process.memoryUsage.rss();
      await ask(10_000, 20_000);
      const grownMb = (process.memoryUsage.rss() - before) / 1e6;
      t.ok(grownMb < 30, `the process has grown by ${Math.round(grownMb)} MB`);
    });

    t.test('answers portable SQL, and writes nothing by it', async (t) => {
      const engine = await opened(t, variant);
      await add(engine, [resumed('Ada')], {
        changes: [{ op: 'upsert', table: 'usage_sessions', rows: Rows.of([sessionRow('a', 5)]) }],
      });
      const sql = 'SELECT session, total_tokens FROM usage_sessions WHERE owner = ?';
      t.match(await engine.query(sql, ['ada']), [{ session: 'a', total_tokens: 5 }]);
      t.strictSame(await engine.query(sql, ['ada\u0000']), [], 'a text that no row can hold');
      await t.rejects(engine.query('DELETE FROM usage_sessions'));
      t.equal((await engine.query(sql, ['ada'])).length, 1);
    });

    t.test('a shadow is apart from the live tables, and is taken up where it was', async (t) => {
      const place = await variant.place(t, { calm: true });
      const engine = await opened(t, variant, [pool], place);
      const reached = at(3);
      const shadow = await engine.openShadow('trial', projections, false);
      t.strictSame(await shadow.positions(), new Map());
      await shadow.apply([{ op: 'upsert', table: 'usage_sessions', rows: Rows.of([sessionRow('a', 5)]) }], reached);
      t.equal((await shadow.query('SELECT * FROM usage_sessions')).length, 1);
      t.equal((await engine.query('SELECT * FROM usage_sessions')).length, 0, 'the live table knows nothing of it');
      await t.rejects(
        shadow.apply(
          [{ op: 'insert', table: 'usage_sessions', rows: Rows.of([sessionRow('b', 5), sessionRow('a', 5)]) }],
          at(4),
        ),
      );
      t.strictSame(await shadow.positions(), reached, 'a step that fails moves nothing');
      await shadow.close();
      const again = await engine.openShadow('trial', projections, true);
      t.strictSame(await again.positions(), reached);
      t.equal((await again.query('SELECT * FROM usage_sessions')).length, 1);
      await again.close();
      const fresh = await engine.openShadow('trial', projections, false);
      t.strictSame(await fresh.positions(), new Map(), 'without resuming it is empty');
      await fresh.apply([], reached);
      await fresh.close();
      const newer = projections.map((projection) => ({ ...projection, version: projection.version + 1 }));
      const other = await engine.openShadow('trial', newer, true);
      t.strictSame(await other.positions(), new Map(), 'and so it is under other rules');
      await other.drop();
    });

    t.test('a shadow belongs to who opened it last; who had it before can change nothing any more', async (t) => {
      const { engine, replayer: first, place } = await replaying(t, variant);
      await add(engine, [resumed('Ada')], {
        changes: [{ op: 'upsert', table: 'usage_sessions', rows: Rows.of([sessionRow('live', 1)]) }],
      });
      const second = await variant.open(place, 'replayer');
      t.teardown(() => second.close());
      const step = (session: string, seq: number): [Change[], Positions] => [
        [{ op: 'upsert', table: 'usage_sessions', rows: Rows.of([sessionRow(session, seq)]) }],
        at(seq),
      ];
      const asleep = await first.openShadow('fought over', projections, false);
      await asleep.apply(...step('early', 1));
      const shadow = await second.openShadow('fought over', projections, true);
      t.strictSame(await shadow.positions(), step('', 1)[1], 'what the first one did is taken up');

      const taken = { name: 'StorageError', reason: 'taken', message: /another process has taken up the shadow/ };
      await t.rejects(asleep.apply(...step('twice', 2)), taken);
      await t.rejects(asleep.positions(), taken);
      await t.rejects(first.compareShadow(asleep, projections, nothingMeanwhile), taken);
      await t.rejects(first.swapShadow(asleep, projections, nothingMeanwhile), taken);
      await asleep.drop();

      t.strictSame(await shadow.positions(), step('', 1)[1]);
      await shadow.apply(...step('late', 1));
      const tables = await second.compareShadow(shadow, projections, nothingMeanwhile);
      t.match(
        tables.find(({ table }) => table === 'usage_sessions'),
        { liveRows: 1, shadowRows: 2 },
      );
      await second.swapShadow(shadow, projections, () => ({ changes: [], reached: step('', 1)[1] }));
      const sessions = await engine.query<{ session: string }>('SELECT session FROM usage_sessions ORDER BY session');
      t.strictSame(
        sessions.map(({ session }) => session),
        ['early', 'late'],
      );
      await shadow.drop();
    });

    t.test('a shadow keeps how far each pool is folded', async (t) => {
      const engine = await opened(t, variant, [pool, other]);
      const shadow = await engine.openShadow('trial', projections, false);
      await shadow.apply([], at(2));
      await shadow.apply([], at(7, other));
      await shadow.apply([], at(3));
      t.strictSame(await shadow.positions(), new Map([...at(3), ...at(7, other)]));
      await shadow.drop();
    });

    t.test('comparing finds a row that differs, one missing and one too many', async (t) => {
      const { engine, replayer } = await replaying(t, variant);
      const rows = (...sessions: [string, number][]) =>
        sessions.map(([session, tokens]) => sessionRow(session, tokens));
      const live = rows(['a', 1], ['b', 2]);
      await add(engine, [resumed('Ada')], {
        changes: [{ op: 'upsert', table: 'usage_sessions', rows: Rows.of(live) }],
      });
      const cases: [string, Row[], number][] = [
        ['the same', rows(['a', 1], ['b', 2]), 0],
        ['one that differs', rows(['a', 1], ['b', 3]), 1],
        ['one missing', rows(['a', 1]), 1],
        ['one too many', rows(['a', 1], ['b', 2], ['c', 3]), 1],
        ['one of each', rows(['a', 9], ['c', 3]), 3],
        ['none', [], 2],
      ];
      for (const [name, shadowed, differing] of cases) {
        const shadow = await replayer.openShadow('compared', projections, false);
        await shadow.apply([{ op: 'upsert', table: 'usage_sessions', rows: Rows.of(shadowed) }], at(1));
        const tables = await replayer.compareShadow(shadow, projections, nothingMeanwhile);
        const sessions = tables.find(({ table }) => table === 'usage_sessions');
        t.match(sessions, { liveRows: 2, shadowRows: shadowed.length, differing }, name);
        t.equal(
          tables.filter((table) => table.differing > 0).length,
          differing > 0 ? 1 : 0,
          'the other tables are the same',
        );
        await shadow.drop();
      }
    });

    t.test('a null is not the same as a zero, when comparing', async (t) => {
      const { engine, replayer } = await replaying(t, variant);
      const row = (tokens: number | null): Row => [pool, 'ada', 's', null, tokens, 1, 't'];
      await add(engine, [resumed('Ada')], {
        changes: [{ op: 'upsert', table: 'usage_sessions', rows: Rows.of([row(null)]) }],
      });
      const shadow = await replayer.openShadow('compared', projections, false);
      await shadow.apply([{ op: 'upsert', table: 'usage_sessions', rows: Rows.of([row(0)]) }], at(1));
      const tables = await replayer.compareShadow(shadow, projections, nothingMeanwhile);
      t.equal(tables.find(({ table }) => table === 'usage_sessions')?.differing, 1);
      await shadow.drop();
    });

    t.test('compares with what was appended meanwhile, in every pool, and keeps it in the shadow', async (t) => {
      const { engine, replayer } = await replaying(t, variant);
      const shadow = await replayer.openShadow('compared', projections, false);
      await shadow.apply([], at(0));
      await engine.createPool(other, noon);
      const changes: Change[] = [
        { op: 'upsert', table: 'usage_sessions', rows: Rows.of([sessionRow('late', 2), sessionRow('later', 3)]) },
      ];
      await add(engine, [resumed('Ada'), resumed('Grace')], { changes });
      await add(engine, [resumed('Eve')], {}, other);
      const both = new Map([...at(2), ...at(1, other)]);
      const tables = await replayer.compareShadow(shadow, projections, (tails) => {
        t.strictSame(
          tails.map(({ poolRef, events }) => [poolRef.pool, poolRef.number, seqs(events.events)]),
          [
            [pool, 0, [1, 2]],
            [other, 1, [1]],
          ],
        );
        return { changes, reached: both };
      });
      t.strictSame(
        tables.filter((table) => table.differing > 0),
        [],
      );
      t.match(
        tables.find(({ table }) => table === 'usage_sessions'),
        { liveRows: 2, shadowRows: 2 },
      );
      t.strictSame(await shadow.positions(), both);
      await shadow.drop();
    });

    t.test('a comparison that cannot be made leaves the shadow, and lets go of the log', async (t) => {
      const { engine, replayer } = await replaying(t, variant);
      const shadow = await replayer.openShadow('compared', projections, false);
      const before = at(0);
      await shadow.apply([], before);
      await add(engine, [resumed('Ada')]);
      const failure = new Error('cannot fold');
      const failing = () => {
        throw failure;
      };
      await t.rejects(replayer.compareShadow(shadow, projections, failing), failure);
      t.strictSame(await shadow.positions(), before);
      const after = at(1);
      const tables = await replayer.compareShadow(shadow, projections, () => ({ changes: [], reached: after }));
      t.ok(tables.every(({ differing }) => differing === 0));
      await shadow.drop();
    });

    t.test('swaps a shadow in, with what was appended meanwhile', async (t) => {
      const { engine, replayer } = await replaying(t, variant);
      const sessions = projections.filter(({ name }) => name === 'usage_sessions');
      await add(engine, [resumed('Ada')], {
        changes: [{ op: 'upsert', table: 'usage_sessions', rows: Rows.of([sessionRow('wrong', 1)]) }],
      });
      const shadow = await replayer.openShadow('swapped', sessions, false);
      await shadow.apply([{ op: 'upsert', table: 'usage_sessions', rows: Rows.of([sessionRow('right', 1)]) }], at(1));
      await add(engine, [resumed('Grace'), resumed('Eve')]);
      await replayer.swapShadow(shadow, sessions, (tails) => {
        t.strictSame(
          tails.map(({ poolRef, events }) => [poolRef.pool, seqs(events.events)]),
          [[pool, [2, 3]]],
        );
        return {
          changes: [{ op: 'upsert', table: 'usage_sessions', rows: Rows.of([sessionRow('late', 2)]) }],
          reached: at(3),
        };
      });
      await shadow.drop();
      const names = (
        await engine.query<{ session: string }>('SELECT session FROM usage_sessions ORDER BY session')
      ).map(({ session }) => session);
      t.strictSame(names, ['late', 'right']);
      await add(engine, [resumed('Ada')], {
        changes: [{ op: 'upsert', table: 'usage_sessions', rows: Rows.of([sessionRow('later', 3)]) }],
      });
      t.equal((await engine.query('SELECT * FROM usage_sessions')).length, 3, 'live writing goes on in the new table');
    });

    t.test('a swap that fails leaves the live tables', async (t) => {
      const { engine, replayer } = await replaying(t, variant);
      await add(engine, [resumed('Ada')], {
        changes: [{ op: 'upsert', table: 'usage_sessions', rows: Rows.of([sessionRow('live', 1)]) }],
      });
      const shadow = await replayer.openShadow('swapped', projections, false);
      await shadow.apply([], at(1));
      const failure = new Error('cannot fold');
      await t.rejects(
        replayer.swapShadow(shadow, projections, () => {
          throw failure;
        }),
        failure,
      );
      t.equal((await engine.query('SELECT * FROM usage_sessions')).length, 1);
      await add(engine, [resumed('Grace')]);
      t.equal((await headOf(engine)).seq, 2, 'the lock is gone');
      const reached = at(2);
      await replayer.swapShadow(shadow, projections, () => ({ changes: [], reached }));
      t.strictSame(await engine.query('SELECT * FROM usage_sessions'), [], 'it can be made again');
      const next = await replayer.openShadow('swapped', projections, true);
      t.strictSame(await next.query('SELECT * FROM usage_sessions'), [], 'and leaves nothing that cannot be taken up');
      await next.drop();
    });

    t.test('every projection table exists from the first start, with the columns that are written', async (t) => {
      const engine = await opened(t, variant);
      for (const table of projections.flatMap(({ tables }) => tables)) {
        t.strictSame(await engine.query(`SELECT ${columnNames(table).join(', ')} FROM ${table.name}`), [], table.name);
      }
      t.strictSame(await engine.outdatedProjections(), []);
    });
  });
}

async function opened(t: Scope, variant: Variant, pools = [pool], place?: string): Promise<Engine> {
  const engine = await variant.open(place ?? (await variant.place(t, { calm: true })));
  t.teardown(() => engine.close());
  for (const name of pools) await engine.createPool(name, noon);
  return engine;
}

/** A writer, and beside it one that rebuilds. */
async function replaying(t: Scope, variant: Variant): Promise<{ engine: Engine; replayer: Engine; place: string }> {
  const place = await variant.place(t, { calm: true });
  const engine = await opened(t, variant, [pool], place);
  const replayer = await variant.open(place, 'replayer');
  t.teardown(() => replayer.close());
  return { engine, replayer, place };
}
