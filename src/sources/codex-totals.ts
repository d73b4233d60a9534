/**
 * Running totals of a Codex thread, as clients before the records of single responses wrote them: what a response used is what the
 * totals grew by. A fork of that time begins with a copy of all that its parent wrote, under other times: the same totals in the
 * same order are the same responses, in the parent and in all of its forks, whether the parent's file is there or not.
 */
import { sha256 } from '../events/chain.js';
import { type JsonObject, objectOf } from './json.js';
import { type CountProblem, countOf } from './provider-tokens.js';

const fields = [
  'input_tokens',
  'cached_input_tokens',
  'cache_write_input_tokens',
  'output_tokens',
  'reasoning_output_tokens',
] as const;
export type CodexCounts = { readonly [field in (typeof fields)[number]]: number };

/** The counts of an object; null where it has none of them. */
export function codexCounts(usage: unknown): CodexCounts | CountProblem | null {
  const object: JsonObject = objectOf(usage);
  const counts: Partial<Record<(typeof fields)[number], number>> = {};
  let some = false;
  for (const field of fields) {
    const count = countOf(object[field]);
    if (typeof count === 'string') return count;
    some ||= count !== undefined;
    counts[field] = count ?? 0;
  }
  return some ? (counts as CodexCounts) : null;
}

/** Where the totals of a file stand. Plain JSON. */
export interface TotalsState {
  readonly totals: CodexCounts | null;
  /** Hash of all totals up to these. */
  readonly sequence: string;
  /** Whether the totals of this file begin at those of another one, of which nothing is copied. */
  readonly goesOn: boolean;
}

export const noTotals: TotalsState = { totals: null, sequence: '', goesOn: false };

/** What the totals grew by, and how they stand then; null where they stand still. */
export function grown(
  state: TotalsState,
  totals: CodexCounts,
  last: CodexCounts | null,
  isFork: boolean,
): { readonly state: TotalsState; readonly growth: CodexCounts } | null {
  const text = fields.map((field) => totals[field]).join(' ');
  if (isSame(totals, state.totals)) return null;
  const isFirst = state.totals === null;
  const fell = state.totals !== null && sizeOf(totals) < sizeOf(state.totals);
  const begunElsewhere = last === null ? null : difference(totals, last);
  const before = (isFirst && isFork) || fell ? begunElsewhere : state.totals;
  const growth = before === null ? totals : difference(totals, before);
  return {
    state: {
      totals,
      sequence: sha256(`${state.sequence} ${text}`).slice(0, 32),
      goesOn: isFirst ? isFork && before !== null && sizeOf(before) > 0 : state.goesOn,
    },
    growth,
  };
}

export const isSame = (counts: CodexCounts, others: CodexCounts | null): boolean =>
  fields.every((field) => counts[field] === others?.[field]);

const sizeOf = (counts: CodexCounts): number => counts.input_tokens + counts.output_tokens;

function difference(counts: CodexCounts, other: CodexCounts): CodexCounts {
  return Object.fromEntries(
    fields.map((field) => [field, Math.max(0, counts[field] - other[field])]),
  ) as unknown as CodexCounts;
}
