/**
 * Rows of the past that one command refers to: a session's last counter, the use a correction names. They are looked up
 * before the command is decided, and are no part of a snapshot.
 */
import type { DayTotal } from './catalogue/day.js';
import type { UsageMode } from './catalogue/usage.js';
import type { StoredEvent } from './envelope.js';
import type { KnownMeter, MeteredSession } from './meter.js';
import type { EpochMs, IdentityName } from './scalars.js';

/** Last absolute counters of one session. */
export interface SessionCounters {
  readonly costMicroUsd: number | null;
  readonly tokens: number | null;
}

/** A recorded use, net of its corrections so far. */
export interface ReferencedUse {
  readonly name: IdentityName;
  readonly mode: UsageMode;
  readonly occurredAt: EpochMs;
  /** The zone that days were cut in when it was recorded. */
  readonly timeZone: string;
  readonly net: UsageAmounts;
}

export interface UsageAmounts {
  readonly costMicroUsd: number;
  readonly legacyTokens: number;
  readonly tokens: Readonly<Record<string, number>>;
}

export interface Referenced {
  /** By `sessionKey(owner, session)`. */
  readonly sessions: Map<string, SessionCounters>;
  /** By event id, for the events that corrections name. */
  readonly usages: Map<string, ReferencedUse>;
  /** By id of a response or request, for those that reports name; null where none was recorded. */
  readonly meters: Map<string, KnownMeter | null>;
  /** How sessions that reports name were told of, by `meteredSessionOf` of the catalogue. */
  readonly metered: Map<string, MeteredSession>;
  /** Ids of the readings that rejections name, and whether they still count. */
  readonly readings: Map<string, { readonly rejected: boolean }>;
  /** By date: the totals of a day about to be closed. */
  readonly days: Map<string, DayTotal[]>;
}

/** Of a pool before it is configured. */
export const zoneAtFirst = 'UTC';

export const nothingReferenced = (): Referenced => ({
  sessions: new Map(),
  usages: new Map(),
  meters: new Map(),
  metered: new Map(),
  readings: new Map(),
  days: new Map(),
});

/** In the place of an owner: the running totals of sessions, whoever tells of them. No identity has this key. */
export const sharedOwner = '';

export const sessionKey = (ownerKey: string, session: string): string => `${ownerKey}\u0000${session}`;

/** The zone that the newest of these events gave the pool; that of a new pool where there is none. */
export function timeZoneOf([configured]: readonly StoredEvent[]): string {
  return configured === undefined ? zoneAtFirst : (JSON.parse(configured.payload) as { time_zone: string }).time_zone;
}
