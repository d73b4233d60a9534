/** A use as it is reported, in the words of the wire. Increments, or the absolute counters of a session. */
export interface Usage {
  readonly name: string;
  readonly mode: 'autonomy' | 'collaboration';
  /** Increments: what this use cost, in millionths of a US dollar, and its tokens by bucket. */
  readonly cost_micro_usd?: number | undefined;
  readonly tokens?: Readonly<Record<string, number>> | undefined;
  /** Absolute counters: what the session has cost so far. The ledger works out the difference. */
  readonly session?: string | undefined;
  readonly total_cost_usd?: number | undefined;
  readonly total_tokens?: number | undefined;
  readonly model?: string | undefined;
  readonly project?: string | undefined;
  readonly tags?: Readonly<Record<string, string>> | undefined;
  readonly instance?: { readonly host?: string; readonly ip?: string; readonly pid?: number } | undefined;
  readonly context_percentage?: number | undefined;
  readonly current_interval?: number | undefined;
  /** Id of the turn it was used under, also after that ended. */
  readonly turn?: string | undefined;
}

/** What a run used: a report of the agent that has the turn. */
export type TurnUsage = Omit<Usage, 'name' | 'mode' | 'turn'> & { readonly mode?: Usage['mode'] | undefined };

/** What an agent is told with the answer to its report; the daemon may say more than is named here. */
export interface ReportAdvice {
  /** Seconds until the agent should run again. */
  readonly interval_s: number;
  readonly quota_paused: boolean;
  readonly reason: string;
}
