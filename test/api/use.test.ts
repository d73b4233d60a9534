/** Goal: use over time is what the log says was used, step by step in the pool's zone, and nothing is lost between the parts. */
import t from 'tap';
import { limits } from '../../src/limits.js';
import { command, register, usage } from '../support/command.js';
import { days, hours, minutes, noon } from '../support/fold.js';
import type { Scope } from '../support/folder.js';
import { randomSource } from '../support/random.js';
import { type TestServer, testServer } from './support.js';

interface Series {
  readonly kind: string;
  readonly name: string | null;
  readonly names: number;
  readonly total: { readonly usd: number; readonly tokens: number; readonly reports: number };
  readonly usd: readonly number[];
  readonly tokens: readonly number[];
  readonly reports: readonly number[];
}
interface Use {
  readonly as_of_seq: number;
  readonly from: string;
  readonly until: string;
  readonly starts: readonly string[];
  readonly series: readonly Series[];
  readonly total: Series;
}

async function use(server: TestServer, query: string): Promise<Use> {
  const response = await server.get(`/v1/use?${query}`);
  if (response.statusCode !== 200) throw new Error(response.body);
  return response.json();
}

const usdOf = ({ series }: Use) => Object.fromEntries(series.map(({ name, kind, usd }) => [name ?? kind, usd]));
const at = (text: string) => ({ occurred_at: text });
const dollar = 1_000_000;

t.test('an empty ledger has steps, and nothing in them', async (t) => {
  const server = await testServer(t);
  const empty = await use(server, '');
  t.match(empty, { by: 'agent', step: 'day', time_zone: 'UTC', as_of_seq: 1, series: [] });
  t.equal(empty.starts.length, 14);
  t.equal(empty.from, '2025-12-23T00:00:00.000Z');
  t.equal(empty.until, '2026-01-06T00:00:00.000Z', 'to the end of today');
  t.strictSame(empty.total.total, { usd: 0, tokens: 0, reports: 0 });
  const hourly = await use(server, 'step=hour');
  t.equal(hourly.starts.length, 48);
  t.equal(hourly.until, '2026-01-05T13:00:00.000Z');
  const weekly = await use(server, 'step=week');
  t.equal(weekly.starts.length, 12);
  t.equal(weekly.starts.at(-1), '2026-01-05T00:00:00.000Z', 'a Monday');
});

/** On the day before, on the last Sunday of October in Berlin, which has 25 hours, and on the day after. */
async function autumn(t: Scope): Promise<TestServer> {
  const server = await testServer(t, { timeZone: 'Europe/Berlin' });
  await server.record(
    register('Ada'),
    usage('Ada', { cost_micro_usd: dollar, model: 'opus' }, at('2025-10-25T21:59:59.999Z')),
    usage('Ada', { cost_micro_usd: 2 * dollar, model: 'opus' }, at('2025-10-25T22:00:00Z')),
    usage('Ada', { cost_micro_usd: 4 * dollar }, at('2025-10-26T00:30:00Z')),
    usage('Ada', { cost_micro_usd: 8 * dollar }, at('2025-10-26T01:30:00Z')),
    usage('Ada', { cost_micro_usd: 16 * dollar, model: 'opus' }, at('2025-10-26T22:59:59.999Z')),
    usage('Ada', { cost_micro_usd: 32 * dollar, project: 'p' }, at('2025-10-26T23:00:00Z')),
  );
  return server;
}

t.test('a day of 25 hours, and one of 23', async (t) => {
  const server = await autumn(t);
  const range = 'from=2025-10-25&until=2025-10-28';
  const daily = await use(server, range);
  t.strictSame(daily.starts, ['2025-10-24T22:00:00.000Z', '2025-10-25T22:00:00.000Z', '2025-10-26T23:00:00.000Z']);
  t.strictSame(usdOf(daily), { Ada: [1, 30, 32] });
  t.strictSame(usdOf(await use(server, `${range}&by=mode`)), { autonomy: [1, 30, 32] }, 'as the sums of uses have it');
  t.strictSame(usdOf(await use(server, `${range}&by=model`)), { unnamed: [0, 12, 32], opus: [1, 18, 0] });
  t.strictSame(usdOf(await use(server, `${range}&by=project`)), { p: [0, 0, 32], unnamed: [1, 30, 0] });
  const hourly = await use(server, 'step=hour&from=2025-10-26&until=2025-10-27');
  t.equal(hourly.starts.length, 25);
  t.strictSame(hourly.total.usd, [2, 0, 4, 8, ...new Array(20).fill(0), 16], 'two o’clock comes twice');
  t.equal((await use(server, 'step=hour&from=2025-03-30&until=2025-03-31')).starts.length, 23);
  t.strictSame(usdOf(await use(server, `${range}&as_of_seq=4`)), { Ada: [1, 2, 0] }, 'after two of the uses');
  const weekly = await use(server, `step=week&${range}`);
  t.strictSame(
    weekly.starts,
    ['2025-10-24T22:00:00.000Z', '2025-10-26T23:00:00.000Z'],
    'the first from the day asked for',
  );
  t.strictSame(usdOf(weekly), { Ada: [31, 32] });
});

t.test('a clock that is moved by half an hour leaves half an hour at the end of the day', async (t) => {
  const server = await testServer(t, { timeZone: 'Australia/Lord_Howe' });
  const { starts } = await use(server, 'step=hour&from=2025-10-05&until=2025-10-07');
  t.equal(starts.length, 48);
  t.strictSame(starts.slice(23, 25), ['2025-10-05T12:30:00.000Z', '2025-10-05T13:00:00.000Z']);
});

t.test('a time that begins and ends in the middle of a step', async (t) => {
  const server = await autumn(t);
  const cut = await use(server, 'from=2025-10-26T00:30:00Z&until=2025-10-26T22:59:59.999Z');
  t.strictSame([cut.starts.length, cut.total.usd], [1, [12]]);
  const two = await use(server, 'from=2025-10-26T00:30:00.001Z&until=2025-10-26T23:00:00.001Z');
  t.strictSame(two.total.usd, [24, 32]);
});

t.test(
  'a correction counts where its use does; what a merge and an alias name is one; who retired stays',
  async (t) => {
    const server = await testServer(t);
    await server.record(register('Ada'), register('Bob'), register('Cy'));
    const first = await server.send('usage.recorded', {
      name: 'Ada',
      mode: 'autonomy',
      model: 'opus',
      cost_micro_usd: 5 * dollar,
      tokens: { input: 100 },
    });
    await server.record(
      usage('Bob', { cost_micro_usd: dollar }),
      usage('Cy', { cost_micro_usd: 2 * dollar }),
      command('identity.aliased', { name: 'Ada', alias: 'Adä' }),
    );
    server.clock.advance(days(1));
    const { seq } = await server.send('usage.corrected', {
      corrects: first.id,
      difference: { cost_micro_usd: -2 * dollar, tokens: { input: -40 } },
      reason: 'counted twice',
    });
    await server.record(usage('adä', { cost_micro_usd: 7 * dollar }), command('identity.retired', { name: 'Cy' }));
    const range = 'from=2026-01-05&until=2026-01-07';
    const daily = await use(server, range);
    t.strictSame(usdOf(daily), { Ada: [3, 7], Cy: [2, 0], Bob: [1, 0] });
    t.match(daily.series[0], { kind: 'named', names: 1, total: { usd: 10, tokens: 60, reports: 2 }, reports: [1, 1] });
    const models = await use(server, `by=model&${range}`);
    t.strictSame(usdOf(models), { unnamed: [3, 7], opus: [3, 0] }, 'a correction is of the model of its use');
    t.strictSame(usdOf(await use(server, `${range}&identity=ad%C3%A4`)), { Ada: [3, 7] });

    await server.record(command('identity.merged', { from: 'Bob', into: 'Ada' }));
    t.strictSame(usdOf(await use(server, range)), { Ada: [4, 7], Cy: [2, 0] });
    t.strictSame(usdOf(await use(server, `${range}&identity=Bob`)), { Ada: [4, 7] });
    t.strictSame(usdOf(await use(server, `${range}&by=mode&as_of_seq=${seq - 1}`)), { autonomy: [8, 0] }, 'as it was');
    t.strictSame(usdOf(await use(server, `${range}&by=mode&as_of=2026-01-05T13:00:00Z`)), { autonomy: [8, 0] });
    const refused = await server.get(`/v1/use?${range}&as_of_seq=${seq}`);
    t.equal(refused.statusCode, 400);
    t.match(refused.json(), { code: 'request_invalid', detail: /were merged after/, errors: [{ field: 'as_of' }] });
    const head = (await use(server, range)).as_of_seq;
    t.strictSame(
      usdOf(await use(server, `${range}&as_of_seq=${head}`)),
      { Ada: [4, 7], Cy: [2, 0] },
      'after the merge',
    );
  },
);

t.test('the largest twelve, and the others as one', async (t) => {
  const server = await testServer(t);
  await server.record(
    ...Array.from({ length: 15 }, (_, i) => usage('Ada', { session: `s${i}`, cost_micro_usd: (i + 1) * dollar })),
  );
  const { series, total } = await use(server, 'by=session&from=2026-01-05&until=2026-01-06');
  t.equal(series.length, 13);
  t.match(series[0], { kind: 'named', name: 's14', usd: [15] });
  t.match(series.at(-1), { kind: 'others', name: null, names: 3, usd: [1 + 2 + 3] });
  t.equal(total.total.usd, 120);
});

t.test('what is asked in vain is said', async (t) => {
  const server = await testServer(t);
  const refusal = async (query: string) => {
    const response = await server.get(`/v1/use?${query}`);
    return [response.statusCode, response.json().code, response.json().errors?.[0]?.field];
  };
  const long = noon - hours(limits.seriesStepsMax);
  t.equal((await use(server, `step=hour&from=${long}&until=${noon}`)).starts.length, limits.seriesStepsMax);
  t.strictSame(await refusal(`step=hour&from=${long - hours(1)}&until=${noon}`), [400, 'request_invalid', 'step']);
  t.strictSame(await refusal('step=hour&from=2020-01-01&until=2026-01-01'), [400, 'request_invalid', 'step']);
  t.strictSame(await refusal('from=2026-01-05&until=2026-01-05'), [400, 'request_invalid', 'from']);
  for (const step of ['hour', 'day', 'week'])
    for (const until of ['9999-12-31', '9999-12-31T23:59:59Z', String(Date.UTC(9_999, 11, 31))])
      t.strictSame(await refusal(`step=${step}&until=${until}`), [400, 'request_invalid', 'until'], `${step} ${until}`);
  t.strictSame(await refusal('by=king'), [400, 'request_invalid', 'by']);
  t.strictSame(await refusal('step=month'), [400, 'request_invalid', 'step']);
  t.strictSame(await refusal('identity=Nobody'), [404, 'identity_unknown', undefined]);
  t.strictSame(await refusal('pool=nowhere'), [404, 'pool_unknown', undefined]);
  t.strictSame(await refusal('as_of_seq=99'), [404, 'seq_beyond_head', undefined]);
});

t.test('an answer is kept while the log stands, and not when it went on', async (t) => {
  const server = await testServer(t);
  const { ledger } = server;
  const sums = ledger.usageSums.bind(ledger);
  let asked = 0;
  ledger.usageSums = (...question) => {
    asked += 1;
    return sums(...question);
  };
  const range = 'by=model&from=2026-01-05&until=2026-01-06';
  t.equal((await use(server, range)).total.total.reports, 0);
  t.equal((await use(server, range)).as_of_seq, 1);
  t.equal(asked, 1);
  await server.record(usage('Ada', { cost_micro_usd: 1 }));
  t.equal((await use(server, range)).total.total.reports, 1);
  t.equal(asked, 2);
  await use(server, `${range}&identity=Ada`);
  t.equal(asked, 3, 'another question');
});

t.test('an answer that took long is kept for a hundred times as long', async (t) => {
  const server = await testServer(t);
  const { ledger, clock } = server;
  const sums = ledger.usageSums.bind(ledger);
  ledger.usageSums = (...question) => {
    clock.advance(100);
    return sums(...question);
  };
  const reports = async () => (await use(server, 'by=model&from=2026-01-05&until=2026-01-06')).total.total.reports;
  t.equal(await reports(), 0);
  await server.record(usage('Ada', { cost_micro_usd: 1 }));
  clock.advance(9_900);
  t.equal(await reports(), 0);
  clock.advance(200);
  t.equal(await reports(), 1);
});

t.test('property: over any time, by any key, the parts are what the rows of the table add up to', async (t) => {
  const zones = ['UTC', 'Europe/Berlin', 'Australia/Lord_Howe', 'Asia/Kathmandu'];
  for (const [seed, timeZone] of zones.entries()) {
    const random = randomSource(20_260_105 + seed);
    const chosen = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T;
    const server = await testServer(t, { timeZone });
    // The clocks of Berlin and Lord Howe are moved within it.
    const [begin, span] = [Date.parse('2025-09-25T00:00:00Z'), days(40)];
    const moments = Array.from({ length: 120 }, () => begin + Math.floor(random() * span));
    // Some lie on the edge of an hour, or of a day of the zone or another.
    const edged = moments.map((moment, i) => (i % 3 === 0 ? moment - (moment % minutes(30)) : moment));
    const uses = edged.map((moment) =>
      usage(
        chosen(['Ada', 'Bob', 'Cy']),
        {
          mode: chosen(['autonomy', 'collaboration']),
          cost_micro_usd: Math.floor(random() * 3 * dollar),
          tokens: { input: Math.floor(random() * 1_000) },
          ...(random() < 0.7 ? { model: chosen(['opus', 'haiku']) } : {}),
          ...(random() < 0.5 ? { project: chosen(['p', 'q', 'r']) } : {}),
          session: `s${Math.floor(random() * 20)}`,
        },
        { occurred_at: moment },
      ),
    );
    await server.record(...uses);
    const events = (await server.get('/v1/events?type=usage.recorded&limit=1000')).json().events;
    for (let i = 0; i < 12; i += 1) {
      const { id } = chosen<{ id: string }>(events);
      const difference = { cost_micro_usd: Math.floor(random() * 1_000), tokens: { input: 3 } };
      await server.record(command('usage.corrected', { corrects: id, difference, reason: 'more' }));
    }
    await server.record(command('identity.merged', { from: 'Cy', into: 'Bob' }));
    const rows = (await server.get('/v1/usage?limit=1000')).json().rows;
    for (let i = 0; i < 30; i += 1) {
      const step = chosen(['hour', 'day', 'week']);
      const by = chosen(['agent', 'model', 'project', 'session', 'mode']);
      const isOfDates = random() < 0.5;
      const written = (instant: number) => (isOfDates ? new Date(instant).toISOString().slice(0, 10) : String(instant));
      const [from, until] = [random() * span, random() * span].sort((a, b) => a - b) as [number, number];
      const range = `from=${written(Math.floor(begin + from))}&until=${written(Math.floor(begin + until + days(1)))}`;
      const found = await use(server, `by=${by}&step=${step}&${range}`);
      const within = rows.filter(
        ({ occurred_at: used }: { occurred_at: number }) =>
          used >= Date.parse(found.from) && used < Date.parse(found.until),
      );
      const about = `${timeZone} ${by} ${step} ${range}`;
      const edges = [...found.starts.map((start) => Date.parse(start)), Date.parse(found.until)];
      const summed = (column: string, from: number, until: number) =>
        within
          .filter(({ occurred_at: used }: { occurred_at: number }) => used >= from && used < until)
          .reduce((sum: number, row: Record<string, number>) => sum + (row[column] ?? 0), 0);
      const expected = found.starts.map((_, i) => [
        summed('cost_micro_usd', edges[i] as number, edges[i + 1] as number),
        summed('total_tokens', edges[i] as number, edges[i + 1] as number),
      ]);
      const steps = (series: readonly Series[]) =>
        found.starts.map((_, i) => [
          Math.round(series.reduce((sum, { usd }) => sum + (usd[i] as number), 0) * 1e6),
          series.reduce((sum, { tokens }) => sum + (tokens[i] as number), 0),
        ]);
      t.strictSame(steps([found.total]), expected, about);
      t.strictSame(steps(found.series), expected, about);
      const reports = within.filter(({ corrects }: { corrects: string | null }) => corrects === null).length;
      t.equal(found.total.total.reports, reports, about);
    }
  }
});
