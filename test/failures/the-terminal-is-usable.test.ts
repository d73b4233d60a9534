// Goal: what the terminal shows can be believed and typed back: defaults are accepted, lists show the newest, a report that was only spooled says so to scripts.
import { join } from 'node:path';
import type { Command } from 'commander';
import { test } from 'tap';
import { buildProgram, verbs } from '../../src/cli/program.js';
import { jsonOn, onData, run } from '../cli/run.js';
import { spawnDaemon } from '../support/daemon.js';
import { temporaryFolder } from '../support/folder.js';

function* commandsOf(command: Command): Generator<Command> {
  yield command;
  for (const child of command.commands) yield* commandsOf(child);
}

test('every default that a help shows can be given', async (t) => {
  let seen = 0;
  for (const command of commandsOf(await buildProgram(verbs.map(({ name }) => name)))) {
    for (const { defaultValue, defaultValueDescription, parseArg, flags } of command.options) {
      if (defaultValue === undefined || parseArg === undefined || typeof defaultValue === 'boolean') continue;
      if (Array.isArray(defaultValue) && defaultValue.length === 0) continue;
      seen += 1;
      const shown = String(defaultValueDescription ?? defaultValue);
      const parse = () => parseArg(shown, undefined);
      t.doesNotThrow(parse, `${command.name()} ${flags} (default: ${shown})`);
    }
  }
  t.ok(seen >= 5);
});

test('the newest days are shown, and how many older ones are not', async (t) => {
  const data = join(temporaryFolder(t), 'data');
  for (const [cost, at] of [
    ['1', '5d'],
    ['2', '4d'],
    ['3', '3d'],
  ] as const) {
    await jsonOn(data)('usage', 'record', 'Ada', '--cost', cost, '--at', at);
  }
  const rows = await jsonOn(data)('usage', 'daily', '--limit', '2');
  t.strictSame(
    rows.map((row: { total_cost_micro_usd: number }) => row.total_cost_micro_usd),
    [2_000_000, 3_000_000],
  );
  t.match((await onData(data)('usage', 'daily', '--limit', '2')).stderr, /1 older rows? .*not shown/);
});

test('a report that only waits in the spool has an exit code of its own', async (t) => {
  const folder = temporaryFolder(t);
  const daemon = await spawnDaemon(join(folder, 'data'));
  const report = (...args: readonly string[]) =>
    run(['report', 'Ada', '--cost', '0.5', '--spool', join(folder, 'spool'), '--url', daemon.url, ...args]);
  t.match(await report('--print', 'interval'), { code: 0, stdout: /^\d+\n$/ });
  await daemon.stop();
  const waiting = await report('--timeout', '200ms');
  t.match(waiting, { code: 75, stdout: /Spooled, and safe/ });
  t.match(await report('--timeout', '200ms', '--print', 'interval'), { code: 75, stdout: '', stderr: /Spooled/ });
  t.match(JSON.parse((await report('--timeout', '200ms', '--json')).stdout), { status: 'spooled' });
});

test('a verb that does not exist is answered with the one that was meant', async (t) => {
  t.match(await run(['serv']), { code: 64, stderr: /Did you mean serve\?/ });
  t.match(await run(['usage', 'lst']), { code: 64, stderr: /Did you mean list\?/ });
  t.match(await run(['usage', 'list', '--identit', 'x']), { code: 64, stderr: /Did you mean --identity\?/ });
  const version = await run(['--version']);
  t.match(version.stdout, /^\d+\.\d+\.\d+\n$/);
  for (const flag of ['-v', '-V']) t.strictSame(await run([flag]), version);
});

test('what is not there, or is not what it should be, is said in words', async (t) => {
  const folder = temporaryFolder(t);
  const nowhere = join(folder, 'nowhere', 'x');
  const cases: readonly (readonly [args: readonly string[], says: RegExp])[] = [
    [['import', nowhere], /there is no file/],
    [['--config', nowhere, 'pools', 'list'], /there is no|cannot be (found|read)/i],
    [['policy', 'set', '--file', nowhere], /there is no file|cannot be (found|read)|unknown option/i],
    [['pools', 'add', 'x', '--time-zone', 'Mars/Olympus'], /no IANA time zone/],
    [['--time-zone', 'Mars/Olympus', 'serve'], /time zone|unknown option/],
    [['usage', 'list'], /no ledger|there is no/i],
    [['export', join(folder, 'nowhere', 'y')], /no ledger|there is no|cannot/i],
  ];
  for (const [args, says] of cases) {
    const { code, stdout, stderr } = await run([...args, '--data', join(folder, 'empty')]);
    t.not(code, 0, args.join(' '));
    t.match(stdout + stderr, says, args.join(' '));
    t.notMatch(stdout + stderr, /ENOENT|ZodError|RangeError|syscall|a fault of this program/, args.join(' '));
  }
});
