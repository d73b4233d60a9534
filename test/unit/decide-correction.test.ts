// Nothing in the log is changed: a wrong report is corrected by its difference, and never below nothing.
import t from 'tap';
import { command, usage } from '../support/command.js';
import { eventId, Fold } from '../support/fold.js';

const correct = (corrects: string, difference: object) =>
  command('usage.corrected', { corrects, difference, reason: 'misread' });

t.test('a correction is of the name, mode and time of what it corrects', async (t) => {
  const fold = new Fold();
  const at = fold.at - 3_600_000;
  const { id } = fold.one(
    'usage.recorded',
    usage('Ada', { mode: 'collaboration', cost_micro_usd: 500 }, { occurred_at: at }),
  );
  const corrected = fold.one('usage.corrected', correct(id, { cost_micro_usd: -200 }));
  t.match(corrected.payload, { name: 'Ada', mode: 'collaboration', occurred_at: at, total_tokens: 0 });
  t.equal(corrected.correlates, id);
});

t.test('takes away at most what is left of the event', async (t) => {
  const fold = new Fold();
  const { id } = fold.one('usage.recorded', usage('Ada', { cost_micro_usd: 500, tokens: { input: 10, output: 5 } }));
  t.equal(fold.refusal(correct(id, { cost_micro_usd: -501 })), 'correction_below_zero');
  t.equal(fold.refusal(correct(id, { tokens: { input: -11 } })), 'correction_below_zero');
  t.equal(fold.refusal(correct(id, { tokens: { reasoning: -1 } })), 'correction_below_zero');
  t.equal(fold.refusal(correct(id, { tokens: { total: -1 } })), 'correction_below_zero');
  t.equal(fold.refusal(correct(id, { legacy_tokens: -1 })), 'correction_below_zero');
  fold.take(correct(id, { cost_micro_usd: -300 }));
  t.equal(
    fold.refusal(correct(id, { cost_micro_usd: -201 })),
    'correction_below_zero',
    'a second one knows of the first',
  );
  fold.take(correct(id, { cost_micro_usd: -200, tokens: { input: -10, output: -5 } }));
  fold.take(correct(id, { cost_micro_usd: 70 }));
  t.equal(fold.state.referenced.usages.get(id)?.net.costMicroUsd, 70);
});

t.test('counts the tokens a correction is worth', async (t) => {
  const cases: [string, object, object, number][] = [
    ['of buckets, their sum', { tokens: { input: 10, output: 5 } }, { tokens: { input: 3, output: -4 } }, -1],
    ['of a bare total, the total', { tokens: { total: 100 } }, { tokens: { total: -30 } }, -30],
    ['of a total in buckets, nothing', { tokens: { input: 10, total: 10 } }, { tokens: { total: 5 } }, 0],
    ['buckets take the place of a bare total', { tokens: { total: 100 } }, { tokens: { input: 80 } }, -20],
    ['of a use without tokens, those that are added', {}, { tokens: { output: 7 } }, 7],
    ['of legacy tokens, none: they are counted beside', { legacy_tokens: 50 }, { legacy_tokens: -20 }, 0],
  ];
  for (const [name, report, difference, expected] of cases) {
    const fold = new Fold();
    const { id } = fold.one('usage.recorded', usage('Ada', report));
    t.equal(fold.one('usage.corrected', correct(id, difference)).payload.total_tokens, expected, name);
  }
});

t.test('once a bucket is known, a bare total is nothing to take away from', async (t) => {
  const fold = new Fold();
  const { id } = fold.one('usage.recorded', usage('Ada', { tokens: { total: 100 } }));
  fold.take(correct(id, { tokens: { input: 80 } }));
  t.equal(fold.refusal(correct(id, { tokens: { total: -1 } })), 'correction_below_zero');
});

t.test('follows merges', async (t) => {
  const fold = new Fold();
  const { id } = fold.one('usage.recorded', usage('Countess', { cost_micro_usd: 500 }));
  fold.take(usage('Ada'));
  fold.take(command('identity.merged', { from: 'Countess', into: 'Ada' }));
  t.equal(fold.one('usage.corrected', correct(id, { cost_micro_usd: -1 })).payload.name, 'Ada');
});

t.test('names what can be corrected', async (t) => {
  const fold = new Fold();
  fold.take(usage('Ada'));
  t.equal(fold.refusal(correct(eventId(99), { cost_micro_usd: 1 })), 'event_unknown');
  t.equal(fold.refusal(correct(eventId(1), { cost_micro_usd: 1 })), 'event_unknown', 'the registration is no use');
});

t.test('moves use within the current windows', async (t) => {
  const fold = new Fold();
  fold.take(command('quota.read', { windows: [{ key: 'week_all', percent_bp: 500 }] }));
  const { id } = fold.one('usage.recorded', usage('Ada', { cost_micro_usd: 500 }));
  fold.take(correct(id, { cost_micro_usd: -120 }));
  t.strictSame([...(fold.state.fair.windows.get('week_all')?.used ?? [])], [['ada', 380]]);
});
