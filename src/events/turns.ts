/** Finding turns, and telling instances of an agent apart. */
import type { TurnId } from './catalogue/turn.js';
import type { InstanceFacts } from './catalogue/usage.js';
import type { EpochMs } from './scalars.js';
import type { Identity, PoolState, Turn } from './state.js';

/** Whether a turn is held: a turn whose time is up is not, even before its expiry is recorded. */
export const isHeld = (turn: Turn, at: EpochMs): boolean => turn.expiresAt > at;

/** The turns an identity holds, oldest first. */
export function heldTurns(state: PoolState, identity: Identity, at: EpochMs): Turn[] {
  return identity.turns.map((id) => knownTurn(state, id)).filter((turn) => isHeld(turn, at));
}

/** A turn that the log says is open. */
export function knownTurn(state: PoolState, id: TurnId): Turn {
  const turn = state.turns.get(id);
  if (turn === undefined) throw new Error(`the log speaks of ${id}, which is not open`);
  return turn;
}

/** Two instances are two where something both say differs; what one of them leaves out tells nothing. */
export function differs(one: InstanceFacts | null, other: InstanceFacts | null): boolean {
  return (['host', 'ip', 'pid'] as const).some((part) => {
    const [a, b] = [one?.[part], other?.[part]];
    return a !== undefined && b !== undefined && a !== b;
  });
}

export function instanceText(instance: InstanceFacts | null): string {
  const host = instance?.host ?? instance?.ip ?? 'a host that is not known';
  return instance?.pid === undefined ? host : `${host} (process ${instance.pid})`;
}
