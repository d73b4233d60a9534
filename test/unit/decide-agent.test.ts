// Pauses, choices and alerts.
import t from 'tap';
import { isPaused } from '../../src/events/identities.js';
import { command, register } from '../support/command.js';
import { Fold, hours } from '../support/fold.js';

const alert = { rule: 'r', subject: 's', text: 'look', dedupe_key: 'k' };

t.test('a pause ends at its time, or when it is ended', async (t) => {
  const fold = new Fold();
  fold.take(register('Ada'));
  const resume = command('agent.resumed', { name: 'ADA' });
  const paused = () => {
    const ada = fold.state.identities.get('ada');
    return ada !== undefined && isPaused(ada, fold.at);
  };
  t.strictSame(fold.take(resume), [], 'nothing to end');
  fold.take(command('agent.paused', { name: 'ada', until: fold.at + hours(1) }));
  t.equal(paused(), true);
  fold.at += hours(1);
  t.equal(paused(), false, 'it ran out');
  t.strictSame(fold.take(resume), []);
  fold.take(command('agent.paused', { name: 'ada' }));
  fold.at += hours(10_000);
  t.equal(paused(), true, 'without a time it stays');
  t.equal(fold.one('agent.resumed', resume).payload.name, 'Ada');
  t.equal(paused(), false);
});

t.test('keeps the choice of an agent', async (t) => {
  const fold = new Fold();
  fold.take(register('Ada'));
  fold.take(command('agent.chose', { name: 'Ada', choice: 'wake-at', wake_at: '2026-01-05T15:00:00+01:00' }));
  t.match(fold.state.identities.get('ada')?.choice, { choice: 'wake-at', wakeAt: Date.parse('2026-01-05T14:00:00Z') });
});

t.test('nobody is paused, resumed or choosing who is not there', async (t) => {
  const fold = new Fold();
  const commands = [
    command('agent.paused', { name: 'Eve' }),
    command('agent.resumed', { name: 'Eve' }),
    command('agent.chose', { name: 'Eve', choice: 'wait' }),
  ];
  for (const asked of commands) t.equal(fold.refusal(asked), 'identity_unknown', asked.type);
});

t.test('an alert is open once, from raised to cleared', async (t) => {
  const fold = new Fold();
  const raise = command('alert.raised', alert);
  const acknowledge = command('alert.acknowledged', { dedupe_key: 'k' });
  const clear = command('alert.cleared', { dedupe_key: 'k' });
  t.equal(fold.refusal(acknowledge), 'alert_unknown');
  t.equal(fold.refusal(clear), 'alert_unknown');
  t.equal(fold.take(raise).length, 1);
  t.strictSame(fold.take(raise), []);
  t.equal(fold.take(acknowledge).length, 1);
  t.strictSame(fold.take(acknowledge), []);
  t.strictSame(fold.take(raise), [], 'acknowledged is still open');
  t.equal(fold.take(clear).length, 1);
  t.equal(fold.refusal(clear), 'alert_unknown');
  t.equal(fold.take(raise).length, 1, 'it may come back');
});
