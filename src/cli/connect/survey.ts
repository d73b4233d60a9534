/** What a client has kept of its use on this machine: by root, and in total. Nothing is recorded. */
import { totalOf } from '../../events/meter.js';
import { preview } from '../../intake/preview.js';
import type { PriceBook } from '../../prices/book.js';
import { costOfUse } from '../../sources/cost.js';
import { keyOf, type Source, type UseSeen } from '../../sources/source.js';

export interface SurveyRow {
  /** Null: of all. */
  readonly root: string | null;
  readonly sessions: number;
  readonly responses: number;
  readonly tokens: number;
  readonly costUsd: number;
  /** How many responses have no known price. */
  readonly unpriced: number;
  /** On which something was used, in the time zone. */
  readonly days: number;
  readonly projects: number;
}

export interface SurveySettings {
  readonly source: Source;
  readonly roots: readonly string[];
  readonly at: number;
  readonly book: PriceBook;
  readonly timeZone: string;
  /** Who a use is of, and for which project. */
  readonly whose: (use: UseSeen) => { readonly identity: string; readonly project: string | undefined };
  readonly onRead: (read: number, total: number) => void;
}

export interface Survey {
  readonly rows: readonly SurveyRow[];
  readonly total: SurveyRow;
  /** How many responses are whose. */
  readonly identities: Readonly<Record<string, number>>;
  readonly skipped: Readonly<Record<string, number>>;
}

export function survey(settings: SurveySettings): Survey {
  const { source, roots, at, onRead } = settings;
  const all = new Map<string, UseSeen>();
  const skipped: Record<string, number> = {};
  const rows = roots.map((root) => {
    const found = preview(source, [root], { at, onRead });
    for (const [reason, count] of Object.entries(found.skipped)) skipped[reason] = (skipped[reason] ?? 0) + count;
    const uses = found.observations.filter((one): one is UseSeen => one.kind === 'use');
    for (const use of uses) all.set(keyOf(use), use);
    return rowOf(root, uses, settings);
  });
  const uses = [...all.values()];
  const identities: Record<string, number> = {};
  for (const use of uses) {
    const { identity } = settings.whose(use);
    identities[identity] = (identities[identity] ?? 0) + 1;
  }
  return { rows, total: rowOf(null, uses, settings), identities, skipped };
}

function rowOf(root: string | null, uses: readonly UseSeen[], { book, timeZone, whose }: SurveySettings): SurveyRow {
  const day = new Intl.DateTimeFormat('en-CA', { timeZone });
  const costs = uses.map((use) => costOfUse(book, use).costUsd);
  return {
    root,
    sessions: new Set(uses.map(({ session }) => session)).size,
    responses: uses.length,
    tokens: uses.reduce((sum, { tokens }) => sum + totalOf(tokens), 0),
    costUsd: costs.reduce<number>((sum, cost) => sum + (cost ?? 0), 0),
    unpriced: costs.filter((cost) => cost === null).length,
    days: new Set(uses.map(({ occurredAt }) => day.format(occurredAt))).size,
    projects: new Set(uses.map((use) => whose(use).project)).size,
  };
}
