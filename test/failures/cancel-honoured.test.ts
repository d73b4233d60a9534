/** A cancelled job ran on, and its end then took the place of the cancellation. */
import t from 'tap';
import { variants } from '../support/engines.js';
import { jobDaemon } from '../support/job-daemon.js';

for (const engine of variants) {
  t.test(engine.name, { timeout: 400_000 }, async (t) => {
    const { get, post } = await jobDaemon(t, engine);
    const { id } = await post('jobs', { kind: 'x.work' });
    await post('jobs/claim');
    t.match(await post(`jobs/${id}/cancel`), { status: 200 });
    t.match(await post('jobs/heartbeat', { id, token: 1 }), { cancelled: true });
    t.match(await post('jobs/complete', { id, token: 1, result: 'done' }), { state: 'cancelled' });
    t.match(await get(`jobs/${id}`), { state: 'cancelled' });
    t.match(await post('jobs/claim'), { job: null });
  });
}
