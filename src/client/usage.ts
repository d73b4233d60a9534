/** A use as it is reported, in the words of the wire. Increments, or the absolute counters of a session. */
export interface Usage {
  readonly name: string;
  readonly mode: 'autonomy' | 'collaboration';
  /** How the mode was found, where nobody said it. */
  readonly mode_source?: 'rule' | 'tmux' | 'entrypoint' | 'prompt' | 'default' | 'explicit' | undefined;
  /** Increments: what this use cost, in millionths of a US dollar, and its tokens by bucket. */
  readonly cost_micro_usd?: number | undefined;
  readonly tokens?: Readonly<Record<string, number>> | undefined;
  /** Absolute counters: what the session has cost so far. The ledger works out the difference. */
  readonly session?: string | undefined;
  readonly total_cost_usd?: number | undefined;
  readonly total_tokens?: number | undefined;
  readonly model?: string | undefined;
  /** Which response of the model it is of, or what else of its session: then it counts once, whoever tells of it. */
  readonly meter?: Readonly<Record<string, unknown>> | undefined;
  /** What a price depends on beside the model and the tokens. */
  readonly pricing?: Readonly<Record<string, unknown>> | undefined;
  readonly project?: string | undefined;
  readonly tags?: Readonly<Record<string, string>> | undefined;
  readonly instance?: { readonly host?: string; readonly ip?: string; readonly pid?: number } | undefined;
  readonly context_percentage?: number | undefined;
  readonly current_interval?: number | undefined;
  /** Id of the turn it was used under, also after that ended. */
  readonly turn?: string | undefined;
}

/** What is reported of a run under its turn, beside what settles it. */
export type RunUsage = Omit<Usage, 'name' | 'mode' | 'turn'> & { readonly mode?: Usage['mode'] | undefined };

/** What a run used: a report of the agent that has the turn. A use with a meter may be known already, so it settles nothing. */
export type TurnUsage = Omit<RunUsage, 'meter'>;

/** What an agent is told with the answer to its report; the daemon may say more than is named here. */
export interface ReportAdvice {
  /** Seconds until the agent should run again. */
  readonly interval_s: number;
  readonly quota_paused: boolean;
  /** Seconds after which it is worth asking again before that; null where it is not. */
  readonly recheck_after_s?: number | null | undefined;
  readonly reason: string;
}
