// Goal: what comes into files is recorded once and in order, whatever happens to the files, the folders and the ledger meanwhile.
import { appendFileSync, mkdirSync, renameSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import t, { type Test } from 'tap';
import { CursorFile } from '../../src/intake/cursor-file.js';
import { type FollowSettings, follow } from '../../src/intake/follow.js';
import type { Report } from '../../src/intake/report.js';
import { SinkFailure, type SinkOutcome } from '../../src/intake/sink.js';
import { Tally } from '../../src/intake/tally.js';
import { limits } from '../../src/limits.js';
import { nextTurn } from '../../src/runtime/clock.js';
import { claudeTranscript } from '../../src/sources/claude-transcript.js';
import { response, textOf } from '../support/claude-lines.js';
import { ManualClock } from '../support/clock.js';
import { temporaryFolder } from '../support/folder.js';

const hour = 3_600_000;
const whose = { identity: 'Ada', mode: 'autonomy', modeSource: 'rule', project: undefined } as const;

/** A ledger that may be away or lose all, and folders that are followed for it. */
function followed(t: Test) {
  const home = temporaryFolder(t);
  const roots = [join(home, 'first'), join(home, 'second')];
  const clock = new ManualClock(Date.parse('2026-11-28T12:00:00Z'));
  const ledger = {
    isAway: false,
    never: false,
    asked: 0,
    log: [] as string[],
    told: [] as string[],
    remarks: [] as string[],
  };
  const tally = new Tally();
  const cursorFile = () =>
    new CursorFile(
      {
        folder: join(home, 'cursors'),
        ledger: 'l',
        pool: 'p',
        has: async ({ seq, hash }) => {
          ledger.asked += 1;
          if (ledger.isAway) throw new SinkFailure('away', { isTransient: true });
          return ledger.log[seq - 1] === hash;
        },
        remark: (text) => ledger.remarks.push(text),
      },
      claudeTranscript,
      roots,
    );
  const take = (reports: readonly Report[]): SinkOutcome[] => {
    ledger.asked += 1;
    if (ledger.isAway || ledger.never)
      throw new SinkFailure(ledger.isAway ? 'away' : 'no such pool', { isTransient: ledger.isAway });
    return reports.map(({ payload }) => {
      const id = (payload.meter as { response: string }).response;
      if (ledger.log.includes(id)) return { status: 'repeated' };
      return { status: 'recorded', seq: ledger.log.push(id), hash: id };
    });
  };
  /** Runs until the returned function is called. */
  const start = (more: Partial<FollowSettings> = {}) => {
    const stop = new AbortController();
    const done = follow({
      sources: [
        {
          source: claudeTranscript,
          roots,
          cursorFile: cursorFile(),
          settings: async () => ({
            sink: async (reports) => take(reports),
            origin: { actor: 'local', source: 'test/1' },
            whoseOf: () => whose,
            tally,
          }),
        },
      ],
      clock,
      sweepMs: 30_000,
      stop: stop.signal,
      onCollected: () => undefined,
      onAway: (failure) => ledger.told.push(failure?.message ?? 'back'),
      ...more,
    });
    return async () => {
      stop.abort();
      await done;
    };
  };
  /** Time passes until it is so. */
  const until = async (isSo: () => boolean) => {
    while (!isSo()) {
      clock.advance(limits.doorbellMs);
      await nextTurn();
    }
  };
  const write = (path: string, text: string) => {
    mkdirSync(dirname(join(home, path)), { recursive: true });
    writeFileSync(join(home, path), text);
  };
  return { home, clock, ledger, tally, start, until, write, file: (path: string) => join(home, path) };
}

const many = (count: number, from = 0) => textOf(...Array.from({ length: count }, (_, i) => response(from + i)));
const ids = (count: number, from = 0) => Array.from({ length: count }, (_, i) => `msg_${from + i}`);

t.test('what is there is read, and then what comes; the doorbell tells of it', async (t) => {
  const { ledger, start, until, write, file } = followed(t);
  write('first/a.jsonl', many(2));
  // No sweep comes within any time that passes here.
  const stop = start({ sweepMs: Number.MAX_SAFE_INTEGER });
  await until(() => ledger.log.length === 2);
  appendFileSync(file('first/a.jsonl'), many(1, 2));
  await until(() => ledger.log.length === 3);
  write('first/deep/deeper/b.jsonl', many(1, 3));
  await until(() => ledger.log.length === 4);
  appendFileSync(file('first/deep/deeper/b.jsonl'), many(1, 4));
  await until(() => ledger.log.length === 5);
  await stop();
  t.strictSame(ledger.log, ids(5));
});

t.test('a folder that is made later is found by a sweep', async (t) => {
  const { ledger, start, until, write } = followed(t);
  const stop = start();
  write('second/a.jsonl', many(1));
  await until(() => ledger.log.length === 1);
  await stop();
  t.pass();
});

t.test('files that are renamed, cut, replaced and removed are read as what they are', async (t) => {
  const { ledger, start, until, write, file, tally } = followed(t);
  write('first/a.jsonl', many(2));
  const stop = start();
  await until(() => ledger.log.length === 2);
  renameSync(file('first/a.jsonl'), file('first/a.1.jsonl'));
  appendFileSync(file('first/a.1.jsonl'), many(1, 2));
  write('first/a.jsonl', many(1, 3));
  await until(() => ledger.log.length === 4);
  truncateSync(file('first/a.jsonl'));
  appendFileSync(file('first/a.jsonl'), many(2, 4));
  await until(() => ledger.log.length === 6);
  write('new', many(3, 6));
  renameSync(file('new'), file('first/a.jsonl'));
  await until(() => ledger.log.length === 9);
  rmSync(file('first/a.jsonl'));
  write('first/b.jsonl', many(1, 9));
  await until(() => ledger.log.length === 10);
  await stop();
  t.strictSame([...ledger.log].sort(), ids(10));
  t.match(tally.counts, { read: 10, recorded: 10, repeated: 0, skipped: {} }, 'nothing was read twice');
});

t.test('after an hour away everything arrives, in order and once, also what is gone from the files', async (t) => {
  const { clock, ledger, tally, start, until, write, file } = followed(t);
  write('first/a.jsonl', many(2));
  const stop = start();
  await until(() => ledger.log.length === 2);
  ledger.isAway = true;
  const left = clock.now();
  for (let i = 0; i < 10; i += 1) {
    write('first/a.jsonl', many(3, 2 + 3 * i));
    const { asked } = ledger;
    await until(() => ledger.asked > asked && clock.now() > left + (i + 1) * (hour / 10));
  }
  // Pauses grow to between nothing and 30 s, drawn evenly: some 240 tries. Asking at each ring of the doorbell would be 7,200.
  t.ok(ledger.asked < 480, `it was asked ${ledger.asked} times`);
  rmSync(file('first/a.jsonl'));
  ledger.isAway = false;
  await until(() => ledger.log.length === 32);
  write('first/b.jsonl', many(1, 32));
  await until(() => ledger.log.length === 33);
  await stop();
  t.strictSame(ledger.log, ids(33));
  t.match(tally.counts, { recorded: 33, repeated: 0 }, 'what was delivered is not held any longer');
  t.strictSame(ledger.told, ['away', 'back'], 'people are told once');
});

t.test('what is held outlives the collector', async (t) => {
  const { ledger, start, until, write } = followed(t);
  ledger.isAway = true;
  write('first/a.jsonl', many(3));
  const stop = start();
  await until(() => ledger.asked > 0);
  await stop();
  write('first/a.jsonl', many(1, 3));
  ledger.isAway = false;
  const stopAgain = start();
  await until(() => ledger.log.length === 4);
  await stopAgain();
  t.strictSame(ledger.log, ids(4));
});

t.test('what there is no room to hold stays in its files', async (t) => {
  const { ledger, start, until, write } = followed(t);
  const count = limits.heldReportsMax + 2 * limits.collectReportsMax;
  write('first/a.jsonl', many(count));
  ledger.isAway = true;
  const stop = start();
  await until(() => ledger.asked > 3);
  ledger.isAway = false;
  await until(() => ledger.log.length === count);
  await stop();
  t.strictSame(ledger.log, ids(count));
});

t.test('a ledger that does not have what was sent gets it again', async (t) => {
  const { ledger, start, until, write } = followed(t);
  write('first/a.jsonl', many(5));
  const stop = start();
  await until(() => ledger.log.length === 5);
  ledger.log.length = 2;
  await until(() => ledger.log.length === 5);
  await stop();
  t.match(ledger.remarks, [/does not have what was collected/]);
});

t.test('who stops has its cursor: nothing is read again', async (t) => {
  const { ledger, tally, start, until, write } = followed(t);
  write('first/a.jsonl', many(5));
  const stop = start();
  await until(() => ledger.log.length === 5);
  await stop();
  const stopAgain = start();
  write('first/b.jsonl', many(1, 5));
  await until(() => ledger.log.length === 6);
  await stopAgain();
  t.match(tally.counts, { read: 6, repeated: 0 });
});

t.test('a ledger that will never take it ends the run', async (t) => {
  const { ledger, start, write } = followed(t);
  write('first/a.jsonl', many(1));
  ledger.never = true;
  await t.rejects(start()(), { message: 'no such pool' });
});
