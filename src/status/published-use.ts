/** Figures over time as JSON: the same keys in `GET /v1/use`, `GET /v1/shares` and `GET /v1/identities/NAME/detail`. */
import * as z from 'zod';
import { isoText } from '../events/days.js';
import { limits } from '../limits.js';
import type { SharesOverTime } from './shares-over-time.js';
import { type Steps, stepKinds } from './steps.js';
import type { UseSeries } from './use-series.js';

export const stepsSchema = z.object({
  step: z.enum(stepKinds),
  time_zone: z.string().describe('Days, and so hours and weeks, are cut in it.'),
  from: z.string(),
  until: z.string().describe('What was used at this moment is not counted any more.'),
  starts: z
    .array(z.string())
    .describe(
      'When each step begins: the first one at `from`. A day has 23 or 25 hours where the clock is moved; a week begins on Monday.',
    ),
});

const amounts = (what: string) => z.array(z.number()).describe(`${what} of each step, as many as there are starts.`);

export const useSeriesSchema = z.object({
  kind: z
    .enum(['named', 'unnamed', 'others', 'all'])
    .describe(
      `\`unnamed\`: what no report says a name of. \`others\`: together, all but the ${limits.seriesPartsMax} largest. \`all\`: everything.`,
    ),
  name: z.string().nullable().describe('Null where it is not of one name.'),
  names: z.int().describe('How many names it is of.'),
  total: z.object({ usd: z.number(), tokens: z.int(), reports: z.int() }).describe('Over all steps.'),
  usd: amounts('US dollars'),
  tokens: amounts('Tokens'),
  reports: amounts('Reports'),
});

export const publishedSteps = ({ kind, timeZone, from, until, starts }: Steps): z.infer<typeof stepsSchema> => ({
  step: kind,
  time_zone: timeZone,
  from: isoText(from),
  until: isoText(until),
  starts: starts.map(isoText),
});

export const publishedSeries = (series: UseSeries): z.infer<typeof useSeriesSchema> => ({
  ...series,
  usd: [...series.usd],
  tokens: [...series.tokens],
  reports: [...series.reports],
});

const fractions = (what: string) =>
  z.array(z.number().nullable()).describe(`${what}, 0 to 1, of each step, as many as there are starts.`);

export const sharesSchema = z.object({
  usd: z.array(z.number()).describe('US dollars that all used in autonomous time, of each step.'),
  agents: z
    .array(
      z.object({
        name: z.string().nullable().describe(`Null for all but the ${limits.seriesAgentsMax} largest, together.`),
        names: z.int().describe('How many agents it is of.'),
        used: fractions('Its part of that use; null where nobody used anything'),
        entitled: fractions(
          'The part that its weight entitled it to, at the end of the step; null before the step begins, and where no shares were noted',
        ),
        total: z
          .object({ used: z.number().nullable(), entitled: z.number().nullable() })
          .describe(
            'Over all steps: its part, and what it would have been with the use of each step shared by weight.',
          ),
      }),
    )
    .describe('The largest use first. What was merged since is told as one.'),
});

export const publishedShares = ({ usd, agents }: SharesOverTime): z.infer<typeof sharesSchema> => ({
  usd: [...usd],
  agents: agents.map(({ used, entitled, ...one }) => ({ ...one, used: [...used], entitled: [...entitled] })),
});
