/** Who takes part, and what moves when two names turn out to be one. */
import type { FoldedOf } from '../envelope.js';
import { knownIdentity, noteSpelling } from '../identities.js';
import { foldName } from '../scalars.js';
import type { Identity, PoolState } from '../state.js';
import { moveDays } from './usage.js';

export function identityRegistered(state: PoolState, event: FoldedOf<'identity.registered'>): void {
  const { name } = event.payload;
  const identity: Identity = {
    name,
    key: foldName(name),
    aliases: [],
    model: null,
    costMultiplier: null,
    weight: 1,
    collaborativePref: null,
    ipAddress: null,
    colour: null,
    group: null,
    groupWeight: null,
    intervalSecondsMin: null,
    status: 'confirmed',
    retiredAt: null,
    mergedInto: null,
    pause: null,
    firstSeen: event.payload.imported === undefined ? event.recorded_at : event.occurred_at,
    lastSeen: null,
    lastInterval: null,
    noted: null,
    instances: [],
    choice: null,
    turns: [],
  };
  setAttributes(identity, event.payload);
  state.identities.set(identity.key, identity);
  noteSpelling(state, name, identity.key);
}

/** Nobody else's name leads to it: those have not lapsed. */
export function identityLapsed(state: PoolState, event: FoldedOf<'identity.lapsed'>): void {
  const { key } = knownIdentity(state, event.payload.name);
  state.identities.delete(key);
  for (const [alias, owner] of state.aliases) if (owner === key) state.aliases.delete(alias);
}

export function identityAliased(state: PoolState, event: FoldedOf<'identity.aliased'>): void {
  const { name, alias } = event.payload;
  const identity = knownIdentity(state, name);
  identity.aliases.push(alias);
  state.aliases.set(foldName(alias), identity.key);
  noteSpelling(state, alias, identity.key);
}

export function setAttributes(identity: Identity, payload: FoldedOf<'identity.changed'>['payload']): void {
  if (payload.model !== undefined) identity.model = payload.model;
  if (payload.cost_multiplier !== undefined) identity.costMultiplier = payload.cost_multiplier;
  if (payload.weight !== undefined) identity.weight = payload.weight;
  if (payload.collaborative_pref !== undefined) identity.collaborativePref = payload.collaborative_pref;
  if (payload.ip_address !== undefined) identity.ipAddress = payload.ip_address;
  if (payload.colour !== undefined) identity.colour = payload.colour;
  if (payload.group !== undefined) identity.group = payload.group === '' ? null : payload.group;
  if (payload.group_weight !== undefined) identity.groupWeight = payload.group_weight;
  if (payload.interval_s_min !== undefined) identity.intervalSecondsMin = payload.interval_s_min;
  if (payload.status !== undefined) identity.status = payload.status;
}

/** The merged identity keeps its record, so that its name and aliases lead on to the other; its use and its turns move there. */
export function identityMerged(state: PoolState, event: FoldedOf<'identity.merged'>): void {
  const from = knownIdentity(state, event.payload.from);
  const into = knownIdentity(state, event.payload.into);
  from.mergedInto = into.key;
  moveDays(state, from.name, into.name);
  into.turns.push(...from.turns);
  from.turns = [];
  if (from.lastSeen !== null && (into.lastSeen === null || from.lastSeen > into.lastSeen)) {
    into.lastSeen = from.lastSeen;
    into.lastInterval = from.lastInterval;
  }
}
