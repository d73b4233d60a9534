// Goal: whatever readings arrive, in whatever order and however late, the estimate is what the newest believed one says and what was used since, from 0 to 100 %, and only a reading of a full window, or a refusal, makes it full.
import fc from 'fast-check';
import t from 'tap';
import { viewWindow } from '../../src/fairness/window-view.js';
import { command, register, usage } from '../support/command.js';
import { days, Fold, hours, minutes, noon } from '../support/fold.js';

const key = 'week_all';
const runs = Number(process.env.RUNS ?? 300);
/** Readings are rounded, and a little blurred. */
const roundingPoints = 2;

const reading = fc.record({
  step: fc.constant('read' as const),
  percentBp: fc.oneof(fc.integer({ min: 0, max: 10_100 }), fc.constantFrom(0, 9_949, 9_950, 10_000)),
  lateMinutes: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 40 * 24 * 60 })),
  resets: fc.boolean(),
  confidence: fc.constantFrom('measured', 'estimated', 'suspect', undefined),
  account: fc.constantFrom('one', 'two', undefined, undefined),
  source: fc.constantFrom('screen', 'page'),
});
const other = fc.oneof(
  fc.record({ step: fc.constant('use' as const), cost: fc.integer({ min: 0, max: 50_000_000 }) }),
  fc.record({ step: fc.constant('wait' as const), minutes: fc.integer({ min: 0, max: 600 }) }),
);
const anyStep = fc.oneof({ weight: 3, arbitrary: reading }, other);
type Step = typeof anyStep extends fc.Arbitrary<infer S> ? S : never;

/** The percentage of the newest reading that was believed, and when it was measured. */
interface Believed {
  readonly percent: number;
  readonly measuredAt: number;
}

t.test('the estimate is what was read last, and what was used since', async (t) => {
  let believedCount = 0;
  let fullCount = 0;
  fc.assert(
    fc.property(fc.array(anyStep, { minLength: 1, maxLength: 40 }), (steps) => {
      const fold = new Fold();
      fold.at = noon + days(60);
      const resetsAt = fold.at + days(6);
      fold.take(register('Ada'));
      let believed: Believed | null = null;
      /** Percent per hour outside the ledger, the most since the last believed reading. */
      let drift = 0;
      for (const step of steps) {
        const before: Believed | null = believed;
        believed = live(fold, step, resetsAt, believed);
        const window = fold.state.fair.windows.get(key);
        if (window === undefined) continue;
        const { percent, full } = viewWindow(fold.state.fair, window, fold.at);
        if (!(percent >= 0 && percent <= 100)) throw new Error(`${percent} %`);
        if (full) fullCount += 1;
        if (full && (believed === null || believed.percent < 99.5))
          throw new Error(`full, though ${believed?.percent} % was read`);
        if (believed === null || window.lastRead !== believed.measuredAt) continue;
        believedCount += 1;
        const used = costSince(fold, believed.measuredAt) * window.perDollar;
        drift = believed === before ? Math.max(drift, window.unattributed) : Math.max(0, window.unattributed);
        const outside = drift * ((fold.at - believed.measuredAt) / hours(1));
        const least = Math.min(100, believed.percent) - roundingPoints;
        const most = Math.min(100, believed.percent + used + outside) + roundingPoints;
        if (percent < Math.max(0, least) || percent > most) {
          throw new Error(
            `${percent} % after ${believed.percent} %, of which ${used} were used and ${outside} drifted since`,
          );
        }
      }
    }),
    { seed: 20260105, numRuns: runs },
  );
  t.ok(believedCount > runs * 3, `${believedCount} estimates were compared`);
  t.ok(fullCount > runs / 10, `${fullCount} were full`);
});

function live(fold: Fold, step: Step, resetsAt: number, believed: Believed | null): Believed | null {
  if (step.step === 'wait') {
    fold.at += minutes(step.minutes);
    return believed;
  }
  if (step.step === 'use') {
    fold.take(usage('Ada', { cost_micro_usd: step.cost }));
    return believed;
  }
  const measuredAt = fold.at - minutes(step.lateMinutes);
  const payload = {
    windows: [{ key, percent_bp: step.percentBp, ...(step.resets ? { resets_at: resetsAt } : {}) }],
    confidence: step.confidence,
    account: step.account,
    source: step.source,
  };
  const event = fold
    .take(command('quota.read', payload, { occurred_at: measuredAt }))
    .find(({ type }) => type === 'quota.read');
  if (event?.type !== 'quota.read' || event.payload.windows[0]?.verdict !== 'taken') return believed;
  return { percent: step.percentBp / 100, measuredAt };
}

/** Dollars. */
function costSince(fold: Fold, at: number): number {
  const uses = fold.events.filter((event) => event.recorded_at > at && event.type === 'usage.recorded');
  return uses.reduce(
    (sum, { payload }) => sum + ((payload as { cost_micro_usd?: number }).cost_micro_usd ?? 0) / 1e6,
    0,
  );
}
