/** Who takes part, and under which names. */
import { limits } from '../../limits.js';
import { identityAttributes } from '../catalogue/identity.js';
import type { CommandOf } from '../command.js';
import { isoText } from '../days.js';
import { accepted, type Context, type Decision, nothingToDo, rejected, unknownIdentity } from '../decision.js';
import type { Draft } from '../envelope.js';
import { findIdentity, findOwner, hasShare, isPaused } from '../identities.js';
import { isDoubtful } from '../names.js';
import { foldName } from '../scalars.js';
import type { Identity, PoolState } from '../state.js';
import { isFull, noRoomFor } from './newcomer.js';
import { releaseAll } from './turn.js';

type IdentityCommand = CommandOf<
  | 'identity.registered'
  | 'identity.changed'
  | 'identity.aliased'
  | 'identity.merged'
  | 'identity.retired'
  | 'identity.reinstated'
>;

export function decideIdentity(state: PoolState, command: IdentityCommand, context: Context): Decision {
  switch (command.type) {
    case 'identity.registered':
      return decideRegistered(state, command);
    case 'identity.changed':
      return decideChanged(state, command);
    case 'identity.aliased':
      return decideAliased(state, command);
    case 'identity.merged':
      return decideMerged(state, command, context);
    case 'identity.retired':
    case 'identity.reinstated': {
      const { payload, type, occurredAt } = command;
      const identity = findIdentity(state, payload.name);
      if (identity === undefined) return unknownIdentity(payload.name);
      if ((identity.retiredAt !== null) === (type === 'identity.retired')) return nothingToDo;
      const left: Draft = { type, occurredAt, payload: { ...payload, name: identity.name } };
      return accepted(left, ...(type === 'identity.retired' ? releaseAll(state, identity) : []));
    }
  }
}

function decideRegistered(state: PoolState, { type, payload, occurredAt }: CommandOf<'identity.registered'>): Decision {
  const holder = findOwner(state, payload.name);
  if (holder !== undefined) {
    return rejected('identity_exists', `${payload.name} is registered as ${holder.name}`, 'payload.name');
  }
  if (isFull(state, payload.name)) return noRoomFor(payload.name);
  const status = payload.status ?? (isDoubtful(payload.name) ? 'quarantined' : undefined);
  return accepted({ type, occurredAt, payload: { ...payload, status } });
}

function decideChanged(state: PoolState, { type, payload, occurredAt }: CommandOf<'identity.changed'>): Decision {
  const identity = findIdentity(state, payload.name);
  if (identity === undefined) return unknownIdentity(payload.name);
  const present = attributesOf(identity);
  const changes = identityAttributes.filter((name) => payload[name] !== undefined && payload[name] !== present[name]);
  if (changes.length === 0) return nothingToDo;
  const difference = Object.fromEntries(changes.map((name) => [name, payload[name]]));
  return accepted({ type, occurredAt, payload: { ...difference, name: identity.name } });
}

function attributesOf(identity: Identity): Record<(typeof identityAttributes)[number], unknown> {
  return {
    model: identity.model,
    cost_multiplier: identity.costMultiplier,
    weight: identity.weight,
    collaborative_pref: identity.collaborativePref,
    ip_address: identity.ipAddress,
    colour: identity.colour,
    group: identity.group ?? '',
    group_weight: identity.groupWeight,
    status: identity.status,
    interval_s_min: identity.intervalSecondsMin,
  };
}

function decideAliased(state: PoolState, { type, payload, occurredAt }: CommandOf<'identity.aliased'>): Decision {
  const identity = findIdentity(state, payload.name);
  if (identity === undefined) return unknownIdentity(payload.name);
  const holder = findOwner(state, payload.alias);
  if (holder === identity) return nothingToDo;
  if (holder !== undefined) {
    return rejected('name_taken', `${payload.alias} stands for ${holder.name}`, 'payload.alias');
  }
  if (identity.aliases.length >= limits.aliasesMax) {
    return rejected('alias_limit', `${identity.name} has ${limits.aliasesMax} aliases`, 'payload.alias');
  }
  return accepted({ type, occurredAt, payload: { name: identity.name, alias: payload.alias } });
}

function decideMerged(
  state: PoolState,
  { type, payload, occurredAt }: CommandOf<'identity.merged'>,
  { at }: Context,
): Decision {
  const into = findIdentity(state, payload.into);
  if (into === undefined) return unknownIdentity(payload.into, 'payload.into');
  const from = findOwner(state, payload.from);
  if (from === undefined) return unknownIdentity(payload.from, 'payload.from');
  const living = findIdentity(state, payload.from);
  if (living === into && from !== into) return nothingToDo;
  if (living === into || living === undefined) {
    return rejected('merge_into_itself', `${payload.from} and ${payload.into} are one identity`, 'payload.from');
  }
  if (foldName(living.name) !== foldName(from.name)) {
    return rejected('name_taken', `${from.name} is merged into ${living.name}; merge that one`, 'payload.from');
  }
  if (hasShare(living) && !hasShare(into)) {
    const why = into.retiredAt === null ? 'in quarantine: confirm' : 'retired: reinstate';
    return rejected(
      'merge_without_share',
      `${into.name} is ${why} it first, or its use counts for nobody`,
      'payload.into',
    );
  }
  const merged: Draft = { type, occurredAt, payload: { from: from.name, into: into.name } };
  const { pause } = living;
  if (pause === null || !isPaused(living, at) || endOf(pause) <= endOf(into.pause)) return accepted(merged);
  const { until, reason } = pause;
  const moved: Draft = {
    type: 'agent.paused',
    payload: { name: into.name, reason: reason ?? undefined, until: until ?? undefined },
  };
  const note = `${into.name} is paused now, ${until === null ? 'until it is resumed' : `until ${isoText(until)}`}, as ${living.name} was.`;
  return { accepted: true, events: [merged, moved], notes: [note] };
}

/** Of two pauses the stricter one holds: the one that ends later. */
const endOf = (pause: Identity['pause']): number => (pause === null ? 0 : (pause.until ?? Number.POSITIVE_INFINITY));
