/** What is done about API keys, wherever it is asked for: each act is an event with its actor, and never holds the key. */
import * as z from 'zod';
import { keyScope } from '../events/catalogue/key.js';
import type { CommandBody } from '../events/catalogue.js';
import type { Command } from '../events/command.js';
import type { Receipt } from '../events/envelope.js';
import { defaultPool, type EpochMs, identityName, type PoolId, shortText } from '../events/scalars.js';
import { limits } from '../limits.js';
import { Problem } from '../problems.js';
import type { KeyRecord, MadeKey } from '../trust/keys.js';
import { type Api, poolOf } from './context.js';
import { problemIn } from './events/append.js';
import type { Principal } from './principal.js';

const seconds = z.int().min(1, 'is less than 1').max(limits.keySecondsMax);

export const keyAsked = z
  .strictObject({
    scope: keyScope.describe(
      '`admin` may all that the others may; `ingest` does not read, and `read` does not report.',
    ),
    pool: shortText.optional().describe('The only pool it is for; all when left out.'),
    identity: identityName.optional().describe('The only identity it reports for; a key of the scope `ingest` alone.'),
    label: shortText.min(1, 'is empty').optional().describe('What people call it.'),
    expires_in_s: seconds.optional().describe('Seconds until it works no longer; never when left out.'),
  })
  .refine(({ scope, identity }) => identity === undefined || scope === 'ingest', {
    path: ['identity'],
    message: 'is for keys of the scope ingest',
  });

/** Makes a key, of which the log tells. */
export async function makeKey(
  api: Api,
  principal: Principal,
  { scope, pool, identity, label, expires_in_s: expiresIn }: z.infer<typeof keyAsked>,
): Promise<MadeKey> {
  const { keys, ledger } = api;
  const made = keys.make({
    scope,
    pool: pool === undefined ? null : poolOf(ledger, pool),
    identity: identity ?? null,
    label: label ?? null,
    expiresAt: expiresIn === undefined ? null : ledger.now() + expiresIn * 1_000,
  });
  await tell(api, made.key, principal, { type: 'key.created', payload: factsOf(made.key) });
  await keys.add(made);
  return made;
}

/** Puts another key in the place of one, which works for some seconds more. */
export async function rotateKey(
  api: Api,
  principal: Principal,
  id: string,
  overlap: number = limits.keyOverlapSeconds,
): Promise<MadeKey> {
  const { keys, ledger } = api;
  const made = keys.successorOf(id);
  const until = (ledger.now() + overlap * 1_000) as EpochMs;
  const payload = { ...factsOf(made.key), replaces: id, overlap_until: until };
  await tell(api, made.key, principal, { type: 'key.rotated', payload });
  await keys.replace(id, made, until);
  return made;
}

/** Has a key work no longer, and gives the event that says so; that of before, where it was revoked before. */
export async function revokeKey(api: Api, principal: Principal, id: string): Promise<Receipt | undefined> {
  const { keys, feeds } = api;
  // Whatever becomes of the event, the key works no longer; asked again, the event is recorded, once.
  await keys.revoke(id);
  feeds.endWithout((each) => keys.works(each));
  const key = keys.known(id);
  return tell(api, key, principal, { type: 'key.revoked', payload: { key: id, scope: key.scope } });
}

/** The log of the key's pool, or of the default one, tells of it. */
async function tell(
  { ledger }: Api,
  key: KeyRecord,
  { actor }: Principal,
  body: CommandBody,
): Promise<Receipt | undefined> {
  const pool = (key.pool ?? (ledger.hasPool(defaultPool) ? defaultPool : ledger.poolNames[0])) as PoolId | undefined;
  if (pool === undefined) throw new Problem('pool_unknown', 'there is no pool yet, whose log could tell of a key');
  const command = { ...body, key: `${body.type}:${key.id}`, actor, source: 'keys/1' } as Command;
  const outcome = await ledger.submitOne(pool, command);
  if (outcome.status === 'rejected') throw problemIn(outcome);
  return outcome.receipt;
}

function factsOf({ id, scope, pool, identity, expiresAt }: KeyRecord) {
  return {
    key: id,
    scope,
    ...(pool === null ? {} : { pool: pool as PoolId }),
    ...(identity === null ? {} : { identity: identityName.parse(identity) }),
    ...(expiresAt === null ? {} : { expires_at: expiresAt as EpochMs }),
  };
}
