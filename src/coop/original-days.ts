/** The original's own totals by day, compared with the rows they were made of. They are not imported. */
import type { OriginalDatabase } from '../engines/original.js';
import { dateIn } from '../events/days.js';
import { foldCase } from '../events/names.js';
import type { EpochMs } from '../events/scalars.js';
import { recordedName } from './names.js';
import { tables } from './rows.js';
import { numberIn, textIn } from './values.js';

export interface DayDifference {
  readonly name: string;
  readonly date: string;
  /** Tokens as the original counts them. */
  readonly said: number;
  readonly counted: number;
}

export interface DaysCompared {
  readonly rows: number;
  readonly differing: number;
  /** The first of them. */
  readonly differences: readonly DayDifference[];
}

const listedMax = 100;

/** Sums of the original's tokens, by name and day: by days of UTC, and of the zone of its machine, as it is not known which it took. */
export class OriginalDays {
  readonly #sums = new Map<string, { utc: number; local: number }>();
  readonly #zone: string;

  constructor(zone: string) {
    this.#zone = zone;
  }

  add(name: string, at: number, tokens: number): void {
    this.#sumOf(name, new Date(at).toISOString().slice(0, 10)).utc += tokens;
    this.#sumOf(name, dateIn(this.#zone, at as EpochMs)).local += tokens;
  }

  compare(db: OriginalDatabase): DaysCompared {
    const differences: DayDifference[] = [];
    let [rows, differing] = [0, 0];
    for (const row of db.rows(tables.days, ['claude_name', 'date', 'total_tokens'])) {
      rows += 1;
      const name = recordedName(textIn(row.claude_name));
      const date = textIn(row.date) ?? '';
      const said = numberIn(row.total_tokens) ?? 0;
      const { utc, local } = this.#sums.get(keyOf(name, date)) ?? { utc: 0, local: 0 };
      if (said === utc || said === local) continue;
      differing += 1;
      if (differences.length < listedMax) differences.push({ name, date, said, counted: utc });
    }
    return { rows, differing, differences };
  }

  #sumOf(name: string, date: string): { utc: number; local: number } {
    const key = keyOf(name, date);
    let sum = this.#sums.get(key);
    if (sum === undefined) {
      sum = { utc: 0, local: 0 };
      this.#sums.set(key, sum);
    }
    return sum;
  }
}

const keyOf = (name: string, date: string): string => `${date}\u0000${foldCase(name)}`;
