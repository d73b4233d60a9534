// A start restores the state from a snapshot. It must be the state that was saved, in every respect that decides anything.
import t from 'tap';
import type { LedgerEvent } from '../../src/events/envelope.js';
import { evolve } from '../../src/events/evolve.js';
import { restoreState, serialiseState } from '../../src/events/state.js';
import { command, reading, register, usage } from '../support/command.js';
import { Fold, hours, minutes } from '../support/fold.js';

/** A pool in which something of everything has happened. */
function livedIn(): Fold {
  const fold = new Fold();
  fold.take(command('pool.configured', { time_zone: 'Europe/London' }));
  fold.take(register('Ada', { model: 'claude-opus-4', weight: 2, collaborative_pref: 30, colour: 'green' }));
  fold.take(command('identity.aliased', { name: 'Ada', alias: 'Countess' }));
  fold.take(usage('Grace', { cost_micro_usd: 11, instance: { host: 'a', pid: 1 } }));
  fold.take(register('map'));
  fold.take(reading('week_all', 4_000, { resets_at: fold.at + hours(100), label: 'Week', duration_s: 604_800 }));
  fold.at += minutes(1);
  fold.take(usage('Grace', { cost_micro_usd: 13, instance: { host: 'b' } }));
  fold.take(usage('Countess', { cost_micro_usd: 17 }));
  fold.take(command('identity.merged', { from: 'Grace', into: 'Ada' }));
  fold.take(command('agent.paused', { name: 'map', reason: 'tired' }));
  fold.take(command('agent.chose', { name: 'Ada', choice: 'turns', turns: 3 }));
  fold.take(command('quota.exhausted', { window: 'session_5hour', until: fold.at + hours(1), evidence: '429' }));
  fold.take(command('alert.raised', { rule: 'r', subject: 's', text: 't', dedupe_key: 'k' }));
  fold.take(command('alert.acknowledged', { dedupe_key: 'k' }));
  const total = { name: 'Ada', mode: 'autonomy', tokens: 1, cost_micro_usd: 2, reports: 1 };
  fold.state.referenced.days.set('2026-01-04', [total as never]);
  fold.take(command('day.closed', { date: '2026-01-04' }));
  fold.take(command('identity.retired', { name: 'map' }));
  return fold;
}

t.test('comes back as it was saved, to the byte and in every value', async (t) => {
  const { state } = livedIn();
  const text = serialiseState(state);
  const { referenced: _, plan: __, ...kept } = state;
  const { referenced, plan, ...restored } = restoreState(text);
  t.equal(plan, null, 'a plan is made again');
  t.strictSame(restored, kept);
  t.equal(serialiseState(restoreState(text)), text);
  t.strictSame(
    [...Object.values(referenced)].map((map) => map.size),
    [0, 0, 0, 0, 0, 0],
    'what is referenced is looked up, not kept',
  );
});

t.test('goes on as the state it was saved from', async (t) => {
  const live = livedIn();
  const resumed = livedIn();
  resumed.state = restoreState(serialiseState(resumed.state));
  for (const fold of [live, resumed]) {
    fold.at += minutes(5);
    fold.take(usage('grace', { cost_micro_usd: 3, instance: { host: 'a', pid: 1 } }));
    fold.take(reading('week_all', 3_000));
    fold.take(command('identity.reinstated', { name: 'MAP' }));
    fold.take(command('agent.resumed', { name: 'map' }));
  }
  t.strictSame(resumed.events.at(-4)?.payload, live.events.at(-4)?.payload);
  t.equal(serialiseState(resumed.state), serialiseState(live.state));
});

t.test('an event out of its place is no event of this state', async (t) => {
  const fold = livedIn();
  const last = fold.events.at(-1) as LedgerEvent;
  t.throws(() => evolve(fold.state, last), new Error(`event ${last.seq} cannot follow ${last.seq}`));
});

t.test('memory is bounded: readings, hosts and closed days', async (t) => {
  const fold = new Fold();
  fold.take(register('Ada'));
  for (let i = 0; i < 50; i += 1) {
    fold.at += minutes(1);
    fold.take(reading('week_all', i));
    fold.take(usage('Ada', { instance: { host: `host ${i}` } }));
  }
  t.equal(fold.state.windows.get('week_all')?.readings.length, 4);
  t.equal(fold.state.windows.get('week_all')?.readings.at(-1)?.percentBp, 49, 'the newest are kept');
  t.equal(fold.state.identities.get('ada')?.instances.length, 4);
});
