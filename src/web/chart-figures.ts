/** The figures of a chart, as they stand in the attribute `data-chart` of its element, for the script that draws it. */
export interface ChartFigures {
  readonly unit: 'usd' | 'percent' | 'minutes' | 'count';
  /** IANA zone of the labels. */
  readonly timeZone: string;
  /** Seconds since 1970, rising. */
  readonly x: readonly number[];
  readonly series: readonly ChartSeries[];
  /** The series stand on each other, as bars; else they are lines. */
  readonly stacked?: true;
  /** Where the time ends, where that is after the last instant: of bars, the end of the last one. Seconds since 1970. */
  readonly xEnd?: number;
  /** Where the axis ends; where it is left out, a little above the largest value. */
  readonly yMax?: number;
  /** Instants with a line through them: resets. Seconds since 1970. */
  readonly marks?: readonly { readonly x: number }[];
}

export interface ChartSeries {
  readonly label: string;
  /** One for each instant; null where there is none. */
  readonly values: readonly (number | null)[];
  readonly kind?: 'line' | 'points' | 'steps';
  readonly dashed?: true;
  /** A colour of the style, such as `--muted`; where it is left out, the one of its place. */
  readonly colour?: string;
  /** Label of the series below it: what is between them is shaded. */
  readonly lowerIs?: string;
}
