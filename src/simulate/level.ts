/** Water-filling: the one level at which claims that grow with it add up to an amount. */
export interface Claim {
  /** The level up to which nothing is claimed. */
  readonly from: number;
  /** What is claimed for each unit of level above that. */
  readonly slope: number;
  /** What is claimed at most. */
  readonly most: number;
}

export function claimed({ from, slope, most }: Claim, level: number): number {
  return Math.min(most, Math.max(0, slope * (level - from)));
}

/** The level from which on the claim grows no more. */
export function levelAtMost({ from, slope, most }: Claim): number {
  return from + most / slope;
}

/** The highest level at which the claims add up to no more than `amount`; where they never do, that at which all are met. */
export function levelFor(claims: readonly Claim[], amount: number): number {
  const bends = claims
    .flatMap((claim) => [
      { level: claim.from, change: claim.slope },
      { level: levelAtMost(claim), change: -claim.slope },
    ])
    .sort((a, b) => a.level - b.level);
  let sum = 0;
  let slope = 0;
  let level = bends[0]?.level ?? 0;
  for (const bend of bends) {
    const next = sum + slope * (bend.level - level);
    if (next > amount) return level + (amount - sum) / slope;
    sum = next;
    slope += bend.change;
    level = bend.level;
  }
  return level;
}
