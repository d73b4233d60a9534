/** `GET /overdue-claudes`: who has not reported for some multiple of the interval it was given. */
import * as z from 'zod';
import { overdueAmong } from '../../status/overdue.js';
import { statusNow } from '../../status/status.js';
import { type Api, poolFromQuery } from '../context.js';
import { json, type Route, route } from '../route.js';
import { poolQuery, wire, wireTime } from './commands.js';

const query = poolQuery.extend({
  multiplier: z
    .string()
    .default('3.0')
    .transform((text) => (text.trim() === '' ? Number.NaN : Number(text)))
    .pipe(z.number('is no number').positive('is not above 0').max(1_000_000))
    .describe('How many intervals may pass.'),
});

const overdue = z.object({
  name: z.string(),
  last_checkin: z.string(),
  expected_interval_seconds: z.int(),
  seconds_since_checkin: z.int(),
  overdue_minutes: z.int(),
});
const reply = z.object({
  timestamp: z.string(),
  multiplier: z.number(),
  overdue_count: z.int(),
  overdue: z.array(overdue),
});

const example = {
  timestamp: '2026-01-05T12:00:00.000+00:00',
  multiplier: 3,
  overdue_count: 1,
  overdue: [
    {
      name: 'Ada',
      last_checkin: '2026-01-05T11:00:00.000+00:00',
      expected_interval_seconds: 900,
      seconds_since_checkin: 3_600,
      overdue_minutes: 45,
    },
  ],
};

export const overdueRoute = ({ ledger }: Api): Route =>
  route({
    ...wire,
    method: 'GET',
    url: '/overdue-claudes',
    scope: 'read',
    operationId: 'listOverdue',
    summary: 'Identities that should have reported by now',
    description:
      'Paused, retired and merged identities are left out, those that wait for a full window, and those whose pause ran out less than two intervals ago.',
    query,
    replies: { 200: json('The longest silence first', reply, example) },
    problems: ['invalid_field', 'pool_unknown'],
    handle: async (input, request): Promise<z.infer<typeof reply>> => {
      const pool = poolFromQuery(ledger, request);
      const { multiplier } = input.query();
      const { identities, at } = statusNow(ledger, pool);
      const list = overdueAmong(identities, at, multiplier).map((late) => ({
        name: late.name,
        last_checkin: wireTime(late.lastReportAt),
        expected_interval_seconds: late.intervalS,
        seconds_since_checkin: Math.floor(late.silentMs / 1_000),
        overdue_minutes: Math.floor((late.silentMs / 1_000 - late.intervalS) / 60),
      }));
      return { timestamp: wireTime(at), multiplier, overdue_count: list.length, overdue: list };
    },
  });
