// A reply without `multipliers.fairness` crashed clients for six days. The original keys never disappear, whatever the
// state of the pool and the form of the report.
import t from 'tap';
import { testServer } from '../api/support.js';

/** Keys of the original, with the types they may have. */
const original: Record<string, readonly string[]> = {
  status: ['string'],
  claude_name: ['string'],
  cost_recorded: ['number', 'null'],
  tokens_recorded: ['number'],
  recommended_interval: ['number'],
  current_interval: ['number'],
  'multipliers.fairness': ['number'],
  'multipliers.quota_brake': ['number'],
  'multipliers.combined': ['number'],
  quota_status: ['string'],
  overdue_alerts: ['null'],
  quota_paused: ['boolean'],
};

const reports: Record<string, object> = {
  dollars: { cost_delta: 0.1, current_interval: 1_800 },
  'older form': { cache_read_increment: 100 },
  nothing: {},
  nulls: { cost_delta: null, cache_read_increment: null, context_percentage: null, hostname: null },
  counters: { session: 's', total_cost_usd: 3 },
};

t.test('every key of the reply, in every state', async (t) => {
  const server = await testServer(t);
  const states: [string, () => Promise<unknown>][] = [
    ['a fresh install', async () => undefined],
    ['quota known', () => server.send('quota.read', { windows: [{ key: 'week_all', percent_bp: 4_000 }] })],
    ['quota full', () => server.send('quota.read', { windows: [{ key: 'week_all', percent_bp: 10_000 }] })],
    ['paused', () => server.send('agent.paused', { name: 'Ada' })],
    ['retired', () => server.send('identity.retired', { name: 'Ada' })],
  ];
  for (const [state, reach] of states) {
    await reach();
    for (const [form, report] of Object.entries(reports)) {
      for (const attempt of ['first', 'repeated']) {
        const answer = await server.post(
          '/resource-share/increment',
          { claude_name: 'Ada', mode: 'autonomy', ...report },
          {
            'idempotency-key': `${state} ${form}`,
          },
        );
        t.equal(answer.statusCode, 200, `${state}, ${form}, ${attempt}`);
        t.strictSame(missing(answer.json()), [], `${state}, ${form}, ${attempt}`);
      }
    }
  }
});

/** Keys that are missing, or of another type. */
function missing(reply: Record<string, unknown>): string[] {
  return Object.entries(original).flatMap(([path, types]) => {
    const value = path
      .split('.')
      .reduce<unknown>((part, key) => (part as Record<string, unknown> | undefined)?.[key], reply);
    const type = value === null ? 'null' : typeof value;
    return types.includes(type) ? [] : [`${path} is ${type}`];
  });
}
