/** A job that ended its worker each time was given to the next one for ever: its attempts were counted, and compared with nothing. */
import t from 'tap';
import { variants } from '../support/engines.js';
import { jobDaemon } from '../support/job-daemon.js';

for (const engine of variants) {
  t.test(engine.name, { timeout: 400_000 }, async (t) => {
    const { get, post, until } = await jobDaemon(t, engine, 1);
    const { id } = await post('jobs', { kind: 'x.work' });
    t.match(await post('jobs/claim'), { job: { id } });
    await until(`jobs/${id}`, ({ state }) => state === 'dead');
    t.match(await post('jobs/claim'), { job: null });
    await until('events?type=alert.raised', ({ events }) => events.length > 0);
    t.match(await get('events?type=alert.raised'), { events: [{ payload: { rule: 'job-dead', subject: 'x.work' } }] });

    // It is told until it was looked after.
    const looked = async () => (await post('watchdog')) as unknown as { pools: [{ cleared: string[] }] };
    t.same((await looked()).pools[0].cleared, []);
    await post(`jobs/${id}/discard`);
    t.same((await looked()).pools[0].cleared, ['job-dead: x.work']);
  });
}
