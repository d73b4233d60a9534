// A reading that doubts itself stopped everybody at once. It is kept and shown, the answer says so, and it is acted on when another
// reading agrees. One that fell is taken, but no longer without a word.
import t from 'tap';
import { testServer } from '../api/support.js';
import { ManualClock } from '../support/clock.js';
import { hours, minutes, noon } from '../support/fold.js';

type Scope = Parameters<typeof testServer>[0];

interface Verdicts {
  readonly windows?: readonly { readonly key: string; readonly verdict: string }[];
}

const week = noon + hours(100);

async function pool(t: Scope) {
  const clock = new ManualClock(noon);
  const server = await testServer(t, { clock });
  const read = async (percent: number, more: object = {}, window: object = {}): Promise<string | undefined> => {
    const windows = [{ key: 'week_all', percent_bp: Math.round(percent * 100), resets_at: week, ...window }];
    const response = await server.post('/v1/events', { type: 'quota.read', payload: { windows, ...more } });
    if (response.statusCode !== 201) throw new Error(response.body);
    return response.json<Verdicts>().windows?.[0]?.verdict;
  };
  const advice = async () => (await server.get('/v1/advice/Ada')).json<{ advice: { blocked_by: string[] } }>().advice;
  const shown = async () => {
    const { windows } = (await server.get('/v1/fairness')).json<{ windows: Record<string, unknown>[] }>();
    return windows.find(({ window }) => window === 'week_all');
  };
  await server.send('usage.recorded', { name: 'Ada', mode: 'autonomy', cost_micro_usd: 10_000 });
  return { clock, server, read, advice, shown };
}

const doubted = { confidence: 'suspect' };

t.test('a suspect 100 % pauses nobody, is shown, and the answer says so', async (t) => {
  const { clock, read, advice, shown, server } = await pool(t);
  t.equal(await read(100, doubted), 'suspect', 'as the first reading');
  t.strictSame((await advice()).blocked_by, []);
  t.match(await shown(), { percent: null, read_percent: 100 });
  clock.advance(minutes(10));
  t.equal(await read(40), 'taken');
  clock.advance(minutes(10));
  t.equal(await read(100, doubted), 'suspect', 'as a later one');
  t.strictSame((await advice()).blocked_by, []);
  t.match(await shown(), { read_percent: 100, exhausted: false });
  t.match((await server.get('/dashboard')).body, /suspect/, 'the page says so, too');
});

t.test('it is acted on when another reading agrees: a later one, or one of another source', async (t) => {
  const { clock, read, advice } = await pool(t);
  await read(40);
  clock.advance(minutes(10));
  t.equal(await read(100, { ...doubted, source: 'screen' }), 'suspect');
  clock.advance(minutes(1) / 2);
  t.equal(
    await read(100, { ...doubted, source: 'screen' }),
    'suspect',
    'an echo of the same source is no other reading',
  );
  t.equal(
    await read(70, { ...doubted, source: 'statusline' }),
    'suspect',
    'nor does one agree that says something else',
  );
  t.strictSame((await advice()).blocked_by, []);
  t.equal(await read(100, { ...doubted, source: 'page' }), 'taken');
  t.strictSame((await advice()).blocked_by, ['week_all']);

  const other = await pool(t);
  await other.read(40);
  other.clock.advance(minutes(10));
  await other.read(100, doubted);
  other.clock.advance(minutes(10));
  t.equal(await other.read(100, doubted), 'taken', 'the same source, ten minutes later');
  t.strictSame((await other.advice()).blocked_by, ['week_all']);
});

t.test('one that says what is known already agrees with it, but is not enough to call the window full', async (t) => {
  const { clock, read, advice, shown } = await pool(t);
  await read(98.5);
  clock.advance(minutes(10));
  t.equal(await read(99, doubted), 'taken');
  clock.advance(minutes(10));
  t.equal(await read(100, doubted), 'suspect');
  t.match(await shown(), { exhausted: false });
  t.ok(await advice());
});

t.test('a fall is taken, and the answer and the page say that it is suspect', async (t) => {
  const { clock, server, read, shown } = await pool(t);
  t.equal(await read(60), 'taken');
  clock.advance(minutes(30));
  const windows = [{ key: 'week_all', percent_bp: 500, resets_at: week }];
  const answer = await server.post('/v1/events', { type: 'quota.read', payload: { windows } });
  t.match(answer.json(), { windows: [{ key: 'week_all', verdict: 'taken', suspect: true }], notes: [/suspect/] });
  const percent = (window: Record<string, unknown> | undefined) => Number(window?.percent);
  t.ok(Math.abs(percent(await shown()) - 5) < 2, 'an early reset is one reading away');
  t.match((await server.get('/dashboard')).body, /suspect/);
  clock.advance(minutes(30));
  t.equal(await read(61), 'taken', 'where it was a misread screen, the next one sets it right');
  t.ok(Math.abs(percent(await shown()) - 61) < 2);
});

t.test('an answer given again says the same', async (t) => {
  const { server, read, clock } = await pool(t);
  await read(60);
  clock.advance(minutes(5));
  const windows = [{ key: 'week_all', percent_bp: 10_000 }];
  const body = { type: 'quota.read', key: 'k', payload: { confidence: 'suspect', windows } };
  const first = (await server.post('/v1/events', body)).json<Verdicts>();
  const again = (await server.post('/v1/events', body)).json<Verdicts>();
  t.match(first, { status: 'recorded', windows: [{ key: 'week_all', verdict: 'suspect' }] });
  t.match(again, { status: 'repeated', windows: [{ key: 'week_all', verdict: 'suspect' }] });
});

t.test('a reading whose reset has passed says nothing of the period that runs', async (t) => {
  const { clock, read, shown, advice, server } = await pool(t);
  await read(40, {}, { resets_at: undefined });
  clock.advance(minutes(30));
  const report = (resetsAt: number) =>
    server.post('/v1/events', {
      type: 'quota.read',
      occurred_at: clock.now() - minutes(2),
      payload: { windows: [{ key: 'week_all', percent_bp: 10_000, resets_at: resetsAt }] },
    });
  const verdictOf = async (resetsAt: number) => (await report(resetsAt)).json<Verdicts>().windows?.[0]?.verdict;
  t.equal(await verdictOf(clock.now() - minutes(3)), 'ended', 'before it was measured');
  t.match(await shown(), { stale: true, exhausted: false });
  t.equal(await verdictOf(clock.now() - minutes(1)), 'ended', 'before it arrived');
  t.match(await shown(), { stale: true, exhausted: false });
  t.ok(Number((await shown())?.percent) < 1, 'the window has reset since');
  t.strictSame((await advice()).blocked_by, []);
});
