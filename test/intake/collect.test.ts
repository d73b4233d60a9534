// Goal: what is read is recorded once in effect, whatever happens to the ledger, to the files and to the run meanwhile.
import { execFileSync } from 'node:child_process';
import { appendFileSync, chmodSync, mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { type CollectResult, type CollectSettings, collect } from '../../src/intake/collect.js';
import { type Cursor, emptyCursor } from '../../src/intake/cursor.js';
import type { Report } from '../../src/intake/report.js';
import { SinkFailure, type SinkOutcome } from '../../src/intake/sink.js';
import { limits } from '../../src/limits.js';
import { type Clock, systemClock } from '../../src/runtime/clock.js';
import { claudeTranscript } from '../../src/sources/claude-transcript.js';
import { codexRollout } from '../../src/sources/codex-rollout.js';
import type { Source } from '../../src/sources/source.js';
import { claudeLine, response, textOf } from '../support/claude-lines.js';
import { ManualClock } from '../support/clock.js';
import { temporaryFolder } from '../support/folder.js';

const origin = { actor: 'local', source: 'test/1' };
const whose = { identity: 'Ada', mode: 'autonomy', modeSource: 'rule', project: undefined } as const;

/** A ledger that knows responses by their ids, and a folder that is collected for it again and again. */
function collected(t: Test, source: Source = claudeTranscript) {
  const root = temporaryFolder(t);
  const clock = new ManualClock(Date.parse('2026-11-28T12:00:00Z'));
  const kept = { cursor: emptyCursor as Cursor };
  const known = new Map<string, number>();
  const batches: number[] = [];
  const idOf = ({ payload, key }: Report) => key ?? String((payload.meter as { response: string }).response);
  const take = (reports: readonly Report[]): SinkOutcome[] => {
    batches.push(reports.length);
    return reports.map((report) => {
      const id = idOf(report);
      known.set(id, (known.get(id) ?? 0) + 1);
      return known.get(id) === 1
        ? { status: 'recorded', seq: known.size, hash: `h${known.size}` }
        : { status: 'repeated' };
    });
  };
  const settings: CollectSettings = {
    source,
    roots: [root],
    cursor: emptyCursor,
    save: (cursor) => {
      kept.cursor = cursor;
    },
    whoseOf: () => whose,
    sink: async (reports) => take(reports),
    origin,
    clock,
    tryMs: 60_000,
  };
  return {
    root,
    clock,
    known,
    batches,
    kept,
    take,
    write: (path: string, text: string) => {
      writeFileSync(join(root, path), text);
    },
    run: (more: Partial<CollectSettings> = {}): Promise<CollectResult> =>
      collect({ ...settings, cursor: kept.cursor, ...more }),
  };
}

/** As many responses as fill several batches. */
const many = (count: number, from = 0) => textOf(...Array.from({ length: count }, (_, i) => response(from + i)));
const batch = limits.collectReportsMax;

t.test('what is new is recorded, and nothing is sent twice', async (t) => {
  const { run, write, root, known } = collected(t);
  write('a.jsonl', many(3));
  write('b.jsonl', many(2, 2));
  t.match(await run(), { files: 2, uses: 4, recorded: 4, repeated: 0, isComplete: true, failure: null });
  t.match(await run(), { files: 2, bytes: 0, uses: 0, recorded: 0, repeated: 0 });
  appendFileSync(join(root, 'a.jsonl'), textOf(response(7)));
  t.match(await run(), { uses: 1, recorded: 1 });
  t.equal(known.size, 5);
});

t.test('lines of one response are one report', async (t) => {
  const { run, write } = collected(t);
  write('a.jsonl', textOf(claudeLine(), claudeLine({ usage: { output_tokens: 50 } })));
  const sent: Report[] = [];
  const sink = async (reports: readonly Report[]) => {
    sent.push(...reports);
    return reports.map(() => ({ status: 'recorded' as const }));
  };
  await run({ sink });
  t.match(sent, [{ payload: { name: 'Ada', tokens: { output: 50 } } }]);
  t.equal(sent.length, 1);
});

t.test('files that show little share a request, and one request is under way at a time', async (t) => {
  const { run, write, batches, take } = collected(t);
  for (let i = 0; i < 20; i++) write(`${i}.jsonl`, many(3, 3 * i));
  await run();
  t.strictSame(batches, [60]);
  const big = collected(t);
  big.write('a.jsonl', many(5 * batch));
  let underWay = 0;
  let most = 0;
  await big.run({
    sink: async (reports) => {
      most = Math.max(most, ++underWay);
      await new Promise((resolve) => setImmediate(resolve));
      underWay -= 1;
      return take(reports);
    },
  });
  t.equal(most, 1);
});

t.test('a file is read up to where the ledger has answered, and no further', async (t) => {
  const text = many(10 * batch);
  for (let failing = 0; failing <= 14; failing += 1) {
    const { run, write, kept, known, take } = collected(t);
    write('a.jsonl', text);
    let calls = 0;
    const sink = async (reports: readonly Report[]) => {
      if (calls++ === failing) throw new SinkFailure('no');
      return take(reports);
    };
    const result = await run({ sink });
    const answered = known.size;
    t.match(result, calls > failing ? { isComplete: false, failure: { message: 'no' } } : { isComplete: true });
    t.equal(result.recorded, answered);
    t.strictSame(kept.cursor.recorded, answered === 0 ? undefined : { seq: answered, hash: `h${answered}` });
    t.match(await run(), { isComplete: true });
    t.equal(known.size, 10 * batch, 'the next run records the rest');
  }
});

t.test('a failure that may pass is tried again, after the time that the ledger asks for', async (t) => {
  const { run, write, known, take } = collected(t);
  write('a.jsonl', many(2));
  let failures = 3;
  const slept: number[] = [];
  let elapsed = 0;
  const sleeping: Clock = {
    ...systemClock,
    elapsed: () => elapsed,
    sleep: async (ms) => {
      slept.push(ms);
      elapsed += ms;
    },
  };
  const sink = async (reports: readonly Report[]) => {
    if (failures-- > 0) throw new SinkFailure('full', { isTransient: true, retryAfterMs: 2_000 });
    return take(reports);
  };
  t.match(await run({ sink, clock: sleeping }), { recorded: 2, isComplete: true });
  t.equal(slept.length, 3);
  t.ok(
    slept.every((ms) => ms >= 2_000),
    'not before',
  );
  failures = Number.POSITIVE_INFINITY;
  write('b.jsonl', many(2, 2));
  t.match(await run({ sink, clock: sleeping }), { isComplete: false, failure: { message: 'full' } });
  t.equal(known.size, 2);
});

t.test('a report that is refused is counted, without details that were refused it is recorded', async (t) => {
  const { run, write, known, take } = collected(t);
  write('a.jsonl', textOf(response(1), response(2), claudeLine({ message: { id: 'msg_3', model: 'a\u0001b' } })));
  const sent: Report[][] = [];
  const sink = async (reports: readonly Report[]) => {
    sent.push([...reports]);
    return take(reports).map((outcome, i): SinkOutcome => {
      const { model, meter } = (reports[i] as Report).payload as { model?: string; meter: { response: string } };
      if (model === 'a\u0001b') return { status: 'rejected', code: 'invalid_field' };
      if (meter.response === 'msg_1') return { status: 'rejected', code: 'occurred_before_pool' };
      if (meter.response === 'msg_2' && sent.length === 1) return { status: 'rejected', code: 'item_failed' };
      return outcome.status === 'repeated' ? { status: 'recorded' } : outcome;
    });
  };
  const sleepless: Clock = { ...systemClock, sleep: async () => undefined };
  t.match(await run({ sink, clock: sleepless }), {
    uses: 3,
    recorded: 2,
    skipped: { 'occurred-before-pool': 1 },
    isComplete: true,
  });
  t.equal(sent[1]?.length, 2);
  t.equal(known.size, 3);
});

t.test('a ledger that was away for long loses no report that it fails at once, nor one that was mended', async (t) => {
  const { run, write, take } = collected(t);
  write('a.jsonl', textOf(response(1), claudeLine({ message: { id: 'msg_2', model: 'a\u0001b' } })));
  let [failures, answers, slept] = [9, 0, 0];
  const sink = async (reports: readonly Report[]) => {
    if (failures-- > 0) throw new SinkFailure('away', { isTransient: true });
    answers += 1;
    if (answers === 1 && reports.length === 2)
      return [
        { status: 'rejected', code: 'item_failed' } as const,
        { status: 'rejected', code: 'invalid_field' } as const,
      ];
    return answers < 4 ? reports.map(() => ({ status: 'rejected' as const, code: 'item_failed' })) : take(reports);
  };
  const sleep = async () => {
    slept += 1;
  };
  const clock: Clock = { ...systemClock, sleep };
  t.match(await run({ sink, clock }), { recorded: 2, skipped: {}, isComplete: true });
  t.equal(slept, 9 + 3, 'it waits before each further attempt');
});

t.test('what is dated too far ahead is sent again when its time has come', async (t) => {
  const { run, write, known, take, kept, clock } = collected(t);
  const ahead = clock.now() + 3_600_000;
  write(
    'a.jsonl',
    textOf(response(1), claudeLine({ message: { id: 'msg_2' }, line: { timestamp: new Date(ahead).toISOString() } })),
  );
  let batches = 0;
  const sink = async (reports: readonly Report[]) => {
    batches += 1;
    const isEarly = ({ occurred_at: at = 0 }: Report) => at > clock.now() + limits.futureMsMax;
    const outcomes = take(reports.filter((report) => !isEarly(report))).values();
    return reports.map(
      (report): SinkOutcome =>
        isEarly(report) ? { status: 'rejected', code: 'occurred_in_future' } : (outcomes.next().value as SinkOutcome),
    );
  };
  t.match(await run({ sink }), { recorded: 1, early: 1, skipped: {} });
  t.match(kept.cursor.early, [{ occurred_at: ahead }]);
  t.match(await run({ sink }), { recorded: 0, early: 1 });
  t.equal(batches, 1, 'nobody is asked before');
  clock.advance(3_600_000 - limits.futureMsMax);
  t.match(await run({ sink: async () => Promise.reject(new SinkFailure('no')) }), { early: 1, isComplete: false });
  t.match(await run({ sink }), { recorded: 1, early: 0 });
  t.strictSame(kept.cursor.early, []);
  t.equal(known.size, 2);
});

t.test('a file that was renamed is read on under its new name', async (t) => {
  const { run, write, root } = collected(t);
  write('a.jsonl', many(3));
  await run();
  appendFileSync(join(root, 'a.jsonl'), many(1, 3));
  renameSync(join(root, 'a.jsonl'), join(root, 'a.1.jsonl'));
  write('a.jsonl', many(1, 4));
  t.match(await run(), { uses: 2, recorded: 2, repeated: 0 });
});

t.test('what is too much for one request is sent in halves', async (t) => {
  const { run, write, take, known } = collected(t);
  write('a.jsonl', many(9));
  const sink = async (reports: readonly Report[]) => {
    if (reports.length > 2) throw new SinkFailure('too large', { isTooMuch: true });
    return take(reports);
  };
  t.match(await run({ sink }), { recorded: 9, isComplete: true });
  t.equal(known.size, 9);
});

t.test('who stops softly has recorded what was read; who stops hard does not wait', async (t) => {
  const { run, write, known, kept } = collected(t);
  for (let i = 0; i < 5; i++) write(`${i}.jsonl`, many(2, 2 * i));
  const stop = new AbortController();
  const result = await run({ stop: stop.signal, onProgress: ({ files }) => files === 2 && stop.abort() });
  t.match(result, { isComplete: false, failure: null, recorded: 6 });
  t.equal(Object.keys(kept.cursor.files).length, 3);
  const abort = new AbortController();
  const never = () => {
    abort.abort();
    return new Promise<never>(() => undefined);
  };
  t.match(await run({ sink: never, abort: abort.signal }), { isComplete: false, failure: null, recorded: 0 });
  t.equal(Object.keys(kept.cursor.files).length, 3);
  await run();
  t.equal(known.size, 10);
});

t.test('a file that grows, is replaced or cut between two runs is read as what it is', async (t) => {
  const { run, write, root, known } = collected(t);
  const line = JSON.stringify(response(2));
  write('a.jsonl', textOf(response(1)) + line.slice(0, 50));
  await run();
  appendFileSync(join(root, 'a.jsonl'), `${line.slice(50)}\n`);
  t.match(await run(), { uses: 1, recorded: 1 });
  write('new', textOf(response(3), response(4), response(5)));
  renameSync(join(root, 'new'), join(root, 'a.jsonl'));
  t.match(await run(), { uses: 3, recorded: 3 });
  write('a.jsonl', textOf(response(6)));
  t.match(await run(), { uses: 1, recorded: 1 });
  rmSync(join(root, 'a.jsonl'));
  t.match(await run(), { files: 0 });
  t.equal(known.size, 6);
});

t.test('a file that grows while it is sent is read on in the next run', async (t) => {
  const { run, write, root, known, take } = collected(t);
  write('a.jsonl', many(3 * batch));
  let grown = false;
  const sink = async (reports: readonly Report[]) => {
    if (!grown) appendFileSync(join(root, 'a.jsonl'), many(10, 3 * batch));
    grown = true;
    return take(reports);
  };
  await run({ sink });
  await run();
  t.equal(known.size, 3 * batch + 10);
});

t.test('what cannot be read stops nothing', async (t) => {
  const { run, write, root } = collected(t);
  write('a.jsonl', many(1));
  write('long.jsonl', `${'x'.repeat(100_000_000)}\n${textOf(response(1))}`);
  write('none.jsonl', many(1, 2));
  chmodSync(join(root, 'none.jsonl'), 0);
  execFileSync('mkfifo', [join(root, 'fifo.jsonl')]);
  symlinkSync(root, join(root, 'up'));
  symlinkSync('self.jsonl', join(root, 'self.jsonl'));
  symlinkSync('nowhere', join(root, 'gone.jsonl'));
  chmodSync(root, 0o755);
  mkdirSync(join(root, 'folder.jsonl'));
  const isRoot = process.getuid?.() === 0;
  if (isRoot) process.seteuid?.(65_534);
  const { skipped, recorded, isComplete } = await run().finally(() => isRoot && process.seteuid?.(0));
  t.strictSame([recorded, isComplete], [2, true]);
  t.strictSame(skipped, {
    'folder-seen-before': 1,
    'link-loop': 1,
    'file-vanished': 1,
    'not-a-file': 1,
    'line-too-long': 1,
    'no-permission': 1,
  });
});

t.test(
  'readings and running totals are keyed by what they say, and dated by their file where they say no time',
  async (t) => {
    const at = Date.parse('2026-11-20T00:00:00Z');
    const window = { key: 'week_all', percentBp: 1_000, resetsAt: null };
    const source: Source = {
      ...claudeTranscript,
      unit: 'document',
      read: (input) => ({
        observations: [
          { kind: 'quota', measuredAt: null, source: 'x', windows: [window], place: {} },
          { kind: 'quota', measuredAt: at, source: 'x', windows: [window], place: {} },
          { kind: 'total', session: 's1', occurredAt: at, costUsd: 1, place: {} },
        ],
        skipped: {},
        refused: null,
        consumed: input.length,
      }),
    };
    const { run, write, kept, known } = collected(t, source);
    write('a.jsonl', 'x');
    t.match(await run(), { readings: 2, sessions: 1, recorded: 3 });
    kept.cursor = emptyCursor;
    t.match(await run(), { recorded: 0, repeated: 3 }, 'also where all is read again');
    t.ok([...known.keys()].every((key) => /^(reading|total):[0-9a-f]{40}$/.test(key)));
  },
);

/** A fork of Codex of the old kind: it copies what its parent did, under other times. */
const rollout = (id: string, parent: string | null, totals: readonly number[], copies: readonly string[] = []) =>
  textOf(
    { timestamp: '2026-11-28T10:00:00Z', type: 'session_meta', payload: { id, forked_from_id: parent } },
    ...copies.map((of, i) => ({
      timestamp: '2026-11-28T10:00:00Z',
      type: 'session_meta',
      payload: { id: of, forked_from_id: copies[i + 1] },
    })),
    ...totals.map((total) => ({
      timestamp: '2026-11-28T10:00:01Z',
      type: 'event_msg',
      payload: {
        type: 'token_count',
        info: { total_token_usage: { input_tokens: total, output_tokens: 0, total_tokens: total } },
      },
    })),
  );

t.test('forks are told from their parents, also where they come in a later run', async (t) => {
  const { run, write, known, root } = collected(t, codexRollout);
  write('a.jsonl', rollout('a', null, [10, 30]));
  t.match(await run(), { recorded: 2 });
  write('b.jsonl', rollout('b', 'a', [10, 30, 60], ['a']));
  t.match(await run(), { recorded: 1, repeated: 2 });
  // It names only its parent, of whose parent the copied events are.
  write('c.jsonl', rollout('c', 'b', [10, 30, 60, 100]));
  t.match(await run(), { recorded: 1, repeated: 3 });
  appendFileSync(join(root, 'c.jsonl'), rollout('c', 'b', [100, 150]).split('\n').slice(1).join('\n'));
  t.match(await run(), { uses: 1, recorded: 1, repeated: 0 }, 'of what is read already nothing is read again');
  t.match(await run(), { bytes: 0, recorded: 0, repeated: 0 });
  t.equal(known.size, 5);
});
