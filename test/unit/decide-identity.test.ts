// Who is who: one agent has one identity, however its name is spelt and whatever it was called before.
import t from 'tap';
import { findIdentity } from '../../src/events/identities.js';
import { limits } from '../../src/limits.js';
import { command, register, usage } from '../support/command.js';
import { Fold } from '../support/fold.js';

const alias = (name: string, other: string) => command('identity.aliased', { name, alias: other });
const merge = (from: string, into: string) => command('identity.merged', { from, into });

function foldOf(...names: string[]): Fold {
  const fold = new Fold();
  for (const name of names) fold.take(register(name));
  return fold;
}

t.test('registers a name once, in any case and Unicode form', async (t) => {
  const fold = foldOf('Ada', 'Zoë');
  for (const name of ['Ada', 'ADA', 'ada', ' Ada ', 'Zoe\u0308', 'ZOË'])
    t.equal(fold.refusal(register(name)), 'identity_exists', name);
  t.equal(fold.decide(register('Adam')).accepted, true);
});

t.test('a report under any spelling counts for the one identity, under its first spelling', async (t) => {
  const fold = foldOf('Ada Lovelace');
  fold.take(alias('Ada Lovelace', 'Ada'));
  fold.take(alias('ada', 'AL'));
  for (const name of ['Ada Lovelace', 'ada lovelace', 'ADA', 'al', 'Al']) {
    t.equal(fold.one('usage.recorded', usage(name)).payload.name, 'Ada Lovelace', name);
  }
  t.equal(fold.state.identities.size, 1);
});

t.test('an alias leads to one identity only', async (t) => {
  const fold = foldOf('Ada', 'Grace');
  fold.take(alias('Ada', 'Countess'));
  t.strictSame(fold.take(alias('Ada', 'countess')), [], 'the same again does nothing');
  t.strictSame(fold.take(alias('Ada', 'ADA')), [], 'its own name does nothing');
  t.equal(fold.refusal(alias('Grace', 'Countess')), 'name_taken');
  t.equal(fold.refusal(alias('Grace', 'ada')), 'name_taken');
  t.equal(fold.refusal(register('Countess')), 'identity_exists');
  t.equal(fold.refusal(alias('Nobody', 'N')), 'identity_unknown');
});

t.test('keeps to the number of aliases', async (t) => {
  const fold = foldOf('Ada');
  for (let i = 0; i < limits.aliasesMax; i += 1) fold.take(alias('Ada', `Ada ${i}`));
  t.equal(fold.refusal(alias('Ada', 'one more')), 'alias_limit');
  t.strictSame(fold.take(alias('Ada', 'ada 0')), [], 'one of those there are is still no error');
});

t.test('merges lead on in a chain, and carry aliases with them', async (t) => {
  const fold = foldOf('One', 'Two', 'Three');
  fold.take(alias('One', 'Uno'));
  fold.take(merge('One', 'Two'));
  t.equal(findIdentity(fold.state, 'uno')?.name, 'Two');
  fold.take(merge('two', 'Three'));
  for (const name of ['One', 'uno', 'TWO', 'Three']) {
    t.equal(findIdentity(fold.state, name)?.name, 'Three', name);
    t.equal(fold.one('usage.recorded', usage(name)).payload.name, 'Three', name);
  }
});

t.test('refuses merges that make no sense', async (t) => {
  const fold = foldOf('One', 'Two', 'Three');
  fold.take(alias('One', 'Uno'));
  t.equal(fold.refusal(merge('One', 'one')), 'merge_into_itself');
  t.equal(fold.refusal(merge('Uno', 'One')), 'merge_into_itself');
  t.equal(fold.refusal(merge('Nobody', 'One')), 'identity_unknown');
  t.equal(fold.refusal(merge('One', 'Nobody')), 'identity_unknown');
  fold.take(merge('One', 'Two'));
  t.strictSame(fold.take(merge('One', 'Two')), [], 'the same again does nothing');
  t.equal(fold.refusal(merge('Two', 'One')), 'merge_into_itself', 'no circle');
  t.equal(fold.refusal(merge('One', 'Three')), 'name_taken', 'one that was merged away belongs to another');
});

t.test('a merge moves use in the windows, and the newest sighting', async (t) => {
  const fold = foldOf('One', 'Two');
  fold.take(command('quota.read', { windows: [{ key: 'week_all', percent_bp: 1_000 }] }));
  fold.take(usage('Two', { cost_micro_usd: 300 }));
  fold.at += 1_000;
  fold.take(usage('One', { cost_micro_usd: 200 }));
  fold.take(merge('One', 'Two'));
  const window = fold.state.fair.windows.get('week_all');
  t.strictSame([...(window?.used ?? [])], [['two', 500]]);
  t.equal(findIdentity(fold.state, 'Two')?.lastSeen, fold.at);
});

/** Sum of the weights of those who have a share. */
const sharing = (fold: Fold) =>
  [...fold.state.fair.members.values()].reduce((sum, { retired, weight }) => sum + (retired ? 0 : weight), 0);

t.test('names nobody registered: recorded, set apart or refused, as the pool is set', async (t) => {
  const cases = [
    ['auto', 'unconfirmed', 1],
    ['quarantine', 'quarantined', 0],
  ] as const;
  for (const [unknownAgents, status, weightTotal] of cases) {
    const fold = new Fold();
    fold.unknownAgents = unknownAgents;
    const events = fold.take(usage('Eve', { cost_micro_usd: 5 }));
    t.strictSame(
      events.map(({ type }) => type),
      ['identity.registered', 'usage.recorded'],
      unknownAgents,
    );
    t.equal(fold.state.identities.get('eve')?.status, status);
    t.equal(sharing(fold), weightTotal, 'only one with a share has weight');
    t.equal(fold.take(usage('EVE')).length, 1, 'the second report registers nobody');
    fold.take(command('identity.changed', { name: 'Eve', status: 'confirmed' }));
    t.equal(sharing(fold), 1);
  }
  const fold = new Fold();
  fold.unknownAgents = 'reject';
  t.equal(fold.refusal(usage('Eve')), 'agent_unknown');
  fold.take(register('Eve'));
  t.equal(fold.decide(usage('eve')).accepted, true);
});

t.test('a change says only what changed', async (t) => {
  const fold = new Fold();
  fold.take(register('Ada', { model: 'opus', weight: 2 }));
  const change = { name: 'ADA', model: 'opus', weight: 3, colour: 'green' };
  t.strictSame(fold.one('identity.changed', command('identity.changed', change)).payload, {
    weight: 3,
    colour: 'green',
    name: 'Ada',
  });
  t.strictSame(fold.take(command('identity.changed', change)), [], 'the same again does nothing');
  t.strictSame(fold.take(command('identity.changed', { name: 'Ada' })), []);
  t.equal(fold.refusal(command('identity.changed', { name: 'Nobody', weight: 2 })), 'identity_unknown');
});

t.test('one that retires has no share, and may come back', async (t) => {
  const fold = foldOf('Ada', 'Grace');
  const retire = command('identity.retired', { name: 'ada', reason: 'done' });
  const reinstate = command('identity.reinstated', { name: 'Ada' });
  t.strictSame(fold.take(reinstate), [], 'one that is there cannot come back');
  t.equal(fold.one('identity.retired', retire).payload.name, 'Ada');
  t.equal(sharing(fold), 1);
  t.strictSame(fold.take(retire), []);
  fold.take(reinstate);
  t.equal(sharing(fold), 2);
});
