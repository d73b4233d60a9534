/**
 * Goal: `top` shows on one screen of 80 columns and 24 lines what a daemon does, is up to date a second later, and leaves the terminal as it
 * was; printed, it holds no colours. A daemon that is away is said to be.
 */
import { execFile, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import t from 'tap';
import { spawnDaemon } from '../support/daemon.js';
import { temporaryFolder } from '../support/folder.js';
import { noData, noSettings, program } from '../support/program.js';
import { onData, run } from './run.js';

const names = [
  'Ada',
  'Bob',
  'Grace',
  'Linus',
  'Margaret',
  'Dennis',
  'Ken',
  'Barbara',
  'an identity with a very long name indeed',
];

t.test('printed once', async (t) => {
  const data = join(temporaryFolder(t), 'data');
  const away = await run(['top', '--once', '--data', data]);
  t.match(away, { code: 2, stdout: '', stderr: /resource-share: .*\./ });
  const daemon = await spawnDaemon(data);
  t.teardown(() => daemon.stop());
  await onData(data)('quota', 'record', '--week', '42', '--week-resets', '3d');
  for (const name of names) await onData(data)('usage', 'record', name, '--cost', '1.5');
  await onData(data)('top', '--once');
  await onData(data)('usage', 'record', 'Ada', '--cost', '2');
  const { code, stdout } = await onData(data)('top', '--once');
  t.equal(code, 0);
  const lines = stdout.trimEnd().split('\n');
  t.ok(lines.length <= 24, `${lines.length} lines`);
  for (const line of lines) t.ok([...line].length <= 80, line);
  t.notMatch(stdout, '\u001B', 'no colours, and nothing that moves the cursor');
  t.match(stdout, /^resource-share \d.* on sqlite, up .*, no alerts, \d\d:\d\d:\d\dZ$/m);
  t.match(stdout, /^log +\d+\.\d events\/s, half of the appends take [\d.]+ m?s at most, 99 % [\d.]+ m?s$/m);
  t.match(stdout, /^queue +0 wait, 0 refused$/m);
  t.match(stdout, /^week_all +#+-+ +4\d.* % {2}resets in (3 d|2 d)/m);
  t.match(stdout, /^Ada .* \$2\.00/m, 'who used most since it was looked at first is on top');
  t.match(stdout, /^and 3 more$/m);
  t.match(stdout, /usage\.recorded +Ada \$2\.00$/m, 'the newest events are there');
});

const hasTmux = spawnSync('tmux', ['-V']).status === 0;

t.test('on a terminal', { skip: !hasTmux && 'tmux is not installed' }, async (t) => {
  const folder = temporaryFolder(t);
  const data = join(folder, 'data');
  const daemon = await spawnDaemon(data);
  const env = {
    ...process.env,
    TMUX_TMPDIR: folder,
    TMUX: '',
    TERM: 'xterm',
    XDG_DATA_HOME: noData,
    XDG_CONFIG_HOME: noSettings,
  };
  const tmux = async (...args: readonly string[]) => (await promisify(execFile)('tmux', args, { env })).stdout;
  await tmux('-f', '/dev/null', 'new-session', '-d', '-x', '80', '-y', '24', '-s', 'one', 'sh');
  t.teardown(() => tmux('kill-server'));
  const until = async (pattern: RegExp) => {
    for (;;) {
      const shown = await tmux('capture-pane', '-p', '-t', 'one');
      if (pattern.test(shown)) return shown;
    }
  };
  await tmux('send-keys', '-t', 'one', `${process.execPath} ${program} top --data ${data}`, 'Enter');
  t.match(await until(/Nobody shares yet/), /No window of the quota was read/);
  await onData(data)('usage', 'record', 'Ada', '--cost', '2');
  t.match(await until(/usage\.recorded +Ada \$2\.00/), /^Ada .* \$2\.00/m, 'what happens is there soon');
  await daemon.stop();
  t.match(await until(/this is what it said last/), /Ada/);
  await tmux('send-keys', '-t', 'one', 'q', '');
  t.match(await until(/ top --data/), /top --data/, 'what was on the terminal is there again');
});
