/** `GET /v1/identities/{identity}/detail`: everything about one agent that a page shows. */
import * as z from 'zod';
import { isoText } from '../events/days.js';
import { limits } from '../limits.js';
import { type AgentDetail, agentDetail } from '../status/agent-detail.js';
import { identityStates, stateMeanings } from '../status/identity-state.js';
import { publishedSharers, sharerSchema } from '../status/published.js';
import {
  publishedSeries,
  publishedShares,
  publishedSteps,
  sharesSchema,
  stepsSchema,
  useSeriesSchema,
} from '../status/published-use.js';
import { poolOf } from './context.js';
import { poolName, rowsLimit } from './query.js';
import { type Area, json, route } from './route.js';
import { rangeOf, rangeQuery, stepQuery } from './use.js';

const eventsUsual = 20;

const query = z.strictObject({
  pool: poolName,
  step: stepQuery,
  ...rangeQuery,
  events: rowsLimit
    .pipe(z.int().max(limits.pageRowsDefault, `is above ${limits.pageRowsDefault}`).optional())
    .describe(`How many of its newest events: ${eventsUsual} by default, up to ${limits.pageRowsDefault}.`),
});

const parts = (what: string) =>
  z.array(useSeriesSchema).describe(`By ${what}, the largest first. Together they are the total.`);

const turnSchema = z.object({
  turn: z.string(),
  status: z.enum(['open', 'settled', 'released', 'expired']),
  granted_at: z.string(),
  expires_at: z.string().nullable().describe('Null once it has ended.'),
  ended_at: z.string().nullable().describe('Null while it is held.'),
  usage_seq: z.int().nullable().describe('Seq of the event that holds what it used; null where it was not settled.'),
});

const reply = z.object({
  pool: z.string(),
  at: z.string(),
  as_of_seq: z.int().describe('How it stands holds everything up to this event.'),
  name: z.string(),
  aliases: z.array(z.string()),
  merged: z.array(z.string()).describe('Names that were merged into it.'),
  first_seen: z.string(),
  retired_at: z.string().nullable(),
  model: z.string().nullable(),
  state: z.enum(identityStates).describe(`How it stands, by the first that holds: ${stateMeanings}`),
  paused: z.boolean(),
  paused_until: z.string().nullable().describe('Null where it is not paused, or until resumed.'),
  next_run_at: z.string().nullable(),
  interval_s: z.int().nullable().describe('What it was last told.'),
  would_be_s: z.int().describe('What it would be told now.'),
  reason: z.string(),
  share: sharerSchema.nullable().describe('As in `GET /v1/fairness`; null for one that has no share.'),
  use: stepsSchema.extend({
    total: useSeriesSchema,
    models: parts('model'),
    projects: parts('project'),
    sessions: parts('session'),
  }),
  shares: sharesSchema.describe('As in `GET /v1/shares`, of it alone, in the steps of its use.'),
  runs: z
    .array(
      z.object({
        start: z.string(),
        seq: z.int().describe('Of the event that began it.'),
        told_s: z.int().nullable().describe('From run to run, as it was told last before; null where it was not told.'),
        told_for_window: z.boolean().describe('Whether that was a wait for a full window.'),
        kept_s: z.number().describe('Seconds since the start of the run before.'),
        after_collaboration: z.boolean().describe('Whether a person worked with it in between.'),
      }),
    )
    .describe('Those that began in the time of `use`, the oldest first; without the first one that is known.'),
  runs_known_from: z
    .string()
    .nullable()
    .describe(
      `Null where they are known for all of that time; else from when on, as ${limits.agentRunEventsMax} events are gone through.`,
    ),
  events: z
    .array(
      z.object({
        seq: z.int(),
        id: z.string(),
        type: z.string(),
        occurred_at: z.string(),
        recorded_at: z.string(),
        line: z.string().describe('What it says, for people; empty where the type says all.'),
      }),
    )
    .describe('The newest first.'),
  turns: z.array(turnSchema).describe('Those it holds, then those that ended last.'),
  explanation: z
    .record(z.string(), z.unknown())
    .describe('What it would be told now, step by step: the `explanation` of `fair explain --json`.'),
});

export const agentDetailArea: Area = {
  routes: ({ ledger }) => [
    route({
      method: 'GET',
      url: '/v1/identities/:identity/detail',
      scope: 'read',
      operationId: 'getIdentityDetail',
      tag: 'Figures over time',
      summary: 'One agent: its use over time, events, turns, and why it waits',
      description: 'Use is that of the time that is asked for; all else is told as it is now, and not of the past.',
      query,
      params: z.object({ identity: z.string().describe('Name or alias.') }),
      replies: { 200: json('Its use, one number a step of each amount, and how it stands', reply) },
      problems: ['identity_unknown', 'pool_unknown'],
      handle: async (input): Promise<z.infer<typeof reply>> => {
        const asked = input.query();
        const { step, events = eventsUsual } = asked;
        const pool = poolOf(ledger, asked.pool);
        const range = rangeOf(ledger, pool, step, asked);
        return published(pool, await agentDetail(ledger, pool, input.params.identity, { step, events, ...range }));
      },
    }),
  ],
};

const textOrNull = (at: number | null): string | null => (at === null ? null : isoText(at));

function published(pool: string, detail: AgentDetail): z.infer<typeof reply> {
  const { name, aliases, merged, status, standing, use, shares, runs, explanation } = detail;
  return {
    pool,
    at: isoText(status.at),
    as_of_seq: status.seq,
    name,
    aliases: [...aliases],
    merged: [...merged],
    first_seen: isoText(detail.firstSeen),
    retired_at: textOrNull(detail.retiredAt),
    model: standing.model,
    state: standing.state,
    paused: standing.paused,
    paused_until: textOrNull(standing.pausedUntil),
    next_run_at: textOrNull(standing.nextRunAt),
    interval_s: standing.intervalS,
    would_be_s: standing.wouldBeS,
    reason: standing.reason,
    share: publishedSharers(status).find((one) => one.name === name) ?? null,
    use: {
      ...publishedSteps(use.steps),
      total: publishedSeries(use.total),
      models: use.models.map(publishedSeries),
      projects: use.projects.map(publishedSeries),
      sessions: use.sessions.map(publishedSeries),
    },
    shares: publishedShares(shares),
    runs: runs.runs.map(({ start, seq, toldS, isForWindow, keptS, isAfterPerson }) => ({
      start: isoText(start),
      seq,
      told_s: toldS,
      told_for_window: isForWindow,
      kept_s: keptS,
      after_collaboration: isAfterPerson,
    })),
    runs_known_from: textOrNull(runs.knownFrom),
    events: detail.events.map(({ occurredAt, recordedAt, line, ...event }) => ({
      ...event,
      occurred_at: isoText(occurredAt),
      recorded_at: isoText(recordedAt),
      line,
    })),
    turns: detail.turns.map(({ turn, status: how, grantedAt, expiresAt, endedAt, usageSeq }) => ({
      turn,
      status: how,
      granted_at: isoText(grantedAt),
      expires_at: textOrNull(expiresAt),
      ended_at: textOrNull(endedAt),
      usage_seq: usageSeq,
    })),
    explanation: { ...explanation },
  };
}
