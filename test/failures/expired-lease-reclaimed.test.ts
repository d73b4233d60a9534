/** Nothing ever looked for claims that had run out: a job whose worker was gone stayed as it was. */
import t from 'tap';
import { variants } from '../support/engines.js';
import { jobDaemon } from '../support/job-daemon.js';

for (const engine of variants) {
  t.test(engine.name, { timeout: 400_000 }, async (t) => {
    const { get, post, until } = await jobDaemon(t, engine);
    const { id } = await post('jobs', { kind: 'x.work' });
    t.match(await post('jobs/claim'), { job: { id, token: 1 } });
    await until(`jobs/${id}`, ({ state }) => state === 'pending');
    t.match(await get(`jobs/${id}`), { attempts: 1, error: 'whoever ran it did not renew its claim' });
  });
}
