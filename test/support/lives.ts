/**
 * Made-up lives of a pool in which the controller has something to do: identities with weights that spend, pause, leave
 * and are merged; windows with budgets nobody is told, read with noise, late, twice, or wrongly; people at work; changes
 * of policy. A life is plain data and can be lived in several ways that ought to have the same result.
 */
import fc from 'fast-check';
import { hours, minutes } from './fold.js';

/** Everybody a life may speak of; a step says who by place. */
export const names = ['Ada', 'Bo', 'Cy', 'Dee', 'Eve', 'Fay'];
const models = ['claude-sonnet-4-5', 'claude-opus-4-1', 'claude-haiku-4-5'];

/** The windows of the world: how long, and for what cost in USD they stand. */
export const worldWindows = [
  { key: 'session_5hour', lengthMs: hours(5), models: undefined },
  { key: 'week_all', lengthMs: hours(168), models: undefined },
  { key: 'week_sonnet', lengthMs: hours(168), models: ['sonnet'] },
  { key: 'week_opus', lengthMs: hours(168), models: ['opus'] },
] as const;

const whole = (min: number, max: number) => fc.integer({ min, max });
const maybe = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined });
const who = whole(0, names.length - 1);
const weight = fc.constantFrom(1, 1, 1, 2, 4, 0.5, 100);
const multiplier = fc.constantFrom(1, 1, 3, 5, 0.25);
const model = fc.constantFrom(...models);

const attributes = fc.record({
  weight: maybe(weight),
  cost_multiplier: maybe(multiplier),
  model: maybe(model),
  interval_s_min: maybe(fc.constantFrom(60, 300, 900, 20_000)),
});

const spend = fc.oneof(
  { weight: 30, arbitrary: whole(10_000, 3_000_000) },
  { weight: 1, arbitrary: fc.constant(0) },
  { weight: 1, arbitrary: whole(1, 100_000_000) },
);

const steps = {
  wait: fc.record({
    step: fc.constant('wait' as const),
    ms: fc.oneof(
      { weight: 6, arbitrary: whole(0, minutes(60)) },
      { weight: 2, arbitrary: whole(0, hours(8)) },
      { weight: 1, arbitrary: whole(0, hours(100)) },
    ),
  }),
  use: fc.record({
    step: fc.constant('use' as const),
    who,
    micro: spend,
    collaboration: fc.integer({ min: 0, max: 4 }).map((roll) => roll === 0),
    model: maybe(model),
    lateMs: fc.oneof({ weight: 6, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: whole(0, hours(3)) }),
    /** As a bulk import, that asks for no interval. */
    quiet: fc.integer({ min: 0, max: 9 }).map((roll) => roll === 0),
  }),
  read: fc.record({
    step: fc.constant('read' as const),
    windows: fc.subarray([0, 1, 2, 3], { minLength: 1 }),
    noise: fc.double({ min: -1, max: 1, noNaN: true }),
    rounded: fc.boolean(),
    wild: fc.integer({ min: 0, max: 24 }).map((roll) => roll === 0),
    wildPercent: whole(0, 101),
    lateMs: fc.oneof({ weight: 5, arbitrary: whole(0, minutes(1)) }, { weight: 1, arbitrary: whole(0, hours(2)) }),
    withReset: fc.integer({ min: 0, max: 3 }).map((roll) => roll > 0),
    earlyReset: fc.integer({ min: 0, max: 24 }).map((roll) => roll === 0),
  }),
  pause: fc.record({ step: fc.constant('pause' as const), who, hours: maybe(whole(1, 50)) }),
  resume: fc.record({ step: fc.constant('resume' as const), who }),
  retire: fc.record({ step: fc.constant('retire' as const), who }),
  reinstate: fc.record({ step: fc.constant('reinstate' as const), who }),
  change: fc.record({ step: fc.constant('change' as const), who, to: attributes }),
  merge: fc.record({ step: fc.constant('merge' as const), who, into: who }),
  correct: fc.record({ step: fc.constant('correct' as const), target: fc.nat(), quarters: whole(1, 4) }),
  reject: fc.record({ step: fc.constant('reject' as const), target: fc.nat() }),
  exhaust: fc.record({ step: fc.constant('exhaust' as const), window: whole(0, 3), hours: maybe(whole(1, 20)) }),
  ask: fc.record({ step: fc.constant('ask' as const), who }),
  policy: fc.record({ step: fc.constant('policy' as const), change: fc.nat() }),
};

const step = fc.oneof(
  { weight: 30, arbitrary: steps.wait },
  { weight: 48, arbitrary: steps.use },
  { weight: 24, arbitrary: steps.read },
  { weight: 1, arbitrary: steps.pause },
  { weight: 3, arbitrary: steps.resume },
  { weight: 1, arbitrary: steps.retire },
  { weight: 3, arbitrary: steps.reinstate },
  { weight: 1, arbitrary: steps.change },
  { weight: 1, arbitrary: steps.merge },
  { weight: 1, arbitrary: steps.correct },
  { weight: 1, arbitrary: steps.reject },
  { weight: 1, arbitrary: steps.exhaust },
  { weight: 4, arbitrary: steps.ask },
  { weight: 1, arbitrary: steps.policy },
);
export type LifeStep = typeof step extends fc.Arbitrary<infer S> ? S : never;

export interface Life {
  readonly members: readonly { readonly who: number; readonly attributes: object }[];
  /** USD per window of the world. */
  readonly budgets: readonly number[];
  /** Dollars per hour that nobody reports. */
  readonly outside: number;
  readonly policy: number;
  readonly planMs: number;
  readonly steps: readonly LifeStep[];
}

export const lives = (stepsMax: number): fc.Arbitrary<Life> =>
  fc.record({
    members: fc.uniqueArray(fc.record({ who, attributes }), { minLength: 1, maxLength: 5, selector: (one) => one.who }),
    budgets: fc.tuple(whole(20, 300), whole(100, 3_000), whole(50, 1_000), whole(50, 1_000)),
    outside: fc.constantFrom(0, 0, 0.5),
    policy: fc.nat(),
    planMs: fc.constantFrom(0, 1_000, 30_000),
    steps: fc.array(step, { minLength: Math.floor(stepsMax / 2), maxLength: stepsMax, size: 'max' }),
  });

/** A number of lives, always the same ones for a seed. */
export const someLives = (count: number, stepsMax: number, seed: number): Life[] =>
  fc.sample(lives(stepsMax), { numRuns: count, seed });
