/** What happens to a pool, in the controller's terms. `apply.ts` says what each of them changes. */
import type { Policy } from './policy.js';
import type { WindowReading } from './window-reading.js';

/** Who a member is. Given whole, at registration and whenever something of it changes. */
export interface MemberFacts {
  readonly key: string;
  readonly name: string;
  readonly weight: number;
  readonly multiplier: number;
  readonly model: string | null;
  /** The owner it belongs to, and the weight of that group. */
  readonly group?: string | null;
  readonly groupWeight?: number;
  readonly intervalSecondsMin?: number | null;
  /** As in `Member`. */
  readonly pausedUntil?: number | null;
}

/** What happened. `at` is when it was recorded, in milliseconds UTC; costs are in dollars. */
export type FairEvent =
  | { readonly type: 'member'; readonly at: number; readonly member: MemberFacts }
  | { readonly type: 'paused'; readonly at: number; readonly key: string; readonly until: number | null }
  | { readonly type: 'resumed' | 'left'; readonly at: number; readonly key: string }
  | { readonly type: 'merged'; readonly at: number; readonly from: string; readonly into: string }
  | UseEvent
  | { readonly type: 'corrected'; readonly at: number; readonly use: Correction }
  | {
      readonly type: 'advised';
      readonly at: number;
      readonly key: string;
      readonly issued: number;
      readonly blocked: boolean;
      readonly pace?: Pace | undefined;
    }
  | {
      readonly type: 'read';
      readonly at: number;
      readonly event: string;
      readonly measuredAt: number;
      readonly windows: readonly WindowReading[];
    }
  | { readonly type: 'unread'; readonly at: number; readonly event: string }
  /** The pool forgot somebody of whom nobody heard for long, or a window that nobody read. */
  | { readonly type: 'forgotten'; readonly at: number; readonly key: string }
  | { readonly type: 'unwatched'; readonly at: number; readonly window: string }
  /** A run of a turn begins or ends. */
  | { readonly type: 'turn'; readonly at: number; readonly key: string; readonly turn: string; readonly ends: boolean }
  | { readonly type: 'exhausted'; readonly at: number; readonly window: string; readonly until: number | null }
  /** What was stamped after `to`, up to `from`, was stamped by a wrong clock. */
  | { readonly type: 'clock'; readonly at: number; readonly from: number; readonly to: number }
  | { readonly type: 'policy'; readonly at: number; readonly policy: Policy };

export interface UseEvent {
  readonly type: 'used';
  readonly at: number;
  readonly key: string;
  readonly collaboration: boolean;
  readonly cost: number;
  readonly model: string | null;
  readonly occurredAt: number;
  /** The turn it was used under, if any. */
  readonly turn?: string | null | undefined;
  /** What the agent was told in answer, in seconds; null where it did not ask, or has not been told yet. */
  readonly issued: number | null;
  /** Whether that was a wait for a full window. */
  readonly blocked: boolean;
  readonly pace?: Pace | undefined;
  /** Where another program had recorded it, when it happened: what the agent was told by that. */
  readonly imported?: { readonly issued: number | null } | null | undefined;
}

/** What an answer says beside the interval, under version 2 of the method. */
export interface Pace {
  /** Dollars per hour that the member may use. */
  readonly rate: number;
  /** The next answer is not smoothed against this one. */
  readonly isFresh: boolean;
}

export interface Correction {
  readonly key: string;
  readonly collaboration: boolean;
  /** Dollars by which the use was wrong; below 0 where it was too much. */
  readonly cost: number;
  readonly model: string | null;
  readonly occurredAt: number;
}
