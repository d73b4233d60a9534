// Goal: a status bar is told in one small answer how full the quota is, who runs next, and whether somebody should look.
import t from 'tap';
import { command, reading, register, usage } from '../support/command.js';
import { hours, minutes, noon } from '../support/fold.js';
import { alert } from '../support/outbox.js';
import { testServer } from './support.js';

interface Glance {
  readonly text: string;
  readonly tooltip: string;
  readonly class: string;
  readonly percentage: number;
  readonly identities: readonly {
    readonly name: string;
    readonly state: string;
    readonly next_run_at: string | null;
  }[];
}

t.test('an empty pool, one that is used, one that is full', async (t) => {
  const server = await testServer(t);
  const glance = async () => (await server.get('/v1/glance')).json<Glance>();
  t.match(await glance(), {
    text: 'no quota known',
    tooltip: '',
    class: 'ok',
    percentage: 0,
    windows: [],
    identities: [],
  });

  await server.record(register('Ada'), register('Ben'));
  await server.record(usage('Ada', { cost_micro_usd: 1_000_000 }));
  await server.record(
    command('quota.read', {
      windows: [
        { key: 'session_5hour', percent_bp: 4_200, resets_at: noon + hours(2) },
        { key: 'week_all', percent_bp: 1_700, resets_at: noon + hours(48) },
      ],
    }),
  );
  const used = await glance();
  t.match(used, { text: '5 h 42 %  week 17 %', class: 'ok', percentage: 42, pool: 'default' });
  t.match(used.tooltip.split('\n'), [
    'Session (5 hours): 42 %, resets in 2 h',
    'Week, all models: 17 %, resets in 2 d',
    'Ben: due',
    /^Ada: waiting, next in 1\d min$/,
  ]);
  t.match(used.identities, [
    { name: 'Ben', next_run_at: null },
    { name: 'Ada', next_run_at: /Z$/ },
  ]);

  server.clock.advance(minutes(30));
  await server.record(reading('session_5hour', 8_400));
  t.match(await glance(), { class: 'warning', percentage: 83 });
  await server.record(command('quota.exhausted', { window: 'session_5hour', until: noon + hours(2), evidence: '429' }));
  t.match(await glance(), { text: /^5 h full {2}week 1\d %$/, class: 'critical', percentage: 100 });
});

t.test('an alert is told until somebody has seen it, and no text of others breaks the lines', async (t) => {
  const server = await testServer(t);
  await server.record(register('Ada'), alert('k', 'one\u202Etwo'));
  const raised = (await server.get('/v1/glance')).json<Glance>();
  t.match(raised, { text: '! 1', class: 'warning', alerts: { open: 1, unacknowledged: 1 } });
  t.equal(raised.tooltip.split('\n').at(-1), '! one\\u202etwo');
  await server.record(command('alert.acknowledged', { dedupe_key: 'k' }));
  t.match((await server.get('/v1/glance')).json(), { class: 'ok', alerts: { open: 1, unacknowledged: 0 } });
});

t.test('as text, for what shows the first line and unfolds the others', async (t) => {
  const server = await testServer(t);
  await server.record(register('Ada'));
  const answer = await server.get('/v1/glance?as=text');
  t.equal(answer.headers['content-type'], 'text/plain; charset=utf-8');
  t.equal(answer.body, 'no quota known\n---\nAda: due\n');
  t.equal((await server.get('/v1/glance?as=html')).statusCode, 400);
});
