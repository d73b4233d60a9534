/** `POST /autonomous-time/choice`: how an agent says it will spend its autonomous time. */
import * as z from 'zod';
import { agentChose } from '../../events/catalogue/agent.js';
import { instant } from '../../events/scalars.js';
import { type Api, poolFromQuery } from '../context.js';
import { keyHeaders, keyOf } from '../keys.js';
import { appending, json, type Route, route } from '../route.js';
import { claudeName, WireBody, warned } from './body.js';
import { clientClock, localTime } from './client-clock.js';
import { commandOf, eventOf, unwrapOutcome, wire, wireTime } from './commands.js';

const wakeTime = z.union([localTime, instant]).describe('Without a zone, it is the time on the clock of the client.');

const { choice, turns, duration_minutes, context_percentage } = agentChose.shape;
const request = z.object({
  claude_name: claudeName,
  choice,
  turns: turns.nullable(),
  duration_minutes: duration_minutes.nullable(),
  wake_at: wakeTime.nullish(),
  context_percentage: context_percentage.nullable(),
  timestamp: z
    .unknown()
    .optional()
    .describe('The time on the clock of the client; without a zone, it tells in which zone that is. Never refused.'),
});

const reply = z.object({
  status: z.literal('success'),
  claude_name: z.string(),
  choice,
  turns: z.int().nullable(),
  duration_minutes: z.int().nullable(),
  wake_at: z.string().nullable(),
  context_percentage: z.number().nullable(),
  timestamp: z.string(),
  ...warned,
});

const example = {
  status: 'success',
  claude_name: 'Ada',
  choice: 'wait',
  turns: null,
  duration_minutes: 45,
  wake_at: null,
  context_percentage: null,
  timestamp: '2026-01-05T12:00:00.000+00:00',
};

export const choiceRoute = ({ ledger }: Api): Route =>
  route({
    ...wire,
    method: 'POST',
    url: '/autonomous-time/choice',
    scope: 'ingest',
    operationId: 'recordChoice',
    summary: 'Record a choice of autonomous time',
    headers: keyHeaders,
    body: { schema: request, example: { claude_name: 'Ada', choice: 'wait', duration_minutes: 45 } },
    replies: { 200: json('The recorded choice', reply, example) },
    problems: ['identity_unknown', 'key_reused', 'pool_unknown', ...appending],
    handle: async (_input, httpRequest): Promise<z.infer<typeof reply>> => {
      const pool = poolFromQuery(ledger, httpRequest);
      const body = new WireBody(request, httpRequest.body);
      const [timestamp, wakeAt] = [body.field('timestamp'), body.field('wake_at')];
      const clock = clientClock(timestamp, ledger.now(), ledger.state(pool).timeZone);
      const payload = {
        name: body.name,
        choice: body.required('choice'),
        turns: body.field('turns'),
        duration_minutes: body.field('duration_minutes'),
        wake_at: wakeAt === undefined ? undefined : clock.instantOf(wakeAt),
        context_percentage: body.field('context_percentage'),
      };
      const readByClock = timestamp !== undefined || typeof wakeAt === 'object';
      const sent = readByClock ? JSON.stringify(httpRequest.body) : undefined;
      const more = { key: keyOf(httpRequest.headers), occurredAt: clock.madeAt, sent };
      const outcome = unwrapOutcome(
        await ledger.submitOne(pool, commandOf(ledger, pool, httpRequest, { type: 'agent.chose', payload }, more)),
      );
      const { payload: made, occurred_at: madeAt } = await eventOf(ledger, pool, outcome, 'agent.chose');
      return {
        status: 'success',
        claude_name: made.name,
        choice: made.choice,
        turns: made.turns ?? null,
        duration_minutes: made.duration_minutes ?? null,
        wake_at: made.wake_at === undefined ? null : wireTime(made.wake_at),
        context_percentage: made.context_percentage ?? null,
        timestamp: wireTime(madeAt),
        ...body.warnings(),
      };
    },
  });
