/** A value that stays the same, or that changes in steps at times known beforehand. */
export type Course<T extends number | string> = T | readonly Step<T>[];

/** The value from `from` on, in ms since the start of the scenario. */
export interface Step<T> {
  readonly from: number;
  readonly value: T;
}

/** Steps are in order of time; before the first step its value holds already. */
export function valueAt<T extends number | string>(course: Course<T>, time: number): T {
  if (!isSteps(course)) return course;
  const step = course.findLast(({ from }) => from <= time) ?? course[0];
  if (step === undefined) throw new Error('a course has no steps');
  return step.value;
}

/** The times at which the value becomes another one. */
export function changesOf<T extends number | string>(course: Course<T>): readonly number[] {
  return isSteps(course) ? course.slice(1).map(({ from }) => from) : [];
}

function isSteps<T extends number | string>(course: Course<T>): course is readonly Step<T>[] {
  return typeof course === 'object';
}
