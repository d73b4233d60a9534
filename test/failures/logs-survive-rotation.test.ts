/**
 * Goal: however the log is rotated, each line is in one of its files, whole. The predecessor was sent a signal that it did not handle, and
 * wrote on into the renamed file.
 */
import type { ChildProcess } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, renameSync, rmSync, statSync, symlinkSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import t, { type Test } from 'tap';
import { LogFile, type LogFileSettings } from '../../src/daemon/log-file.js';
import { systemClock } from '../../src/runtime/clock.js';
import { ManualClock } from '../support/clock.js';
import { spawnDaemonIn } from '../support/daemon.js';
import { temporaryFolder } from '../support/folder.js';

const settingsIn = (t: Test, more: Partial<LogFileSettings> = {}): LogFileSettings => ({
  path: join(temporaryFolder(t), 'resource-share.log'),
  rotate: 'self',
  bytesMax: 50 * 1_048_576,
  ageMsMax: 7 * 86_400_000,
  keep: 7,
  ...more,
});

/** The oldest first. */
function filesOf(path: string): string[] {
  const names = readdirSync(dirname(path)).filter((name) => name.startsWith(`${basename(path)}.`));
  return [...names.sort().map((name) => join(dirname(path), name)), ...(existsSync(path) ? [path] : [])];
}

const textOf = (path: string) =>
  (path.endsWith('.gz') ? gunzipSync(readFileSync(path)) : readFileSync(path)).toString();

t.test('100,000 lines go through three rotations, and none is lost or split', async (t) => {
  const lines = 100_000;
  const line = (count: number) => `${JSON.stringify({ level: 30, count, msg: 'ä'.repeat(10) })}\n`;
  const bytes = Array.from({ length: lines }, (_, count) => Buffer.byteLength(line(count))).reduce(
    (sum, each) => sum + each,
  );
  const settings = settingsIn(t, { bytesMax: Math.ceil(bytes / 4) + 100 });
  const log = new LogFile(settings, systemClock, (message) => t.fail(message));
  for (let count = 0; count < lines; count++) log.write(line(count));
  await log.close();
  const files = filesOf(settings.path);
  t.equal(files.length, 4, 'three before the current one');
  t.ok(files.slice(0, 3).every((path) => path.endsWith('.gz')));
  t.ok(
    files.every((path) => (statSync(path).mode & 0o777) === 0o600),
    'closed to others',
  );
  t.ok(files.every((path) => textOf(path).length <= settings.bytesMax));
  const found = files.flatMap((path) => textOf(path).trimEnd().split('\n')).map((each) => JSON.parse(each).count);
  t.strictSame(
    found,
    Array.from({ length: lines }, (_, count) => count),
  );
});

t.test('a file is followed by another one when it is old, and so many are kept', async (t) => {
  const clock = new ManualClock(Date.now());
  const settings = settingsIn(t, { keep: 2, ageMsMax: 7 * 86_400_000 });
  const log = new LogFile(settings, clock, (message) => t.fail(message));
  for (let week = 0; week < 5; week++) {
    log.write(`{"week":${week}}\n`);
    log.write(`{"week":${week}}\n`);
    clock.advance(8 * 86_400_000);
  }
  await log.close();
  t.strictSame(
    filesOf(settings.path).map(textOf),
    [2, 3, 4].map((week) => `{"week":${week}}\n`.repeat(2)),
  );
});

t.test('what a tool renames is left, with a signal and without', { timeout: 400_000 }, async (t) => {
  const folder = temporaryFolder(t);
  const path = join(folder, 'daemon.log');
  const env = {
    RESOURCE_SHARE_LOG_FILE: path,
    RESOURCE_SHARE_LOG_ROTATE: 'external',
    RESOURCE_SHARE_LOG_LEVELS: '{"http":"debug"}',
  };
  const daemon = await spawnDaemonIn(env, join(folder, 'data'));
  t.teardown(() => daemon.stop());
  let asked = 0;
  const ask = async () => {
    asked += 1;
    await fetch(`${daemon.url}/health`, { headers: { 'x-request-id': `ask-${asked}` } });
  };
  const asksUntil = async (path: string) => {
    while (!existsSync(path) || statSync(path).size === 0) await ask();
  };
  await ask();
  for (const [index, signal] of (['SIGUSR1', 'SIGHUP', null] as const).entries()) {
    renameSync(path, `${path}.${index}`);
    if (signal !== null) (daemon.process as ChildProcess).kill(signal);
    await asksUntil(path);
    const size = statSync(`${path}.${index}`).size;
    await ask();
    t.equal(
      statSync(`${path}.${index}`).size,
      size,
      `${signal ?? 'no signal'}: nothing more is written to the renamed file`,
    );
  }
  await daemon.stop();
  const files = ['.0', '.1', '.2', ''].map((end) => path + end);
  const ids = files
    // A request is logged after it was answered: a file that was renamed in between may hold nothing.
    .flatMap((each) =>
      textOf(each)
        .split('\n')
        .filter((line) => line !== ''),
    )
    .flatMap((each) => JSON.parse(each).request_id ?? []);
  t.strictSame(
    ids,
    Array.from({ length: asked }, (_, index) => `ask-${index + 1}`),
    'each request is logged once, in order',
  );
});

t.test(
  'while the disk is full lines are dropped, which is said once, and counted',
  { skip: !existsSync('/dev/full') && 'there is no /dev/full' },
  async (t) => {
    const settings = settingsIn(t);
    symlinkSync('/dev/full', settings.path);
    const told: string[] = [];
    const log = new LogFile({ ...settings, rotate: 'external' }, new ManualClock(Date.now()), (message) =>
      told.push(message),
    );
    for (const count of [1, 2, 3]) log.write(`{"count":${count}}\n`);
    t.match(told, [/lines of the log are dropped/]);
    t.equal(told.length, 1);
    rmSync(settings.path);
    log.reopen();
    log.write('{"count":4}\n');
    await log.close();
    const [first = '', second] = readFileSync(settings.path, 'utf8').split('\n');
    t.match(JSON.parse(first), { level: 40, lines: 3 });
    t.equal(second, '{"count":4}');
  },
);
