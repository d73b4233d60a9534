/** A family of metrics: its name, what it says, and how its samples are read off the input of one scrape. */
import type { Histogram } from '../runtime/histogram.js';
import type { ScrapeInput } from './scrape-input.js';

export type Labels = Readonly<Record<string, string>>;

export interface Sample {
  readonly labels: Labels;
  readonly value: number;
  /** Of a histogram: which of its series. */
  readonly metricName?: string;
}

export interface Family {
  /** Without the prefix that all of them have. */
  readonly name: string;
  readonly type: 'counter' | 'gauge' | 'histogram';
  /** A sentence. */
  readonly help: string;
  readonly labels: readonly string[];
  /** None where there is nothing to tell, or nobody tells it. */
  read(input: ScrapeInput): readonly Sample[];
}

const prefix = 'resource_share_';

export const fullName = ({ name }: Pick<Family, 'name'>): string => `${prefix}${name}`;

export const one = (value: number | null, labels: Labels = {}): readonly Sample[] =>
  value === null ? [] : [{ labels, value }];

export function histogramSamples(name: string, histogram: Histogram, labels: Labels = {}): readonly Sample[] {
  const full = fullName({ name });
  const counts = histogram.cumulative();
  const bounds = [...histogram.bounds.map(String), '+Inf'];
  return [
    ...bounds.map((le, i) => ({
      metricName: `${full}_bucket`,
      labels: { ...labels, le },
      value: counts[i] as number,
    })),
    { metricName: `${full}_sum`, labels, value: histogram.sum },
    { metricName: `${full}_count`, labels, value: counts.at(-1) as number },
  ];
}
