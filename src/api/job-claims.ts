/**
 * `/v1/jobs/claim` and what follows it: jobs of declared kinds, done by programs outside of the daemon. Whoever claims a job gets a token,
 * and loses the job where the claim is not renewed in time: the token is refused from then on.
 */
import type { FastifyBaseLogger } from 'fastify';
import * as z from 'zod';
import { parseCommand } from '../events/command.js';
import { shortText } from '../events/scalars.js';
import { showJob } from '../jobs/listing.js';
import { reclaimExpired, tellDead } from '../jobs/lost-jobs.js';
import type { ClaimedJob, JobState } from '../ledger/ledger.js';
import { maintenanceOf } from '../ledger/maintenance.js';
import { limits } from '../limits.js';
import { Problem } from '../problems.js';
import { type Api, poolOf } from './context.js';
import { problemIn } from './events/append.js';
import { type Area, appending, json, type Route, route } from './route.js';

const nothing = z.strictObject({});
const claim = { id: shortText.min(1, 'is empty'), token: z.int().min(1) };
const state = z.object({
  id: z.string(),
  state: z.enum(['pending', 'succeeded', 'failed', 'dead', 'cancelled']).describe('`pending`: it is tried again.'),
});

const asked = z.strictObject({
  kinds: z.array(shortText).max(limits.jobKindsMax).optional().describe('Declared kinds; all of them when left out.'),
  worker: shortText.min(1, 'is empty').optional().describe('What people call the worker.'),
});
const claimed = z.object({
  job: z
    .object({
      id: z.string(),
      token: z.int().describe('To be sent with everything about this job.'),
      kind: z.string(),
      pool: z.string().nullable(),
      payload: z.unknown(),
      attempt: z.int().describe('Counted from 1.'),
      attempts_max: z.int(),
      lease_ms: z.int().describe('The claim is to be renewed within this time; best four times as often.'),
    })
    .nullable()
    .describe('Null where nothing is due, and during maintenance.'),
});
const beat = z.strictObject({ ...claim, progress: z.number().min(0).max(1).optional() });
const completion = z.strictObject({
  ...claim,
  result: z.unknown().optional(),
  command: z
    .record(z.string(), z.unknown())
    .optional()
    .describe('As for `POST /v1/events`: recorded under the key `job:<id>:<token>`, unless the claim is lost.'),
});
const failure = z.strictObject({
  ...claim,
  error: z.string().max(limits.jobErrorCharactersMax, `has more than ${limits.jobErrorCharactersMax} characters`),
  retry: z.boolean().optional().describe('False: another attempt would fail, too.'),
});

const example = { id: '01KE70EHG0MQ0NW2WMXZ66Z499', token: 1 };
const common = { tag: 'Jobs', scope: 'admin', method: 'POST', query: nothing } as const;

export const jobClaimArea: Area = {
  routes: (api) => [claimRoute(api), heartbeatRoute(api), completeRoute(api), failRoute(api)],
};

const claimRoute = (api: Api): Route =>
  route({
    ...common,
    url: '/v1/jobs/claim',
    operationId: 'claimJob',
    summary: 'Claim the next job of a declared kind',
    body: { schema: asked, example: { kinds: ['x.report'], worker: 'desk' } },
    replies: {
      200: json('The job, if one is due', claimed, {
        job: { ...example, kind: 'x.report', pool: null, payload: {}, attempt: 1, attempts_max: 5, lease_ms: 300_000 },
      }),
    },
    problems: ['job_kind_unknown'],
    handle: async (input, { principal, log }) => {
      input.query();
      const { kinds = api.work.queue.kinds.outside, worker = principal.actor } = input.body();
      for (const kind of kinds) {
        if (!api.work.queue.kinds.outside.includes(kind))
          throw new Problem('job_kind_unknown', `${kind} is none of those that are declared in jobs.kinds`);
      }
      return { job: claimText(await claimNext(api, kinds, worker, log), api) };
    },
  });

/** Of several that ask at once, each asks again where another was faster. */
async function claimNext(
  { ledger, work }: Api,
  kinds: readonly string[],
  worker: string,
  log: FastifyBaseLogger,
): Promise<ClaimedJob | null> {
  for (let tries = 0; tries < limits.conflictRetriesMax; tries++) {
    const { due, expired } = await ledger.jobStore.look(kinds);
    if (expired) await reclaimExpired({ ledger, log });
    else if (due.length === 0) return null;
    await ledger.catchUp();
    if (maintenanceOf(ledger) !== null) return null;
    for (const { id, kind } of due) {
      const job = await ledger.jobStore.claim(id, worker, work.queue.kinds.get(kind).leaseMs);
      if (job !== null) return job;
    }
  }
  return null;
}

function claimText(job: ClaimedJob | null, { work }: Api): z.infer<typeof claimed>['job'] {
  if (job === null) return null;
  const { id, token, kind, pool, payload, attempts: attempt, attemptsMax: attempts_max } = job;
  const { leaseMs: lease_ms } = work.queue.kinds.get(kind);
  return { id, token, kind, pool, payload: JSON.parse(payload), attempt, attempts_max, lease_ms };
}

const heartbeatRoute = ({ ledger, work }: Api): Route =>
  route({
    ...common,
    url: '/v1/jobs/heartbeat',
    operationId: 'renewJob',
    summary: 'Renew the claim on a job',
    body: { schema: beat, example: { ...example, progress: 0.5 } },
    replies: {
      200: json('Still held', z.object({ cancelled: z.boolean().describe('It is to be ended.') }), {
        cancelled: false,
      }),
    },
    problems: ['job_fenced'],
    handle: async (input) => {
      input.query();
      const { progress, ...held } = input.body();
      const notes = progress === undefined ? null : JSON.stringify({ ratio: progress, lines: [] });
      const found = await ledger.jobStore.renew(held, await leaseOf(ledger, work, held.id), notes);
      if (found === 'lost') throw lost(held.id);
      return { cancelled: found === 'cancelled' };
    },
  });

async function leaseOf(ledger: Api['ledger'], work: Api['work'], id: string): Promise<number> {
  const [row] = await ledger.query<{ readonly kind: string }>('SELECT kind FROM jobs WHERE id = ?', [id]);
  if (row === undefined) throw lost(id);
  return work.queue.kinds.get(row.kind).leaseMs;
}

const completeRoute = ({ ledger }: Api): Route =>
  route({
    ...common,
    url: '/v1/jobs/complete',
    operationId: 'completeJob',
    summary: 'A job is done',
    body: { schema: completion, example: { ...example, result: { lines: 12 } } },
    replies: { 200: json('Kept', state, { id: example.id, state: 'succeeded' }) },
    problems: ['job_fenced', 'too_large', ...appending],
    handle: async (input, { principal }) => {
      input.query();
      const { result, command, ...held } = input.body();
      const text = result === undefined ? null : JSON.stringify(result);
      if (text !== null && Buffer.byteLength(text) > limits.jobPayloadBytesMax)
        throw new Problem('too_large', `the result has more than ${limits.jobPayloadBytesMax} bytes`);
      if (command !== undefined) await record(ledger, held, command, principal.actor);
      return ended(held.id, await ledger.jobStore.complete(held, text, null));
    },
  });

async function record(
  ledger: Api['ledger'],
  { id, token }: typeof example,
  given: unknown,
  actor: string,
): Promise<void> {
  const { pool, ...body } = given as { readonly pool?: unknown };
  const command = parseCommand(body, { actor, source: 'jobs/1' });
  const fenced = { ...command, key: `job:${id}:${token}`, fence: { job: id, token } };
  const outcome = await ledger.submitOne(poolOf(ledger, pool), fenced);
  if (outcome.status === 'rejected') throw problemIn(outcome);
}

const failRoute = ({ ledger }: Api): Route =>
  route({
    ...common,
    url: '/v1/jobs/fail',
    operationId: 'failJob',
    summary: 'A job failed',
    description: 'It is tried again after a while, as often as it may.',
    body: { schema: failure, example: { ...example, error: 'the file is gone' } },
    replies: { 200: json('Kept', state, { id: example.id, state: 'pending' }) },
    problems: ['job_fenced'],
    handle: async (input, { log }) => {
      input.query();
      const { error, retry = true, ...held } = input.body();
      const next = retry ? 'retry' : 'failed';
      const found = await ledger.jobStore.fail(held, { error, next, progress: null });
      if (found === 'dead') await tellDead({ ledger, log }, await showJob(ledger, held.id));
      return ended(held.id, found);
    },
  });

function ended(id: string, found: JobState | null) {
  if (found === null) throw lost(id);
  return { id, state: found };
}

const lost = (id: string): Problem =>
  new Problem('job_fenced', `the claim on ${id.slice(0, 100)} is lost: its time ran out, or somebody else has it`);
