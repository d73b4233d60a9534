// The parameters: changed in part, recorded whole, within bounds; and what they say of a window nobody listed.
import t from 'tap';
import { countsModel, defaultPolicy, marginOf, policySchema, ruleOf, windowRule } from '../../src/fairness/policy.js';
import { command } from '../support/command.js';
import { Fold } from '../support/fold.js';

const set = (payload: object) => command('policy.set', payload);

t.test('what is not named stays, and the whole is recorded', async (t) => {
  const fold = new Fold();
  t.strictSame(fold.state.fair.policy, defaultPolicy);
  const first = fold.one('policy.set', set({ interval_s_min: 120, carry: 0.25 }));
  t.strictSame(first.payload, { ...defaultPolicy, version: 1, interval_s_min: 120, carry: 0.25 });
  const windows = [{ key: 'week_all', length_s: 604_800, anchor: 'fixed' as const, margin_percent: 3 }];
  const second = fold.one('policy.set', set({ windows }));
  t.strictSame(
    second.payload,
    { ...first.payload, version: 2, windows },
    'a list of windows takes the place of the old',
  );
  t.strictSame(fold.state.fair.policy, second.payload);
  t.strictSame([...fold.state.fair.windows.keys()], ['week_all'], 'windows nobody read go with their rules');
});

t.test('what is set only where it is absent changes nothing that was said', async (t) => {
  const fold = new Fold();
  fold.take(set({ horizon_h: 24 }));
  const adopt = { ...set({ method_version: 2, horizon_h: 48 }), onlyAbsent: true };
  const adopted = fold.one('policy.set', adopt);
  t.strictSame(adopted.payload, { ...defaultPolicy, version: 2, horizon_h: 24, method_version: 2 });
  t.strictSame(fold.take(adopt), [], 'once');
  fold.one('policy.set', set({ method_version: 1 }));
  t.strictSame(fold.take(adopt), [], 'a person went back, and that stays');
});

t.test('no change is no event', async (t) => {
  const fold = new Fold();
  t.strictSame(fold.take(set({})), []);
  t.strictSame(fold.take(set({ interval_s_min: 300, windows: defaultPolicy.windows })), []);
  fold.take(set({ interval_s_min: 301 }));
  t.strictSame(fold.take(set({ interval_s_min: 301 })), []);
  t.equal(fold.state.fair.policy.version, 1);
});

t.test('intervals keep their order', async (t) => {
  const fold = new Fold();
  const refused = [
    { interval_s_min: 901 },
    { interval_s_base: 200 },
    { interval_s_max: 800 },
    { interval_s_hard_max: 14_399 },
  ];
  for (const payload of refused) t.equal(fold.refusal(set(payload)), 'invalid_field', JSON.stringify(payload));
  t.equal(
    fold.refusal(set({ interval_s_min: 20_000, interval_s_max: 30_000 })),
    'invalid_field',
    'the base stays behind',
  );
  const together = set({ interval_s_min: 1_000, interval_s_base: 1_000, interval_s_max: 1_000 });
  t.equal(fold.take(together).length, 1);
});

t.test('values out of range, and fields that do not exist, are refused', async (t) => {
  const wrong: object[] = [
    { interval_s_min: 0 },
    { floor_fraction: 1.1 },
    { boost_max: 0.5 },
    { horizon_h: 0 },
    { multiplier_power: 3 },
    { method: 'random' },
    { version: 7 },
    { speed: 1 },
    { windows: [{ key: 'w', length_s: 60, anchor: 'never' }] },
    { windows: [0, 1].map(() => ({ key: 'w', length_s: 60, anchor: 'use' })) },
    { windows: [{ key: 'w', length_s: 60, anchor: 'use', models: [] }] },
    { windows: [{ key: 'w', length_s: 60, anchor: 'use', reserve_percent: 101 }] },
  ];
  for (const payload of wrong) t.throws(() => set(payload), { code: 'invalid_field' }, JSON.stringify(payload));
  t.equal(policySchema.safeParse(defaultPolicy).success, true);
});

t.test('a window nobody listed gets a rule from its name and length', async (t) => {
  const rule = (key: string, length: number | null = null) => ruleOf(defaultPolicy, key, length);
  t.strictSame(rule('session_5hour', 60), defaultPolicy.windows[0], 'listed: as it is listed');
  t.strictSame(rule('week_opus'), { key: 'week_opus', length_s: 604_800, anchor: 'fixed', models: ['opus'] });
  t.strictSame(rule('primary_5h'), { key: 'primary_5h', length_s: 18_000, anchor: 'use' });
  t.strictSame(rule('day', 86_400), { key: 'day', length_s: 86_400, anchor: 'use' });
  t.strictSame(rule('month', 2_592_000), { key: 'month', length_s: 2_592_000, anchor: 'fixed' });
});

t.test('margins by length, and a reserve where it is more', async (t) => {
  const margin = (length: number, more: object = {}) =>
    marginOf(windowRule.parse({ key: 'w', length_s: length, anchor: 'use', ...more }));
  t.strictSame(
    [18_000, 86_400, 172_800, 604_800].map((length) => margin(length)),
    [1.5, 1.5, 1, 0.8],
  );
  t.equal(margin(604_800, { margin_percent: 0 }), 0);
  t.equal(margin(604_800, { reserve_percent: 10 }), 10);
  t.equal(margin(604_800, { reserve_percent: 10, margin_percent: 12 }), 12);
});

t.test('a model is found by words of its name', async (t) => {
  t.equal(countsModel(undefined, null), true);
  t.equal(countsModel(['sonnet'], null), false);
  t.equal(countsModel(['haiku', 'sonnet'], 'Claude-SONNET-4-5'), true);
  t.equal(countsModel(['sonnet'], 'claude-opus-4'), false);
});
