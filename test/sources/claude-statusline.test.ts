// Goal: each time the statusline is drawn its windows are a reading, and what its session cost so far is known once.
import { test } from 'tap';
import { claudeStatusline } from '../../src/sources/claude-statusline.js';
import type { TotalSeen } from '../../src/sources/source.js';
import { quotas, readText, windowsOf } from '../support/read-source.js';

const reset = '2026-05-13T16:00:00.000Z';
const draw = (more: object = {}) => ({
  session_id: 's1',
  transcript_path: '/home/ada/t.jsonl',
  cwd: '/srv/p1',
  version: '2.1.7',
  model: { id: 'claude-opus-5' },
  cost: { total_cost_usd: 0.25 },
  ...more,
});
const read = (...draws: unknown[]) => readText(claudeStatusline, draws.map((one) => JSON.stringify(one)).join('\n'));
const limits = (rate_limits: unknown) => read(draw({ rate_limits }));

test('windows may appear under any key', async (t) => {
  const found = limits({
    five_hour: { used_percentage: 23.5, resets_at: Date.parse(reset) / 1_000 },
    seven_day: { used_percentage: '40', resets_at: reset },
    seven_day_fable: { used_percentage: 7 },
    brand_new: { used_percentage: 3, resets_at: Date.parse(reset) },
    note: 'of no use',
  });
  t.same(windowsOf(found), {
    session_5hour: { percentBp: 2_350, durationS: 18_000, resetsAt: reset },
    week_all: { percentBp: 4_000, durationS: 604_800, resetsAt: reset },
    week_fable: { percentBp: 700, durationS: 604_800, resetsAt: null },
    brand_new: { percentBp: 300, resetsAt: reset },
  });
  t.match(quotas(found.observations), [{ source: 'claude-statusline', measuredAt: null }]);
});

test('who has no windows gets no reading, and is told', async (t) => {
  const { observations, skipped } = read(draw());
  t.same(quotas(observations), []);
  t.same(skipped, { 'no-rate-limits': 1 });
  t.same(limits({}).skipped, {});
  t.same(limits({ five_hour: { used_percentage: null, resets_at: null } }).skipped, { 'window-without-percent': 1 });
  t.same(quotas(limits({ five_hour: { used_percentage: null } }).observations), []);
});

test('a percentage that cannot be right is not believed', async (t) => {
  const found = limits({ five_hour: { used_percentage: 1_778_688_000 }, seven_day: { used_percentage: true } });
  t.match(windowsOf(found), { session_5hour: { percentBp: null, rejected: true } });
  t.same(found.skipped, { 'percent-above-101': 1, 'percent-unreadable': 1 });
});

test('the cost is the running total of the session: of several the last one says it all', async (t) => {
  const costs = (observations: readonly { kind: string }[]) =>
    observations
      .filter((one): one is TotalSeen => one.kind === 'total')
      .map(({ session, costUsd }) => [session, costUsd]);
  const cost = (session_id: string, total_cost_usd: unknown) => draw({ session_id, cost: { total_cost_usd } });
  const { observations, skipped } = read(
    cost('a', 0),
    cost('a', 0.5),
    cost('b', 0.1),
    cost('a', '0.75'),
    cost('b', -1),
  );
  t.same(costs(claudeStatusline.combine?.(observations) ?? []), [
    ['b', 0.1],
    ['a', 0.75],
  ]);
  t.match(skipped, { 'cost-unreadable': 1 });
  const twice = limits({ five_hour: { used_percentage: 1 } }).observations;
  t.equal(quotas(claudeStatusline.combine?.([...twice, ...twice]) ?? []).length, 2, 'readings stay');
  t.match(read(draw({ session_id: '' })), { observations: [], skipped: { 'no-session': 1 } });
  t.same(read(draw({ cost: null })).observations, []);
});

test('it says where it was drawn', async (t) => {
  const place = { agent: 'Ada', cwd: '/srv/p1', clientVersion: '2.1.7' };
  const rate_limits = { five_hour: { used_percentage: 1 } };
  const { observations } = read(draw({ agent: { name: 'Ada', secret: 'x' }, rate_limits }));
  t.same(
    observations.map((one) => [one.kind, one.place]),
    [
      ['total', place],
      ['quota', place],
    ],
  );
  const cwd = `/srv/${'deep/'.repeat(200)}`;
  t.match(read(draw({ cwd, agent: 'Ada' })).observations[0]?.place, { agent: undefined, cwd });
});

test('a line that was cut is counted, and the others are read', async (t) => {
  const text = `${JSON.stringify(draw())}\n{"session_id":"s1","co\n7\n`;
  const { observations, skipped, consumed } = readText(claudeStatusline, text);
  t.equal(observations.length, 1);
  t.same(skipped, { 'no-rate-limits': 1, 'not-json': 2 });
  t.equal(consumed, text.length);
});

test('a body with credentials is refused whole', async (t) => {
  t.match(read(draw({ refresh_token: 'invented' })), { observations: [], refused: String });
});
