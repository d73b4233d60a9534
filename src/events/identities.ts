/** Finding identities by the names people use for them. */
import { foldCase } from './names.js';
import { foldName, type IdentityName } from './scalars.js';
import type { Identity, PoolState } from './state.js';

/** The identity a name was registered for or is an alias of, before merges are followed. */
export function findOwner(state: PoolState, name: string): Identity | undefined {
  return ownerOf(state, foldName(name)) ?? ownerOf(state, foldCase(name));
}

const ownerOf = ({ identities, aliases }: PoolState, folded: string): Identity | undefined =>
  identities.get(folded) ?? identities.get(aliases.get(folded) ?? '');

/** Lets a name that was just registered, or given as an alias, be found in any case. Who has a spelling already keeps it. */
export function noteSpelling(state: PoolState, name: string, key: string): void {
  const folded = foldCase(name);
  if (ownerOf(state, folded) === undefined) state.aliases.set(folded, key);
}

/** The identity that a name stands for now: through aliases and merges. */
export function findIdentity(state: PoolState, name: string): Identity | undefined {
  const owner = findOwner(state, name);
  return owner && survivor(state, owner);
}

/** The name that what is told under this one is recorded under: of the identity it stands for; itself where it stands for nobody. */
export const nameHeld = (state: PoolState, name: string): string => findIdentity(state, name)?.name ?? name;

/** As `findIdentity`, for names that events hold: the log speaks of nobody it has not registered before. */
export function knownIdentity(state: PoolState, name: IdentityName): Identity {
  const identity = findIdentity(state, name);
  if (identity === undefined) throw new Error(`the log speaks of ${name} before it was registered`);
  return identity;
}

/** The identity that another one's use counts for after merges. */
export function survivor(state: PoolState, identity: Identity): Identity {
  let found = identity;
  while (found.mergedInto !== null) {
    const next = state.identities.get(found.mergedInto);
    if (next === undefined) throw new Error(`${found.name} is merged into nobody`);
    found = next;
  }
  return found;
}

/** Identities that stand for themselves: not merged into another. */
export function* livingIdentities(state: PoolState): Generator<Identity> {
  for (const identity of state.identities.values()) if (identity.mergedInto === null) yield identity;
}

/** Whether the identity has a share: retired, merged and quarantined ones have none. */
export function hasShare(identity: Identity): boolean {
  return identity.retiredAt === null && identity.mergedInto === null && identity.status !== 'quarantined';
}

/** Names merged into this identity, directly or through others. */
export function absorbedNames(state: PoolState, identity: Identity): IdentityName[] {
  const names: IdentityName[] = [];
  for (const other of state.identities.values()) {
    if (other !== identity && survivor(state, other) === identity) names.push(other.name);
  }
  return names;
}

/** Whether the agent is not to run at a time: paused, and the pause has not run out. */
export function isPaused(identity: Identity, at: number): boolean {
  return identity.pause !== null && (identity.pause.until === null || identity.pause.until > at);
}
