/** `GET /v1/clock`, `POST /v1/clock/accept`: the clock that events are recorded by. */
import * as z from 'zod';
import { isoText } from '../events/days.js';
import { type EpochMs, reasonText } from '../events/scalars.js';
import { doubtText } from '../ledger/clock-alerts.js';
import type { Ledger } from '../ledger/ledger.js';
import { type Area, json, route } from './route.js';

const clock = z.object({
  state: z
    .enum(['confirmed', 'unconfirmed', 'suspect'])
    .describe(
      '`unconfirmed`: the clock jumped within the last minute, and the time goes on without it. `suspect`: nothing is recorded until it is set right, or somebody accepts it.',
    ),
  log_time: z.iso.datetime().describe('The time that an event would be recorded at now.'),
  detail: z.string().nullable().describe('Why the clock is suspect; null where it is not.'),
});

const accepted = z.object({
  corrected: z.boolean().describe('False where the clock was believed already.'),
  from: z.iso.datetime().nullable().describe('The time that the log had.'),
  to: z.iso.datetime().nullable().describe('The time that it has from now on.'),
});

const nothing = z.strictObject({});
const acceptance = z.strictObject({ reason: reasonText.optional().describe('Kept with the event `clock.corrected`.') });

export const clockArea: Area = {
  routes: ({ ledger }) => [
    route({
      method: 'GET',
      url: '/v1/clock',
      scope: 'read',
      operationId: 'getClock',
      tag: 'Operation',
      summary: 'The clock that events are recorded by',
      query: nothing,
      replies: {
        200: json('The clock', clock, { state: 'confirmed', log_time: '2026-01-05T10:00:00.000Z', detail: null }),
      },
      handle: async (input) => {
        input.query();
        return clockText(ledger);
      },
    }),
    route({
      method: 'POST',
      url: '/v1/clock/accept',
      scope: 'admin',
      operationId: 'acceptClock',
      tag: 'Operation',
      summary: 'Say that the clock is right',
      description:
        'The log goes on from what the clock says, by an event `clock.corrected` in each pool whose newest event lies after it.',
      query: nothing,
      body: { schema: acceptance, example: { reason: 'the battery of the clock was flat' } },
      replies: {
        200: json('What was corrected', accepted, {
          corrected: true,
          from: '2036-01-05T10:00:00.000Z',
          to: '2026-01-05T10:00:00.000Z',
        }),
      },
      handle: async (input) => {
        input.query();
        const { reason } = input.body();
        const correction = await ledger.acceptClock(reason);
        if (correction === null) return { corrected: false, from: null, to: null };
        return { corrected: true, from: isoText(correction.from as EpochMs), to: isoText(correction.to as EpochMs) };
      },
    }),
  ],
};

function clockText(ledger: Ledger) {
  const { clockDoubt: doubt, clockIsUnconfirmed: unconfirmed } = ledger;
  return {
    state: doubt !== null ? 'suspect' : unconfirmed ? 'unconfirmed' : 'confirmed',
    log_time: isoText(ledger.now() as EpochMs),
    detail: doubt === null ? null : doubtText(doubt),
  };
}
