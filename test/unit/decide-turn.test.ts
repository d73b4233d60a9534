// Turns: who gets one, who may speak for it, and what ends it.
import t from 'tap';
import type { TurnId } from '../../src/events/catalogue/turn.js';
import { turnAsked, turnSettlement } from '../../src/events/catalogue/turn.js';
import type { LedgerEvent } from '../../src/events/envelope.js';
import { findIdentity } from '../../src/events/identities.js';
import { expireTurns } from '../../src/ledger/own-commands.js';
import { limits } from '../../src/limits.js';
import { command, inside, reading, register, usage } from '../support/command.js';
import { Fold, hours, minutes, noon } from '../support/fold.js';

const seconds = (count: number): number => count * 1_000;

const ask = (name: string, payload: object = {}) => inside('turn.granted', turnAsked.parse({ name, ...payload }));
const renew = (turn: TurnId, token: number, ttl?: number) => inside('turn.renewed', { turn, token, ttl_s: ttl });
const release = (turn: TurnId, token: number) => inside('turn.released', { turn, token });
const settle = (turn: TurnId, token: number, use: object = { cost_micro_usd: 100_000 }) =>
  inside('turn.settled', turnSettlement.parse({ turn, token, usage: use }));

const granted = (fold: Fold, name: string, payload: object = {}) =>
  fold.one('turn.granted', ask(name, payload)).payload;
const denied = (fold: Fold, name: string, payload: object = {}) => fold.one('turn.denied', ask(name, payload)).payload;
const types = (events: readonly LedgerEvent[]): string[] => events.map(({ type }) => type);

function enforcing(policy: object = {}): Fold {
  const fold = new Fold();
  fold.take(command('policy.set', { mode: 'enforce', ...policy }));
  return fold;
}

t.test('a turn is named by the seq of its grant, and its token is that seq', async (t) => {
  const fold = new Fold();
  t.strictSame(types(fold.take(ask('Ada'))), ['identity.registered', 'turn.granted'], 'an unknown name joins first');
  const event = fold.events.at(-1);
  t.match(event, { seq: 2, payload: { turn: 't2', token: 2, name: 'Ada', expires_at: fold.at + seconds(900) } });
  fold.take(register('Grace'));
  t.match(granted(fold, 'grace', { ttl_s: 60 }), { turn: 't4', token: 4, name: 'Grace', expires_at: fold.at + 60_000 });
});

t.test('unknown names follow the policy for unknown agents', async (t) => {
  const fold = new Fold();
  fold.unknownAgents = 'reject';
  t.equal(fold.refusal(ask('Ada')), 'agent_unknown');
  fold.unknownAgents = 'quarantine';
  t.match(fold.take(ask('Ada'))[0], { type: 'identity.registered', payload: { status: 'quarantined' } });
});

t.test('without an estimate, the reservation is what a run of the agent usually costs', async (t) => {
  const fold = new Fold();
  t.equal(granted(fold, 'Ada').estimate_micro_usd, fold.state.fair.policy.wake_cost_micro_usd_prior);
  for (let i = 0; i < 3; i++) fold.take(usage('Grace', { cost_micro_usd: 250_000 }));
  t.equal(granted(fold, 'Grace').estimate_micro_usd, 250_000);
  t.equal(granted(fold, 'Eve', { estimate_micro_usd: 7 }).estimate_micro_usd, 7);
});

t.test('settling records the use and the end together, and once', async (t) => {
  const fold = new Fold();
  const { turn, token } = granted(fold, 'Ada', { instance: { host: 'desk' }, model: 'opus' });
  fold.at += minutes(5);
  const events = fold.take(settle(turn, token, { tokens: { input: 3 }, cost_micro_usd: 40 }));
  t.strictSame(types(events), ['usage.recorded', 'turn.settled']);
  t.match(events[0]?.payload, { name: 'Ada', mode: 'autonomy', instance: { host: 'desk' }, model: 'opus' });
  t.match(events[0]?.payload, { issued_interval_s: Number }, 'it is told when to run again');
  t.match(events[1]?.payload, { turn, name: 'Ada', token, usage_seq: events[0]?.seq });
  const grant = fold.events.find(({ type }) => type === 'turn.granted');
  t.strictSame(
    events.map(({ correlates }) => correlates),
    [grant?.id, grant?.id],
    'the log knows what belongs together',
  );
  t.strictSame(fold.take(settle(turn, token)), [], 'again: nothing new');
  t.equal(fold.refusal(settle(turn, token + 1)), 'turn_fenced', 'but not by another token');
  t.equal(fold.state.turns.size, 0);
});

t.test(
  'under version 2 of the method, what settles a turn names it, and what is named is believed where it is known',
  async (t) => {
    const fold = new Fold();
    const first = granted(fold, 'Ada');
    const [before] = fold.take(settle(first.turn, first.token));
    t.notHas(before?.payload, { turn: String }, 'events of version 1 stay as they were');
    fold.take(command('policy.set', { method_version: 2 }));
    const { turn, token } = granted(fold, 'Ada');
    const other = granted(fold, 'Grace');
    const runOf = () => fold.state.fair.members.get('ada')?.run;
    fold.at += minutes(1);
    const use = fold.one('usage.recorded', usage('Ada', { cost_micro_usd: 7, turn: other.turn }));
    t.equal(use.payload.turn, other.turn, 'it is recorded as it was sent');
    t.equal(runOf()?.turn, turn, "and counts for the agent's own turn, not for another's");
    t.match(fold.take(settle(turn, token))[0]?.payload, { turn });
    t.match(runOf(), { turn, closed: true });
    fold.at += minutes(1);
    t.match(fold.take(usage('Ada', { cost_micro_usd: 9, turn: 't99' }))[0]?.payload, { turn: 't99' });
    t.match(runOf(), { turn: null }, 'a turn that nobody knows begins no run that never ends');
  },
);

t.test('only the newest token of an open turn may speak for it', async (t) => {
  const fold = new Fold();
  const { turn, token } = granted(fold, 'Ada');
  t.equal(fold.refusal(renew('t99' as TurnId, 99)), 'turn_unknown');
  const again = fold.one('turn.renewed', ask('Ada')).payload;
  t.equal(again.turn, turn, 'asking again gives the open turn');
  t.ok(again.token > token, 'with a newer token');
  for (const late of [renew(turn, token), settle(turn, token), release(turn, token)]) {
    t.equal(fold.refusal(late), 'turn_fenced', late.type);
  }
  fold.take(release(turn, again.token));
  t.strictSame(fold.take(release(turn, again.token)), [], 'released again: nothing new');
  t.equal(fold.refusal(renew(turn, again.token)), 'turn_closed');
  t.equal(fold.refusal(settle(turn, again.token)), 'turn_closed');
});

t.test('a turn lasts until its time is up, and each renewal moves that', async (t) => {
  const fold = new Fold();
  const { turn, token } = granted(fold, 'Ada', { ttl_s: 60 });
  fold.at += seconds(59);
  t.equal(fold.one('turn.renewed', renew(turn, token)).payload.expires_at, fold.at + seconds(60), 'as long as before');
  t.equal(fold.one('turn.renewed', renew(turn, token, 30)).payload.expires_at, fold.at + seconds(30));
  fold.at += seconds(30);
  for (const late of [renew(turn, token), settle(turn, token), release(turn, token)]) {
    t.equal(fold.refusal(late), 'turn_expired', `${late.type} before the expiry is recorded`);
  }
  const [expired] = fold.take(register('Grace'));
  t.match(expired, { type: 'turn.expired', payload: { turn, name: 'Ada', token }, occurred_at: fold.at });
  t.equal(fold.refusal(settle(turn, token)), 'turn_expired');
  t.not(granted(fold, 'Ada').turn, turn, 'the agent gets another one');
});

t.test('many turns expire in one go, as many as one transaction takes', async (t) => {
  const fold = new Fold();
  const count = limits.turnsExpiredAtOnceMax + 5;
  for (let i = 0; i < count; i++) {
    const instance = { host: 'worker', pid: i };
    fold.take(ask(`a${i % 20}`, { ttl_s: 10 + (i % 7), instance }));
  }
  fold.at += minutes(1);
  t.equal(fold.take(expireTurns).length, limits.turnsExpiredAtOnceMax);
  t.equal(fold.take(expireTurns).length, 5);
  t.strictSame(fold.take(expireTurns), []);
  t.equal(fold.state.turnsDueAt, null);
  t.equal(fold.state.turnsClosed.size, limits.turnsClosedKept);
});

t.test('a pool has so many open turns and no more', async (t) => {
  const fold = new Fold();
  const { turn } = granted(fold, 'Ada');
  const open = fold.state.turns.get(turn);
  for (let i = 0; fold.state.turns.size < limits.turnsOpenMax; i++) {
    fold.state.turns.set(`t9${i}` as TurnId, { ...(open as NonNullable<typeof open>) });
  }
  t.equal(fold.refusal(ask('Grace')), 'turn_limit');
  t.ok(fold.decide(ask('Ada')).accepted, 'one that is open may be had again');
});

t.test('in observe and advise every turn is granted, with what the answer would have been', async (t) => {
  for (const mode of ['observe', 'advise']) {
    const fold = new Fold();
    fold.take(command('policy.set', { mode }));
    t.equal(granted(fold, 'Ada').would_deny, undefined);
    fold.take(reading('week_all', 10_000, { resets_at: fold.at + hours(3) }));
    t.match(granted(fold, 'Grace').would_deny, { cause: 'window-exhausted', blocked_by: ['week_all'] }, mode);
    const again = fold.one('turn.renewed', ask('Grace')).payload;
    t.match(again.would_deny, { cause: 'window-exhausted' }, 'also for a turn it has already');
    t.notOk(
      fold.take(usage('Eve')).some(({ payload }) => 'without_turn' in payload && payload.without_turn),
      mode,
    );
  }
});

t.test('enforced: why an agent may not run, in the order in which it is looked for', async (t) => {
  const fold = enforcing();
  const refusals = () => {
    const { cause, retry_after_s: retryAfter } = denied(fold, 'Ada');
    return [cause, retryAfter];
  };
  fold.take(usage('Ada', { cost_micro_usd: 100_000 }));
  const { lastInterval } = findIdentity(fold.state, 'Ada') ?? {};
  t.strictSame(refusals(), ['before-its-time', lastInterval]);
  fold.take(reading('week_all', 10_000, { resets_at: fold.at + hours(3) }));
  const [cause, retryAfter] = refusals();
  t.equal(cause, 'window-exhausted');
  t.ok(Number(retryAfter) > 3 * 3_600 && Number(retryAfter) <= 3 * 3_600 + 300, 'shortly after the reset');
  fold.take(command('agent.paused', { name: 'Ada', until: fold.at + minutes(10) }));
  t.strictSame(refusals(), ['paused', 600]);
  fold.take(command('agent.paused', { name: 'Ada' }));
  t.strictSame(refusals(), ['paused', fold.state.fair.policy.recheck_s], 'until resumed: ask again some time');
  fold.take(command('identity.retired', { name: 'Ada' }));
  t.strictSame(refusals(), ['retired', fold.state.fair.policy.recheck_s]);
});

t.test('enforced: an agent is in time a little before its time', async (t) => {
  for (const [interval, early] of [
    [1_000, 20],
    [120, 5],
  ] as const) {
    const bounds = { interval_s_min: interval, interval_s_base: interval, interval_s_max: interval };
    const fold = enforcing({ method: 'static', ...bounds });
    fold.take(usage('Ada'));
    fold.at += seconds(interval - early - 1);
    t.match(denied(fold, 'Ada'), { cause: 'before-its-time', retry_after_s: early + 1 }, `${interval} s`);
    fold.at += seconds(1);
    t.ok(granted(fold, 'Ada'), `${early} s before ${interval} s`);
  }
});

t.test('enforced: what is not known stops nobody', async (t) => {
  const fold = enforcing();
  t.ok(granted(fold, 'Ada', { estimate_micro_usd: 900_000_000 }), 'no reading');
  fold.advises = false;
  fold.take(usage('Grace'));
  t.ok(granted(fold, 'Grace'), 'never told when to run');
  fold.take(reading('week_all', 9_000, { resets_at: fold.at + hours(50) }));
  t.ok(granted(fold, 'Eve', { estimate_micro_usd: 900_000_000 }), 'a budget that is not known yet');
});

t.test('enforced: open turns reserve what they are expected to use', async (t) => {
  const rule = {
    key: 'month',
    length_s: 2_592_000,
    anchor: 'fixed',
    known_budget_micro_usd: 10_000_000,
    margin_percent: 0,
  };
  const fold = enforcing({
    windows: [rule, { ...rule, key: 'sonnet', models: ['sonnet'], known_budget_micro_usd: 1_000_000 }],
  });
  for (const name of ['Ada', 'Grace', 'Eve']) fold.take(register(name));
  const { turn, token } = granted(fold, 'Ada', { estimate_micro_usd: 6_000_000 });
  t.match(denied(fold, 'Grace', { estimate_micro_usd: 5_000_000 }), { cause: 'no-room', blocked_by: ['month'] });
  t.match(denied(fold, 'Grace', { estimate_micro_usd: 2_000_000, model: 'sonnet' }), { blocked_by: ['sonnet'] });
  t.ok(granted(fold, 'Grace', { estimate_micro_usd: 3_000_000 }), 'what fits, fits');
  fold.take(settle(turn, token, { cost_micro_usd: 1_000_000 }));
  t.ok(granted(fold, 'Eve', { estimate_micro_usd: 5_500_000 }), 'what was reserved and not used is free again');
  fold.take(register('Zoe'));
  t.match(denied(fold, 'Zoe', { estimate_micro_usd: 1_000_000 }), { cause: 'no-room' });
  fold.at += hours(1);
  t.ok(granted(fold, 'Zoe', { estimate_micro_usd: 1_000_000 }), 'as is what expired');
});

t.test('enforced: without room an agent asks again after the reset, or sooner where turns are under way', async (t) => {
  const rule = { key: 'month', length_s: 2_592_000, anchor: 'fixed', known_budget_micro_usd: 10_000_000 };
  const fold = enforcing({ windows: [{ ...rule, margin_percent: 5, resets_at: noon }] });
  for (const name of ['Ada', 'Grace', 'Eve']) fold.take(register(name));
  const alone = denied(fold, 'Ada', { estimate_micro_usd: 9_600_000 });
  t.match(alone, { cause: 'no-room', reason: 'month holds $9.50 until its reset; this run needs about $9.60.' });
  const wait = Number(alone.retry_after_s) - 30 * 86_400;
  t.ok(wait >= 30 && wait <= 300, `${wait} s after the reset`);
  t.ok(granted(fold, 'Ada', { estimate_micro_usd: 9_500_000 }), 'all there is but the margin');
  const beside = denied(fold, 'Grace', { estimate_micro_usd: 100_000 });
  t.equal(beside.retry_after_s, fold.state.fair.policy.recheck_s, 'a turn under way may use less');
  t.match(beside.reason, 'month holds $9.50 until its reset, of which turns under way have reserved $9.50; this run');
});

t.test('enforced: a turn does not stand in its own way, and reserves by the model of its agent', async (t) => {
  const rule = { key: 'month', length_s: 2_592_000, anchor: 'fixed', margin_percent: 0 };
  const sonnet = { ...rule, key: 'sonnet', models: ['sonnet'], known_budget_micro_usd: 1_000_000 };
  const fold = enforcing({ windows: [{ ...rule, known_budget_micro_usd: 10_000_000 }, sonnet] });
  fold.take(register('Ada', { model: 'claude-sonnet-4' }));
  fold.take(register('Grace', { model: 'claude-sonnet-4' }));
  const { turn } = granted(fold, 'Ada', { estimate_micro_usd: 600_000 });
  t.equal(fold.one('turn.renewed', ask('Ada', { estimate_micro_usd: 600_000 })).payload.turn, turn);
  t.match(denied(fold, 'Grace', { estimate_micro_usd: 500_000 }), { cause: 'no-room', blocked_by: ['sonnet'] });
  t.ok(
    granted(fold, 'Grace', { estimate_micro_usd: 900_000, model: 'claude-opus-4' }),
    'by another model there is room',
  );
  t.ok(
    granted(fold, 'Eve', { estimate_micro_usd: 400_000, model: 'sonnet' }),
    'which reserves nothing of what it is not',
  );
});

t.test('enforced: asking again with a turn in hand is asking', async (t) => {
  const fold = enforcing();
  const { turn } = granted(fold, 'Ada');
  t.equal(fold.one('turn.renewed', ask('Ada')).payload.turn, turn, 'a lost answer is given again');
  fold.take(usage('Ada', { cost_micro_usd: 100_000 }));
  t.match(denied(fold, 'Ada'), { cause: 'before-its-time' }, 'one turn is one run');
  t.equal(fold.state.turns.size, 1, 'the run under way may be settled');
});

t.test('asking is a re-check: a wait that is no longer needed is taken back, once and on record', async (t) => {
  const fold = enforcing();
  fold.take(reading('week_all', 10_000, { resets_at: fold.at + hours(40) }));
  fold.take(usage('Ada', { cost_micro_usd: 100_000 }));
  const told = findIdentity(fold.state, 'Ada')?.lastInterval ?? 0;
  t.ok(told > 39 * 3_600);
  fold.at += hours(1);
  t.strictSame(types(fold.take(ask('Ada'))), ['turn.denied'], 'while the window is full nothing is told again');
  fold.take(reading('week_all', 1_000, { resets_at: fold.at + hours(39) }));
  const events = fold.take(ask('Ada'));
  t.strictSame(types(events), ['agent.advised', 'turn.granted']);
  t.match(events[0]?.payload, { replaces: told });
});

t.test('a second instance is a conflict: recorded once, alerted once, refused where turns are enforced', async (t) => {
  for (const mode of ['advise', 'enforce']) {
    const fold = new Fold();
    fold.take(command('policy.set', { mode }));
    const desk = { host: 'desk', pid: 1 };
    const { turn } = granted(fold, 'Ada', { instance: desk });
    for (const same of [undefined, desk, { pid: 1 }, { host: 'desk', ip: '10.0.0.1' }]) {
      t.equal(fold.one('turn.renewed', ask('Ada', { instance: same })).payload.turn, turn, JSON.stringify(same));
    }
    const outcome = mode === 'enforce' ? 'turn.denied' : 'turn.granted';
    const other = { host: 'lap', pid: 1 };
    const events = fold.take(ask('Ada', { instance: other }));
    t.strictSame(types(events), ['instance.conflict', 'alert.raised', outcome], mode);
    t.match(events[0]?.payload, { name: 'Ada', turn, holder: desk, other });
    t.match(events[1]?.payload, { rule: 'two-instances', subject: 'Ada', dedupe_key: 'two-instances:ada' });
    t.match(
      events[2]?.payload,
      mode === 'enforce' ? { cause: 'another-instance' } : { would_deny: { cause: 'another-instance' } },
    );
    if (mode === 'advise') continue;
    t.strictSame(types(fold.take(ask('Ada', { instance: other }))), ['turn.denied'], 'it is known by now');
    const third = types(fold.take(ask('Ada', { instance: { host: 'desk', pid: 2 } })));
    t.strictSame(third, ['instance.conflict', 'turn.denied'], 'a third one is news, but no other alert');
    fold.at += minutes(16);
    t.ok(granted(fold, 'Ada', { instance: other }), 'once the turn has expired, it may');
  }
});

t.test('enforced: another instance asks again when the turn of the first one expires', async (t) => {
  const fold = enforcing();
  granted(fold, 'Ada', { instance: { host: 'desk' }, ttl_s: 900 });
  fold.at += minutes(5);
  const { cause, retry_after_s: retryAfter, reason } = denied(fold, 'Ada', { instance: { host: 'lap' } });
  t.match({ cause, retryAfter }, { cause: 'another-instance', retryAfter: 600 });
  t.equal(reason, 'Another instance of it has a turn, for up to 10 min if it is not renewed.');
});

t.test('of the instances that asked while a turn was open, the newest four are remembered', async (t) => {
  const fold = enforcing();
  granted(fold, 'Ada', { instance: { host: 'desk' } });
  const asks = (host: string) =>
    types(fold.take(ask('Ada', { instance: { host } }))).filter((type) => type !== 'alert.raised');
  for (const host of ['a', 'b', 'c', 'd', 'e']) t.strictSame(asks(host), ['instance.conflict', 'turn.denied'], host);
  for (const host of ['b', 'c', 'd', 'e']) t.strictSame(asks(host), ['turn.denied'], `${host} is known by now`);
  t.strictSame(
    asks('a'),
    ['instance.conflict', 'turn.denied'],
    'the fifth made the first one forgotten: it is news again',
  );
  t.strictSame(asks('c'), ['turn.denied'], 'the newest four are now c, d, e and a');
  t.strictSame(asks('b'), ['instance.conflict', 'turn.denied']);
});

t.test('enforced: an autonomous report without a turn is flagged, and alerted once until cleared', async (t) => {
  const fold = enforcing();
  const flags = (name: string, payload: object = {}) => {
    const events = fold.take(usage(name, payload));
    const use = events.find((event) => event.type === 'usage.recorded');
    const alerts = events.filter(({ type }) => type === 'alert.raised').length;
    return [use?.payload.without_turn, alerts];
  };
  t.strictSame(flags('Ada', { mode: 'collaboration' }), [undefined, 0], 'a person at work asks nobody');
  t.strictSame(flags('Grace'), [true, 1], 'a name nobody knows');
  t.strictSame(flags('Grace'), [true, 0]);
  fold.take(command('alert.cleared', { dedupe_key: 'report-without-turn:grace' }));
  t.strictSame(flags('Grace'), [true, 1]);
  granted(fold, 'Eve');
  t.strictSame(flags('Eve'), [undefined, 0], 'with a turn');
  fold.at += minutes(15);
  t.strictSame(flags('Eve'), [true, 1], 'after it expired');
});

t.test('a merge moves open turns, and their holder goes on with its session', async (t) => {
  const fold = new Fold();
  fold.take(register('Ada'));
  fold.take(usage('Countess', { session: 's', total_cost_usd: 4 }));
  fold.state.referenced.sessions.set('countess\u0000s', { costMicroUsd: 4_000_000, tokens: null });
  const { turn, token } = granted(fold, 'Countess');
  fold.take(command('identity.merged', { from: 'Countess', into: 'Ada' }));
  t.strictSame(findIdentity(fold.state, 'Ada')?.turns, [turn]);
  t.strictSame(fold.state.identities.get('countess')?.turns, []);
  t.equal(fold.one('turn.renewed', renew(turn, token)).payload.name, 'Ada');
  const [use, end] = fold.take(settle(turn, token, { session: 's', total_cost_usd: 5 }));
  t.match(use?.payload, { name: 'Ada', cost_micro_usd: 1_000_000, counter: { owner: 'Countess' } });
  t.match(end?.payload, { name: 'Ada' });
});

t.test('who retires gives back what it holds', async (t) => {
  const fold = new Fold();
  const { turn, token } = granted(fold, 'Ada', { instance: { host: 'a' } });
  granted(fold, 'Ada', { instance: { host: 'b' } });
  const events = fold.take(command('identity.retired', { name: 'Ada' }));
  t.strictSame(types(events), ['identity.retired', 'turn.released', 'turn.released']);
  t.equal(fold.state.turns.size, 0);
  t.equal(fold.refusal(settle(turn, token)), 'turn_closed');
});

t.test('what settles a turn is judged as any other report', async (t) => {
  const fold = new Fold();
  const { turn, token } = granted(fold, 'Ada');
  const decision = fold.decide(settle(turn, token, { legacy_tokens: 900_000_000_000, mode: 'autonomy' }));
  t.equal(decision.accepted, true);
  fold.take(command('identity.changed', { name: 'Ada', cost_multiplier: 1_000 }));
  t.match(fold.decide(settle(turn, token, { legacy_tokens: 900_000_000_000 })), {
    accepted: false,
    code: 'invalid_field',
    field: 'payload.usage.legacy_tokens',
  });
});
