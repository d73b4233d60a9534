/** Times in which a member ran more often than it was told to: from when it was noticed until it was over. */
import type { FairState, Member } from './state.js';
import { conductOf } from './wakes.js';

export interface RogueEpisode {
  readonly key: string;
  readonly name: string;
  readonly from: number;
  /** Null while it goes on. */
  readonly until: number | null;
  readonly reports: number;
  /** Dollars used meanwhile. */
  readonly used: number;
  /** How often it ran, at the worst, in seconds, and as a fraction of what it was told. */
  readonly gap: number;
  readonly ratio: number;
}

type Open = { -readonly [field in keyof RogueEpisode]: RogueEpisode[field] };

export class Rogues {
  readonly #episodes: Open[] = [];
  readonly #open = new Map<string, Open>();

  /** Notes an autonomous report after it was applied. */
  report(state: FairState, key: string, cost: number, at: number): void {
    const member = state.members.get(key);
    if (member === undefined) return;
    const open = this.#open.get(key);
    if (conductOf(member) === 'rogue') this.#goesOn(member, open, cost, at);
    else if (open !== undefined) {
      open.until = at;
      this.#open.delete(key);
    }
  }

  episodes(): readonly RogueEpisode[] {
    return this.#episodes;
  }

  #goesOn(member: Member, open: Open | undefined, cost: number, at: number): void {
    const { key, name, gap, ratio } = member;
    if (open === undefined) {
      const opened = { key, name, from: at, until: null, reports: 1, used: cost, gap, ratio };
      this.#episodes.push(opened);
      this.#open.set(key, opened);
      return;
    }
    open.reports += 1;
    open.used += cost;
    if (ratio < open.ratio) {
      open.gap = gap;
      open.ratio = ratio;
    }
  }
}
