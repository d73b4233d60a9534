/** What only a daemon that runs can say: whether it works, whether readings come, and whether checkpoints are signed. */
import { relativeText } from '../../../text/time.js';
import { type Check, fault, ok, skipped, warning } from '../check.js';

const noDaemon = skipped('No daemon runs.');

export const readiness: Check = {
  id: 'ready',
  async run({ ask }) {
    if (ask === null) return noDaemon;
    const { status, body } = await ask('ready');
    if (status === 200) return ok('The daemon can do its work.');
    return fault(
      `The daemon is not ready: ${body?.detail ?? status}.`.replace('..', '.'),
      `See ${body?.type ?? '/problems'}.`,
    );
  },
};

export const readings: Check = {
  id: 'readings',
  async run({ ask }) {
    if (ask === null) return noDaemon;
    const { status, body } = await ask('health');
    if (status !== 200) return skipped(`The daemon answered ${status}.`);
    const { last_at: last, missing } = body.quota_readings;
    if (last === null) return ok('Nobody has read the quota yet: shares go by what agents report.');
    if (!missing) return ok(`The quota was last read at ${last}.`);
    return warning(
      `The quota was last read at ${last}, which is twice as long ago as usual.`,
      'Look at what reads it: a statusline, hooks, or `resource-share quota record` by a timer (docs/guides/readings.md).',
    );
  },
};

/** A daemon signs one a minute where the log has grown. */
const unsignedMsMax = 600_000;

export const checkpoints: Check = {
  id: 'checkpoint',
  async run({ ask, engine, settings, now }) {
    if (ask === null || engine === null) return noDaemon;
    const to = settings.checkpoints.to.map((each) => Object.keys(each)[0]);
    const where = to.length === 0 ? 'they stay on this machine' : `they go to ${to.join(', ')}`;
    let last = 0;
    for (const { pool, head } of await engine.pools()) {
      if (head.seq === 0) continue;
      const { status, body } = await ask(`v1/checkpoint?pool=${encodeURIComponent(pool)}`);
      const time = Number(/^time (\d+)$/m.exec(String(body))?.[1] ?? 0);
      const size = Number(String(body).split('\n')[1] ?? 0);
      last = Math.max(last, time);
      if (status === 200 && (size >= head.seq || now - time < unsignedMsMax)) continue;
      return warning(
        `${pool}: no checkpoint was signed in the last ${unsignedMsMax / 60_000} minutes, and the log has grown.`,
        'Look into the log of the daemon; docs/guides/prove-the-log.md says what it needs.',
      );
    }
    return ok(
      last === 0
        ? 'There is nothing to sign yet.'
        : `The last checkpoint was signed ${relativeText(last, now)}; ${where}.`,
    );
  },
};
