/** What one agent used over time, told apart by model, project and session at once: the uses are gone through once. */
import type { EpochMs, IdentityName, PoolId } from '../events/scalars.js';
import type { Ledger } from '../ledger/ledger.js';
import { limits } from '../limits.js';
import { KeptAnswers } from './kept-answers.js';
import { commonMs, type StepKind, type Steps, stepsOf } from './steps.js';
import { seriesOf, totalOf, type UseRow, type UseSeries } from './use-series.js';

export interface AgentUse {
  readonly steps: Steps;
  readonly total: UseSeries;
  /** Each the largest first, and each together the total. */
  readonly models: readonly UseSeries[];
  readonly projects: readonly UseSeries[];
  readonly sessions: readonly UseSeries[];
}

export interface AgentUseQuestion {
  readonly step: StepKind;
  /** Milliseconds UTC: the first inside, the last outside. */
  readonly from: EpochMs;
  readonly until: EpochMs;
}

const kept = new KeptAnswers<AgentUse>();

/** Of the identity of this name, as tables have it. Kept, and refused, as `useOverTime` is. */
export async function agentUse(
  ledger: Ledger,
  pool: PoolId,
  identity: IdentityName,
  { step, from, until }: AgentUseQuestion,
): Promise<AgentUse> {
  const steps = stepsOf(step, ledger.state(pool).timeZone, { from, until });
  const { seq } = await ledger.head(pool);
  const key = JSON.stringify([identity, step, from, until, steps.timeZone]);
  return kept.answer(ledger, pool, { key, seq }, async () => {
    const stepMs = commonMs(steps);
    const keys = ['model', 'project', 'session'] as const;
    const rows = await ledger.usageSums(pool, { since: from, until, identity, keys, stepMs });
    const by = (column: (typeof keys)[number]): UseRow[] =>
      rows.map((row) => ({
        name: row[column] ?? null,
        at: Number(row.step) * stepMs,
        costMicroUsd: Number(row.cost_micro_usd),
        tokens: Number(row.total_tokens),
        reports: Number(row.reports),
      }));
    const seriesBy = (column: (typeof keys)[number]) => seriesOf(by(column), steps, limits.seriesPartsMax);
    return {
      steps,
      total: totalOf(by('session'), steps),
      models: seriesBy('model'),
      projects: seriesBy('project'),
      sessions: seriesBy('session'),
    };
  });
}
