/** The parameters by which shares and intervals are worked out. */
export interface Policy {
  readonly name: 'static';
  /** Seconds between two runs of an agent when nothing argues for more or less. */
  readonly intervalSecondsBase: number;
}

/** Every identity runs at the base interval; shares follow weights; a full window stops everyone until its reset. */
export const staticPolicy: Policy = { name: 'static', intervalSecondsBase: 900 };
