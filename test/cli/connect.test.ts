// Goal: `connect` writes what it showed, whole or not at all, where it may, and can be taken back; for each client.
import { execFileSync, spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  watch,
} from 'node:fs';
import { join, relative } from 'node:path';
import { parse } from 'smol-toml';
import t from 'tap';
import { codexLines, geminiLines, makeClaudeHome } from '../support/claude-home.js';
import { textOf } from '../support/claude-lines.js';
import { spawnDaemonIn } from '../support/daemon.js';
import { type Home, madeHome } from '../support/home.js';
import { logsJson } from '../support/otlp.js';
import { program } from '../support/program.js';
import { spawnNode } from './run.js';

const settings = '.claude/settings.json';
const before = '{"model":"opus","env":{"X":"1"}}';
const quick = ['connect', 'claude', '--yes', '--no-import'];

function withClaude(t: Parameters<typeof madeHome>[0], text: string | null = before): Home {
  const home = madeHome(t);
  makeClaudeHome(home.home, Date.now(), 1);
  if (text !== null) home.write(settings, text);
  return home;
}

t.test('a dry run, and a run without a terminal, write nothing at all', async (t) => {
  const home = withClaude(t);
  for (const isThere of [false, true]) {
    if (isThere) await home.json('collect', '--once');
    const [tree, data] = [home.tree(), isThere ? home.tree(home.data) : {}];
    const dry = await home.ask('connect', 'claude', '--dry-run');
    t.match(dry, { code: 0, stdout: /^\+.*statusline/m });
    t.match(dry.stdout, /15 .*Nothing was written, as this is a dry run/s);
    const { code, stdout, stderr } = await home.ask('connect', 'claude');
    t.match(
      { code, stderr },
      { code: 1, stderr: /no terminal to ask on. `resource-share connect claude --yes` writes it/ },
    );
    t.match(stdout, /^\+.*statusline/m, 'the change is shown');
    t.strictSame(home.tree(), tree);
    t.equal(existsSync(home.data), isThere);
    if (isThere) t.strictSame(home.tree(home.data), data);
  }
  await home.ask(...quick);
  const tree = home.tree();
  t.match(await home.ask('connect', 'claude', '--undo', '--dry-run'), { code: 0, stdout: /^-.*statusline/m });
  t.strictSame(home.tree(), tree);
});

const hasScript = spawnSync('script', ['--version']).stdout?.includes('util-linux') === true;

t.test('on a terminal it asks', { skip: !hasScript && 'script, of util-linux, is not installed' }, async (t) => {
  const home = withClaude(t);
  const answer = (line: string) => {
    const command = `"${process.execPath}" "${program}" connect claude --no-import`;
    const env = { ...process.env, ...home.env };
    const { stdout, status } = spawnSync('script', ['-qec', command, '/dev/null'], {
      env,
      input: line,
      encoding: 'utf8',
    });
    t.match(stdout, /Write this into .*settings\.json\? \[y\/N\]/);
    return status;
  };
  for (const no of ['n\n', '\n', 'yet\n']) t.equal(answer(no), 1);
  t.equal(home.read(settings), before);
  t.equal(answer('y\n'), 0);
  t.match(JSON.parse(home.read(settings)), { statusLine: { type: 'command' } });
});

t.test('a file that was not there is gone again, with its folder', async (t) => {
  const home = madeHome(t, {});
  t.match(await home.ask(...quick), { code: 1, stderr: /There is no Claude Code here: no .*settings\.json/ });
  home.write('.config/claude/projects/none', '');
  t.match(await home.json(...quick), { status: 'written', daemon_answers: false });
  t.match(JSON.parse(home.read(settings)), { env: { OTEL_LOGS_EXPORTER: 'otlp' } });
  t.match(await home.ask('connect', 'claude', '--undo'), { code: 0, stdout: /is gone again/ });
  t.notOk(existsSync(join(home.home, '.claude')));
});

t.test('mode and links stay as they are', async (t) => {
  const home = withClaude(t, null);
  home.write('dotfiles/claude.json', before);
  chmodSync(join(home.home, 'dotfiles/claude.json'), 0o640);
  symlinkSync('../dotfiles/claude.json', join(home.home, settings));
  t.match(await home.json(...quick), { status: 'written' });
  t.ok(lstatSync(join(home.home, settings)).isSymbolicLink());
  t.equal(statSync(join(home.home, 'dotfiles/claude.json')).mode & 0o777, 0o640);
  t.match(JSON.parse(home.read('dotfiles/claude.json')), { statusLine: {} });
  t.strictSame(readdirSync(join(home.home, 'dotfiles')), ['claude.json'], 'nothing else is left there');
  const kept = home.tree(join(home.home, '.local/state/resource-share/connect'));
  t.equal(Object.keys(kept).length, 2, 'a copy, and what was put in');
  for (const entry of Object.values(kept)) t.match(entry, /^100600 /);
  await home.ask('connect', 'claude', '--undo');
  t.equal(home.read('dotfiles/claude.json'), before);
  t.ok(lstatSync(join(home.home, settings)).isSymbolicLink());
  t.strictSame(readdirSync(join(home.home, '.local/state/resource-share/connect')), []);
});

t.test('what may not or cannot be changed is left alone, and said', async (t) => {
  const home = withClaude(t);
  const refused = async (pattern: RegExp) => {
    const tree = home.tree();
    t.match(await home.ask('connect', 'claude', '--yes'), { code: 2, stderr: pattern });
    t.strictSame(home.tree(), tree);
  };
  chmodSync(join(home.home, settings), 0o444);
  await refused(/settings\.json is read-only\. Nothing was written/);
  chmodSync(join(home.home, settings), 0o644);
  home.write(settings, '{"a": 1,\n "b" 2}');
  await refused(/settings\.json is no JSON: .* in line 2, column \d+\. Nothing was written/);
  home.write(settings, Buffer.from([0x7b, 0xff, 0x7d]).toString('latin1'));
  await refused(/is no JSON|is no text/);
  execFileSync('rm', [join(home.home, settings)]);
  symlinkSync('/nowhere/at/all', join(home.home, settings));
  await refused(/is a link to a file that is not there/);
  execFileSync('rm', [join(home.home, settings)]);
  mkdirSync(join(home.home, settings));
  await refused(/is no file/);
});

t.test('what a person changed since stays when it is undone', async (t) => {
  const home = withClaude(t);
  await home.ask(...quick);
  home.write(settings, home.read(settings).replace('"opus"', '"sonnet"').replace('"X":"1"', '"X":"1","Y":"2"'));
  t.match(await home.json(...quick), { status: 'unchanged' });
  t.match(await home.ask('connect', 'claude', '--undo'), {
    code: 0,
    stdout: /is taken out; what was changed since stays/,
  });
  t.same(JSON.parse(home.read(settings)), { model: 'sonnet', env: { X: '1', Y: '2' } });
  await home.ask(...quick);
  home.write(settings, home.read(settings).replace('"OTEL_LOGS_EXPORTER":"otlp"', '"OTEL_LOGS_EXPORTER":"console"'));
  t.match(await home.ask('connect', 'claude', '--undo'), { stdout: /has changed env\.OTEL_LOGS_EXPORTER since/ });
  t.same(JSON.parse(home.read(settings)), { model: 'sonnet', env: { X: '1', Y: '2', OTEL_LOGS_EXPORTER: 'console' } });
});

t.test('another address takes the place of the one before, and undo still leads to the beginning', async (t) => {
  const home = withClaude(t);
  await home.ask(...quick);
  t.match(await home.json(...quick, '--url', 'http://127.0.0.1:9', '--as', 'Ada'), { status: 'written' });
  const { hooks } = JSON.parse(home.read(settings));
  t.strictSame(
    hooks.UserPromptSubmit.map((group: { hooks: { url: string }[] }) => group.hooks[0]?.url),
    ['http://127.0.0.1:9/v1/hooks/claude?agent=Ada'],
  );
  t.match(await home.json(...quick, '--no-hooks', '--no-telemetry'), { status: 'written' });
  t.strictSame(Object.keys(JSON.parse(home.read(settings))), ['model', 'env', 'statusLine']);
  await home.ask('connect', 'claude', '--undo');
  t.equal(home.read(settings), before);
});

t.test('a status line of a person stays, unless it is asked to be replaced', async (t) => {
  const own = '{"statusLine":{"type":"command","command":"~/mine.sh"}}';
  const home = withClaude(t, own);
  t.match(await home.ask(...quick), {
    code: 0,
    stdout: /The status line that is there stays: statusLine is set already/,
  });
  t.match(JSON.parse(home.read(settings)), { statusLine: { command: '~/mine.sh' }, hooks: { StopFailure: [{}] } });
  t.match(await home.json(...quick, '--replace'), { status: 'written' });
  t.match(JSON.parse(home.read(settings)).statusLine.command, /statusline/);
  await home.ask('connect', 'claude', '--undo');
  t.equal(home.read(settings), own);
});

t.test('what is kept for undo and is damaged is named', async (t) => {
  const home = withClaude(t);
  await home.ask(...quick);
  const folder = '.local/state/resource-share/connect';
  const [name = ''] = readdirSync(join(home.home, folder)).filter((file) => file.endsWith('.json'));
  home.write(`${folder}/${name}`, 'damage');
  const after = home.read(settings);
  for (const args of [quick, ['connect', 'claude', '--undo']])
    t.match(await home.ask(...args), {
      code: 2,
      stderr: /what it kept of that is damaged: .*\.json\. Nothing was written/,
    });
  t.equal(home.read(settings), after);
});

t.test('killed while it writes, the file is whole, and can be put back', async (t) => {
  const home = withClaude(t);
  await home.ask(...quick);
  const after = home.read(settings);
  await home.ask('connect', 'claude', '--undo');
  const folders = ['.claude', '.local/state/resource-share/connect'].map((name) => join(home.home, name));
  const listed = () => readdirSync(folders[0] as string).sort();
  const files = listed();
  // So often something in a folder has changed: the copy, what was put in; the new file, what is in it, its place.
  const moments = [
    [2, 3, 4, 5, 6, 8],
    [1, 3, 5],
  ].flatMap((counts, i) => counts.map((count) => [folders[i] as string, count] as const));
  for (const [folder, changes] of moments) {
    const child = spawnNode([program, ...quick], home.env);
    let seen = 0;
    const watcher = watch(folder, () => {
      seen += 1;
      if (seen === changes) child.kill('SIGKILL');
    });
    await new Promise((resolve) => child.on('close', resolve));
    watcher.close();
    t.ok(seen > 0, 'something was written');
    const found = home.read(settings);
    t.ok(found === before || found === after, `${changes} of ${folder}`);
    t.equal((await home.ask('connect', 'claude', '--undo')).code, 0);
    t.equal(home.read(settings), before);
    t.strictSame(listed(), files, 'nothing is left behind');
  }
});

t.test('a second run that fails halfway leaves an undo that leads to the beginning', async (t) => {
  // Between what the file is before and after, in blocks of 512 bytes: the new file cannot be written, all else can.
  const blocks = 60;
  const long = JSON.stringify({ model: 'opus', padding: 'x'.repeat(blocks * 512 - 200) });
  const failing = (home: Home, who: string) => {
    const command = `ulimit -f ${blocks}; exec "${process.execPath}" "${program}" ${quick.join(' ')} --as ${who}`;
    return spawnSync('sh', ['-c', command], { env: { ...process.env, ...home.env } }).status;
  };
  for (const isChanged of [false, true]) {
    const home = withClaude(t, long);
    const files = readdirSync(join(home.home, '.claude'));
    await home.ask(...quick, '--as', 'Ada');
    const changed = (text: string) => (isChanged ? text.replace('opus', 'sonnet') : text);
    home.write(settings, changed(home.read(settings)));
    const after = home.read(settings);
    for (const who of ['Bob', 'Cy']) t.not(failing(home, who), 0);
    t.equal(home.read(settings), after);
    t.match(await home.json('connect', 'claude', '--undo'), { status: 'undone', settings: [{ left: [] }] });
    t.equal(home.read(settings), changed(long));
    t.strictSame(readdirSync(join(home.home, '.claude')), files, 'nothing is left behind');
  }
});

t.test('the copy stays as long as something is left to be put back by hand', async (t) => {
  const home = withClaude(t);
  await home.ask(...quick);
  home.write(settings, home.read(settings).replace('"OTEL_LOGS_EXPORTER":"otlp"', '"OTEL_LOGS_EXPORTER":"console"'));
  const { stdout } = await home.ask('connect', 'claude', '--undo');
  const [, copy = ''] = /What it was before stays in ~\/(\S+)\./.exec(stdout) ?? [];
  t.equal(home.read(copy), before);
  await home.ask(...quick);
  await home.ask('connect', 'claude', '--undo');
  t.equal(home.read(copy), before);
});

t.test('a file that somebody removed is put back', async (t) => {
  for (const isTwice of [false, true]) {
    const home = withClaude(t);
    await home.ask(...quick);
    rmSync(join(home.home, settings));
    if (isTwice) {
      t.match(await home.json(...quick), { status: 'written' });
      t.notOk(JSON.parse(home.read(settings)).model, 'what was removed stays away until then');
    }
    t.match(await home.ask('connect', 'claude', '--undo'), { code: 0, stdout: /settings\.json is as it was/ });
    t.equal(home.read(settings), before);
  }
});

t.test('undo finds a file that was not there, however it is named', async (t) => {
  const home = withClaude(t, null);
  renameSync(join(home.home, '.claude'), join(home.home, 'dotfiles'));
  symlinkSync('dotfiles', join(home.home, '.claude'));
  t.match(await home.json(...quick), { status: 'written' });
  t.match(await home.json('connect', 'claude', '--undo'), { status: 'undone' });
  t.notOk(existsSync(join(home.home, settings)));
  const file = relative(process.cwd(), join(home.home, 'new/rc'));
  t.match(await home.json('connect', 'otel', '--file', file, '--yes'), { status: 'written' });
  t.match(await home.json('connect', 'otel', '--file', join(home.home, 'new/rc'), '--undo'), { status: 'undone' });
  t.notOk(existsSync(join(home.home, 'new')));
});

t.test('undo needs no daemon that a client could be told', async (t) => {
  const home = withClaude(t);
  await home.ask(...quick);
  t.match(await home.ask(...quick, '--url', 'unix:/run/x.sock'), { code: 64, stderr: /by http/ });
  t.match(await home.json('connect', 'claude', '--undo', '--url', 'unix:/run/x.sock'), { status: 'undone' });
  t.equal(home.read(settings), before);
});

t.test('what a run that was killed has left is removed, and not what another one is writing', async (t) => {
  const home = withClaude(t);
  const { pid: ended } = spawnSync(process.execPath, ['--version']);
  const [left, writing] = [ended, process.pid].map(
    (pid) => `.claude/.settings.json.resource-share.${pid}.0123abcd.tmp`,
  );
  for (const file of [left, writing]) home.write(file as string, 'half');
  t.match(await home.json(...quick), { status: 'written' });
  t.notOk(existsSync(join(home.home, left as string)));
  t.equal(home.read(writing as string), 'half');
});

t.test('several folders that the client is told have settings each', async (t) => {
  const home = madeHome(t);
  const folders = ['one', 'two'].map((name) => join(home.home, name));
  makeClaudeHome(join(home.home, 'x'), Date.now(), 1);
  for (const folder of folders) mkdirSync(join(folder, 'projects'), { recursive: true });
  const told = madeHome(t, { ...home.env, CLAUDE_CONFIG_DIR: folders.join(',') });
  t.match(await told.json(...quick), {
    status: 'written',
    settings: folders.map((folder) => ({ file: join(folder, 'settings.json') })),
  });
  for (const folder of folders) t.ok(existsSync(join(folder, 'settings.json')));
  await told.ask('connect', 'claude', '--undo');
  for (const folder of folders) t.strictSame(readdirSync(folder), ['projects']);
});

t.test('Codex: sessions are taken in, and its telemetry is told where to go', async (t) => {
  const home = madeHome(t);
  const config = '# mine\nmodel = "gpt-5"\n\n[otel]\nenvironment = "dev"\n';
  home.write('.codex/config.toml', config);
  home.write('.codex/sessions/2026/11/28/rollout-1.jsonl', textOf(...codexLines(Date.UTC(2026, 10, 28))));
  const daemon = await spawnDaemonIn(home.env, home.data);
  t.teardown(() => daemon.stop());
  const done = await home.json('connect', 'codex', '--yes', '--as', 'Ada');
  t.match(done, {
    status: 'written',
    daemon_answers: true,
    found: { total: { responses: 1, tokens: 3_400, days: 1 } },
    imported: [{ recorded: 1 }],
  });
  t.same(parse(home.read('.codex/config.toml')), {
    model: 'gpt-5',
    otel: {
      environment: 'dev',
      exporter: {
        'otlp-http': {
          endpoint: `${daemon.url}/v1/logs`,
          protocol: 'binary',
          headers: { 'x-resource-share-agent': 'Ada' },
        },
      },
    },
  });
  t.match(await home.json('connect', 'codex', '--yes', '--as', 'Ada'), {
    status: 'unchanged',
    imported: [{ recorded: 0 }],
  });
  await home.ask('connect', 'codex', '--undo');
  t.equal(home.read('.codex/config.toml'), config);
});

t.test('Gemini CLI: chats are taken in, and its telemetry is told where to go', async (t) => {
  const home = madeHome(t);
  const config = '{\n  // mine\n  "theme": "x",\n}\n';
  home.write('.gemini/settings.json', config);
  home.write('.gemini/tmp/p/chats/session-1.jsonl', textOf(...geminiLines(Date.UTC(2026, 10, 28))));
  const daemon = await spawnDaemonIn(home.env, home.data);
  t.teardown(() => daemon.stop());
  const named = ['connect', 'gemini', '--yes', '--as', 'Ada'];
  const done = await home.json(...named);
  t.match(done, { status: 'written', found: { total: { responses: 1, tokens: 570 } }, imported: [{ recorded: 1 }] });
  const text = home.read('.gemini/settings.json');
  t.match(text, /\/\/ mine\n/);
  const endpoint = /"otlpEndpoint": "([^"]+)"/.exec(text)?.[1] as string;
  const answer = await fetch(endpoint, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: logsJson([
      {
        body: 'gemini_cli.api_response',
        attributes: { 'session.id': 'g2', model: 'gemini-3-pro', input_token_count: 5 },
      },
    ]),
  });
  t.equal(answer.status, 200, 'the address is one that the daemon takes');
  t.match(await home.json('audit', 'events', '--type', 'usage.recorded'), [
    { payload: { name: 'Ada' } },
    { payload: { name: 'Ada' } },
  ]);
  t.match(await home.json(...named), { status: 'unchanged', imported: [{ recorded: 0 }] });
  await home.ask('connect', 'gemini', '--undo');
  t.equal(home.read('.gemini/settings.json'), config);
});

t.test('OpenTelemetry: lines for a shell, or in a file', async (t) => {
  const home = madeHome(t);
  const { code, stdout } = await home.ask('connect', 'otel', '--as', 'Ada');
  t.match({ code, stdout }, { code: 0, stdout: /^(export OTEL_\w+=\S+\n)+$/ });
  const printed = execFileSync('sh', ['-c', `${stdout}echo "$OTEL_EXPORTER_OTLP_ENDPOINT $OTEL_RESOURCE_ATTRIBUTES"`]);
  t.equal(String(printed), 'http://127.0.0.1:8765 agent.id=Ada\n');
  home.write('.profile', 'alias x=y');
  const file = join(home.home, '.profile');
  t.match(await home.ask('connect', 'otel', '--file', file), { code: 1, stderr: /no terminal to ask on/ });
  t.match(await home.json('connect', 'otel', '--file', file, '--yes'), { status: 'written' });
  t.match(await home.json('connect', 'otel', '--file', file, '--yes'), { status: 'unchanged' });
  t.match(home.read('.profile'), /^alias x=y\n\n# resource-share: begin.*\nexport OTEL/);
  t.match(await home.ask('connect', 'otel', '--undo'), { code: 64, stderr: /Name the file with --file/ });
  await home.ask('connect', 'otel', '--file', file, '--undo');
  t.equal(home.read('.profile'), 'alias x=y');
  t.match(await home.ask('connect', 'claude', '--file', file), { code: 64 });
  t.match(await home.ask('connect', 'telegraph'), { code: 64 });
});
