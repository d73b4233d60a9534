/** What becomes of a turn: renewed, settled, released by its holder, or expired. Only its newest token may say so. */
import { isByRun } from '../../fairness/policy.js';
import { limits } from '../../limits.js';
import type { TurnId } from '../catalogue/turn.js';
import type { CommandOf } from '../command.js';
import { accepted, type Context, type Decision, nothingToDo, rejected } from '../decision.js';
import type { Draft } from '../envelope.js';
import { knownIdentity } from '../identities.js';
import type { EpochMs } from '../scalars.js';
import type { Identity, PoolState, Turn } from '../state.js';
import { isHeld, knownTurn } from '../turns.js';
import { decideAsk } from './ask.js';
import { decideUsage } from './usage.js';

type TurnCommand = CommandOf<'turn.granted' | 'turn.renewed' | 'turn.settled' | 'turn.released' | 'turn.expired'>;

export function decideTurn(state: PoolState, command: TurnCommand, context: Context): Decision {
  switch (command.type) {
    case 'turn.granted':
      return decideAsk(state, command, context);
    case 'turn.renewed':
      return decideRenewed(state, command, context);
    case 'turn.settled':
      return decideSettled(state, command, context);
    case 'turn.released':
      return decideReleased(state, command, context);
    case 'turn.expired':
      return accepted(...expiries(state, context.at));
  }
}

/** Why the holder of `token` may not speak for a turn; null where it may. */
function refusalOf(state: PoolState, id: TurnId, token: number, at: EpochMs): Decision | null {
  const open = state.turns.get(id);
  const closed = state.turnsClosed.get(id);
  const turn = open ?? closed;
  if (turn === undefined) return rejected('turn_unknown', `there is no turn ${id}`, 'payload.turn');
  if (turn.token !== token) return rejected('turn_fenced', `${token} is not the token of ${id} now`, 'payload.token');
  if (closed?.end === 'expired' || (open !== undefined && !isHeld(open, at))) {
    return rejected('turn_expired', `${id} was not renewed in time`, 'payload.turn');
  }
  if (closed !== undefined) return rejected('turn_closed', `${id} was ${closed.end} before`, 'payload.turn');
  return null;
}

/** Whether the same holder ended the turn in the same way before: then it is told so again. */
function endedSo(state: PoolState, id: TurnId, token: number, end: string): boolean {
  const closed = state.turnsClosed.get(id);
  return closed?.end === end && closed.token === token;
}

function decideRenewed(state: PoolState, { payload }: CommandOf<'turn.renewed'>, { at }: Context): Decision {
  const { turn: id, token } = payload;
  const refusal = refusalOf(state, id, token, at);
  if (refusal !== null) return refusal;
  const turn = knownTurn(state, id);
  const expiresAt = (at + 1_000 * (payload.ttl_s ?? turn.ttl)) as EpochMs;
  const renewed = { expires_at: expiresAt, name: holderOf(state, turn).name, token, turn: id };
  return accepted({ type: 'turn.renewed', payload: renewed, correlates: turn.grant });
}

/** The use is recorded as any other, under the name the turn was granted to, so that its session goes on after a merge. */
function decideSettled(state: PoolState, command: CommandOf<'turn.settled'>, context: Context): Decision {
  const { turn: id, token, usage } = command.payload;
  if (endedSo(state, id, token, 'settled')) return nothingToDo;
  const refusal = refusalOf(state, id, token, context.at);
  if (refusal !== null) return refusal;
  const turn = knownTurn(state, id);
  const { instance = turn.instance ?? undefined, model = turn.model ?? undefined } = usage;
  const report = { ...usage, instance, model, name: turn.name, ...(isByRun(state.fair.policy) ? { turn: id } : {}) };
  const used = decideUsage(state, { ...command, type: 'usage.recorded', payload: report }, context);
  if (!used.accepted) return { ...used, field: used.field?.replace(/^payload\./, 'payload.usage.') };
  const events: Draft[] = used.events.map((draft) =>
    draft.type === 'usage.recorded' ? { ...draft, correlates: turn.grant } : draft,
  );
  const seq = state.seq + 1 + events.findIndex(({ type }) => type === 'usage.recorded');
  const settled = { name: holderOf(state, turn).name, token, turn: id, usage_seq: seq };
  return accepted(...events, { type: 'turn.settled', payload: settled, correlates: turn.grant });
}

function decideReleased(state: PoolState, { payload }: CommandOf<'turn.released'>, { at }: Context): Decision {
  const { turn: id, token, reason } = payload;
  if (endedSo(state, id, token, 'released')) return nothingToDo;
  const refusal = refusalOf(state, id, token, at);
  if (refusal !== null) return refusal;
  return accepted(release(state, knownTurn(state, id), reason));
}

/** Gives back what an identity holds, as it leaves. */
export const releaseAll = (state: PoolState, identity: Identity): Draft[] =>
  identity.turns.map((id) => release(state, knownTurn(state, id), `${identity.name} is retired`));

function release(state: PoolState, turn: Turn, reason: string | undefined): Draft {
  const payload = { name: holderOf(state, turn).name, reason, token: turn.token, turn: turn.id };
  return { type: 'turn.released', payload, correlates: turn.grant };
}

/** Turns whose time is up, as far as one transaction takes them. They ended when it was up, not when that was noticed. */
function expiries(state: PoolState, at: EpochMs): Draft[] {
  const drafts: Draft[] = [];
  for (const turn of state.turns.values()) {
    if (drafts.length === limits.turnsExpiredAtOnceMax) break;
    if (isHeld(turn, at)) continue;
    const payload = { name: holderOf(state, turn).name, token: turn.token, turn: turn.id };
    drafts.push({ type: 'turn.expired', occurredAt: turn.expiresAt, payload, correlates: turn.grant });
  }
  return drafts;
}

const holderOf = (state: PoolState, turn: Turn): Identity => knownIdentity(state, turn.name);
