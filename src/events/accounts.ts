/**
 * Which account a pool follows: the one its policy names, else the one whose readings move with the use in the ledger.
 * "Which readings are believed" in docs/concepts/fair-share.md.
 */
import { limits } from '../limits.js';
import type { QuotaRead } from './catalogue/quota.js';
import type { FoldedOf } from './envelope.js';
import type { Account, PoolState } from './state.js';

/** The account of a reading that names none. */
const anonymous = '';

export const accountOf = ({ account }: Pick<QuotaRead, 'account'>): string => account ?? anonymous;

/** Null before the first reading. */
export function followedAccount({ fair, account }: PoolState): string | null {
  const { account: named = anonymous } = fair.policy;
  return named === anonymous ? account : named;
}

/** Another account takes over when the evidence for it is this much stronger, or nobody has read the other for so long. */
const evidenceLead = 3;
const evidenceMax = 6;
const silentMs = 86_400_000;
/** A percentage that rose by this many basis points has moved. */
const movedBp = 50;

/** What a reading says of its account. */
export function noteAccount(state: PoolState, event: FoldedOf<'quota.read'>): void {
  const name = accountOf(event.payload);
  const account = state.accounts.get(name) ?? newAccount(state, name);
  for (const { key, percent_bp: percentBp } of event.payload.windows) {
    const before = state.windows.get(key)?.readings.findLast((reading) => reading.account === name);
    if (before === undefined || before.measuredAt >= event.occurred_at) continue;
    const used = (state.fair.windows.get(key)?.cost ?? 0) > before.cost;
    const rise = percentBp - before.percentBp;
    const said = rise >= movedBp ? (used ? 1 : -1) : rise >= 0 && used ? -0.25 : 0;
    account.evidence = Math.min(evidenceMax, Math.max(-evidenceMax, account.evidence + said));
  }
  account.lastAt = event.recorded_at;
  const followed = state.account === null ? undefined : state.accounts.get(state.account);
  if (followed === undefined || takesOver(account, followed)) state.account = name;
}

const takesOver = (other: Account, followed: Account): boolean =>
  other.evidence >= followed.evidence + evidenceLead || other.lastAt - followed.lastAt > silentMs;

/** The one that was not read for the longest makes room; what was read of it goes with it. */
function newAccount(state: PoolState, name: string): Account {
  if (state.accounts.size >= limits.accountsKept) {
    const others = [...state.accounts.values()].filter((one) => one.name !== state.account);
    const oldest = others.reduce((a, b) => (b.lastAt < a.lastAt ? b : a));
    state.accounts.delete(oldest.name);
    for (const window of state.windows.values()) {
      window.readings = window.readings.filter(({ account }) => account !== oldest.name);
    }
  }
  const account: Account = { name, lastAt: 0 as Account['lastAt'], evidence: 0 };
  state.accounts.set(name, account);
  return account;
}
