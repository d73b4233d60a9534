/** What is sent to the ledger of what sources saw. */
import t from 'tap';
import { commandOf } from '../../src/intake/recordable.js';
import { reportOf } from '../../src/intake/report.js';
import type { Observation, UseSeen } from '../../src/sources/source.js';

const use: UseSeen = {
  kind: 'use',
  provider: 'anthropic',
  response: 'msg_1',
  request: 'req_1',
  part: null,
  ownKey: null,
  sidechain: false,
  rank: 'final',
  saysSpeed: true,
  tokens: { input: 10, output: 20, cache_read: 0 },
  occurredAt: Date.UTC(2026, 10, 20),
  session: 's1',
  sessionIsCertain: true,
  model: 'claude-opus-5-5',
  costUsd: null,
  pricing: { speed: 'fast', geo: 'us', webSearches: 0 },
  place: { host: 'box', agent: 'Ada' },
};
const whose = { identity: 'Ada', mode: 'autonomy', modeSource: 'rule', project: 'p1' } as const;
const told = (observation: Observation) => reportOf(observation, () => whose);
const origin = { actor: 'local', source: 'claude-transcript/1' };

t.test('a response goes without a key, with what its price depends on', async (t) => {
  const report = told(use);
  t.same(report, {
    type: 'usage.recorded',
    occurred_at: use.occurredAt,
    payload: {
      name: 'Ada',
      mode: 'autonomy',
      mode_source: 'rule',
      project: 'p1',
      instance: { host: 'box' },
      tokens: { input: 10, output: 20 },
      model: 'claude-opus-5-5',
      session: 's1',
      pricing: { speed: 'fast', geo: 'us' },
      meter: { provider: 'anthropic', rank: 'final', response: 'msg_1', request: 'req_1', says_speed: true },
    },
  });
  t.equal(report && commandOf(report, origin)?.type, 'usage.recorded');
});

t.test('a sum of responses has a key, and the same one when it comes again', async (t) => {
  const sum = { ...use, isStopgap: true, ownKey: 'counter:1', response: null, request: null };
  const report = told(sum);
  t.equal(report?.key, 'sum:anthropic:counter:1');
  t.same(report?.payload.meter, { rule: 'sum' });
  t.equal(told({ ...sum, tokens: { input: 11 } })?.key, report?.key);
});

t.test('a running total is the counter of its session', async (t) => {
  const report = told({ kind: 'total', session: 's1', occurredAt: null, costUsd: 0.25, place: {} });
  t.match(report?.payload, { session: 's1', total_cost_usd: 0.25, meter: { rule: 'running-total' } });
  t.ok(report && commandOf(report, origin));
});

t.test('details that the ledger refuses are left out; what is no report without them is none', async (t) => {
  const control = told({ ...use, model: 'a\u0007b', session: 's\u0000' });
  const command = control && commandOf(control, origin);
  t.match(command?.payload, { name: 'Ada', tokens: { output: 20 } });
  t.notOk(command && ('model' in command.payload || 'session' in command.payload));
  const nobody = reportOf({ ...use, provider: 'Not A Provider' }, () => whose);
  t.equal(nobody && commandOf(nobody, origin), null);
});
