/**
 * How good the controller has to be, scenario by scenario. Percentages but for Jain's index, hours and volatility; `worst`
 * holds for every single run, the others for the mean of all seeds.
 */
export interface Target {
  readonly jainMin: number;
  readonly deviationMax: number;
  readonly deviationWorst: number;
  readonly netMax: number;
  /** Of every single run, at the lowest and at the highest. */
  readonly utilisation: readonly [number, number];
  readonly lockedOutHoursMax: number;
  readonly blockedHoursMax: number;
  readonly refusedMax: number;
  readonly volatilityMax: number;
  /** Times the mean interval of the ideal. */
  readonly longestWaitMax?: number;
}

/** Over the budget by no more than the last run. */
const full = 100.1;
/** As good as never. */
const hardly = 0.1;

function target(
  jainMin: number,
  [deviationMax, deviationWorst, netMax]: readonly [number, number, number],
  [utilisationMin, utilisationMax]: readonly [number, number],
  volatilityMax: number,
  { blockedHoursMax = hardly, refusedMax = 0 }: { blockedHoursMax?: number; refusedMax?: number } = {},
): Target {
  return {
    jainMin,
    deviationMax,
    deviationWorst,
    netMax,
    utilisation: [utilisationMin, utilisationMax],
    lockedOutHoursMax: hardly,
    blockedHoursMax,
    refusedMax,
    volatilityMax,
  };
}

const byRun = {
  'three-equal': target(0.997, [2, 2.5, 0.5], [97.8, full], 0.04),
  'heavy-and-light': target(0.996, [5.6, 9.9, 7.1], [97.5, full], 0.018),
  'idle-returns': target(0.997, [1.9, 2.4, 0.6], [98, full], 0.042),
  newcomer: target(0.997, [3.6, 7, 3.4], [97.7, full], 0.043),
  'human-bursts': target(0.997, [3.6, 8, 1.8], [96.3, full], 0.081, { blockedHoursMax: 1.2, refusedMax: 4.9 }),
  'price-differences': target(0.997, [2.4, 3, 1], [97.8, full], 0.052),
  'budget-cut': target(0.997, [2, 2.6, 0.6], [97.8, full], 0.049),
  'five-hour-binds': target(0.997, [5.2, 7, 0.5], [47.3, 51], 0.208, { blockedHoursMax: 1 }),
  'fifty-agents': target(0.997, [2.9, 4.4, 2.6], [97.9, full], 0.051),
  'unequal-weights': target(0.997, [2.5, 3.2, 1], [97.6, full], 0.042),
  'readings-missing': target(0.997, [2.1, 2.7, 0.6], [97.8, full], 0.04),
  'ignores-the-interval': target(0.997, [2.3, 5.1, 0.7], [97.7, full], 0.06),
  'late-reporter': target(0.995, [5.9, 11.4, 7.5], [97.5, full], 0.05),
  'sonnet-binds': target(0.997, [2.4, 3.2, 1], [97.5, full], 0.044),
  'day-workers': target(0.994, [9.1, 12.5, 11.6], [97.5, full], 0.058),
  'dark-use': target(0.997, [3.3, 6.4, 0.7], [97, full], 0.048),
  plenty: target(0.997, [4.3, 5.6, 1.8], [92.3, full], 0.01),
  'bursty-agent': target(0.997, [2.1, 2.7, 0.8], [97.9, full], 0.057),
  'weekdays-only': target(0.997, [9.2, 10.3, 3.1], [94.2, full], 0.04),
  'known-budget': target(0.997, [3.3, 5.9, 3.2], [98.1, full], 0.045),
  'installed-mid-week': target(0.997, [4, 5, 0.8], [97.8, full], 0.047),
  'one-weekday-worker': target(0.995, [9.6, 11.2, 8.8], [97.8, full], 0.04),
  'everything-changes': target(0.997, [3, 3.8, 1.1], [97.6, full], 0.054),
} satisfies Record<string, Target>;

/** How a week is told may cost nothing: the bounds are those of a like week told run by run, and nobody waits for long. */
const toldLike = (like: keyof typeof byRun, other: Partial<Target> = {}): Target => ({
  ...byRun[like],
  longestWaitMax: 4,
  ...other,
});

/** By the name of the scenario. */
export const targets: Readonly<Record<string, Target>> = {
  ...byRun,
  'told-by-response': toldLike('three-equal'),
  'turns-with-silences': toldLike('three-equal'),
  'read-from-transcripts': toldLike('heavy-and-light', { volatilityMax: 0.06 }),
  'three-owners': toldLike('day-workers'),
  'people-by-response': toldLike('human-bursts'),
  chatterbox: toldLike('ignores-the-interval'),
  'asks-all-the-time': toldLike('installed-mid-week'),
  'mistyped-names': toldLike('three-equal'),
  'honest-and-chatty': toldLike('installed-mid-week'),
  'person-takes-the-window': toldLike('five-hour-binds', { utilisation: [43, 47], refusedMax: 4.9 }),
  'history-arrives': toldLike('installed-mid-week'),
};
