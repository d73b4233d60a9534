// Goal: a command that is run in turns keeps to what its agent is told, whatever becomes of it, of the daemon, or of the runner.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { claudeLine } from '../support/claude-lines.js';
import { count, instant, isAlive, settledTurn, shell, until, world } from './agent-world.js';

const result = (more: object) => JSON.stringify({ type: 'result', session_id: 's-1', total_cost_usd: 0.5, ...more });

t.test('it ends as the command does, in a turn that is settled; what cannot be started used nothing', async (t) => {
  const { agent, types, openTurns } = await world(t, instant);
  const first = await agent('Ada', ...shell('echo "$RESOURCE_SHARE_AGENT"; exit 3')).ended;
  t.match(first, { code: 3, stdout: 'Ada\n', stderr: '' });
  t.strictSame(await types(), settledTurn);
  t.match(await agent('Ada', ...shell('kill -TERM $$')).ended, { code: 143 });
  t.match(await agent('Ada', '--', 'no-such-command').ended, { code: 127, stderr: /no-such-command cannot be run/ });
  t.match(await agent('Ada', '--', '/dev/null').ended, { code: 126, stderr: /not executable/ });
  t.match(await agent('Ada').ended, { code: 64, stderr: /Give the command/ });
  t.strictSame((await types()).slice(-2), ['turn.granted', 'turn.released']);
  t.equal(await openTurns(), 0);
});

t.test('signals reach the command, and its own end counts; a loop ends with it', async (t) => {
  const { agent, openTurns } = await world(t);
  for (const name of ['INT', 'TERM', 'HUP']) {
    const script = `trap 'echo got ${name}; exit 7' ${name}; echo ready; while :; do sleep 0.05; done`;
    const run = agent(`agent-${name}`, '--every', ...shell(script));
    await until(() => run.wrote.stdout === 'ready\n');
    run.child.kill(`SIG${name}` as NodeJS.Signals);
    t.match(await run.ended, { code: 7, stdout: `ready\ngot ${name}\n` }, name);
  }
  t.equal(await openTurns(), 0);
});

t.test('who may not run yet waits, says why and until when, and holds no turn meanwhile', async (t) => {
  const { agent, types, openTurns } = await world(t);
  await agent('Ada', ...shell('true')).ended;
  const waiting = agent('Ada', ...shell('echo it ran'));
  await until(() => waiting.wrote.stderr.endsWith('\n'));
  t.match(waiting.wrote.stderr, /^Ada waits until \d\d:\d\d:\d\d \(15 min\): It is to run again in 15 min\.\n$/);
  t.equal(await openTurns(), 0);
  waiting.child.kill('SIGINT');
  t.match(await waiting.ended, { code: 130, stdout: '' });
  t.strictSame((await types()).slice(3), ['turn.granted', 'turn.released']);
});

t.test('what a run used is read from its result; a cost that is a guess is left out', async (t) => {
  const { agent, events } = await world(t, instant);
  const usesSince = async (seq: number) =>
    (await events())
      .slice(seq)
      .flatMap(({ type, payload }) => (type === 'usage.recorded' && payload.meter ? [payload] : []));
  const modelUsage = {
    'claude-opus-5': { inputTokens: 10, cacheReadInputTokens: 500, outputTokens: 20, costUSD: 0.4 },
    'claude-sonnet-4-5': { inputTokens: 7, outputTokens: 3, costUSD: 99, costBasis: 'unknown' },
  };
  const line = result({ modelUsage });
  await agent('Ada', '--usage', 'json', ...shell(`echo starting; echo '${line}'`)).ended;
  const [opus, other] = await usesSince(0);
  t.match(opus, {
    model: 'claude-opus-5',
    cost_micro_usd: 400_000,
    tokens: { input: 10, cache_read: 500, output: 20 },
  });
  t.match(other, { model: 'claude-sonnet-4-5', tokens: { input: 7, output: 3 }, cost_source: 'computed' }, 'no guess');
  const before = (await events()).length;
  const usage = { input_tokens: 11, output_tokens: 5, cache_creation_input_tokens: 9 };
  const guess = JSON.stringify([{ type: 'system' }, JSON.parse(result({ costBasis: 'unknown', usage }))], null, 2);
  await agent('Ada', '--usage', 'json', ...shell(`echo '${guess}'`)).ended;
  const [sum] = await usesSince(before);
  t.match(sum, { tokens: { input: 11, cache_write_5m: 9, output: 5 }, cost_source: 'unpriced' });
  t.match(await agent('Ada', '--usage', 'json', ...shell('echo no result')).ended, {
    code: 0,
    stdout: 'no result\n',
    stderr: /used is not known: its stdout ends with no result/,
  });
});

t.test('or from the transcript of its session, response by response, of this run alone', async (t) => {
  const { agent, events, folder } = await world(t, instant);
  const project = join(folder, 'claude/projects/-srv-p1');
  mkdirSync(project, { recursive: true });
  const timestamp = new Date(Date.now() + 60_000).toISOString();
  const lines = [
    claudeLine({ message: { id: 'msg_old' }, line: { requestId: 'req_old' } }),
    claudeLine({ message: { id: 'msg_new' }, line: { requestId: 'req_new', timestamp } }),
  ];
  writeFileSync(join(project, 's-1.jsonl'), lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
  await agent('Ada', '--usage', 'transcript', ...shell(`echo '${result({})}'`)).ended;
  const uses = (await events()).filter(({ type, payload }) => type === 'usage.recorded' && payload.meter !== undefined);
  t.equal(uses.length, 1);
  t.match(uses[0]?.payload, { name: 'Ada', turn: /^t\d+$/, meter: { response: 'msg_new', request: 'req_new' } });
  t.match(await agent('Ada', '--usage', 'transcript', ...shell('true')).ended, { code: 0, stderr: /no transcript/ });
});

t.test('while the daemon is away agents run all the same, and what they used is there when it is back', async (t) => {
  const { agent, types, start, stop, openTurns } = await world(t, instant);
  const during = agent('Ada', '--timeout', '200ms', ...shell('echo running; read line'));
  await until(() => during.wrote.stdout === 'running\n');
  await stop();
  during.child.stdin.end('go\n');
  t.match(await during.ended, { code: 0, stderr: /report of Ada is safe in the spool/ }, 'it went during the run');
  const without = await agent('Ada', '--timeout', '200ms', ...shell('exit 4')).ended;
  t.match(without, { code: 4, stderr: /Ada runs without a turn: no daemon serves .*reported later/ });
  const strict = agent('Ada', '--strict', '--timeout', '200ms', ...shell('echo strict'));
  await until(() => strict.wrote.stderr.includes('no daemon serves'));
  t.equal(strict.wrote.stdout, '');
  await start();
  t.match(await strict.ended, { code: 0, stdout: 'strict\n' });
  const seen = await types();
  t.equal(count(seen, 'usage.recorded'), 3);
  t.equal(count(seen, 'turn.settled'), 2, 'the turn that was open when it went away, and the last one');
  t.equal(await openTurns(), 0);
});

t.test('a loop goes on at its last interval while the daemon is away', async (t) => {
  const { agent, types, start, stop } = await world(t, instant);
  const loop = agent('Ada', '--every', '--timeout', '2s', ...shell('echo run'));
  const runs = () => count(loop.wrote.stdout.split('\n'), 'run');
  // After a second run it was told an interval.
  await until(() => runs() >= 2);
  await stop();
  const before = runs();
  await until(() => runs() >= before + 2);
  await start();
  await until(async () => count(await types(), 'usage.recorded') >= before + 2);
  loop.child.kill('SIGINT');
  t.match(await loop.ended, { stderr: /runs without a turn/ });
});

t.test('a loop that has been told nothing yet is told as soon as the daemon is there', async (t) => {
  const { agent, types, start, stop } = await world(t, instant);
  await stop();
  const loop = agent('Ada', '--every', '--timeout', '2s', ...shell('echo run'));
  await until(() => loop.wrote.stderr.includes('No daemon answers'));
  await start();
  // By itself it would wait for a quarter of an hour.
  await until(async () => count(await types(), 'turn.settled') >= 1);
  loop.child.kill('SIGINT');
  await loop.ended;
  t.ok(count(await types(), 'usage.recorded') >= 2, 'the first run is reported, too');
});

t.test('no turn stays open, and no command runs on, when the runner is killed', async (t) => {
  const { agent, types, openTurns } = await world(t);
  const run = agent('Ada', '--turn-ttl', '1s', ...shell('echo $$; while :; do sleep 0.05; done'));
  await until(() => run.wrote.stdout.endsWith('\n'));
  await until(async () => (await types()).includes('turn.renewed'));
  const pid = Number(run.wrote.stdout);
  run.child.kill('SIGKILL');
  await until(async () => (await openTurns()) === 0);
  t.notOk((await types()).includes('turn.settled'));
  if (process.platform === 'linux') await until(() => !isAlive(pid));
});
