// What agents are told through the log: stamped on the use, changed by a re-check, by a plan that is kept for a moment.
import t from 'tap';
import { decide } from '../../src/events/decide.js';
import type { Decision } from '../../src/events/decision.js';
import type { EpochMs } from '../../src/events/scalars.js';
import { command, reading, register, usage } from '../support/command.js';
import { Fold, hours, minutes, noon } from '../support/fold.js';

const budget = (dollars: number) => ({
  key: 'week_all',
  length_s: 604_800,
  anchor: 'fixed',
  known_budget_micro_usd: dollars * 1e6,
});

/** Ada and Bo, whose wakes cost a dollar, in a week of known budget. */
function pool(dollars = 404, policy: object = {}): Fold {
  const fold = new Fold();
  fold.take(command('policy.set', { windows: [budget(dollars)], ...policy }));
  for (const name of ['Ada', 'Bo']) fold.take(register(name, { cost_multiplier: 1 }));
  fold.at += 2_000;
  for (const name of ['Ada', 'Bo', 'Ada', 'Bo']) fold.take(usage(name, { cost_micro_usd: 1_000_000 }));
  fold.at += minutes(1);
  return fold;
}

function interval(fold: Fold, name: string, micro = 1_000_000): number {
  fold.take(usage(name, { cost_micro_usd: micro }));
  return fold.advice?.interval_s ?? Number.NaN;
}

const ask = (name: string) => command('agent.advised', { name });

function answer(fold: Fold, name: string): Decision & { accepted: true } {
  const decision = decide(fold.state, ask(name), {
    at: fold.at as EpochMs,
    unknownAgents: 'auto',
    newcomersPerHour: 20,
    prices: null,
  });
  if (!decision.accepted) throw new Error(decision.detail);
  return decision;
}

t.test('the interval is part of the use', async (t) => {
  const fold = pool();
  const use = fold.one('usage.recorded', usage('Ada', { cost_micro_usd: 1_000_000 }));
  t.equal(use.payload.issued_interval_s, fold.advice?.interval_s);
  t.equal(use.payload.blocked_by, undefined);
  t.equal(fold.state.fair.members.get('ada')?.issued, fold.advice?.interval_s);
  t.equal(fold.state.identities.get('ada')?.lastInterval, fold.advice?.interval_s);
  fold.take(command('quota.exhausted', { window: 'week_all', until: fold.at + hours(3), evidence: '429' }));
  const blocked = fold.one('usage.recorded', usage('Ada', { cost_micro_usd: 1_000_000 }));
  t.strictSame(blocked.payload.blocked_by, ['week_all']);
  t.match(fold.advice, { quota_paused: true, blocked_by: ['week_all'], binding_window: null });
});

t.test('who does not ask is told nothing, and nothing is stamped', async (t) => {
  const fold = new Fold();
  fold.advises = false;
  for (let i = 0; i < 20; i++) {
    const use = fold.one('usage.recorded', usage('Ada', { cost_micro_usd: 1_000 }));
    t.equal(use.payload.issued_interval_s, undefined);
  }
  t.equal(fold.state.plan, null, 'nor is anything planned');
  t.match(fold.state.fair.members.get('ada'), { issued: null, wakes: 20 });
});

t.test('the figures of the original wire follow from the interval', async (t) => {
  const fold = pool();
  const told = interval(fold, 'Ada');
  const { multipliers, recheck_after_s: recheck } = fold.advice!;
  t.equal(multipliers.combined, Math.round((1e4 * told) / 900) / 1e4);
  t.ok(Math.abs(multipliers.fairness * multipliers.quota_brake - multipliers.combined) < 0.001);
  t.equal(recheck, 1_800, 'a long wait is to be checked');
  interval(pool(1e6), 'Ada');
  const plenty = pool(1e6);
  interval(plenty, 'Ada');
  t.equal(plenty.advice?.recheck_after_s, null, 'a short one is not');
});

t.test('the load is how much of the preferred collaboration an agent had', async (t) => {
  const fold = pool();
  fold.take(command('identity.changed', { name: 'Ada', collaborative_pref: 30 }));
  const status = (micro: number) => {
    fold.take(usage('Ada', { mode: 'collaboration', cost_micro_usd: micro }));
    return fold.advice?.quota_status;
  };
  t.equal(status(500_000), 'available', '20 %');
  t.equal(status(500_000), 'moderate', '33 %');
  t.equal(status(500_000), 'busy', '43 %');
});

t.test('a re-check that finds another interval records it', async (t) => {
  const fold = pool();
  const before = interval(fold, 'Ada');
  fold.at += minutes(30);
  fold.take(command('policy.set', { windows: [budget(700)] }));
  const { payload } = fold.one('agent.advised', ask('ada'));
  t.match(payload, { name: 'Ada', replaces: before });
  t.ok(payload.issued_interval_s < 0.75 * before, `${payload.issued_interval_s} instead of ${before}`);
  t.equal(fold.state.fair.members.get('ada')?.issued, payload.issued_interval_s);
  t.equal(fold.state.identities.get('ada')?.lastInterval, payload.issued_interval_s);
  t.strictSame(fold.take(ask('Ada')), [], 'asked again at once there is nothing new');
  t.equal(answer(fold, 'Ada').advice?.interval_s, payload.issued_interval_s);
});

t.test('one that finds nearly the same keeps the old one', async (t) => {
  const fold = pool();
  const before = interval(fold, 'Ada');
  fold.at += minutes(30);
  fold.take(command('policy.set', { windows: [budget(480)] }));
  const { events, advice } = answer(fold, 'Ada');
  t.strictSame(events, []);
  t.equal(advice?.interval_s, before);
  fold.take(command('policy.set', { reissue_log_ratio: 0.05 }));
  t.equal(answer(fold, 'Ada').events.length, 1, 'where the policy has it so, it is told');
});

t.test(
  'after reports that asked nothing, a question is answered, but for the re-check of an older answer',
  async (t) => {
    const fold = pool(404, { method_version: 2, reissue_log_ratio: 1 });
    const told = interval(fold, 'Ada');
    const recheck = 1_000 * fold.state.fair.policy.recheck_s;
    t.ok(told > fold.state.fair.policy.recheck_s, 'it is to ask again');
    fold.advises = false;
    fold.at += minutes(29);
    for (let i = 0; i < 3; i++) fold.take(usage('Ada', { cost_micro_usd: 330_000 }));
    const whileItRuns = answer(fold, 'Ada');
    t.equal(whileItRuns.events.length, 1, 'a minute before the re-check is another question');
    fold.at += recheck - minutes(29) + 20_000;
    t.strictSame(answer(fold, 'Ada').events, [], 'it asks about the wait it was told, whatever runs meanwhile');
    fold.at += recheck;
    fold.take(usage('Ada', { cost_micro_usd: 1_000_000 }));
    t.strictSame(answer(fold, 'Ada').events, [], 'and so again after as long');
    fold.at += minutes(1);
    t.equal(answer(fold, 'Ada').events.length, 1);
    fold.take(ask('Ada'));
    t.strictSame(answer(fold, 'Ada').events, [], 'once is enough');
  },
);

t.test('who has not been told anything is told by its first re-check', async (t) => {
  const fold = pool();
  fold.take(register('Cy'));
  const { payload } = fold.one('agent.advised', ask('Cy'));
  t.equal(payload.replaces, undefined);
  t.strictSame(fold.take(ask('Cy')), []);
  t.equal(fold.refusal(ask('Nobody')), 'identity_unknown');
});

t.test('a window that filled up while an agent waits is told, with its name', async (t) => {
  const fold = pool();
  interval(fold, 'Ada');
  fold.take(command('quota.exhausted', { window: 'week_all', until: fold.at + hours(20), evidence: '429' }));
  const { payload } = fold.one('agent.advised', ask('Ada'));
  t.strictSame(payload.blocked_by, ['week_all']);
  t.ok(payload.issued_interval_s >= 20 * 3_600);
  t.equal(fold.state.fair.members.get('ada')?.recommended, null, 'a wait is nothing to smooth against');
});

t.test('nobody is hurried into the last wakes of a window', async (t) => {
  const faster = command('policy.set', { interval_s_max: 900, interval_s_hard_max: 900 });
  for (const [dollars, answers] of [
    [7, 0],
    [70, 1],
  ] as const) {
    const fold = pool(dollars);
    t.ok(interval(fold, 'Ada') > 10_000);
    fold.at += minutes(30);
    // The same change of pace; two dollars are left for two wakes of a dollar, or sixty-five.
    fold.take(faster);
    t.equal(answer(fold, 'Ada').events.length, answers, `${dollars} dollars`);
  }
});

t.test('a plan is kept for as long as the policy says, and no longer', async (t) => {
  const fold = pool(404, { plan_ms: 10_000, deadband_log_ratio: 0 });
  const before = interval(fold, 'Ada', 0);
  fold.advises = false;
  fold.take(usage('Bo', { cost_micro_usd: 150_000_000 }));
  fold.advises = true;
  fold.at += 9_999;
  t.equal(interval(fold, 'Ada', 0), before, 'that Bo used so much is not in it');
  fold.at += 1;
  t.not(interval(fold, 'Ada', 0), before);
});

t.test('by a kept plan an agent still pays for what it used itself', async (t) => {
  const fold = pool(404, { plan_ms: 10_000 });
  const before = interval(fold, 'Ada', 1_000_000);
  fold.take(usage('Ada', { cost_micro_usd: 1_000_000 }));
  for (let i = 0; i < 9; i++) fold.take(usage('Ada', { cost_micro_usd: 1_000_000 }));
  t.ok((fold.advice?.interval_s ?? 0) > 1.15 * before, `${fold.advice?.interval_s} after ${before}`);
});

t.test('everything but use ends a plan at once', async (t) => {
  const changes = {
    reading: (fold: Fold) => reading('session_5hour', 4_000, { resets_at: fold.at + hours(3) }),
    'a member who joins': () => register('Cy'),
    'a change of weight': () => command('identity.changed', { name: 'Bo', weight: 3 }),
    'a retirement': () => command('identity.retired', { name: 'Bo' }),
    policy: () => command('policy.set', { windows: [budget(100)] }),
    pause: (fold: Fold) => command('agent.paused', { name: 'Bo', until: fold.at + hours(90) }),
    'a refusal': (fold: Fold) =>
      command('quota.exhausted', { window: 'week_all', until: fold.at + hours(9), evidence: '429' }),
  };
  for (const [name, change] of Object.entries(changes)) {
    const fold = pool(404, { plan_ms: 60_000, deadband_log_ratio: 0 });
    const before = interval(fold, 'Ada', 0);
    t.equal(interval(fold, 'Ada', 0), before);
    fold.take(change(fold));
    t.not(interval(fold, 'Ada', 0), before, name);
  }
});

t.test('a reset ends a plan, too', async (t) => {
  const fold = pool(5, { plan_ms: 60_000 });
  fold.at = noon + hours(168) - 10_000;
  t.ok(interval(fold, 'Ada', 1_100_000) > 10, 'full');
  t.equal(fold.advice?.quota_paused, true);
  fold.at += 12_000;
  interval(fold, 'Ada', 0);
  t.equal(fold.advice?.quota_paused, false);
});

t.test('large pools keep their plan for longer', async (t) => {
  const fold = pool(404, { large_pool_members: 1, plan_ms_large: 20_000, deadband_log_ratio: 0 });
  const before = interval(fold, 'Ada', 0);
  fold.advises = false;
  fold.take(usage('Bo', { cost_micro_usd: 150_000_000 }));
  fold.advises = true;
  fold.at += 19_000;
  t.equal(interval(fold, 'Ada', 0), before);
  fold.at += 1_001;
  t.not(interval(fold, 'Ada', 0), before);
});
