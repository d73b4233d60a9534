// Goal: an explanation is the answer that was given, with steps that can be followed by hand, whatever happened before.
import fc from 'fast-check';
import t from 'tap';
import { apply, emptyFairState } from '../../src/fairness/apply.js';
import { explain } from '../../src/fairness/explain.js';
import { plan } from '../../src/fairness/plan.js';
import { defaultPolicy } from '../../src/fairness/policy.js';
import { recommend } from '../../src/fairness/recommend.js';
import type { FairState } from '../../src/fairness/state.js';

const monday = Date.parse('2026-01-05T00:00:00Z');
const hour = 3_600_000;
const names = ['ada', 'ben', 'cleo'] as const;

interface Step {
  readonly who: number;
  readonly minutes: number;
  readonly cost: number;
  readonly percent: number | null;
  readonly collaboration: boolean;
}

const steps = fc.array(
  fc.record({
    who: fc.integer({ min: 0, max: 2 }),
    minutes: fc.integer({ min: 1, max: 300 }),
    cost: fc.double({ min: 0, max: 5, noNaN: true }),
    percent: fc.option(fc.integer({ min: 0, max: 100 }), { freq: 3 }),
    collaboration: fc.boolean(),
  }),
  { minLength: 1, maxLength: 60 },
);

/** A pool that has lived through some steps, and when. */
function lived(all: readonly Step[]): { state: FairState; at: number } {
  const state = emptyFairState();
  let at = monday;
  for (const [i, key] of names.entries()) {
    apply(state, { type: 'member', at, member: { key, name: key, weight: i + 1, multiplier: 3, model: 'sonnet' } });
  }
  for (const { who, minutes, cost, percent, collaboration } of all) {
    at += minutes * 60_000;
    const key = names[who] as string;
    const told = recommend(state.policy, plan(state, at), state.members.get(key), at);
    const issued = told.interval;
    const blocked = told.blockedBy.length > 0;
    const use = { key, collaboration, cost, model: null, occurredAt: at, issued, blocked };
    apply(state, { type: 'used', at, ...use });
    if (percent === null) continue;
    const resetsAt = monday + (Math.floor((at - monday) / (168 * hour)) + 1) * 168 * hour;
    const windows = [{ key: 'week_all', percent, resetsAt, lengthSeconds: null }];
    apply(state, { type: 'read', at, event: `${at}`, measuredAt: at, windows });
  }
  return { state, at: at + 60_000 };
}

t.test('the steps lead to the answer', async () => {
  fc.assert(
    fc.property(steps, (all) => {
      const { state, at } = lived(all);
      for (const member of state.members.values()) {
        const explained = explain(state, member, at);
        const told = recommend(state.policy, plan(state, at), member, at);
        const { rate, interval, levels } = explained;
        if (JSON.stringify(explained.recommendation) !== JSON.stringify(told)) return false;
        if (interval.interval !== told.interval) return false;
        if (rate === null || interval.wakeCost === null) return false;
        if (levels.flatMap((held) => held.names).length !== names.length) return false;
        const byHand = { level: rate.byLevel, floor: rate.floor, cap: rate.cap }[rate.limit] as number;
        if (Math.abs(byHand - rate.rate) > 1e-9 * Math.max(1, rate.rate)) return false;
        if (told.bound !== 'blocked' && (interval.bounded < interval.shortest || interval.bounded > interval.longest)) {
          return false;
        }
        if (interval.smoothing === 'kept' && interval.interval !== interval.last) return false;
      }
      return true;
    }),
    { numRuns: 60 },
  );
});

t.test('a look changes nothing', async () => {
  fc.assert(
    fc.property(steps, (all) => {
      const { state, at } = lived(all);
      const text = () => JSON.stringify(state, (_key, value) => (value instanceof Map ? [...value] : value));
      const before = text();
      for (const member of state.members.values()) explain(state, member, at + 1_000 * hour);
      return text() === before;
    }),
    { numRuns: 30 },
  );
});

t.test('a full window, one without a share, and the static method', async (t) => {
  const { state, at } = lived([{ who: 0, minutes: 60, cost: 1, percent: 100, collaboration: false }]);
  const blocked = explain(state, state.members.get('ada'), at);
  t.match(blocked, {
    windows: [{ key: 'week_all', full: true, exhausted: true, rate: 0 }],
    recommendation: { bound: 'blocked', blockedBy: ['week_all'] },
    interval: { last: null, smoothing: 'none' },
  });
  t.match(blocked.reason, /week_all is full/);
  t.match(explain(state, undefined, at), { name: null, rate: null, interval: { wakeCost: null }, balance: null });
  apply(state, { type: 'policy', at, policy: { ...defaultPolicy, method: 'static', version: 1 } });
  t.match(explain(state, state.members.get('ada'), at), { sharers: [], levels: [], rate: null });
});

t.test('balances of all add up to nothing, and parts to everything', async () => {
  fc.assert(
    fc.property(steps, (all) => {
      const { state, at } = lived(all);
      const explained = [...state.members.values()].map((member) => explain(state, member, at));
      const balances = explained.reduce((total, { balance }) => total + (balance ?? 0), 0);
      const parts = explained.reduce((total, { nominal }) => total + (nominal ?? 0), 0);
      return Math.abs(balances) < 1e-6 && Math.abs(parts - 1) < 1e-9;
    }),
    { numRuns: 30 },
  );
});
