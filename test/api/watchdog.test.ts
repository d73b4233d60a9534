// Goal: each rule raises one alert where something is wrong, keeps it while it is, and clears it when it is over; what is as it
// should be raises none, and a look that finds nothing records nothing.
import { firstValueFrom } from 'rxjs';
import t from 'tap';
import { runChores } from '../../src/jobs/chore-runner.js';
import { watch } from '../../src/jobs/watchdog.js';
import type { OperationSources } from '../../src/watch/operation.js';
import { parseQuietHours } from '../../src/watch/quiet-hours.js';
import { Watchdog } from '../../src/watch/watchdog.js';
import { ManualClock } from '../support/clock.js';
import { type Around, command, reading, register, usage } from '../support/command.js';
import { hours, minutes, noon } from '../support/fold.js';
import { pool } from '../support/ledger.js';
import { type WatchedLedger, watchedLedger } from '../support/watched.js';

const used = (name: string, dollars = 0.1, more: object = {}, around: Around = {}) =>
  usage(name, { cost_micro_usd: Math.round(dollars * 1e6), ...more }, around);

t.test('a look that finds nothing records nothing, however often', async (t) => {
  const test = await watchedLedger(t);
  await test.record(register('Ada'), used('Ada'));
  const { seq } = test.ledger.state(pool);
  t.strictSame(await test.lookFor(10), []);
  t.equal(test.ledger.state(pool).seq, seq);
});

/** The agent's interval: 15 minutes. */
t.test('identity-overdue: late by three intervals since it was due, once, until it is heard of', async (t) => {
  const test = await watchedLedger(t);
  await test.record(used('Ada'));
  t.strictSame(
    await test.lookFor(60, { every: 5 }),
    [],
    'it was due after 15 minutes, and three intervals are over only now',
  );
  t.strictSame(await test.lookFor(30), [[1, 'identity-overdue: Ada']]);
  t.match(test.open()['identity-overdue: Ada'], /^Ada was due 46 min ago .* it was told to run every 15 min/);
  await test.record(used('Ada'));
  t.match(await test.look(), { raised: [], cleared: ['identity-overdue: Ada'] });
  t.strictSame(await test.lookFor(100), [[61, 'identity-overdue: Ada']], 'and again, an hour after it was cleared');
});

t.test('identity-overdue: an agent that obeys is never called silent', async (t) => {
  const excuses: Readonly<Record<string, (test: WatchedLedger) => Promise<unknown>>> = {
    paused: (test) => test.record(command('agent.paused', { name: 'Ada' })),
    'paused for a day': (test) => test.record(command('agent.paused', { name: 'Ada', until: noon + hours(24) })),
    retired: (test) => test.record(command('identity.retired', { name: 'Ada' })),
    'holds a turn': (test) =>
      test.ledger.submitOne(pool, {
        type: 'turn.granted',
        payload: { name: 'Ada', ttl_s: 86_400 },
        actor: 'local',
        source: 'turns/1',
      } as never),
    'waits for a full window': (test) =>
      test.record(
        reading('week_all', 10_000, { resets_at: noon + hours(100) }),
        command('quota.exhausted', { window: 'week_all', until: noon + hours(100), evidence: '429' }),
      ),
    'said when it wakes': (test) =>
      test.record(command('agent.chose', { name: 'Ada', choice: 'wake-at', wake_at: noon + hours(24) })),
    'with a person': (test) => test.record(usage('Ada', { mode: 'collaboration', cost_micro_usd: 1 })),
  };
  for (const [why, excuse] of Object.entries(excuses)) {
    const test = await watchedLedger(t);
    await test.record(used('Ada'));
    await excuse(test);
    const late = (await test.lookFor(240, { every: 5 })).filter(([, alert]) => alert.startsWith('identity-overdue'));
    t.strictSame(late, [], why);
    await test.close();
  }
  const slow = await watchedLedger(t);
  const every = hours(4);
  for (let run = 0; run < 12; run += 1) {
    await slow.record(used('Ada'));
    if (run < 6) slow.clock.advance(every);
    else
      t.strictSame(
        await slow.lookFor(every / 60_000, { every: 10 }),
        [],
        'it runs less often than it may, at its own pace',
      );
  }
});

t.test('identity-overdue: two intervals to come back after a pause', async (t) => {
  const test = await watchedLedger(t);
  await test.record(used('Ada'), command('agent.paused', { name: 'Ada', until: noon + hours(10) }));
  test.clock.advance(hours(10));
  t.strictSame(await test.lookFor(40), [[30, 'identity-overdue: Ada']]);
});

t.test('two-instances: cleared when only one is heard of for an hour', async (t) => {
  const test = await watchedLedger(t);
  const from = (host: string) => used('Ada', 0.01, { instance: { host } });
  for (const host of ['old', 'new', 'old', 'new']) {
    await test.record(from(host));
    test.clock.advance(minutes(5));
  }
  t.ok(test.open()['two-instances: Ada']);
  for (let i = 0; i < 3; i += 1) {
    t.strictSame((await test.look()).cleared, []);
    test.clock.advance(minutes(14));
    await test.record(from('new'));
  }
  test.clock.advance(minutes(14));
  await test.record(from('new'));
  t.strictSame((await test.look()).cleared, ['two-instances: Ada']);
});

t.test('window-projected: over 80 and over 95 percent, once each, and cleared well below', async (t) => {
  const test = await watchedLedger(t);
  const resets = noon + hours(100);
  const read = async (percent: number) => {
    test.clock.advance(minutes(30));
    await test.record(reading('week_all', percent * 100, { resets_at: resets }));
    return (await test.look()).raised;
  };
  t.strictSame(await read(40), []);
  t.strictSame(await read(79), []);
  t.strictSame(await read(82), ['window-projected: week_all']);
  t.strictSame(await read(84), []);
  t.strictSame(await read(97), ['window-projected: week_all over 95 %']);
  t.match(test.open()['window-projected: week_all over 95 %'], /^week_all is used to 9[5-7][.\d]* %, and it resets in/);
  test.clock.goTo(resets + minutes(5));
  await test.record(reading('week_all', 100, { resets_at: resets + hours(168) }));
  t.strictSame([...(await test.look()).cleared].sort(), [
    'window-projected: week_all',
    'window-projected: week_all over 95 %',
  ]);
});

t.test('window-exhausted: until the reset', async (t) => {
  const test = await watchedLedger(t);
  const until = noon + hours(3);
  await test.record(
    reading('session_5hour', 9_000, { resets_at: until }),
    command('quota.exhausted', { window: 'session_5hour', until, evidence: '429' }),
  );
  t.ok((await test.look()).raised.includes('window-exhausted: session_5hour'));
  t.match(test.open()['window-exhausted: session_5hour'], /^session_5hour is used up: .* resets, in 3 h\.$/);
  test.clock.goTo(until + minutes(1));
  t.ok((await test.look()).cleared.includes('window-exhausted: session_5hour'));
});

t.test('quota-stale: while the quota is used, and not because nobody does', async (t) => {
  const test = await watchedLedger(t);
  for (let i = 0; i < 4; i += 1) {
    await test.record(reading('week_all', 1_000 + i, { resets_at: noon + hours(100) }));
    test.clock.advance(minutes(10));
  }
  t.strictSame(await test.lookFor(120, { every: 10 }), [], 'nobody uses anything');
  await test.record(used('Ada'));
  t.strictSame((await test.look()).raised, ['quota-stale: quota']);
  t.match(test.open()['quota-stale: quota'], /last read 2 h 10 min ago\. Readings usually come every 10 min/);
  await test.record(reading('week_all', 1_010, { resets_at: noon + hours(100) }));
  t.strictSame((await test.look()).cleared, ['quota-stale: quota']);
});

t.test('unattributed-use: what somebody else used of a window', async (t) => {
  const test = await watchedLedger(t);
  const resets = noon + hours(150);
  const raised: string[] = [];
  for (let percent = 1; percent <= 60; percent += 1) {
    test.clock.advance(minutes(30));
    if (percent <= 20) await test.record(used('Ada', 1));
    await test.record(reading('week_all', percent * 100, { resets_at: resets }));
    raised.push(...(await test.look()).raised.filter((alert) => alert.startsWith('unattributed-use')));
    if (percent === 25) t.strictSame(raised, [], 'half as much as is worth a word');
  }
  t.strictSame(raised, ['unattributed-use: week_all']);
  t.match(
    test.open()['unattributed-use: week_all'],
    /^\$1[0-9.]+ of week_all, 1\d[.\d]* % of it, was used by somebody who/,
  );
});

t.test('model-unpriced: until the model has a price', async (t) => {
  const before = await watchedLedger(t);
  await before.record(used('Ada', 0.1), usage('Ada', { model: 'claude-opus-99', tokens: { input: 1_000 } }));
  t.ok(before.open()['model-unpriced: claude-opus-99']);
  t.strictSame((await before.look()).cleared, []);
  await before.close();
  const price = { model: 'claude-opus-99', from: null, until: null, rates: { input: 5, output: 25 }, tiers: [] };
  const prices = [{ ...price, origin: 'own', fast: 'unknown' } as const];
  const after = await watchedLedger(t, { place: before.place, clock: before.clock, prices });
  t.strictSame((await after.look()).cleared, ['model-unpriced: claude-opus-99']);
});

t.test('what has happened is cleared a day after somebody has seen it, and not before', async (t) => {
  const test = await watchedLedger(t);
  await test.record(
    command('alert.raised', { rule: 'events-lost', subject: 'storage', text: 'x', dedupe_key: 'events-lost' }),
  );
  test.clock.advance(hours(72));
  t.strictSame((await test.look()).cleared, []);
  await test.record(command('alert.acknowledged', { dedupe_key: 'events-lost' }));
  test.clock.advance(hours(24) - 1);
  t.strictSame((await test.look()).cleared, []);
  test.clock.advance(1);
  t.strictSame((await test.look()).cleared, ['events-lost: storage']);
});

t.test('an alert that nobody of these rules raised is left alone', async (t) => {
  const test = await watchedLedger(t);
  await test.record(command('alert.raised', { rule: 'my-own', subject: 's', text: 'x', dedupe_key: 'k' }));
  test.clock.advance(hours(72));
  await test.look();
  t.ok(test.open()['my-own: s']);
});

t.test('the daemon: jobs, backups, checkpoints, the disk', async (t) => {
  const at = noon - hours(1);
  const wrong: Required<OperationSources> = {
    jobs: async () => ({ dead: ['backup'] }),
    backup: async () => ({ lastAt: noon - hours(37), since: at, everyMs: hours(24) }),
    checkpoints: () => ({
      everyMs: 60_000,
      logs: [{ pool, waitsSince: at, rewritten: null }],
      away: [{ sink: '/mnt/elsewhere', since: at - 1, reason: 'it is not mounted' }],
    }),
    disk: async () => ({ folder: '/srv/data', freeBytes: 1_000_000_000 }),
  };
  const right: Required<OperationSources> = {
    jobs: async () => ({ dead: [] }),
    backup: async () => ({ lastAt: noon - hours(36), since: at, everyMs: hours(24) }),
    checkpoints: () => ({ everyMs: 60_000, logs: [{ pool, waitsSince: noon, rewritten: null }], away: [] }),
    disk: async () => ({ folder: '/srv/data', freeBytes: 2_000_000_000 }),
  };
  const alerts = ['backup-old: backup', 'checkpoint-old: /mnt/elsewhere', 'checkpoint-old: default', 'disk-low: disk'];
  const test = await watchedLedger(t, { sources: wrong });
  t.strictSame([...(await test.look()).raised].sort(), alerts);
  t.match(test.open()['disk-low: disk'], '953 MiB are free on the disk of /srv/data.');
  t.match(test.open()['checkpoint-old: default'], /since 60 min ago/);
  const dead = 'job-dead: backup';
  await test.record(
    command('alert.raised', { rule: 'job-dead', subject: 'backup', text: 'x', dedupe_key: 'job-dead:backup' }),
  );
  t.strictSame((await test.look()).cleared, [], 'a kind that is dead stays so');
  const unknown = new Watchdog(test.ledger);
  t.strictSame((await unknown.look())[0]?.cleared, [], 'who is told nothing clears nothing');
  const better = new Watchdog(test.ledger, undefined, right);
  t.strictSame([...((await better.look())[0]?.cleared ?? [])].sort(), [...alerts, dead]);
});

t.test('disk-low: cleared only with a quarter more than it was raised below', async (t) => {
  let freeBytes = 1_073_741_823;
  const test = await watchedLedger(t, { sources: { disk: async () => ({ folder: '/d', freeBytes }) } });
  t.strictSame((await test.look()).raised, ['disk-low: disk']);
  freeBytes = 1.2 * 1_073_741_824;
  t.strictSame((await test.look()).cleared, []);
  freeBytes = 1.26 * 1_073_741_824;
  t.strictSame((await test.look()).cleared, ['disk-low: disk']);
});

t.test(
  'quiet hours hold back what can wait, by the clock of the pool; maintenance holds back everything',
  async (t) => {
    const quietHours = parseQuietHours('22:00-07:00');
    const test = await watchedLedger(t, { timeZone: 'Asia/Tokyo', watch: { quietHours } });
    await test.record(used('Ada'));
    const at = (iso: string) => test.clock.goTo(Date.parse(iso));
    at('2026-01-05T13:30:00Z'); // 22:30 in Tokyo.
    t.match(await test.look(), { raised: [], held_back: ['identity-overdue: Ada'] });
    await test.record(command('quota.exhausted', { window: 'week_all', until: noon + hours(100), evidence: '429' }));
    await test.record(reading('week_all', 10_000, { resets_at: noon + hours(100) }));
    t.match(await test.look(), { raised: ['window-exhausted: week_all'] }, 'what is urgent does not wait');
    await test.record(command('alert.cleared', { dedupe_key: 'window-exhausted:week_all' }));
    at('2026-01-05T21:59:00Z');
    test.watchdog.isSilenced = () => true;
    t.match(await test.look(), { raised: [], held_back: ['window-exhausted: week_all'] });
    test.watchdog.isSilenced = () => false;
    t.match(await test.look(), { raised: ['window-exhausted: week_all'] });

    const chosen = await watchedLedger(t, {
      watch: { quietHours: parseQuietHours('11:00-13:00'), heldBack: ['disk-low'] },
      sources: { disk: async () => ({ folder: '/d', freeBytes: 0 }) },
    });
    t.match(await chosen.look(), { raised: [], held_back: ['disk-low: disk'] });
    chosen.clock.advance(hours(1));
    t.match(await chosen.look(), { raised: ['disk-low: disk'] });
  },
);

t.test('a daemon looks each minute', async (t) => {
  const test = await watchedLedger(t);
  await test.record(command('quota.exhausted', { window: 'week_all', evidence: '429' }), reading('week_all', 10_000));
  const stopped = new AbortController();
  const said: unknown[] = [];
  const log = { debug() {}, info() {}, error() {}, warn: (what: object) => void said.push(what) };
  const ended = runChores(
    [watch(test.watchdog)],
    { ledger: test.ledger, log: log as never },
    test.clock,
    stopped.signal,
  );
  const raised = firstValueFrom(test.ledger.followers.headsOf(pool));
  test.clock.advance(minutes(1));
  await raised;
  stopped.abort();
  await ended();
  t.ok(test.open()['window-exhausted: week_all']);
  t.strictSame(said, [{ pool, alert: 'window-exhausted: week_all' }]);
});

t.test('two that look at once raise it once', async (t) => {
  const test = await watchedLedger(t);
  await test.record(used('Ada'));
  test.clock.advance(hours(2));
  const nodes = Array.from({ length: 5 }, () => new Watchdog(test.ledger));
  const looks = await Promise.all(nodes.flatMap((node) => [node.look(), node.look()]));
  t.equal(looks.flat().flatMap(({ raised }) => raised).length, 1);
  t.equal((await test.events()).filter(({ type }) => type === 'alert.raised').length, 1);
  t.match(await test.replay({ check: true }), { identical: true });
});

t.test('while the clock is in doubt nobody looks', async (t) => {
  const test = await watchedLedger(t);
  await test.record(used('Ada'));
  test.clock.set(noon + hours(5));
  t.strictSame(await test.watchdog.look(), [], 'a jump is not believed at once');
});

/** Twenty days of an agent that runs six times an hour by day, for ten cents each time. */
async function regular(t: Parameters<typeof watchedLedger>[0], until: number, costs = () => 0.1) {
  const test = await watchedLedger(t, { clock: new ManualClock(noon - hours(12)) });
  for (let day = 0; day < 20; day += 1) {
    const start = test.clock.now();
    const commands = Array.from({ length: 54 }, (_, i) =>
      used('Ada', costs(), { session: 'usual' }, { occurred_at: start + hours(9) + i * minutes(10) }),
    );
    test.clock.advance(hours(24));
    await test.ledger.submit(pool, { commands, advise: false });
  }
  test.clock.advance(until);
  return test;
}

t.test('unusual-use: an hour that costs much more than those of its time of day', async (t) => {
  const test = await regular(t, hours(10) + minutes(30));
  await test.record(used('Ada', 1));
  t.strictSame((await test.look()).raised, [], 'more than usual, and not much');
  await test.record(used('Ada', 3, { session: 'large' }), used('Ada', 0.1, { session: 'large' }));
  t.strictSame((await test.look()).raised, ['unusual-use: Ada']);
  t.match(
    test.open()['unusual-use: Ada'],
    'Ada used $4.10 in this hour; usual are $0.60, up to $0.60, and more than $1.20 is not. Session: large.',
  );
  test.clock.advance(hours(1));
  t.strictSame((await test.look()).cleared, ['unusual-use: Ada']);
});

t.test('unusual-use: less than a twentieth of a window is not worth a word', async (t) => {
  const test = await regular(t, hours(10) + minutes(30));
  const week = { key: 'week_all', length_s: 604_800, anchor: 'fixed', known_budget_micro_usd: 100_000_000 };
  await test.record(command('policy.set', { windows: [week] }), used('Ada', 4.9));
  t.strictSame((await test.look()).raised, []);
  await test.record(used('Ada', 0.2));
  t.strictSame((await test.look()).raised, ['unusual-use: Ada']);
});

t.test('unusual-use: responses that cost much more than usual, though there are fewer', async (t) => {
  const test = await regular(t, hours(10) + minutes(35));
  const week = { key: 'week_all', length_s: 604_800, anchor: 'fixed', known_budget_micro_usd: 10_000_000 };
  await test.record(command('policy.set', { windows: [week] }));
  const respond = async (times: number, cost: number) => {
    for (let i = 0; i < times; i += 1) await test.record(used('Ada', cost, { session: 'dear' }));
    test.clock.advance(minutes(15));
    return (await test.look()).raised.filter((alert) => alert.startsWith('unusual-use'));
  };
  t.strictSame([...(await respond(6, 0.1)), ...(await respond(6, 0.12))], [], 'hardly more than usual');
  test.clock.advance(minutes(30));
  t.strictSame(await respond(3, 0.39), [], 'of so few nothing is said');
  t.strictSame(await respond(9, 0.39), ['unusual-use: Ada']);
  t.match(
    test.open()['unusual-use: Ada'],
    /^Ada pays \$0\.39 a response in the last hour; usual are \$0\.10, up to \$0\.10,/,
  );
});

t.test('unusual-use: a day that costs much more than others, hour by hour as usual', async (t) => {
  const test = await regular(t, 0);
  const raised: string[] = [];
  for (let hour = 0; hour < 24; hour += 1) {
    for (let i = 0; i < 6; i += 1) {
      await test.record(used('Ada', 0.19, { session: 'long' }));
      test.clock.advance(minutes(10) - 1);
      for (const alert of (await test.look()).raised) raised.push(`${hour}:${i} ${alert} ${test.open()[alert]}`);
      test.clock.advance(1);
    }
  }
  t.equal(raised.length, 1);
  t.match(raised[0], /Ada used \$10\.\d+ on this day; usual are \$5\.40/);
});

t.test('unusual-use: who has no past is not judged by it', async (t) => {
  const test = await regular(t, hours(10));
  for (let i = 0; i < 100; i += 1) await test.record(used('Newcomer', 1));
  t.strictSame((await test.look()).raised, []);
});

t.test('unusual-use: what was one identity and is another now has one past', async (t) => {
  const test = await regular(t, hours(10) + minutes(30));
  t.strictSame((await test.look()).raised, []);
  await test.record(used('Ada the second', 4), command('identity.merged', { from: 'Ada', into: 'Ada the second' }));
  t.strictSame((await test.look()).raised, ['unusual-use: Ada the second']);
});
