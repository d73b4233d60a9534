/** `/v1/jobs`: background work, for people who look after it. Workers outside of the daemon use `job-claims.ts`. */
import * as z from 'zod';
import { shortText } from '../events/scalars.js';
import { listJobs, listSchedules, showJob } from '../jobs/listing.js';
import { limits } from '../limits.js';
import { type Api, poolOf } from './context.js';
import { pageLimit, rowsLimit, text } from './query.js';
import { type Area, json, type Route, route } from './route.js';

const nothing = z.strictObject({});
const params = z.object({ id: z.string().describe('Id of the job.') });
const kindName = shortText.min(1, 'is empty').describe('Kind of the job.');
const states = ['pending', 'running', 'succeeded', 'failed', 'dead', 'cancelled'] as const;
const time = z.iso.datetime();

export const jobText = z.object({
  id: z.string(),
  kind: z.string(),
  pool: z.string().nullable(),
  state: z.enum(states),
  payload: z.unknown(),
  priority: z.int().describe('Of the jobs of a kind that are due, those with the smallest come first.'),
  attempts: z.int(),
  attempts_max: z.int(),
  token: z.int().describe('Grows with every claim.'),
  holder: z.string().nullable().describe('Who claimed it last.'),
  dedupe: z.string().nullable(),
  schedule: z.string().nullable().describe('The schedule that added it.'),
  progress: z.number().nullable().describe('From 0 to 1.'),
  lines: z.array(z.string()).describe('The last lines that it said.'),
  error: z.string().nullable(),
  result: z.unknown(),
  run_at: time,
  lease_until: time.nullable(),
  cancel_at: time.nullable().describe('When it was cancelled; while it still runs, it is being ended.'),
  created_at: time,
  started_at: time.nullable(),
  finished_at: time.nullable(),
});

const example: z.infer<typeof jobText> = {
  id: '01KE70EHG0MQ0NW2WMXZ66Z499',
  kind: 'daily-aggregate',
  pool: 'default',
  state: 'succeeded',
  payload: { date: '2026-01-05' },
  priority: 0,
  attempts: 1,
  attempts_max: 5,
  token: 1,
  holder: 'desk:4711:0f1e2d3c',
  dedupe: 'daily-aggregate:default@2026-01-05T23:00:00.000Z',
  schedule: 'daily-aggregate:default',
  progress: null,
  lines: [],
  error: null,
  result: { date: '2026-01-05', closed: true, restated: [] },
  run_at: '2026-01-05T23:00:00.000Z',
  lease_until: null,
  cancel_at: null,
  created_at: '2026-01-05T23:00:00.120Z',
  started_at: '2026-01-05T23:00:00.130Z',
  finished_at: '2026-01-05T23:00:00.190Z',
};

const scheduleText = z.object({
  schedule: z.string(),
  kind: z.string(),
  pool: z.string(),
  when: z.string().describe('A cron expression, or an interval.'),
  time_zone: z.string(),
  catch_up: z.enum(['none', 'last', 'all']),
  paused: z.boolean(),
  last: time.nullable(),
  last_job: z.string().nullable(),
  last_state: z.enum(states).nullable().describe('Null where the job is kept no longer.'),
  last_error: z.string().nullable(),
  next: time.nullable(),
});

const jobAsked = z.strictObject({
  kind: kindName,
  payload: z.record(z.string(), z.unknown()).optional().describe('What the kind takes; nothing when left out.'),
  pool: shortText.optional().describe('What it is about; `default` when left out.'),
  run_at: time.optional().describe('Not before; at once when left out.'),
  priority: z.int().min(-1_000).max(1_000).optional(),
  attempts_max: z.int().min(1).max(limits.jobAttemptsMax).optional(),
  dedupe: shortText
    .min(1, 'is empty')
    .optional()
    .describe('While a job of the kind with this text waits or runs, no other is added.'),
});

const added = z.object({
  id: z.string(),
  status: z.enum(['added', 'active']).describe('`active`: one with this dedupe key waits or runs; it is named.'),
});
const changed = z.object({ id: z.string(), state: z.enum(states) });
const pausing = z.strictObject({ kind: kindName.describe('A kind, or `*` for all.'), paused: z.boolean() });

const common = { tag: 'Jobs', scope: 'admin', query: nothing } as const;

export const jobArea: Area = {
  routes: (api) => [
    listRoute(api),
    showRoute(api),
    addRoute(api),
    schedulesRoute(api),
    pauseRoute(api),
    changeRoute(
      api,
      'cancel',
      'Cancel a job',
      'One that runs is ended with the next heartbeat of whoever runs it, and stays cancelled.',
    ),
    changeRoute(api, 'retry', 'Have a job run again at once', 'With all its attempts before it.'),
    changeRoute(api, 'discard', 'Remove a job that does not run', 'Nothing is left of it.'),
  ],
};

const listRoute = ({ ledger }: Api): Route =>
  route({
    ...common,
    method: 'GET',
    url: '/v1/jobs',
    operationId: 'listJobs',
    summary: 'Jobs, the newest first',
    query: z.strictObject({
      state: z.enum(states).optional().describe('Only jobs in this state.'),
      kind: text.optional().describe('Only jobs of this kind.'),
      before: text.optional().describe('Id of the last one of the page before.'),
      limit: rowsLimit,
    }),
    replies: { 200: json('A page', z.object({ jobs: z.array(jobText) }), { jobs: [example] }) },
    handle: async (input) => {
      const { limit, ...filter } = input.query();
      return { jobs: await listJobs(ledger, { ...filter, limit: pageLimit(limit) }) };
    },
  });

const showRoute = ({ ledger }: Api): Route =>
  route({
    ...common,
    method: 'GET',
    url: '/v1/jobs/:id',
    operationId: 'showJob',
    summary: 'One job',
    params,
    replies: { 200: json('The job', jobText, example) },
    problems: ['job_unknown'],
    handle: async (input) => {
      input.query();
      return showJob(ledger, input.params.id);
    },
  });

const addRoute = ({ ledger, work }: Api): Route =>
  route({
    ...common,
    method: 'POST',
    url: '/v1/jobs',
    operationId: 'addJob',
    summary: 'Add a job',
    body: { schema: jobAsked, example: { kind: 'daily-aggregate', payload: { date: '2026-01-05' } } },
    replies: {
      201: json('Added', added, { id: example.id, status: 'added' }),
      200: json('One with this dedupe key waits or runs', added, { id: example.id, status: 'active' }),
    },
    problems: ['job_kind_unknown', 'jobs_full', 'pool_unknown', 'too_large'],
    handle: async (input, _request, reply) => {
      input.query();
      const { run_at: runAt, attempts_max: attemptsMax, pool, ...request } = input.body();
      const { id, isNew } = await work.queue.add({
        ...request,
        attemptsMax,
        pool: pool === undefined ? undefined : poolOf(ledger, pool),
        runAt: runAt === undefined ? undefined : Date.parse(runAt),
      });
      return reply.code(isNew ? 201 : 200).send({ id, status: isNew ? 'added' : 'active' });
    },
  });

const schedulesRoute = ({ ledger, work }: Api): Route =>
  route({
    ...common,
    method: 'GET',
    url: '/v1/schedules',
    operationId: 'listSchedules',
    summary: 'When jobs are added, with the last and the next time',
    replies: {
      200: json('All schedules', z.object({ schedules: z.array(scheduleText) }), {
        schedules: [
          {
            schedule: 'daily-aggregate:default',
            kind: 'daily-aggregate',
            pool: 'default',
            when: '0 0 * * *',
            time_zone: 'Europe/Berlin',
            catch_up: 'all',
            paused: false,
            last: '2026-01-05T23:00:00.000Z',
            last_job: example.id,
            last_state: 'succeeded',
            last_error: null,
            next: '2026-01-06T23:00:00.000Z',
          },
        ],
      }),
    },
    handle: async (input) => {
      input.query();
      return { schedules: await listSchedules(ledger, work.schedules) };
    },
  });

const pauseRoute = ({ work }: Api): Route =>
  route({
    ...common,
    method: 'POST',
    url: '/v1/jobs/pause',
    operationId: 'pauseJobs',
    summary: 'Have jobs of a kind wait, or go on',
    description: 'Those that run go on. What a schedule misses meanwhile is made up for as it says.',
    body: { schema: pausing, example: { kind: 'daily-aggregate', paused: true } },
    replies: { 200: json('So it is', pausing, { kind: 'daily-aggregate', paused: true }) },
    problems: ['job_kind_unknown'],
    handle: async (input) => {
      input.query();
      const { kind, paused } = input.body();
      if (kind !== '*') work.queue.kinds.get(kind);
      await work.queue.pause(kind, paused);
      return { kind, paused };
    },
  });

function changeRoute(
  { ledger, work }: Api,
  verb: 'cancel' | 'retry' | 'discard',
  summary: string,
  description: string,
): Route {
  return route({
    ...common,
    method: 'POST',
    url: `/v1/jobs/:id/${verb}`,
    operationId: `${verb}Job`,
    summary,
    description,
    params,
    body: { schema: nothing.prefault({}), example: {} },
    replies: { 200: json('The job, with its state', changed, { id: example.id, state: 'cancelled' }) },
    problems: [
      'job_unknown',
      ...(verb === 'cancel' ? (['job_ended'] as const) : (['job_running', 'job_active'] as const)),
    ],
    handle: async (input) => {
      input.query();
      input.body();
      const { id, state } = await showJob(ledger, input.params.id);
      if (verb === 'cancel') return { id, state: await work.queue.cancel(id) };
      await work.queue[verb](id);
      return { id, state: verb === 'retry' ? 'pending' : state };
    },
  });
}
