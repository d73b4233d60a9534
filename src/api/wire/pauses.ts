/** `POST /pause`, `POST /unpause`, `GET /pause-status`: an agent that is not to run for a while. */
import * as z from 'zod';
import { findIdentity, isPaused } from '../../events/identities.js';
import type { EpochMs, PoolId } from '../../events/scalars.js';
import type { Identity } from '../../events/state.js';
import type { Ledger } from '../../ledger/ledger.js';
import { limits } from '../../limits.js';
import { Problem } from '../../problems.js';
import { type Api, poolFromQuery } from '../context.js';
import { permitIdentity } from '../permission.js';
import { appending, json, type Route, route } from '../route.js';
import { claudeName, WireBody, warned } from './body.js';
import { commandOf, poolQuery, unwrapOutcome, wire, wireTime } from './commands.js';

const pauseRequest = z.object({
  claude_name: claudeName,
  duration_minutes: z
    .int()
    .describe(`0 ends a pause; what is above ${limits.pauseMinutesMax} counts as ${limits.pauseMinutesMax}.`),
});
const pauseReply = z.object({
  status: z.literal('success'),
  claude_name: z.string(),
  paused: z.boolean().describe('False where the pause is of 0 minutes.'),
  pause_until: z.string(),
  duration_minutes: z.int(),
  ...warned,
});

const unpauseRequest = z.object({ claude_name: claudeName });
const unpauseReply = z.object({
  status: z.literal('success'),
  claude_name: z.string(),
  paused: z.literal(false),
  ...warned,
});

const statusQuery = poolQuery.extend({ claude_name: z.string('is needed').describe('Name or alias.') });
const statusReply = z.object({
  claude_name: z.string(),
  paused: z.boolean(),
  pause_until: z.string().nullish().describe('Null for a pause without an end.'),
  time_remaining_seconds: z.int().nullish(),
  time_remaining_minutes: z.int().nullish(),
  note: z.string().optional(),
});

const example = { claude_name: 'Ada', paused: true, pause_until: '2026-01-05T12:30:00.000+00:00' };

/** A pause is the same however often it is asked for, so an idempotency key adds nothing here. */
export const pauseRoute = ({ ledger }: Api): Route =>
  route({
    ...wire,
    method: 'POST',
    url: '/pause',
    scope: 'ingest',
    operationId: 'pauseAgent',
    summary: 'Pause an agent',
    description: 'A name that has not reported yet is registered. The pause takes the place of an earlier one.',
    body: { schema: pauseRequest, example: { claude_name: 'Ada', duration_minutes: 30 } },
    replies: { 200: json('Paused', pauseReply, { status: 'success', ...example, duration_minutes: 30 }) },
    problems: ['agent_unknown', 'identity_limit', 'pool_unknown', ...appending],
    handle: async (_input, request): Promise<z.infer<typeof pauseReply>> => {
      const pool = poolFromQuery(ledger, request);
      const body = new WireBody(pauseRequest, request.body);
      const duration_minutes = minutesOf(body);
      const until = (ledger.now() + duration_minutes * 60_000) as EpochMs;
      const payload = { name: body.name, until };
      const command = commandOf(ledger, pool, request, { type: 'agent.paused', payload }, { registers: true });
      unwrapOutcome(await ledger.submitOne(pool, command));
      return {
        status: 'success',
        claude_name: known(ledger, pool, body.name).name,
        paused: duration_minutes > 0,
        pause_until: wireTime(until),
        duration_minutes,
        ...body.warnings(),
      };
    },
  });

function minutesOf(body: WireBody<typeof pauseRequest.shape>): number {
  const asked = body.required('duration_minutes');
  const minutes = Math.min(limits.pauseMinutesMax, Math.max(0, asked));
  if (minutes !== asked) body.warn('duration_minutes', `is taken as ${minutes}`);
  return minutes;
}

export const unpauseRoute = ({ ledger }: Api): Route =>
  route({
    ...wire,
    method: 'POST',
    url: '/unpause',
    scope: 'ingest',
    operationId: 'resumeAgent',
    summary: 'End a pause',
    body: { schema: unpauseRequest, example: { claude_name: 'Ada' } },
    replies: { 200: json('Not paused', unpauseReply, { status: 'success', claude_name: 'Ada', paused: false }) },
    problems: ['identity_unknown', 'pool_unknown', ...appending],
    handle: async (_input, request): Promise<z.infer<typeof unpauseReply>> => {
      const pool = poolFromQuery(ledger, request);
      const body = new WireBody(unpauseRequest, request.body);
      const payload = { name: body.name };
      unwrapOutcome(await ledger.submitOne(pool, commandOf(ledger, pool, request, { type: 'agent.resumed', payload })));
      const claude_name = known(ledger, pool, body.name).name;
      return { status: 'success', claude_name, paused: false, ...body.warnings() };
    },
  });

export const pauseStatusRoute = ({ ledger }: Api): Route =>
  route({
    ...wire,
    method: 'GET',
    url: '/pause-status',
    scope: 'any',
    operationId: 'getPauseStatus',
    summary: 'Whether an agent is paused',
    query: statusQuery,
    replies: {
      200: json('Paused, not paused, or paused until a time that has passed', statusReply, {
        ...example,
        time_remaining_seconds: 1_800,
        time_remaining_minutes: 30,
      }),
    },
    problems: ['identity_unknown', 'invalid_field', 'pool_unknown'],
    handle: async (input, request): Promise<z.infer<typeof statusReply>> => {
      const pool = poolFromQuery(ledger, request);
      const { claude_name: asked } = input.query();
      permitIdentity(request.principal, () => ledger.state(pool), asked);
      return pauseStatus(known(ledger, pool, asked), ledger.now());
    },
  });

function pauseStatus(identity: Identity, now: number): z.infer<typeof statusReply> {
  const { name: claude_name, pause } = identity;
  if (pause === null) return { claude_name, paused: false };
  if (!isPaused(identity, now)) return { claude_name, paused: false, note: 'Pause expired' };
  if (pause.until === null) {
    return { claude_name, paused: true, pause_until: null, time_remaining_seconds: null, time_remaining_minutes: null };
  }
  const seconds = Math.floor((pause.until - now) / 1_000);
  return {
    claude_name,
    paused: true,
    pause_until: wireTime(pause.until),
    time_remaining_seconds: seconds,
    time_remaining_minutes: Math.floor(seconds / 60),
  };
}

function known(ledger: Ledger, pool: PoolId, name: string): Identity {
  const identity = findIdentity(ledger.state(pool), name);
  if (identity !== undefined) return identity;
  const detail = `no identity is called ${name}`;
  throw new Problem('identity_unknown', detail, [{ field: 'claude_name', message: detail }]);
}
