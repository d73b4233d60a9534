// A change of the policy changes the future. What agents were told before stays as it was recorded, and a rebuild under
// the new policy gives the tables there were.
import t from 'tap';
import type { LedgerEvent } from '../../src/events/envelope.js';
import { evolve } from '../../src/events/evolve.js';
import { emptyState, serialiseState } from '../../src/events/state.js';
import { testServer } from '../api/support.js';
import { hours, minutes, noon } from '../support/fold.js';
import { pool } from '../support/ledger.js';

const names = ['Ada', 'Bo'];

t.test('intervals stay as they were told, before and after a rebuild', async (t) => {
  const server = await testServer(t);
  const told: number[] = [];
  const policies = [
    { boost_max: 2 },
    { interval_s_min: 1_200, interval_s_base: 1_200 },
    { method: 'static' },
    { method: 'fair', multiplier_power: 0, horizon_h: 24 },
  ];
  for (const [day, policy] of policies.entries()) {
    await server.send('policy.set', policy);
    for (let i = 0; i < 12; i++) {
      server.clock.goTo(noon + hours(24 * day) + minutes(20 * i));
      const spent = 40 * day + 3 * i;
      if (i % 2 === 0) {
        const window = { key: 'week_all', percent_bp: 20 * spent, resets_at: noon + hours(150) };
        await server.send('quota.read', { windows: [window] });
      }
      for (const [place, name] of names.entries()) {
        const body = { claude_name: name, mode: 'autonomy', cost_delta: 1 + place + (i % 3) };
        const answer = await server.post('/resource-share/increment', body);
        told.push(answer.json<{ recommended_interval: number }>().recommended_interval);
      }
    }
  }
  const stamped = (events: readonly LedgerEvent[]) =>
    events.flatMap((event) => (event.type === 'usage.recorded' ? [event.payload.issued_interval_s] : []));
  t.strictSame(stamped(await server.events()), told, 'what was answered is what is recorded');
  t.ok(new Set(told).size > 20, 'and it changed often enough');
  const perDay = (day: number) => told.slice(24 * day, 24 * day + 24);
  t.ok(Math.min(...perDay(0)) < 1_200 && Math.min(...perDay(1)) >= 1_200, 'a higher minimum holds from then on');
  t.strictSame(new Set(perDay(2)), new Set([1_200]), 'the static method too');

  const report = await server.replay({ check: true });
  t.equal(report.identical, true, 'rebuilt from the log, by the policies of their times, the tables are the same');
  t.ok(report.projections.includes('fair_allocations'));
  const rebuilt = emptyState(pool);
  for (const event of await server.events()) evolve(rebuilt, event);
  t.equal(serialiseState(rebuilt), serialiseState(server.ledger.state(pool)), 'and so is what the controller knows');
});
