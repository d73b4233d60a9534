/** `GET /v1/windows/{window}/history`: one quota window over time. */
import * as z from 'zod';
import { isoText } from '../events/days.js';
import { verdicts } from '../fairness/judge-reading.js';
import { limits } from '../limits.js';
import { publishedWindow, timeText, windowSchema } from '../status/published.js';
import { windowHistory } from '../status/window-history.js';
import type { ToldReading } from '../status/window-readings.js';
import { poolOf } from './context.js';
import { instantOf, moment, poolName } from './query.js';
import { type Area, json, route } from './route.js';

const readingSchema = z.object({
  seq: z.int(),
  id: z.string(),
  measured_at: z.string(),
  recorded_at: z.string(),
  percent: z.number(),
  resets_at: z.string().nullable(),
  duration_s: z.int().nullable(),
  source: z.string(),
  confidence: z.string(),
  account: z.string().nullable(),
  verdict: z
    .enum(verdicts)
    .describe(
      'What it was held to be when it came: only one that was `taken` is acted on, and `suspect` waits for another that agrees.',
    ),
  believed: z.boolean().describe('It was acted on, and still stands.'),
  suspect: z.boolean().describe('It contradicts the ones before it, or doubts itself.'),
  stale: z.boolean().describe('It was old, or overtaken by a newer one, when it arrived.'),
  rejected: z.object({ seq: z.int(), at: z.string(), reason: z.string() }).nullable().describe('Null while it stands.'),
});

const point = z.object({ at: z.string(), percent: z.number() });

const reply = z.object({
  pool: z.string(),
  window: z.string(),
  at: z.string(),
  as_of_seq: z.int().describe('The current figures hold everything up to this event.'),
  from: z.string(),
  until: z.string(),
  readings: z
    .array(readingSchema)
    .describe('In the order of their measurement, also what was not believed, or taken back.'),
  refusals: z
    .array(z.object({ seq: z.int(), at: z.string(), until: z.string().nullable(), evidence: z.string() }))
    .describe('When the provider refused work.'),
  periods: z
    .array(z.object({ from: z.string(), until: z.string(), current: z.boolean() }))
    .describe('As readings told of them, and the one that goes on.'),
  now: windowSchema.nullable().describe('How it stands now; null for a window that nobody reads any more.'),
  current: z
    .object({
      from: z.string(),
      until: z.string(),
      pace: z.array(point).describe('What would be used at an even pace.'),
      forecast: z
        .array(z.object({ at: z.string(), p10: z.number(), p50: z.number(), p90: z.number() }))
        .describe(
          'Percent used, below each with that probability in percent, if it is used on as now; straight lines join the points. Above 100: what would be used if it could go on. Empty while too little is known.',
        ),
    })
    .nullable()
    .describe('The period that goes on; null where none does, or nobody knows its end.'),
  used: z
    .array(
      z.object({
        name: z.string(),
        usd: z.number(),
        part: z.number().describe('Of what the ledger counted, 0 to 1.'),
        percent: z.number().nullable().describe('Points of the window; null before its budget is known.'),
      }),
    )
    .describe('Who used what of it in the period that goes on, the largest use first.'),
  ledger_usd: z
    .number()
    .describe('What the ledger counted of it in that period; `unattributed_usd` of `now` was used outside.'),
});

const query = z.strictObject({
  pool: poolName,
  from: moment.optional().describe('Measured at or after; at least a week, or a period, where it is left out.'),
  until: moment.optional().describe('Measured before; the end of the period that goes on where it is left out.'),
});

export const windowHistoryArea: Area = {
  routes: ({ ledger }) => [
    route({
      method: 'GET',
      url: '/v1/windows/:window/history',
      scope: 'read',
      operationId: 'getWindowHistory',
      tag: 'Figures over time',
      summary: 'One quota window over time',
      description: `Readings are those of the time that is asked for; how the window stands, and who used what of it, is told as it is now, and not of the past. No more than ${limits.windowReadingsMax} readings are gone through.`,
      query,
      params: z.object({ window: z.string().describe('Key of the window.') }),
      replies: { 200: json('Readings, periods, forecast, and who used what', reply) },
      problems: ['window_unknown', 'pool_unknown'],
      handle: async (input): Promise<z.infer<typeof reply>> => {
        const asked = input.query();
        const pool = poolOf(ledger, asked.pool);
        const { timeZone } = ledger.state(pool);
        const history = await windowHistory(ledger, pool, input.params.window, {
          from: asked.from === undefined ? undefined : instantOf(asked.from, timeZone),
          until: asked.until === undefined ? undefined : instantOf(asked.until, timeZone),
        });
        const { key, at, seq, from, until, readings, refusals, periods, now, current, used, ledgerUsd } = history;
        return {
          pool,
          window: key,
          at: isoText(at),
          as_of_seq: seq,
          from: isoText(from),
          until: isoText(until),
          readings: readings.map(published),
          refusals: refusals.map((refusal) => ({
            ...refusal,
            at: isoText(refusal.at),
            until: textOrNull(refusal.until),
          })),
          periods: periods.map((period) => ({
            from: isoText(period.from),
            until: isoText(period.until),
            current: period.isCurrent,
          })),
          now: now === null ? null : publishedWindow(now),
          current:
            current === null
              ? null
              : {
                  from: isoText(current.from),
                  until: isoText(current.until),
                  pace: current.pace.map((one) => ({ ...one, at: timeText(one.at) })),
                  forecast: current.forecast.map((one) => ({ ...one, at: timeText(one.at) })),
                },
          used: [...used],
          ledger_usd: ledgerUsd,
        };
      },
    }),
  ],
};

const textOrNull = (at: number | null): string | null => (at === null ? null : isoText(at));

function published(reading: ToldReading): z.infer<typeof readingSchema> {
  const { rejected } = reading;
  return {
    seq: reading.seq,
    id: reading.id,
    measured_at: isoText(reading.measuredAt),
    recorded_at: isoText(reading.recordedAt),
    percent: reading.percent,
    resets_at: textOrNull(reading.resetsAt),
    duration_s: reading.durationS,
    source: reading.source,
    confidence: reading.confidence,
    account: reading.account,
    verdict: reading.verdict,
    believed: reading.isBelieved,
    suspect: reading.isSuspect,
    stale: reading.isStale,
    rejected: rejected === null ? null : { ...rejected, at: isoText(rejected.at) },
  };
}
