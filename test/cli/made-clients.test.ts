// Goal: a client that is run in turns runs at its intervals, and its turn ends with it, whoever goes away meanwhile.
import t, { type Test } from 'tap';
import { count, type EventLine, instant, madeClient, settledTurn, until, world } from './agent-world.js';

const enforced = ['mode=enforce', 'method=static', 'interval_s_min=1', 'interval_s_base=5'];
const partOfInterval = 0.1;

/** As far apart as was told, by the median: on a busy machine one process starts late, and the next one is then that much nearer to it. */
function keepsTo(t: Test, told: number, apart: readonly number[]): void {
  const sorted = apart.toSorted((a, b) => a - b);
  const text = `told ${told} s, ran after ${sorted.join(', ')} s`;
  t.ok(sorted.length >= 3, 'it ran often enough');
  const median = sorted[Math.floor(sorted.length / 2)] as number;
  t.ok(Math.abs(median - told) <= told * partOfInterval, text);
  t.ok((sorted[0] as number) >= told / 2, text);
}

/** From the start of each run to that of the next one, beside what the agent was told at the end of the first: seconds. */
function startsApart(events: readonly EventLine[]): { readonly told: number; readonly apart: number }[] {
  const starts = events.filter(({ type }) => type === 'turn.granted');
  return starts.slice(1).map((start, i) => {
    const before = starts[i] as EventLine;
    const told = events.findLast(
      ({ type, payload }) =>
        type === 'usage.recorded' && payload.turn === before.payload.turn && payload.issued_interval_s,
    );
    return { told: told?.payload.issued_interval_s, apart: (start.recorded_at - before.recorded_at) / 1_000 };
  });
}

t.test('under enforce a loop starts at the intervals it is told, however long its runs take', async (t) => {
  const { agent, events, types } = await world(t, enforced);
  const loop = agent('Ada', '--every', '--usage', 'json', ...madeClient('work=1', 'result=0.5'));
  await until(async () => count(await types(), 'turn.settled') >= 4);
  loop.child.kill('SIGTERM');
  await loop.ended;
  const log = await events();
  t.notOk(
    log.some(({ type }) => type === 'turn.released'),
    'nothing was denied, or given back',
  );
  t.match(log.find(({ payload }) => payload.meter !== undefined)?.payload, {
    session: 'made',
    cost_micro_usd: 500_000,
    meter: { rule: 'sum' },
  });
  const apart = startsApart(log);
  for (const { told } of apart) t.equal(told, 5);
  keepsTo(
    t,
    5,
    apart.map(({ apart: seconds }) => seconds),
  );
});

t.test('under enforce a loop keeps its intervals while the daemon is away, and after it is back', async (t) => {
  const { agent, events, types, start, stop } = await world(t, [...enforced.slice(0, 3), 'interval_s_base=8']);
  const loop = agent(
    'Ada',
    '--every',
    '--usage',
    'json',
    '--timeout',
    '400ms',
    ...madeClient('result=0.5', 'say=done'),
  );
  const runs = () => count(loop.wrote.stdout.split('\n'), 'done');
  const uses = async () => (await events()).filter(({ payload }) => payload.meter !== undefined);
  await until(async () => count(await types(), 'turn.settled') >= 2);
  await stop();
  const before = runs();
  await until(() => runs() >= before + 2);
  await start();
  await until(async () => (await uses()).length >= before + 3);
  loop.child.kill('SIGINT');
  await loop.ended;
  const ends = (await uses()).map(({ occurred_at: at }) => at);
  keepsTo(
    t,
    8,
    ends.slice(1).map((end, i) => (end - (ends[i] as number)) / 1_000),
  );
});

t.test('a runner that is killed leaves no turn open: the next one has it within the time of its lease', async (t) => {
  const { agent, events, types, openTurns } = await world(t, [...enforced.slice(0, 3), 'interval_s_base=1']);
  const ttl = 2;
  const killed = agent('Ada', '--turn-ttl', `${ttl}s`, ...madeClient('say=ready', 'go'));
  await until(() => killed.wrote.stdout === 'ready\n');
  await until(async () => (await types()).includes('turn.renewed'));
  const next = agent('Ada', ...madeClient('say=next'));
  await until(() => next.wrote.stderr.includes('Another instance of it has a turn'));
  killed.child.kill('SIGKILL');
  t.match(await next.ended, { code: 0, stdout: 'next\n' });
  t.equal(await openTurns(), 0);
  const log = (await events()).filter(({ type }) => /^turn/.test(type));
  const [first, second] = log.filter(({ type }) => type === 'turn.granted');
  const renewed = log.findLast(({ type }) => type === 'turn.renewed') as EventLine;
  t.equal(renewed.payload.turn, first?.payload.turn);
  const expired = log.find(({ type }) => type === 'turn.expired') as EventLine;
  t.equal(expired.payload.turn, first?.payload.turn);
  t.equal(expired.occurred_at - renewed.recorded_at, ttl * 1_000, 'it ended when its lease did');
  const waited = ((second as EventLine).recorded_at - renewed.recorded_at) / 1_000;
  t.ok(waited >= ttl && waited < 5 * ttl, `held for ${ttl} s, the next began after ${waited} s`);
});

t.test('a reader that has seen enough ends neither the run nor its report, but a loop', async (t) => {
  const { agent, events, types, openTurns } = await world(t, instant);
  const loop = agent('Ada', '--every', '--usage', 'json', ...madeClient('say=first', 'go', 'say=second', 'result=0.5'));
  await until(() => loop.wrote.stdout === 'first\n');
  loop.child.stdout.destroy();
  loop.child.stdin.write('go\n');
  t.match(await loop.ended, { code: 0, stdout: 'first\n', stderr: '' });
  t.strictSame(await types(), ['turn.granted', 'usage.recorded', ...settledTurn.slice(1)]);
  t.match((await events()).find(({ payload }) => payload.meter)?.payload, { cost_micro_usd: 500_000 });
  t.equal(await openTurns(), 0);
});
