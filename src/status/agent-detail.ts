/** Everything about one agent that its page shows: how it stands, what it used, its newest events, its turns, and why it waits. */
import { absorbedNames, findIdentity } from '../events/identities.js';
import type { EpochMs, IdentityName, PoolId } from '../events/scalars.js';
import type { Identity, PoolState } from '../events/state.js';
import { explain } from '../fairness/explain.js';
import type { Explanation } from '../fairness/explanation.js';
import type { Ledger } from '../ledger/ledger.js';
import { Problem } from '../problems.js';
import { type AgentRuns, agentRuns } from './agent-runs.js';
import { type AgentTurn, endedTurns, openTurns } from './agent-turns.js';
import { type AgentUse, type AgentUseQuestion, agentUse } from './agent-use.js';
import { eventLine } from './event-line.js';
import type { IdentityStatus } from './identities.js';
import { type SharesOverTime, sharesOverTime } from './shares-over-time.js';
import { type Status, statusNow } from './status.js';

/** Times are milliseconds UTC. */
export interface AgentDetail {
  readonly name: IdentityName;
  readonly aliases: readonly IdentityName[];
  /** Names that were merged into it. */
  readonly merged: readonly IdentityName[];
  readonly firstSeen: EpochMs;
  readonly retiredAt: EpochMs | null;
  /** Of the pool, at the same moment. */
  readonly status: Status;
  readonly standing: IdentityStatus;
  readonly use: AgentUse;
  /** Of it alone, in the same steps. */
  readonly shares: SharesOverTime;
  /** Those that began in the time of its use. */
  readonly runs: AgentRuns;
  /** The newest first. */
  readonly events: readonly AgentEvent[];
  /** Those it holds, the oldest first; then those that are over, the newest first. */
  readonly turns: readonly AgentTurn[];
  /** What it would be told now, in steps. */
  readonly explanation: Explanation;
}

export interface AgentEvent {
  readonly seq: number;
  readonly id: string;
  readonly type: string;
  readonly occurredAt: EpochMs;
  readonly recordedAt: EpochMs;
  /** In a line; empty where the type says all. */
  readonly line: string;
}

export interface AgentQuestion extends AgentUseQuestion {
  /** How many events. */
  readonly events: number;
}

/** The identity that a name or alias stands for. Throws `identity_unknown`. */
export function identityNamed(state: PoolState, name: string): Identity {
  const identity = findIdentity(state, name);
  if (identity === undefined) throw new Problem('identity_unknown', `no identity is called ${name.slice(0, 100)}`);
  return identity;
}

/** Throws `identity_unknown`, and what `agentUse` throws. */
export async function agentDetail(
  ledger: Ledger,
  pool: PoolId,
  asked: string,
  question: AgentQuestion,
): Promise<AgentDetail> {
  const state = ledger.state(pool);
  const identity = identityNamed(state, asked);
  const { name, retiredAt, firstSeen } = identity;
  const aliases = [...identity.aliases];
  const merged = absorbedNames(state, identity);
  // What is current is taken from the state before anything is waited for: it goes on meanwhile.
  const status = statusNow(ledger, pool);
  const standing = status.identities.find((one) => one.name === name);
  if (standing === undefined) throw new Error(`${name} has no status`);
  const explanation = explain(state.fair, state.fair.members.get(identity.key), status.at);
  const open = openTurns(state, identity, status.at);
  const names = [name, ...merged];
  const { step, from, until } = question;
  const [use, shares, runs, events, ended] = await Promise.all([
    agentUse(ledger, pool, name, question),
    sharesOverTime(ledger, pool, { step, from, until, identity: name }),
    agentRuns(ledger, pool, name, { from, until }),
    newestEvents(ledger, pool, names, question.events),
    endedTurns(ledger, pool, names),
  ]);
  const isOver = (turn: AgentTurn) => turn.status !== 'open';
  // One of which the log said meanwhile that it is over is there once.
  const over = open.filter((turn) => isOver(turn) && !ended.some((one) => one.turn === turn.turn)).reverse();
  return {
    name,
    aliases,
    merged,
    firstSeen,
    retiredAt,
    status,
    standing,
    use,
    shares,
    runs,
    events,
    turns: [...open.filter((turn) => !isOver(turn)), ...over, ...ended],
    explanation,
  };
}

async function newestEvents(
  ledger: Ledger,
  pool: PoolId,
  names: readonly IdentityName[],
  limit: number,
): Promise<AgentEvent[]> {
  const events = await ledger.readEvents(pool, { names, backwards: true, limit });
  return events.map((event) => ({
    seq: event.seq,
    id: event.id,
    type: event.type,
    occurredAt: event.occurred_at,
    recordedAt: event.recorded_at,
    line: eventLine(event),
  }));
}
