/**
 * Goal: the guide to replacing the original server works in a made household, command by command: its server runs and writes, cron has
 * its line, and the units are started and stopped by a `systemctl` that knows these few.
 */
import { execFile } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import Database from 'better-sqlite3';
import t from 'tap';
import { packageRoot } from '../../src/package-root.js';
import { temporaryFolder } from '../support/folder.js';
import { freePort } from '../support/free-port.js';
import { OriginalHousehold, writeWeeks } from '../support/original-household.js';
import { noSettings, program } from '../support/program.js';
import { randomSource } from '../support/random.js';

const run = promisify(execFile);
const guide = readFileSync(join(packageRoot, 'docs/guides/replace-the-original.md'), 'utf8');
const originalServer = join(packageRoot, 'dist/test/support/original-server.js');

const systemctl = `#!/bin/sh
# What systemd does with the units of the household.
case "$*" in
  *list-unit-files*) echo 'coop-server.service enabled enabled'; echo 'coop-aggregate.timer enabled enabled';;
  *'enable --now'*coop-server*) "$NODE" "$ORIGINAL" "$HOME/coop/data/resource_tracking.db" "$PORT" >"$HOME/server.out" 2>&1 & echo $! >"$HOME/server.pid";;
  *'disable --now'*coop-server*) kill "$(cat "$HOME/server.pid")";;
  *'enable --now'*resource-share*) grep -q 'ExecStart=.*resource-share serve' "$HOME/.config/systemd/user/resource-share.service"
    "$NODE" "$PROGRAM" serve --port "$PORT" --log-level error >"$HOME/daemon.out" 2>&1 & echo $! >"$HOME/daemon.pid";;
  *'disable --now'*resource-share*) kill "$(cat "$HOME/daemon.pid")";;
esac
case "$*" in *'--now'*) "$NODE" -e '
  const wanted = !process.argv[1].includes("disable");
  const look = () => fetch("http://127.0.0.1:" + process.env.PORT + "/health").then(() => true, () => false)
    .then((is) => is === wanted || setTimeout(look, 50));
  look();' -- "$*";; esac
`;
const crontab = `#!/bin/sh
case "$1" in -l) cat "$HOME/crontab";; -) cat >"$HOME/crontab.new" && mv "$HOME/crontab.new" "$HOME/crontab";; esac
`;
const claude = `#!/bin/sh
echo '{"num_turns": 0, "total_cost_usd": 0, "result": "Current session: 17% used · resets 11:59pm (Europe/London)"}'
`;
const npx = `#!/bin/sh
shift
exec "$NODE" "$PROGRAM" "$@"
`;

t.test('the guide to replacing the original', { timeout: 400_000 }, async (t) => {
  const home = temporaryFolder(t);
  const port = await freePort();
  const bin = join(home, 'bin');
  mkdirSync(bin);
  for (const [name, text] of Object.entries({ systemctl, crontab, claude, npx })) {
    writeFileSync(join(bin, name), text);
    chmodSync(join(bin, name), 0o755);
  }
  writeFileSync(join(home, 'crontab'), '*/10 * * * * python3 ~/coop/check_quota.py\n0 3 * * * backup\n');
  mkdirSync(join(home, 'coop/data'), { recursive: true });
  const household = new OriginalHousehold(join(home, 'coop/data/resource_tracking.db'));
  writeWeeks(household, 500, Date.now() - 3_600_000, randomSource(5));
  household.close();
  const env = {
    ...process.env,
    HOME: home,
    PATH: `${bin}:${process.env.PATH}`,
    NODE: process.execPath,
    PROGRAM: program,
    ORIGINAL: originalServer,
    PORT: String(port),
    XDG_CONFIG_HOME: noSettings,
    XDG_DATA_HOME: home,
    XDG_STATE_HOME: join(home, 'state'),
    XDG_RUNTIME_DIR: '',
  };
  const sh = (script: string) =>
    run('bash', ['-c', `set -eu\n${script.replaceAll('localhost:8765', `localhost:${port}`)}`], { cwd: home, env });
  t.teardown(async () => {
    for (const name of ['server', 'daemon']) await endProcess(join(home, `${name}.pid`));
  });
  await sh('systemctl --user enable --now coop-server.service');
  const reporting = new Reports(port);
  const blocks = [...guide.matchAll(/^```sh(?: (\w+))?\n([\s\S]*?)^```$/gm)].map(([, tool, text]) => ({
    tool,
    text: text as string,
  }));
  t.ok(blocks.length >= 9, 'the guide has commands');
  for (const { tool, text } of blocks) {
    if (tool === 'start') continue;
    if (tool !== undefined && !(await isInstalled(tool))) {
      t.comment(`${tool} is not installed`);
      continue;
    }
    const { stdout } = await sh(text).catch((error: { stdout: string; stderr: string }) => {
      t.fail(text, { stdout: error.stdout, stderr: error.stderr });
      return error;
    });
    t.notMatch(stdout, /"code":"/, 'no answer is a problem');
    if (text.includes('--dry-run')) await reporting.send(3);
  }
  t.equal(reporting.sent, 3, 'agents reported between the dry run and the import');
  const cron = readFileSync(join(home, 'crontab'), 'utf8').trim().split('\n');
  t.match(cron, ['0 3 * * * backup', /usage-text -$/]);
  await sh('systemctl --user disable --now coop-server.service; systemctl --user enable --now resource-share.service');
  await sh(String(cron.at(-1)).replace(/^(\S+ ){5}/, ''));
  const { stdout } = await sh('npx resource-share quota history --json');
  t.match(
    JSON.parse(stdout)[0],
    { window_key: 'session_5hour', percent_bp: 1_700 },
    'the line of cron takes the reading in',
  );
  const ledger = new Database(join(home, 'resource-share/resource_tracking.db'), { readonly: true });
  const original = new Database(join(home, 'coop/data/resource_tracking.db'), { readonly: true });
  const count = (db: Database.Database, where = '1') =>
    db.prepare(`SELECT count(*) FROM resource_share_increments WHERE ${where}`).pluck().get();
  t.equal(count(ledger, "source = 'coop-import/1'"), 503, 'all of the history');
  t.equal(count(ledger, "source <> 'coop-import/1'"), 1, 'and the report after the switch');
  if (await isInstalled('sqlite3')) {
    t.equal(count(original), 504, 'which the way back takes along');
    t.match(original.prepare('SELECT * FROM resource_share_increments ORDER BY id DESC').get(), {
      claude_name: 'Ada',
      mode: 'autonomy',
      cost_delta: 0.12,
      weighted_cost: 120,
    });
  }
  ledger.close();
  original.close();
});

/** Agents that report to whoever listens. */
class Reports {
  sent = 0;
  readonly #port: number;

  constructor(port: number) {
    this.#port = port;
  }

  async send(count: number): Promise<void> {
    for (let i = 0; i < count; i += 1) {
      const body = JSON.stringify({ claude_name: 'Bob', mode: 'autonomy', cost_delta: 0.05 + i / 100 });
      const headers = { 'content-type': 'application/json' };
      await fetch(`http://127.0.0.1:${this.#port}/resource-share/increment`, { method: 'POST', headers, body });
      this.sent += 1;
    }
  }
}

const isInstalled = (tool: string): Promise<boolean> =>
  run('sh', ['-c', `command -v ${tool}`]).then(
    () => true,
    () => false,
  );

async function endProcess(pidFile: string): Promise<void> {
  if (!existsSync(pidFile)) return;
  try {
    process.kill(Number(readFileSync(pidFile, 'utf8')), 'SIGTERM');
  } catch {
    // It has ended already.
  }
}
