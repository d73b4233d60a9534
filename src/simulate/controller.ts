/**
 * What is being tried: something that hears what agents report and says when they may run again. It sees what a ledger
 * sees and nothing else of the world. Times are integer ms UTC, money integer micro-USD, percent basis points, intervals
 * seconds.
 */
export type Mode = 'autonomy' | 'collaboration';
export type WindowKey = 'session_5hour' | 'week_all' | 'week_sonnet';

/** What is publicly known of a quota window. */
export interface WindowDefinition {
  readonly key: WindowKey;
  readonly seconds: number;
  /** `fixed`: one period follows the other; `use`: a period begins with the first use, at the full hour before it. */
  readonly anchor: 'fixed' | 'use';
  /** The models it counts; every model where absent. */
  readonly models?: readonly string[];
  /** Set where the budget is no secret, as for a limit on spending. */
  readonly knownBudgetMicroUsd?: number;
}

export interface MemberReport {
  readonly name: string;
  readonly weight: number;
  /** Price of the agent's model: what a unit of its share may cost. */
  readonly multiplier: number;
  readonly model: string;
  /** Percent of the quota that the agent wants to keep for work with people. */
  readonly collaborativePref: number;
  /** Whose agent it is, where its owner has several, and what they weigh together. */
  readonly group?: string;
  readonly groupWeight?: number;
}

export interface UseReport {
  readonly name: string;
  readonly mode: Mode;
  readonly costMicroUsd: number;
  readonly model: string;
  /** When it was used, where that is known to be earlier than the report. */
  readonly occurredAt?: number;
  /** The turn that it belongs to, where its run is held as one. */
  readonly turn?: string;
}

export interface ReadingReport {
  readonly measuredAt: number;
  readonly windows: readonly WindowReading[];
}

export interface WindowReading {
  readonly key: WindowKey;
  readonly percentBp: number;
  /** Null where no period runs. */
  readonly resetsAt: number | null;
}

export interface Controller {
  /** What an agent goes by before it has been told anything. */
  readonly intervalSecondsInitial: number;
  /** How often a waiting agent asks again, or null: never. */
  readonly recheckSeconds: number | null;
  /** Called again when something about the member has changed. */
  register(at: number, member: MemberReport): void;
  pause(at: number, name: string, until: number): void;
  retire(at: number, name: string): void;
  /** Seconds from the beginning of this run to the beginning of the next one. */
  report(at: number, use: UseReport): number;
  /** A report that nobody wants an answer to. */
  record(at: number, use: UseReport): void;
  /** A run is held as a turn from its beginning to its end; the world names it. */
  beginTurn(at: number, name: string, turn: string): void;
  endTurn(at: number, turn: string): void;
  read(at: number, reading: ReadingReport): void;
  /** A new total interval for a waiting agent in seconds, or null to keep the old one. */
  recheck(at: number, name: string): number | null;
  /** Until when the controller itself stops this agent. */
  pausedUntil?(name: string): number;
}

/** A controller is made for one run and knows the windows by their public side only. */
export type MakeController = (windows: readonly WindowDefinition[]) => Controller;
