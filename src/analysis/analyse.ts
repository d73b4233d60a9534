/** Folding a time of the log with the analysis beside it. */

import type { EpochMs } from '../events/scalars.js';
import type { Analysis } from '../fairness/analysis.js';
import { eachEvent, stateBefore } from '../ledger/history.js';
import type { LedgerView, WrittenTime } from '../ledger/view.js';
import { Problem } from '../problems.js';
import { analysisInputOf } from './analysis-input.js';

export interface Times {
  readonly since: WrittenTime | undefined;
  readonly until: WrittenTime | undefined;
}

/** From one time to before another, and the last events before each. */
export interface Span {
  readonly from: EpochMs;
  readonly until: EpochMs;
  readonly seqBefore: number;
  readonly seqLast: number;
}

/** The times that are asked about, within those of the log. */
export async function spanOf(view: LedgerView, { since, until }: Times): Promise<Span> {
  const { engine, pool, record } = view;
  const to = (await view.instant(until)) ?? (Math.max(view.clock.now(), record.head.recorded_at) as EpochMs);
  const [first] = await view.events({ limit: 1 });
  const begin = first?.recorded_at ?? to;
  const asked = since === undefined ? begin : await view.instant(since);
  if (asked >= to) throw new Problem('request_invalid', 'since is not before until.');
  const from = Math.max(asked, begin) as EpochMs;
  if (from >= to) throw new Problem('request_invalid', 'the log begins later than that.');
  return { from, until: to, seqBefore: await engine.seqAt(pool, from - 1), seqLast: await engine.seqAt(pool, to - 1) };
}

export async function analyse(view: LedgerView, times: Times): Promise<Analysis> {
  const { evolve } = await import('../events/evolve.js');
  const { Analyst } = await import('../fairness/analyse.js');
  const { from, until, seqBefore, seqLast } = await spanOf(view, times);
  const state = await stateBefore(view, seqBefore);
  const analyst = new Analyst(from, until);
  await eachEvent(view, state.seq, seqLast, (event) => {
    if (event.seq <= seqBefore) return evolve(state, event);
    const fact = analysisInputOf(state, event);
    analyst.before(state.fair, event.recorded_at, fact);
    evolve(state, event);
    analyst.after(state.fair, event.recorded_at, fact);
  });
  return analyst.finish(state.fair);
}
