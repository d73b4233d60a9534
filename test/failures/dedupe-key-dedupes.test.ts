/** The key that was to keep a second job of the same work out held the time it was made at, so it kept out none. */
import t from 'tap';
import { variants } from '../support/engines.js';
import { jobDaemon } from '../support/job-daemon.js';

for (const engine of variants) {
  t.test(engine.name, { timeout: 400_000 }, async (t) => {
    const { post } = await jobDaemon(t, engine);
    const asked = { kind: 'x.work', dedupe: 'week 2' };
    const all = await Promise.all(Array.from({ length: 10 }, () => post('jobs', asked)));
    t.equal(new Set(all.map(({ id }) => id)).size, 1);
    t.strictSame(all.map(({ status }) => status).sort(), [...Array(9).fill('active'), 'added']);
  });
}
