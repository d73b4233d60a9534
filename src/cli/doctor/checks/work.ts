/** Work that is waiting or was given up: jobs, and messages to endpoints of others. */
import { countText } from '../../../text/number.js';
import { relativeText } from '../../../text/time.js';
import { type Check, type DaemonReply, ok, skipped, warning } from '../check.js';

const none = skipped('There is no ledger yet.');

const jobsSql = `SELECT kind, state, count(*) AS count, min(run_at) AS oldest FROM jobs
  WHERE state IN ('dead', 'pending') GROUP BY kind, state ORDER BY kind`;

interface JobRow {
  readonly kind: string;
  readonly state: string;
  readonly count: number;
  readonly oldest: number;
}

/** A job that is due is claimed within seconds; one of a kind that is done one after the other may wait for a while. */
const pendingMsMax = 3_600_000;

export const jobs: Check = {
  id: 'jobs',
  async run({ engine, ask, now }) {
    if (engine === null) return none;
    const rows = await engine.query<JobRow>(jobsSql);
    const dead = rows.filter(({ state }) => state === 'dead');
    if (dead.length > 0)
      return warning(
        `Jobs failed as often as they may: ${dead.map(({ kind, count }) => `${countText(Number(count))} of ${kind}`).join(', ')}.`,
        '`resource-share jobs list --state dead` says why; `jobs retry ID` has one done again, `jobs discard ID` removes it.',
      );
    const late = rows.filter(({ state, oldest }) => state === 'pending' && now - Number(oldest) > pendingMsMax);
    if (ask === null) return ok(late.length === 0 ? 'No job is dead.' : 'No daemon runs: jobs wait for one.');
    const [first] = late;
    if (first === undefined) return ok('No job is dead, and none waits for long.');
    const text = `Jobs of the kind ${first.kind} are due since ${relativeText(Number(first.oldest), now)}`;
    const paused = (await engine.query<{ kind: string }>('SELECT kind FROM paused_jobs')).map(({ kind }) => kind);
    if (paused.includes(first.kind) || paused.includes('*'))
      return warning(`${text}, and are paused.`, `Have them done: \`resource-share jobs resume ${first.kind}\`.`);
    return warning(
      `${text}, and nobody does them.`,
      'Start who does this kind: a daemon whose jobs are on (`jobs.enabled`), or `resource-share worker`; `resource-share jobs list --state pending` shows them.',
    );
  },
};

export const webhooks: Check = {
  id: 'webhooks',
  async run({ ask }) {
    if (ask === null) return skipped('No daemon runs, and nothing is delivered.');
    const endpoints = await ask('v1/webhook-endpoints');
    const dead = await ask('v1/webhook-deliveries?state=dead&limit=1000');
    const refused = [endpoints, dead].find(({ status }) => status !== 200);
    if (refused !== undefined) return skipped(`The daemon does not say: it answered ${refused.status}.`);
    const known = endpoints.body.endpoints as readonly { id: string; url: string; disabled_why: string | null }[];
    if (known.length === 0) return ok('Nobody is told of events.');
    const off = known.find(({ disabled_why: why }) => why !== null);
    if (off !== undefined)
      return warning(
        `Nothing is sent to ${off.id} (${off.url}) any more: ${off.disabled_why}.`,
        `\`resource-share webhooks enable ${off.id}\` once it is back, or \`webhooks remove ${off.id}\`.`,
      );
    const failing = await newestDead(ask, known, dead);
    if (failing === null) return ok(`Messages arrive at ${countText(known.length)} endpoints.`);
    return warning(
      `Messages to ${failing.endpoint} are given up, lastly because: ${failing.error}.`,
      `See what is wrong there (\`resource-share webhooks test ${failing.endpoint}\`); then send them again: \`webhooks replay --endpoint ${failing.endpoint} --since 7d\`.`,
    );
  },
};

interface Delivery {
  readonly endpoint: string;
  readonly state: string;
  readonly error: string | null;
}

/** Of an endpoint that has taken nothing since: one that works again needs nobody. */
async function newestDead(
  ask: (path: string) => Promise<DaemonReply>,
  known: readonly { readonly id: string }[],
  dead: DaemonReply,
): Promise<Delivery | null> {
  for (const delivery of dead.body.deliveries as readonly Delivery[]) {
    if (!known.some(({ id }) => id === delivery.endpoint)) continue;
    const { body } = await ask(`v1/webhook-deliveries?endpoint=${delivery.endpoint}&limit=50`);
    const ended = (body.deliveries as readonly Delivery[]).find(({ state }) => state !== 'waiting');
    if (ended?.state === 'dead') return ended;
  }
  return null;
}
