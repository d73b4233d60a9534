// Goal: `connect claude` takes in what was used, has the client tell the rest for one identity, and can be taken back.
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import t from 'tap';
import { madeAgents, madeModels, madeSecret, makeClaudeHome, rulesOf } from '../support/claude-home.js';
import { spawnDaemonIn } from '../support/daemon.js';
import { madeHome } from '../support/home.js';
import { logsJson } from '../support/otlp.js';

const settings = '.claude/settings.json';
const before = `{
\t"model": "opus",   "unknown": {"kept": [1,
2]},
\t"env": {"ANTHROPIC_API_KEY": "${madeSecret}"},
\t"hooks": {
\t\t"UserPromptSubmit": [{"hooks": [{"type": "command", "command": "mine"}]}]
\t}
}`;

/** Runs what the client would run, as it would. */
async function runAsClient(command: string, input: object, env: Readonly<Record<string, string>>): Promise<string> {
  const child = spawn('sh', ['-c', command], { env: { PATH: process.env.PATH, ...env }, stdio: 'pipe' });
  let text = '';
  child.stdout.setEncoding('utf8').on('data', (part) => {
    text += part;
  });
  child.stdin.end(JSON.stringify(input));
  await once(child, 'close');
  return text;
}

t.test('three agents, two months, sub-agents and forks are there within a minute', async (t) => {
  const home = madeHome(t, { RESOURCE_SHARE_SOURCES_RULES: JSON.stringify(rulesOf(madeAgents)) });
  const now = Date.now();
  const made = makeClaudeHome(home.home, now - 60_000);
  home.write(settings, before);
  const tree = home.tree();
  const daemon = await spawnDaemonIn(home.env, home.data);
  t.teardown(() => daemon.stop());
  const began = performance.now();
  const done = await home.json('connect', 'claude', '--yes');
  t.match(done, {
    status: 'written',
    daemon: daemon.url,
    identity: null,
    found: {
      roots: [{ root: join(home.home, '.claude/projects') }],
      total: { sessions: made.sessions, responses: made.responses, days: made.days, projects: 3, unpriced: 0 },
      identities: { Ada: made.responses / 3, Ben: made.responses / 3, Cleo: made.responses / 3 },
    },
    imported: [{ uses: made.responses, readings: 1, recorded: made.responses + 1, complete: true }],
  });
  t.notMatch(JSON.stringify(done), madeSecret);
  const text = home.read(settings);
  t.match(JSON.parse(text), {
    ...JSON.parse(before),
    hooks: { UserPromptSubmit: [{ hooks: [{ command: 'mine' }] }, {}] },
  });

  await t.test('the ledger, the status and the page show all of it', async (t) => {
    const rows = async (by: string) => (await home.json('usage', 'report', '--by', by, '--since', '90d')) as unknown;
    const models = JSON.stringify(await rows('model'));
    for (const model of madeModels) t.match(models, `"${model}"`);
    for (const by of ['identity', 'project']) {
      const shown = JSON.stringify(await rows(by)).toLowerCase();
      for (const agent of madeAgents) t.match(shown, `"${agent.toLowerCase()}"`, by);
    }
    const status = await home.json('fair', 'status');
    t.match(JSON.stringify(status), /session_5hour/, 'the window that was used up');
    const page = await (await fetch(`${daemon.url}/dashboard`)).text();
    for (const shown of [...madeAgents, 'session_5hour']) t.match(page, shown);
    t.notMatch(page, madeSecret);
  });

  const { statusLine, env, hooks } = JSON.parse(text);
  const uses = async () => (await home.json('usage', 'list', '--limit', '1000')).length as number;
  t.equal(await uses(), made.responses);

  await t.test('hook, telemetry, transcript and status line of a session count for one identity, once', async (t) => {
    const post = (url: string, body: string) =>
      fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body });
    const place = { session_id: 'live', cwd: '/srv/ben' };
    const hook = { hook_event_name: 'UserPromptSubmit', prompt: 'words', ...place };
    t.match(await (await post(hooks.UserPromptSubmit[1].hooks[0].url, JSON.stringify(hook))).text(), /Ben has /);
    const attributes = { request_id: 'req_live', 'session.id': 'live', input_tokens: 10, model: 'claude-opus-5' };
    const record = { body: 'claude_code.api_request', attributes: { ...attributes, 'agent.name': 'Explore' } };
    t.equal((await post(env.OTEL_EXPORTER_OTLP_LOGS_ENDPOINT, logsJson([record]))).status, 200);
    const draw = {
      ...place,
      cost: { total_cost_usd: 0.25 },
      rate_limits: { seven_day: { used_percentage: 12, resets_at: Math.floor(now / 1_000) + 90_000 } },
    };
    const drawnUntil = async (pattern: RegExp) => {
      for (let usd = 0.25; ; usd += 0.2) {
        const line = await runAsClient(statusLine.command, { ...draw, cost: { total_cost_usd: usd } }, home.env);
        if (pattern.test(line)) return line;
      }
    };
    t.match(await drawnUntil(/^Ben · /), /^Ben · .*week 12 %/);
    const { message, ...line } = JSON.parse(
      home.read('.claude/projects/-srv-ben/Ben-59.jsonl').split('\n')[0] as string,
    );
    const live = {
      ...line,
      requestId: 'req_live',
      uuid: 'live',
      sessionId: 'live',
      timestamp: new Date().toISOString(),
      message: { ...message, id: 'msg_live' },
    };
    home.write('.claude/projects/-srv-ben/live.jsonl', `${JSON.stringify(live)}\n`);
    t.match(await home.json('connect', 'claude', '--yes'), {
      status: 'unchanged',
      imported: [{ corrected: 1, recorded: 0 }],
    });
    const live_events = (await home.json('audit', 'events', '--limit', '100', '--type', 'usage.recorded')) as {
      payload: { session?: string; name: string };
    }[];
    const ofLive = live_events.filter(({ payload }) => payload.session === 'live');
    t.strictSame(
      ofLive.map(({ payload }) => payload.name),
      ['Ben'],
      'the response once, and nothing of the running total',
    );
    t.match(JSON.stringify(await home.json('fair', 'status')), /week_all/, 'the window that the status line told');
    const people = (await home.json('identities', 'list')) as { name: string }[];
    t.strictSame(people.map(({ name }) => name).sort(), [...madeAgents]);
  });
  t.comment(`${Math.round(performance.now() - began)} ms`);

  await t.test('a second run changes nothing', async (t) => {
    const counted = async () => (await home.json('audit', 'events', '--limit', '1'))[0].seq as number;
    const [seq, files] = [await counted(), home.tree(join(home.home, '.claude'))];
    t.match(await home.json('connect', 'claude', '--yes'), {
      status: 'unchanged',
      imported: [{ recorded: 0, corrected: 0, repeated: 0 }],
    });
    t.match(await home.ask('connect', 'claude'), { code: 0, stdout: /have it all already: nothing was written/ });
    t.equal(await counted(), seq);
    t.strictSame(home.tree(join(home.home, '.claude')), files);
  });

  await t.test('undo puts the settings back byte for byte', async (t) => {
    t.match(await home.ask('connect', 'claude', '--undo'), { code: 0, stdout: /settings\.json is as it was\./ });
    t.equal(home.read(settings), before);
    const { '.claude/projects/-srv-ben/live.jsonl': _, ...rest } = home.tree();
    const left = Object.keys(rest).filter((name) => !name.startsWith('.local'));
    t.strictSame(Object.fromEntries(left.map((name) => [name, rest[name]])), tree);
    t.match(await home.ask('connect', 'claude', '--undo'), { code: 0, stdout: /Nothing of ours/ });
    t.equal(await uses(), made.responses + 2, 'what was taken in stays: the response, and its correction');
  });
});

t.test('a name that is given goes into all of it', async (t) => {
  const home = madeHome(t);
  makeClaudeHome(home.home, Date.now(), 1);
  home.write('config.json', '{}');
  const config = join(home.home, 'config.json');
  const { imported, found } = await home.json(
    ...['connect', 'claude', '--yes', '--as', 'Ada B', '--pool', 'default', '--config', config],
  );
  t.match({ imported, found }, { imported: [{ complete: true }], found: { identities: { 'Ada B': 15 } } });
  const { statusLine, env, hooks } = JSON.parse(home.read(settings));
  t.match(
    statusLine.command,
    / statusline 'Ada B' --config \S+\/config\.json --pool default --url http:\/\/127\.0\.0\.1:8765$/,
  );
  t.match(await runAsClient(statusLine.command, {}, home.env), /^Ada B\n$/, 'from whichever folder');
  t.match(env, { OTEL_RESOURCE_ATTRIBUTES: 'agent.id=Ada%20B' });
  t.match(hooks.StopFailure[0].hooks[0].url, /\?agent=Ada\+B&pool=default$/);
});

t.test('of a daemon elsewhere the account of this machine is told, as that of the daemon is another one', async (t) => {
  const home = madeHome(t);
  makeClaudeHome(home.home, Date.now(), 1);
  const elsewhere = ['--url', 'http://ledger.example:9', '--no-import'];
  const { identity, who } = await home.json('connect', 'claude', '--yes', ...elsewhere);
  t.match(identity, /^[^@]+@.+$/);
  t.equal(identity, who);
  t.match(JSON.parse(home.read(settings)).statusLine.command, `statusline ${identity} --url http://ledger.example:9`);
  t.match((await home.ask('connect', 'claude', '--url', 'unix:/run/x.sock')).code, 64);
});

t.test('no file with credentials is opened', async (t) => {
  const home = madeHome(t);
  makeClaudeHome(home.home, Date.now(), 1);
  home.write('.codex/sessions/none.jsonl', '');
  home.write('.gemini/tmp/none', '');
  // Whoever opens one of these waits for ever.
  for (const name of [
    '.claude/.credentials.json',
    '.claude.json',
    '.codex/auth.json',
    '.gemini/oauth_creds.json',
    '.gemini/.env',
  ])
    execFileSync('sh', ['-c', 'rm -f "$1" && mkfifo "$1"', 'sh', join(home.home, name)]);
  for (const client of ['claude', 'codex', 'gemini']) {
    t.match(await home.ask('connect', client, '--yes'), { code: 0 }, client);
    t.match(await home.ask('connect', client, '--undo'), { code: 0 }, client);
  }
});
