/** What an agent is told with the answer to its report. `src/fairness` works it out; the interval becomes a fact. */
export interface Advice {
  /** Seconds until the identity should run again. */
  readonly interval_s: number;
  /** Read-outs for clients of the original wire; never inputs. */
  readonly multipliers: { readonly fairness: number; readonly quota_brake: number; readonly combined: number };
  /** How much of the collaboration an identity prefers it has had: `available`, `moderate` or `busy`. */
  readonly quota_status: string;
  readonly quota_paused: boolean;
  /** Keys of the full windows, when paused. */
  readonly blocked_by: readonly string[];
  /** One plain sentence. */
  readonly reason: string;
}
