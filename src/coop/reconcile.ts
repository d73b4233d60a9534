/** Whether the ledger holds what the database said: dollars and tokens of each identity, day and mode. */
import { dateIn } from '../events/days.js';
import type { EpochMs } from '../events/scalars.js';
import type { Account, Total } from './account.js';

/** A row of the ledger's increments, of an imported use. */
export interface LedgerUse {
  readonly seq: number;
  readonly claude_name: string;
  readonly mode: string;
  readonly occurred_at: number;
  readonly cost_micro_usd: number | null;
  readonly cost_source: string;
  readonly legacy_tokens: number | null;
}

export interface Line {
  readonly identity: string;
  readonly date: string;
  readonly mode: Total['mode'];
  rows: number;
  usd: number;
  tokens: number;
  ledgerRows: number;
  ledgerUsd: number;
  ledgerTokens: number;
}

export interface Reconciled {
  readonly lines: readonly Line[];
  /** Lines that differ by more than rounding to millionths of a dollar. */
  readonly differing: readonly Line[];
  /** The ledger's minus the database's. */
  readonly usd: number;
  readonly tokens: number;
}

/** A use is rounded by half a millionth of a dollar at most. */
const roundingUsd = 0.000_000_5;

/** What the database says, under the names that `nameOf` gives its names; the ledger's part is empty. */
export function saidLines(account: Account, nameOf: (name: string) => string): Map<string, Line> {
  const lines = new Map<string, Line>();
  for (const { name, date, mode, rows, usd, tokens } of account.totals.values()) {
    const line = lineOf(lines, nameOf(name), date, mode);
    line.rows += rows;
    line.usd += usd;
    line.tokens += tokens;
  }
  return lines;
}

function lineOf(lines: Map<string, Line>, identity: string, date: string, mode: Total['mode']): Line {
  const key = `${date}\u0000${mode}\u0000${identity}`;
  let line = lines.get(key);
  if (line === undefined) {
    line = { identity, date, mode, rows: 0, usd: 0, tokens: 0, ledgerRows: 0, ledgerUsd: 0, ledgerTokens: 0 };
    lines.set(key, line);
  }
  return line;
}

/** `nameOf`: under which name the ledger has a name now. `uses`: in the order of their seqs. */
export async function reconcile(
  account: Account,
  timeZone: string,
  nameOf: (name: string) => string,
  uses: AsyncIterable<LedgerUse>,
): Promise<Reconciled> {
  const lines = saidLines(account, nameOf);
  const seqs = new Set(account.seqs);
  for await (const use of uses) {
    if (!seqs.has(use.seq)) continue;
    const mode = use.mode === 'autonomy' ? 'autonomy' : 'collaboration';
    const line = lineOf(lines, use.claude_name, dateIn(timeZone, use.occurred_at as EpochMs), mode);
    line.ledgerRows += 1;
    if (use.cost_source === 'reported') line.ledgerUsd += (use.cost_micro_usd ?? 0) / 1e6;
    line.ledgerTokens += use.legacy_tokens ?? 0;
  }
  const all = [...lines.values()];
  const sum = (of: (line: Line) => number) => all.reduce((total, line) => total + of(line), 0);
  return {
    lines: all,
    differing: all.filter(differs),
    usd: sum(({ ledgerUsd, usd }) => ledgerUsd - usd),
    tokens: sum(({ ledgerTokens, tokens }) => ledgerTokens - tokens),
  };
}

function differs({ rows, usd, tokens, ledgerRows, ledgerUsd, ledgerTokens }: Line): boolean {
  const allowed = rows * roundingUsd + 1e-9 * Math.max(1, usd);
  return rows !== ledgerRows || tokens !== ledgerTokens || Math.abs(ledgerUsd - usd) > allowed;
}
