/**
 * Made-up histories of a pool. A step is plain data that says what happens next, in terms of what happened before
 * ("correct the third use"), so that the same history can be played into several pools.
 */
import fc from 'fast-check';
import type { Command } from '../../src/events/command.js';
import { Problem } from '../../src/problems.js';
import { command, usage } from './command.js';

const names = ['Ada', 'ADA', 'Grace', 'grace', 'Zoë', 'Zoe\u0308', 'Eve', 'Countess', 'Al'];
const sessions = ['s1', 's2'];
const windows = ['session_5hour', 'week_all', 'week_opus'];
/** A midnight that does not exist, half-hour changes, days of 23 and 25 hours: around the times histories start at. */
export const zones = [
  'UTC',
  'Europe/London',
  'Australia/Lord_Howe',
  'America/Sao_Paulo',
  'Africa/Cairo',
  'Asia/Kathmandu',
  'America/New_York',
];

const minute = 60_000;
const day = 1_440 * minute;

const name = fc.constantFrom(...names);
const mode = fc.constantFrom('autonomy', 'collaboration');
/** Milliseconds before (late) or after (a clock that runs ahead) the server's time; undefined for now. */
const offset = fc.option(fc.oneof(fc.integer({ min: -3 * day, max: 0 }), fc.integer({ min: 0, max: 6 * minute })), {
  nil: undefined,
});
const key = fc.option(fc.integer({ min: 0, max: 400 }), { nil: undefined });
const count = fc.nat(1_000);
const cost = fc.nat(5_000_000);
const signed = fc.integer({ min: -800, max: 800 });
const target = fc.nat();

const amounts = fc.oneof(
  fc.record({ cost_micro_usd: cost }),
  fc.record({
    cost_micro_usd: cost,
    tokens: fc.record({ input: count, cache_read: count, output: count }, { requiredKeys: [] }),
  }),
  fc.record({ tokens: fc.record({ total: count }) }),
  fc.record({ legacy_tokens: count }),
  fc.constant({}),
);
const host = fc.option(fc.constantFrom('here', 'there'), { nil: undefined });

const use = fc.record({ step: fc.constant('use' as const), name, mode, amounts, offset, key, host });
const counter = fc.record({
  step: fc.constant('counter' as const),
  name,
  mode,
  session: fc.constantFrom(...sessions),
  totals: fc.oneof(
    fc.record({ total_cost_usd: fc.integer({ min: 0, max: 900 }).map((cents) => cents / 100) }),
    fc.record({ total_tokens: count }),
    fc.record({ total_cost_usd: fc.double({ min: 0, max: 3, noNaN: true }), total_tokens: count }),
  ),
  offset,
  key,
});
const difference = fc.oneof(
  fc.record({ cost_micro_usd: fc.integer({ min: -3_000_000, max: 1_000_000 }) }),
  fc.record({ tokens: fc.record({ input: signed, output: signed, total: signed }, { requiredKeys: [] }) }),
  fc.record({ legacy_tokens: signed, cost_micro_usd: signed }),
);
const plain = <S extends string>(step: S) => fc.record({ step: fc.constant(step), name });
const steps = {
  correct: fc.record({ step: fc.constant('correct' as const), target, difference, key }),
  register: fc.record({ step: fc.constant('register' as const), name, weight: fc.constantFrom(1, 2, 0.5) }),
  change: fc.record({ step: fc.constant('change' as const), name, weight: fc.constantFrom(1, 3) }),
  alias: fc.record({ step: fc.constant('alias' as const), name, alias: name }),
  merge: fc.record({ step: fc.constant('merge' as const), from: name, into: name }),
  read: fc.record({
    step: fc.constant('read' as const),
    window: fc.constantFrom(...windows),
    percent: fc.nat(10_000),
    reset: fc.option(fc.integer({ min: -minute, max: day }), { nil: undefined }),
    offset,
    key,
  }),
  reject: fc.record({ step: fc.constant('reject' as const), target }),
  exhaust: fc.record({
    step: fc.constant('exhaust' as const),
    window: fc.constantFrom(...windows),
    until: fc.nat(day),
  }),
  close: fc.record({ step: fc.constant('close' as const), daysAgo: fc.integer({ min: 0, max: 4 }) }),
  alert: fc.record({ step: fc.constant('alert' as const), raise: fc.boolean(), about: fc.constantFrom('a', 'b') }),
  policy: fc.record({
    step: fc.constant('policy' as const),
    change: fc.constantFrom(
      { interval_s_min: 301 },
      { method: 'static' as const },
      { method: 'fair' as const, multiplier_power: 0 },
      { carry: 0.5, collaboration_charge: 0.5 },
    ),
  }),
  tick: fc.record({ step: fc.constant('tick' as const), ms: fc.oneof(fc.nat(10 * minute), fc.nat(2 * day)) }),
  zone: fc.record({ step: fc.constant('zone' as const), zone: fc.constantFrom(...zones) }),
  resend: fc.record({ step: fc.constant('resend' as const), target, altered: fc.boolean() }),
};

const step = fc.oneof(
  { weight: 10, arbitrary: use },
  { weight: 6, arbitrary: counter },
  { weight: 4, arbitrary: steps.correct },
  { weight: 2, arbitrary: steps.merge },
  { weight: 2, arbitrary: steps.alias },
  { weight: 1, arbitrary: steps.register },
  { weight: 1, arbitrary: steps.change },
  { weight: 3, arbitrary: steps.read },
  { weight: 1, arbitrary: steps.reject },
  { weight: 1, arbitrary: steps.exhaust },
  { weight: 3, arbitrary: steps.close },
  { weight: 1, arbitrary: steps.alert },
  { weight: 4, arbitrary: steps.tick },
  { weight: 1, arbitrary: steps.zone },
  { weight: 2, arbitrary: steps.resend },
  { weight: 1, arbitrary: steps.policy },
  { weight: 2, arbitrary: plain('ask') },
  { weight: 1, arbitrary: plain('pause') },
  { weight: 1, arbitrary: plain('resume') },
  { weight: 1, arbitrary: plain('retire') },
  { weight: 1, arbitrary: plain('reinstate') },
);

export type Step = typeof step extends fc.Arbitrary<infer S> ? S : never;

/** Where histories start: shortly before a clock change somewhere, or at no such time. */
const starts = [
  '2026-01-05T12:00:00Z',
  '2018-11-03T22:00:00Z',
  '2024-04-25T18:00:00Z',
  '2026-03-28T20:00:00Z',
  '2026-04-04T10:00:00Z',
  '2026-10-24T20:00:00Z',
];

export interface History {
  readonly start: number;
  readonly zone: string;
  readonly steps: readonly Step[];
}

export const histories = (stepsMax: number): fc.Arbitrary<History> =>
  fc.record({
    start: fc.constantFrom(...starts).map((text) => Date.parse(text)),
    zone: fc.constantFrom(...zones),
    steps: fc.array(step, { minLength: Math.floor(stepsMax / 2), maxLength: stepsMax, size: 'max' }),
  });

/** What the steps so far have resulted in, as far as later ones refer to it. */
export interface Past {
  readonly now: number;
  /** Ids of the uses and readings recorded, in order. */
  readonly uses: readonly string[];
  readonly readings: readonly string[];
  /** Commands sent with a key. */
  readonly keyed: readonly Command[];
}

/** Whether a step refers to what came of earlier ones. */
export const refersBack = ({ step }: Step): boolean => step === 'correct' || step === 'reject' || step === 'resend';

const pick = <T>(values: readonly T[], target: number): T | undefined => values[target % values.length];

/** The command of a step; null where there is nothing to refer to, or the time is all that moves. */
export function commandOf(step: Step, past: Past): Command | null {
  const at = (ms: number | undefined) => (ms === undefined ? undefined : past.now + ms);
  const keyText = (wanted: number | undefined) => (wanted === undefined ? undefined : `key ${wanted}`);
  switch (step.step) {
    case 'use': {
      const payload = {
        mode: step.mode,
        ...step.amounts,
        ...(step.host === undefined ? {} : { instance: { host: step.host } }),
      };
      return usage(step.name, payload, { occurred_at: at(step.offset), key: keyText(step.key) });
    }
    case 'counter':
      return usage(
        step.name,
        { mode: step.mode, session: step.session, ...step.totals },
        { occurred_at: at(step.offset), key: keyText(step.key) },
      );
    case 'correct': {
      const corrects = pick(past.uses, step.target);
      if (corrects === undefined) return null;
      return command(
        'usage.corrected',
        { corrects, difference: step.difference, reason: 'made up' },
        { key: keyText(step.key) },
      );
    }
    case 'register':
      return command('identity.registered', { name: step.name, weight: step.weight });
    case 'change':
      return command('identity.changed', { name: step.name, weight: step.weight });
    case 'alias':
      return command('identity.aliased', { name: step.name, alias: step.alias });
    case 'merge':
      return command('identity.merged', { from: step.from, into: step.into });
    case 'read': {
      const window = {
        key: step.window,
        percent_bp: step.percent,
        ...(step.reset === undefined ? {} : { resets_at: past.now + step.reset }),
      };
      return command('quota.read', { windows: [window] }, { occurred_at: at(step.offset), key: keyText(step.key) });
    }
    case 'reject': {
      const corrects = pick(past.readings, step.target);
      return corrects === undefined ? null : command('quota.rejected', { corrects, reason: 'made up' });
    }
    case 'exhaust':
      return command('quota.exhausted', { window: step.window, until: past.now + step.until, evidence: 'made up' });
    case 'close':
      return command('day.closed', { date: new Date(past.now - step.daysAgo * day).toISOString().slice(0, 10) });
    case 'alert': {
      if (!step.raise) return command('alert.cleared', { dedupe_key: step.about });
      return command('alert.raised', { rule: 'made up', subject: step.about, text: '', dedupe_key: step.about });
    }
    case 'zone':
      return command('pool.configured', { time_zone: step.zone });
    case 'resend': {
      const before = pick(past.keyed, step.target);
      if (before === undefined) return null;
      return step.altered ? altered(before) : before;
    }
    case 'policy':
      return command('policy.set', step.change);
    case 'ask':
      return command('agent.advised', { name: step.name });
    case 'pause':
      return command('agent.paused', { name: step.name });
    case 'resume':
      return command('agent.resumed', { name: step.name });
    case 'retire':
      return command('identity.retired', { name: step.name });
    case 'reinstate':
      return command('identity.reinstated', { name: step.name });
    case 'tick':
      return null;
  }
}

/** Another request under the same key. */
function altered(before: Command): Command {
  if (before.type === 'usage.recorded') return { ...before, payload: { ...before.payload, project: 'another' } };
  if (before.type === 'usage.corrected') return { ...before, payload: { ...before.payload, reason: 'another' } };
  if (before.type === 'quota.read') return { ...before, payload: { ...before.payload, account: 'another' } };
  throw new Problem('internal', `no step sends ${before.type} with a key`);
}
