/**
 * The made provider: it counts all use, that of its chat outside the ledger too, in three windows, and shows whole
 * percentages. Agents and ledger know nothing of its budgets.
 */
import type { CommandText } from '../ledger-client.js';
import { type Actor, dayMs, hourMs, minuteMs } from './happening.js';

/** Micro-USD in one period. */
const budgets = { session_5hour: 4_500_000, week_all: 60_000_000, week_sonnet: 27_000_000 } as const;
/** The week is under way when the ledger is installed, and resets on day 5. */
const weekResetsAfter = 4.5 * dayMs;
const usedBefore = { week_all: 0.22 * budgets.week_all, week_sonnet: 0.2 * budgets.week_sonnet } as const;
/** Somebody chats in the afternoon, outside the ledger: micro-USD per hour. */
const chatMicroUsd = 60_000;
const chatHours = [13, 18] as const;
const sessionMs = 5 * hourMs;
const weekMs = 7 * dayMs;

export class Provider implements Actor {
  at: number;
  readonly #random: () => number;
  #weekResetsAt: number;
  #sessionResetsAt = 0;
  #used = { session_5hour: 0, ...usedBefore } as Record<keyof typeof budgets, number>;

  constructor(start: number, random: () => number) {
    this.at = start + 10 * minuteMs;
    this.#random = random;
    this.#weekResetsAt = start + weekResetsAfter;
  }

  /** Counts use, in micro-USD; a window of five hours begins with it, on the hour. */
  use(at: number, model: string, costMicroUsd: number): void {
    this.#roll(at);
    if (this.#sessionResetsAt === 0) this.#sessionResetsAt = Math.floor(at / hourMs) * hourMs + sessionMs;
    this.#used.session_5hour += costMicroUsd;
    this.#used.week_all += costMicroUsd;
    if (model.includes('sonnet')) this.#used.week_sonnet += costMicroUsd;
  }

  /** Every half hour, what its usage page shows; a page that does not load is read the next time. */
  act(): CommandText | null {
    const now = this.at;
    this.at = now + 30 * minuteMs + Math.floor(40_000 * this.#random());
    const hour = new Date(now).getUTCHours();
    if (hour >= chatHours[0] && hour < chatHours[1]) this.use(now, 'chat', chatMicroUsd / 2);
    this.#roll(now);
    if (this.#random() < 0.03) return null;
    const window = (key: keyof typeof budgets, resetsAt: number | undefined) => ({
      key,
      percent_bp: 100 * Math.min(100, Math.round((100 * this.#used[key]) / budgets[key])),
      resets_at: resetsAt,
    });
    const windows = [
      window('session_5hour', this.#sessionResetsAt === 0 ? undefined : this.#sessionResetsAt),
      window('week_all', this.#weekResetsAt),
      window('week_sonnet', this.#weekResetsAt),
    ];
    return { type: 'quota.read', payload: { windows, account: 'demo account (made up)' } };
  }

  #roll(at: number): void {
    if (this.#sessionResetsAt !== 0 && at >= this.#sessionResetsAt) {
      this.#sessionResetsAt = 0;
      this.#used.session_5hour = 0;
    }
    while (at >= this.#weekResetsAt) {
      this.#weekResetsAt += weekMs;
      this.#used.week_all = 0;
      this.#used.week_sonnet = 0;
    }
  }
}
