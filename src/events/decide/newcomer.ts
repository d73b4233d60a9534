/**
 * A name that a pool hears for the first time. It joins by itself, up to so many within an hour; further ones are recorded
 * under their names but stay apart until a person confirms them; and where the pool holds as many names as it may, what was
 * used is recorded under `Unknown`, with the name it gave. So no use is lost by a limit, and nobody makes a pool grow without end.
 */
import { limits } from '../../limits.js';
import type { IdentityStatus } from '../catalogue/identity.js';
import { type Context, type Decision, rejected } from '../decision.js';
import type { Draft } from '../envelope.js';
import { isDoubtful, unknownName } from '../names.js';
import { foldName, type IdentityName } from '../scalars.js';
import type { PoolState } from '../state.js';
import { raiseForPool } from './raise.js';

const hourMs = 3_600_000;

/** How it is registered. `isHistory`: what it did was told so late that nobody works there now. */
export function firstSight(state: PoolState, name: IdentityName, context: Context, isHistory = false): Draft[] {
  const apart = context.unknownAgents === 'quarantine' || isDoubtful(name);
  if (apart || isHistory || hasRoomThisHour(state, context)) {
    const status: IdentityStatus = apart ? 'quarantined' : 'unconfirmed';
    return [{ type: 'identity.registered', payload: { name, status } }];
  }
  const text = `More than ${context.newcomersPerHour} names reported for the first time within an hour. The others, from ${name} on, have no share until confirmed.`;
  return [
    { type: 'identity.registered', payload: { name, over_limit: true, status: 'quarantined' } },
    ...raiseForPool(state, 'many-new-names', text),
  ];
}

/** Whether fewer names than may have joined by themselves within the last hour. */
function hasRoomThisHour({ identities }: PoolState, { at, newcomersPerHour }: Context): boolean {
  let joined = 0;
  for (const { firstSeen, status } of identities.values()) {
    if (joined >= newcomersPerHour) return false;
    if (status === 'unconfirmed' && firstSeen > at - hourMs && firstSeen <= at) joined += 1;
  }
  return joined < newcomersPerHour;
}

/** Whether a pool has no room for a name, which is new to it. `Unknown` always finds room. */
export const isFull = ({ identities }: PoolState, name: string): boolean =>
  identities.size >= limits.identitiesMax && foldName(name) !== foldName(unknownName);

export const noRoomFor = (name: string): Decision =>
  rejected(
    'identity_limit',
    `the pool holds ${limits.identitiesMax} names, and ${name} is not among them`,
    'payload.name',
  );
