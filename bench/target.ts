/** Figures, and what they are held to. */

export interface Figure {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  /** What it is compared with, in the same run. */
  readonly baseline?: { readonly name: string; readonly value: number } | undefined;
  readonly target?: Target | undefined;
}

/** A floor or a ceiling, on the value or (with `ratio`) on value / baseline. */
export interface Bound {
  readonly atLeast?: number;
  readonly atMost?: number;
  readonly ratio?: boolean;
}

/** Several bounds are alternatives: one that is kept suffices. */
export type Target = Bound | readonly Bound[];

export function ratioOf({ value, baseline }: Figure): number | null {
  return baseline === undefined ? null : value / baseline.value;
}

/** Null where nothing is asked of it. A figure that could not be measured does not keep its target. */
export function isMet(figure: Figure): boolean | null {
  if (figure.target === undefined) return null;
  return boundsOf(figure.target).some((bound) => isKept(figure, bound));
}

/** `≥ 60,000 or ≥ 0.7 ×`; empty where nothing is asked. */
export function targetText(target: Target | undefined): string {
  if (target === undefined) return '';
  return boundsOf(target).map(boundText).join(' or ');
}

export function shown(value: number): string {
  return value.toLocaleString('en', { maximumFractionDigits: value < 100 ? 2 : 0 });
}

const boundsOf = (target: Target): readonly Bound[] => [target as Bound | Bound[]].flat();

function isKept(figure: Figure, { atLeast, atMost, ratio }: Bound): boolean {
  const held = ratio === true ? (ratioOf(figure) ?? Number.NaN) : figure.value;
  return held >= (atLeast ?? Number.NEGATIVE_INFINITY) && held <= (atMost ?? Number.POSITIVE_INFINITY);
}

function boundText({ atLeast, atMost, ratio }: Bound): string {
  const limit = atLeast === undefined ? `≤ ${shown(atMost ?? 0)}` : `≥ ${shown(atLeast)}`;
  return ratio === true ? `${limit} ×` : limit;
}
