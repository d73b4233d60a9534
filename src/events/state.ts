/**
 * What `decide` needs to know of a pool, folded from its events by `evolve`: who is who, the newest readings, open
 * turns and alerts, closed days. Bounded by live identities, windows, turns and alerts; restored at start from a snapshot and the
 * tail of the log. `facts` is different, see there.
 */
import { emptyFairState } from '../fairness/apply.js';
import type { Verdict } from '../fairness/judge-reading.js';
import type { Plan } from '../fairness/plan.js';
import type { FairState } from '../fairness/state.js';
import type { IdentityStatus } from './catalogue/identity.js';
import type { TurnId } from './catalogue/turn.js';
import type { InstanceFacts } from './catalogue/usage.js';
import { nothingReferenced, type Referenced, zoneAtFirst } from './referenced.js';
import type { EpochMs, EventId, IdentityName, MicroUsd, PoolId } from './scalars.js';

/** Increased whenever the shape of the state or the meaning of `evolve` changes: older snapshots are then ignored. */
export const stateFormat = 9;

export interface Instance {
  readonly host: string;
  readonly pid: number | null;
  lastSeen: EpochMs;
}

export interface Choice {
  readonly choice: string;
  readonly turns: number | null;
  readonly durationMinutes: number | null;
  readonly wakeAt: EpochMs | null;
  readonly at: EpochMs;
}

export interface Identity {
  readonly name: IdentityName;
  /** Folded name: the key in `PoolState.identities`. */
  readonly key: string;
  aliases: IdentityName[];
  model: string | null;
  costMultiplier: number | null;
  weight: number;
  collaborativePref: number | null;
  ipAddress: string | null;
  colour: string | null;
  /** The owner it belongs to, and the weight of that group; null where it belongs to none. */
  group: string | null;
  groupWeight: number | null;
  /** Seconds between two of its runs that it asks for at least. */
  intervalSecondsMin: number | null;
  status: IdentityStatus;
  retiredAt: EpochMs | null;
  /** Key of the identity this one was merged into. */
  mergedInto: string | null;
  pause: { readonly until: EpochMs | null; readonly reason: string | null; readonly at: EpochMs } | null;
  readonly firstSeen: EpochMs;
  /** Recorded time of its last report; null before the first. */
  lastSeen: EpochMs | null;
  /** Interval it was last told, in seconds. */
  lastInterval: number | null;
  /** The interval last noted in the history of allocations, and whether it was a wait for a full window. */
  noted: { readonly interval: number; readonly blocked: boolean } | null;
  instances: Instance[];
  choice: Choice | null;
  /** Its open turns, oldest first; also those of identities that were merged into it. */
  turns: TurnId[];
}

/** A run of an agent, held as a lease. */
export interface Turn {
  readonly id: TurnId;
  /** The event that granted it; later events of the turn correlate with it. */
  readonly grant: EventId;
  /** Whom it was granted to; after a merge the survivor holds it. */
  readonly name: IdentityName;
  readonly grantedAt: EpochMs;
  /** Only the newest token may renew, settle or release. */
  token: number;
  expiresAt: EpochMs;
  /** Seconds it is held from each renewal. */
  ttl: number;
  readonly estimateMicroUsd: MicroUsd;
  readonly instance: InstanceFacts | null;
  readonly model: string | null;
  /** Other instances that asked while it was open; at most `limits.instancesKept`. */
  rivals: InstanceFacts[];
}

export interface ClosedTurn {
  readonly token: number;
  readonly end: 'settled' | 'released' | 'expired';
}

export interface Reading {
  readonly event: EventId;
  readonly percentBp: number;
  readonly resetsAt: EpochMs | null;
  readonly measuredAt: EpochMs;
  readonly source: string;
  readonly confidence: string;
  readonly suspect: boolean;
  /** '' where the reading names none. */
  readonly account: string;
  /** Dollars the ledger had counted in the window by then. */
  readonly cost: number;
  /** `taken` for readings that were recorded before there were verdicts. */
  readonly verdict: Verdict;
}

/** An account that was read, and how far its percentages move when the ledger's use does. */
export interface Account {
  readonly name: string;
  lastAt: EpochMs;
  evidence: number;
}

export interface QuotaWindow {
  readonly key: string;
  label: string | null;
  durationS: number | null;
  scope: string | null;
  active: boolean;
  /** Newest measurement last; at most `limits.readingsKept` of each account. */
  readings: Reading[];
  /** When the provider refused work, until when; null when it did not, or has moved on. */
  exhausted: { readonly until: EpochMs | null; readonly at: EpochMs } | null;
}

export interface Alert {
  /** Of the event that raised it: with an `a` before it, what people call it by. */
  readonly seq: number;
  readonly rule: string;
  readonly subject: string;
  readonly text: string;
  readonly raisedAt: EpochMs;
  acknowledgedAt: EpochMs | null;
}

export interface ClosedDay {
  readonly digest: string;
  readonly closedAt: EpochMs;
}

/** From when to when somebody works on the ledger. */
export interface Maintenance {
  readonly since: EpochMs;
  readonly until: EpochMs;
  readonly reason: string | null;
  /** Whether the log says that it is over; it is over at `until` in any case. */
  readonly isEnded: boolean;
}

export interface PoolState {
  readonly pool: PoolId;
  seq: number;
  /** Recorded time of the last event. */
  at: EpochMs;
  timeZone: string;
  /** When its first event was recorded; 0 before. */
  beganAt: EpochMs;
  readonly identities: Map<string, Identity>;
  /** Folded alias to the key of its identity; also the full case folding of names and aliases, where it is another. */
  readonly aliases: Map<string, string>;
  readonly windows: Map<string, QuotaWindow>;
  /** Accounts that were read, by name, and the one whose readings count unless the policy names another. */
  readonly accounts: Map<string, Account>;
  account: string | null;
  /** What the controller knows: levels, presence, budgets, and the policy. */
  fair: FairState;
  /** When the allocations were last worked out, and what of them the last event made worth noting. */
  allocatedAt: EpochMs;
  notable: Notable;
  /** What is open, by dedupe key, the oldest first. */
  readonly alerts: Map<string, Alert>;
  /** When alerts were cleared last, by dedupe key, the longest ago first; at most `limits.alertsOpenMax`. */
  readonly alertsCleared: Map<string, EpochMs>;
  readonly closedDays: Map<string, ClosedDay>;
  /** The last one, also once it is over; null before the first. */
  maintenance: Maintenance | null;
  /** Open turns by id, in the order they were granted; some may be due to expire. */
  readonly turns: Map<TurnId, Turn>;
  /** The turns closed last, oldest first. */
  readonly turnsClosed: Map<TurnId, ClosedTurn>;
  /** When the first of the open turns expires; null where none is open. */
  turnsDueAt: EpochMs | null;
  referenced: Referenced;
  /** The plan by which agents are answered at the moment; no part of a snapshot. */
  plan: Plan | null;
}

/**
 * What the last event means for the allocations: `figures` moved, the interval of a `member` did, or something that
 * concerns `all`; `later` where that waits because they were worked out a moment ago.
 */
export type Notable = 'nothing' | 'later' | 'figures' | 'all' | { readonly member: string };

export function emptyState(pool: PoolId): PoolState {
  return {
    pool,
    seq: 0,
    at: 0 as EpochMs,
    timeZone: zoneAtFirst,
    beganAt: 0 as EpochMs,
    identities: new Map(),
    aliases: new Map(),
    windows: new Map(),
    accounts: new Map(),
    account: null,
    fair: emptyFairState(),
    allocatedAt: 0 as EpochMs,
    notable: 'nothing',
    alerts: new Map(),
    alertsCleared: new Map(),
    closedDays: new Map(),
    maintenance: null,
    turns: new Map(),
    turnsClosed: new Map(),
    turnsDueAt: null,
    referenced: nothingReferenced(),
    plan: null,
  };
}

/** The state as JSON text; the same state gives the same text. */
export function serialiseState(state: PoolState): string {
  const { referenced: _, plan: __, ...kept } = state;
  return JSON.stringify(kept, (_name, value) => (value instanceof Map ? { map: [...value] } : value));
}

export function restoreState(text: string): PoolState {
  const kept = JSON.parse(text, (_name, value) =>
    value !== null && typeof value === 'object' && Array.isArray(value.map) ? new Map(value.map) : value,
  );
  return { ...kept, referenced: nothingReferenced(), plan: null } as PoolState;
}
