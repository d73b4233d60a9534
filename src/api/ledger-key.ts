/** `/v1/ledger-key`: the key that signs checkpoints, shown and exchanged. */
import * as z from 'zod';
import type { CommandOf } from '../events/command.js';
import { isoText } from '../events/days.js';
import type { EpochMs } from '../events/scalars.js';
import { limits } from '../limits.js';
import { Problem } from '../problems.js';
import type { ShownKey } from '../trust/checkpoints.js';
import { type Api, poolOf } from './context.js';
import { problemIn } from './events/append.js';
import { poolName } from './query.js';
import { type Area, appending, json, type Route, route } from './route.js';

const rotation = z.strictObject({
  overlap_s: z
    .int()
    .min(limits.ledgerKeyOverlapSecondsMin, 'is too short for clients to notice')
    .max(limits.keySecondsMax)
    .optional()
    .describe(`Seconds for which both sign: ${limits.ledgerKeyOverlapSeconds} when left out.`),
});

const shown = z.object({
  pool: z.string(),
  key: z.string().describe('As `name+id+base64`.'),
  replaces: z.string().nullable().describe('The key before, while both sign.'),
  overlap_until: z.string().nullable().describe('Until then both sign; null where somebody ends that by hand.'),
});

const origin = 'resource-share/01JGY9X0V4T5M6N7P8Q9R0S1T2/default';
const example: z.infer<typeof shown> = {
  pool: 'default',
  key: `${origin}+ae69b6c8+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8`,
  replaces: null,
  overlap_until: null,
};

export const ledgerKeyArea: Area = { routes: (api) => [showRoute(api), rotateRoute(api)] };

const showRoute = ({ ledger, checkpoints }: Api): Route =>
  route({
    method: 'GET',
    url: '/v1/ledger-key',
    scope: 'any',
    operationId: 'getLedgerKey',
    tag: 'Chain',
    summary: 'The key that signs the checkpoints of a pool, and the one before while both sign',
    query: z.strictObject({ pool: poolName }),
    replies: { 200: json('The key', shown, example) },
    problems: ['pool_unknown', 'checkpoint_missing'],
    handle: async (input): Promise<z.infer<typeof shown>> => {
      const pool = poolOf(ledger, input.query().pool);
      return textOf(pool, await checkpoints?.shownKey(pool));
    },
  });

const rotateRoute = ({ ledger, checkpoints }: Api): Route =>
  route({
    method: 'POST',
    url: '/v1/ledger-key/rotate',
    scope: 'admin',
    operationId: 'rotateLedgerKey',
    tag: 'Chain',
    summary: 'Put another key in the place of the one that signs checkpoints',
    description:
      'Both sign for a while. Clients that trust the old one follow, as it signs beside the new one. The log gets `ledger_key.rotated`.',
    query: z.strictObject({}),
    body: { schema: rotation.prefault({}), example: { overlap_s: 604_800 } },
    replies: { 200: json('Exchanged', shown, example) },
    problems: ['checkpoint_missing', 'ledger_key_kept', ...appending],
    handle: async (input, { principal: { actor } }): Promise<z.infer<typeof shown>> => {
      input.query();
      const { overlap_s: overlap = limits.ledgerKeyOverlapSeconds } = input.body();
      const pool = poolOf(ledger, undefined);
      const next = await checkpoints?.nextKey(pool, overlap * 1_000);
      if (checkpoints === undefined || next === null || next === undefined) throw nobodySigns();
      const { key, replaces, overlapUntil } = next.shown;
      const payload = { key, replaces: replaces as string, overlap_until: overlapUntil as EpochMs };
      const command: CommandOf<'ledger_key.rotated'> = { type: 'ledger_key.rotated', payload, actor, source: 'keys/1' };
      const outcome = await ledger.submitOne(pool, command);
      if (outcome.status === 'rejected') throw problemIn(outcome);
      await next.take();
      // From the first checkpoint on that both sign, the new key alone can go on.
      await checkpoints.sign();
      return textOf(pool, next.shown);
    },
  });

const nobodySigns = (): Problem =>
  new Problem('checkpoint_missing', 'nobody signs checkpoints here: the key is that of a running daemon.');

function textOf(pool: string, key: ShownKey | null | undefined): z.infer<typeof shown> {
  if (key === null || key === undefined) throw nobodySigns();
  const until = key.overlapUntil;
  return { pool, key: key.key, replaces: key.replaces, overlap_until: until === null ? null : isoText(until) };
}
