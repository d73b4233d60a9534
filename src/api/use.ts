/** `GET /v1/use` and `GET /v1/shares`: what a pool used over time, and what part of it was each agent's. */
import * as z from 'zod';
import type { EpochMs, PoolId } from '../events/scalars.js';
import type { Ledger } from '../ledger/ledger.js';
import { limits } from '../limits.js';
import { Problem } from '../problems.js';
import { identityNamed } from '../status/agent-detail.js';
import {
  publishedSeries,
  publishedShares,
  publishedSteps,
  sharesSchema,
  stepsSchema,
  useSeriesSchema,
} from '../status/published-use.js';
import { sharesOverTime } from '../status/shares-over-time.js';
import { type StepKind, type Stretch, stepKinds, stretchOf } from '../status/steps.js';
import { useKeys, useOverTime } from '../status/use-over-time.js';
import { seqFromQuery } from './as-of.js';
import { nowFor, poolOf } from './context.js';
import { instantOf, type Moment, moment, poolName, seqNumber, text } from './query.js';
import { type Area, json, route } from './route.js';

/** The time that is asked about, for routes about figures over time. */
export const rangeQuery = {
  from: moment
    .optional()
    .describe('Used at or after; as many steps before the end as are usually shown where it is left out.'),
  until: moment.optional().describe('Used before; the end of the step that goes on where it is left out.'),
};

export const stepQuery = z
  .enum(stepKinds, 'is none of hour, day, week')
  .default('day')
  .describe(`Of the zone of the pool; no more than ${limits.seriesStepsMax} of them.`);

/** The time asked for, in the zone of the pool. */
export function rangeOf(
  ledger: Ledger,
  pool: PoolId,
  step: StepKind,
  { from, until }: { readonly from?: Moment | undefined; readonly until?: Moment | undefined },
): Stretch {
  const state = ledger.state(pool);
  const instant = (value: Moment | undefined): EpochMs | undefined =>
    value === undefined ? undefined : instantOf(value, state.timeZone);
  return stretchOf(step, state.timeZone, nowFor(ledger, state), { from: instant(from), until: instant(until) });
}

const sharesQuery = z.strictObject({
  pool: poolName,
  step: stepQuery,
  ...rangeQuery,
  identity: text.optional().describe('Only of this one: name or alias.'),
  as_of_seq: seqNumber.optional().describe('By what the log held up to this event.'),
  as_of: moment.optional().describe('By what the log held at this time.'),
});

const query = sharesQuery.extend({
  by: z
    .enum(useKeys, `is none of ${useKeys.join(', ')}`)
    .default('agent')
    .describe('What it is told apart by.'),
});

const restsOn = {
  pool: z.string(),
  as_of_seq: z.int().describe('The figures hold everything up to this event.'),
};

const sharesReply = stepsSchema.extend({ ...restsOn, ...sharesSchema.shape });

const reply = stepsSchema.extend({
  ...restsOn,
  by: z.enum(useKeys),
  series: z.array(useSeriesSchema).describe('The largest first. Together they are the total.'),
  total: useSeriesSchema,
});

export const useArea: Area = {
  routes: ({ ledger }) => [
    sharesRoute(ledger),
    route({
      method: 'GET',
      url: '/v1/use',
      scope: 'read',
      operationId: 'getUse',
      tag: 'Figures over time',
      summary: 'What was used, over time',
      description:
        'A correction counts where the use does that it corrects. What is not among the largest is told as one, `others`, so that all series together are the total.',
      query,
      replies: { 200: json('One number a step of each amount', reply) },
      problems: ['identity_unknown', 'seq_beyond_head', 'pool_unknown'],
      handle: async (input): Promise<z.infer<typeof reply>> => {
        const asked = input.query();
        const { by, step } = asked;
        const pool = poolOf(ledger, asked.pool);
        const upToSeq = await seqFromQuery(ledger, pool, asked);
        const identity = identityOf(ledger, pool, asked.identity);
        if (upToSeq !== undefined && (by === 'agent' || identity !== undefined))
          await refuseMerged(ledger, pool, upToSeq);
        const range = rangeOf(ledger, pool, step, asked);
        const question = { by, step, ...range, identity, upToSeq };
        const { seq, steps, series, total } = await useOverTime(ledger, pool, question);
        return {
          pool,
          as_of_seq: seq,
          by,
          ...publishedSteps(steps),
          series: series.map(publishedSeries),
          total: publishedSeries(total),
        };
      },
    }),
  ],
};

const sharesRoute = (ledger: Ledger) =>
  route({
    method: 'GET',
    url: '/v1/shares',
    scope: 'read',
    operationId: 'getShares',
    tag: 'Figures over time',
    summary: 'What part of all use was whose, and by weight should have been',
    description:
      'Of autonomous use alone: no share is kept for work with a person. By weight is by what the log noted of shares at its events.',
    query: sharesQuery,
    replies: { 200: json('Two fractions a step of each agent', sharesReply) },
    problems: ['identity_unknown', 'seq_beyond_head', 'pool_unknown'],
    handle: async (input): Promise<z.infer<typeof sharesReply>> => {
      const asked = input.query();
      const { step } = asked;
      const pool = poolOf(ledger, asked.pool);
      const upToSeq = await seqFromQuery(ledger, pool, asked);
      const identity = identityOf(ledger, pool, asked.identity);
      const range = rangeOf(ledger, pool, step, asked);
      const shares = await sharesOverTime(ledger, pool, { step, ...range, identity, upToSeq });
      return { pool, as_of_seq: shares.seq, ...publishedSteps(shares.steps), ...publishedShares(shares) };
    },
  });

const identityOf = (ledger: Ledger, pool: PoolId, name: string | undefined) =>
  name === undefined ? undefined : identityNamed(ledger.state(pool), name).name;

/** The table of uses has one name for what was merged, also of the time before. */
async function refuseMerged(ledger: Ledger, pool: PoolId, seq: number): Promise<void> {
  const [merged] = await ledger.readEvents(pool, { after: seq, types: ['identity.merged'], limit: 1 });
  if (merged === undefined) return;
  throw new Problem(
    'request_invalid',
    `agents were merged after event ${seq} (by event ${merged.seq}), and what each of them used before is not told apart any more; \`/v1/daily?as_of_seq=${seq}\` has it day by day`,
    [{ field: 'as_of', message: 'lies before a merge of agents' }],
  );
}
