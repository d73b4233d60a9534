/** `/jobs`: background work of the daemon, and what can be done about it. */
import * as z from 'zod';
import { dayClosing } from '../../events/catalogue/day.js';
import { addDays, dateIn } from '../../events/days.js';
import { defaultPool, type EpochMs, type PoolId } from '../../events/scalars.js';
import { listJobs, listSchedules, showJob } from '../../jobs/listing.js';
import type { JobState } from '../../ledger/ledger.js';
import type { Html } from '../../web/html.js';
import { pagePath } from '../../web/page.js';
import { type BackupState, jobsPage, type ScheduleRow } from '../../web/pages/jobs.js';
import { saidNotice } from '../../web/parts/done-notice.js';
import type { JobRow } from '../../web/parts/jobs-table.js';
import { type Api, poolOf } from '../context.js';
import type { Route } from '../route.js';
import { actRoute, record } from './act-route.js';
import { noticeOf } from './notice.js';
import { doneQuery, pageRoute } from './page-route.js';

type Job = Awaited<ReturnType<typeof showJob>>;
type Schedule = Awaited<ReturnType<typeof listSchedules>>[number];

const ofEachShown = 20;
const unfinishedStates: readonly JobState[] = ['running', 'pending', 'dead', 'failed', 'cancelled'];

/** Acts upon jobs leave no event in the log: the page says by these what was done. */
const query = {
  done: doneQuery.done,
  of: z.string().optional().describe('Pool of that event.'),
  did: z
    .enum(['run', 'waits', 'cancel', 'retry', 'discard', 'paused', 'resumed'])
    .optional()
    .describe('What the act that led here has done, where it is in no event.'),
  job: z.string().optional().describe('The job, or the kind, that it was done to.'),
};
type Query = z.output<z.ZodObject<typeof query>>;

export const jobsRoute = (api: Api): Route =>
  pageRoute(api, {
    url: '/jobs',
    scope: 'admin',
    ofAll: true,
    operationId: 'showJobs',
    summary: 'Background work, its last runs and its next ones',
    query,
    view: async ({ query: asked, pools, token }) => {
      const { ledger, work } = api;
      const at = ledger.now() as EpochMs;
      const [schedules, succeeded, backup, notice, ...unfinished] = await Promise.all([
        schedulesOf(api),
        listJobs(ledger, { state: 'succeeded', limit: ofEachShown }),
        backupOf(api),
        actedOn(api, asked),
        ...unfinishedStates.map((state) => listJobs(ledger, { state, limit: ofEachShown })),
      ]);
      const { timeZone } = ledger.state(ledger.hasPool(defaultPool) ? defaultPool : (ledger.poolNames[0] as PoolId));
      return jobsPage({
        ...{ at, timeZone, schedules, backup, pools, token, notice },
        unfinished: unfinished.flat().map(rowOf),
        succeeded: succeeded.map(rowOf),
        chores: work.figures.chores,
        yesterday: addDays(dateIn(timeZone, at), -1),
      });
    },
  });

async function schedulesOf({ ledger, work }: Api): Promise<ScheduleRow[]> {
  const schedules = await listSchedules(ledger, work.schedules);
  const last = new Map<string, Job>();
  await Promise.all(
    schedules.map(async ({ last_job: id }) => {
      const job = id === null ? null : await showJob(ledger, id).catch(() => null);
      if (job !== null) last.set(job.id, job);
    }),
  );
  return schedules.map((schedule) => scheduleOf(schedule, last.get(schedule.last_job ?? ''), work));
}

function scheduleOf(schedule: Schedule, job: Job | undefined, { queue }: Api['work']): ScheduleRow {
  const { schedule: name, kind, pool, when, time_zone: timeZone, paused: isPaused } = schedule;
  return {
    ...{ name, kind, pool, when, timeZone, isPaused },
    lastAt: atOf(schedule.last),
    lastState: schedule.last_state,
    lastTookMs: job === undefined ? null : tookOf(job),
    lastResult: job === undefined ? null : resultOf(job),
    lastError: schedule.last_error,
    nextAt: atOf(schedule.next),
    mayRunNow: queue.kinds.get(kind).payload.safeParse({}).success,
  };
}

/** The job keeps what the backup was; that of another release keeps nothing. */
async function backupOf({ ledger, work }: Api): Promise<BackupState | null> {
  if (!work.queue.kinds.names.includes('backup')) return null;
  const made = await listJobs(ledger, { kind: 'backup', state: 'succeeded', limit: 1 });
  const [last] = made;
  const result = backupResult.safeParse(last?.result).data;
  return {
    lastAt: atOf(last?.finished_at ?? null),
    id: result?.id ?? null,
    events: result?.events ?? null,
    bytesAdded: result?.bytes_added ?? null,
  };
}

const backupResult = z.object({ id: z.string(), events: z.number(), bytes_added: z.number() });

function rowOf(job: Job): JobRow {
  const { id, kind, pool, state, attempts, progress, lines, error } = job;
  return {
    ...{ id, kind, pool, state, attempts, progress, lines, error },
    isEnding: state === 'running' && job.cancel_at !== null,
    attemptsMax: job.attempts_max,
    runAt: Date.parse(job.run_at),
    finishedAt: atOf(job.finished_at),
    tookMs: tookOf(job),
    result: resultOf(job),
  };
}

const atOf = (time: string | null): number | null => (time === null ? null : Date.parse(time));
const resultOf = ({ result }: Job): string | null => wordsOf(result) || null;

/** What a job gives is for programs; people read it as words, without what is empty. */
function wordsOf(value: unknown): string {
  if (value === null || value === undefined) return '';
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  if (typeof value !== 'object') return String(value);
  if (Array.isArray(value)) return value.map(wordsOf).join(', ');
  const words = Object.entries(value).map(([name, part]) => [name.replaceAll('_', ' '), wordsOf(part)] as const);
  return words.flatMap(([name, text]) => (text === '' ? [] : [`${name} ${text}`])).join(', ');
}

const tookOf = ({ started_at: started, finished_at: finished }: Job): number | null =>
  started === null || finished === null ? null : Math.max(0, Date.parse(finished) - Date.parse(started));

async function actedOn({ ledger, work }: Api, { done, of, did, job = '' }: Query): Promise<Html | null> {
  if (done !== undefined) return noticeOf(ledger, poolOf(ledger, of), { done });
  switch (did) {
    case undefined:
      return null;
    case 'discard':
      return saidNotice('The job is removed.');
    case 'paused':
    case 'resumed': {
      const known = work.queue.kinds.names.find((kind) => kind === job);
      if (known === undefined) return null;
      return saidNotice(
        did === 'paused' ? `Jobs of the kind ${known} wait from now on.` : `Jobs of the kind ${known} go on.`,
      );
    }
    default: {
      const found = await showJob(ledger, job).catch(() => null);
      return found === null ? null : saidNotice(`The job ${found.id} (${found.kind}) ${doneTexts[did]}`);
    }
  }
}

const doneTexts = {
  run: 'is added, and is done next: what comes of it shows here.',
  waits: 'waits or runs already: nothing was added.',
  cancel: 'is cancelled.',
  retry: 'is tried again, with all its attempts before it.',
} as const;

const common = { ofAll: true } as const;
const ofKind = z.object({ kind: z.string().describe('Kind of the job.') });
const ofJob = z.object({ id: z.string().describe('Id of the job.') });

export const jobActs = (api: Api): readonly Route[] => [
  runRoute(api),
  pauseRoute(api),
  closeRoute(api),
  ...(['cancel', 'retry', 'discard'] as const).map((verb) => changeRoute(api, verb)),
];

/** One of an interval, or of a pool, is done for that pool. */
const runRoute = (api: Api): Route =>
  actRoute(api, {
    ...common,
    url: '/jobs/:kind/run',
    operationId: 'runJobNow',
    summary: 'Add a job on a page, to be done next',
    params: ofKind,
    problems: ['job_kind_unknown', 'jobs_full'],
    act: async ({ pool, params: { kind = '' } }) => {
      const { id, isNew } = await api.work.queue.add({ kind, pool });
      return pagePath('/jobs', undefined, { did: isNew ? 'run' : 'waits', job: id });
    },
  });

const pauseRoute = (api: Api): Route =>
  actRoute(api, {
    ...common,
    url: '/jobs/:kind/pause',
    operationId: 'pauseJobsOfKind',
    summary: 'Have jobs of a kind wait, or go on, on a page',
    params: ofKind,
    fields: { paused: z.enum(['yes', 'no']).describe('`no`: they go on.') },
    example: { paused: 'yes' },
    problems: ['job_kind_unknown'],
    act: async ({ params: { kind = '' }, fields: { paused } }) => {
      const { queue } = api.work;
      queue.kinds.get(kind);
      await queue.pause(kind, paused === 'yes');
      return pagePath('/jobs', undefined, { did: paused === 'yes' ? 'paused' : 'resumed', job: kind });
    },
  });

const changeRoute = (api: Api, verb: 'cancel' | 'retry' | 'discard'): Route =>
  actRoute(api, {
    ...common,
    url: `/jobs/:id/${verb}`,
    operationId: `${verb}JobOnPage`,
    summary: summaries[verb],
    params: ofJob,
    problems: [
      'job_unknown',
      ...(verb === 'cancel' ? (['job_ended'] as const) : (['job_running', 'job_active'] as const)),
    ],
    act: async ({ params }) => {
      const { id } = await showJob(api.ledger, params.id ?? '');
      await api.work.queue[verb](id);
      return pagePath('/jobs', undefined, { did: verb, job: id });
    },
  });

const summaries = {
  cancel: 'Cancel a job on a page',
  retry: 'Have a job run again at once, on a page',
  discard: 'Remove a job that does not run, on a page',
} as const;

const closeRoute = (api: Api): Route =>
  actRoute(api, {
    ...common,
    url: '/jobs/close-day',
    operationId: 'closeDay',
    summary: 'Close a day on a page',
    fields: { date: dayClosing.shape.date, of: z.string().optional().describe('The pool; `default` when left out.') },
    example: { date: '2026-01-05' },
    problems: ['day_not_over', 'day_before_pool'],
    act: async ({ fields: { date, of }, request }) => {
      const { ledger } = api;
      const pool = poolOf(ledger, of);
      const seq = await record(ledger, { pool, request }, { type: 'day.closed', payload: { date } });
      return pagePath('/jobs', undefined, { done: String(seq ?? 0), of: pool });
    },
  });
