/** What an analysis of a time is made from, and what it says. `analyse.ts` makes it. */
import type { Transfer } from './entitlement.js';
import type { RogueEpisode } from './rogues.js';
import type { FullSpan, WindowReset } from './window-record.js';

/** What happened, as far as the analysis needs to know. Costs are dollars, intervals seconds. */
export type AnalysisInput =
  | (UseInput & { readonly kind: 'use'; readonly told: Telling | null })
  /** Of a use that occurred at a time: what it should have cost less what it did. */
  | (UseInput & { readonly kind: 'correction'; readonly occurredAt: number })
  | { readonly kind: 'told'; readonly key: string; readonly told: Telling }
  | { readonly kind: 'merged'; readonly from: string; readonly into: string }
  | { readonly kind: 'reading' | 'other' };

export interface UseInput {
  readonly key: string;
  readonly collaboration: boolean;
  readonly cost: number;
  /** Null: that of its latest use. */
  readonly model: string | null;
}

export interface Telling {
  readonly interval: number;
  readonly blockedBy: readonly string[];
}

export interface Analysis {
  readonly from: number;
  readonly until: number;
  /** Dollars used autonomously, and with people, by members. */
  readonly autonomy: number;
  readonly collaboration: number;
  /** Of use over entitlement, all periods together; null where nothing was used. */
  readonly jain: number | null;
  readonly periods: readonly AnalysedPeriod[];
  readonly members: readonly AnalysedMember[];
  readonly transfers: readonly Transfer[];
  readonly envies: readonly Transfer[];
  readonly windows: readonly AnalysedWindow[];
  readonly rogues: readonly RogueEpisode[];
}

export interface AnalysedPeriod {
  readonly from: number;
  readonly until: number;
  readonly autonomy: number;
  readonly jain: number | null;
}

export interface AnalysedMember {
  readonly key: string;
  readonly name: string;
  readonly used: number;
  readonly collaboration: number;
  readonly entitled: number;
  readonly nominal: number;
  readonly lent: number;
  readonly borrowed: number;
  /** Part of the time in which it took part, and in which it was there, 0 to 1. */
  readonly memberPart: number;
  readonly presentPart: number;
  /** Whether it asked for less than it was offered, in some period. */
  readonly demandLimited: boolean;
  readonly reports: number;
  readonly rogueReports: number;
}

export interface AnalysedWindow {
  readonly key: string;
  readonly fullHours: number;
  readonly full: readonly FullSpan[];
  readonly blockedAnswers: number;
  /** Hours that agents were told to wait for it, each agent's counted. */
  readonly blockedAgentHours: number;
  readonly resets: readonly WindowReset[];
}
