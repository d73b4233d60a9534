/** What `top` shows, read off two scrapes of a daemon: how things stand, and how much came in between. */

export interface Scrape {
  /** Milliseconds UTC. */
  readonly at: number;
  readonly metrics: readonly {
    readonly name: string;
    readonly samples: readonly Sample[];
  }[];
}

interface Sample {
  readonly series: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

const prefix = 'resource_share_';

export class Figures {
  readonly now: number;
  readonly #samples: ReadonlyMap<string, readonly Sample[]>;
  readonly #before: ReadonlyMap<string, number>;
  readonly #seconds: number;

  constructor(before: Scrape, now: Scrape) {
    this.now = now.at;
    this.#samples = new Map(now.metrics.map(({ name, samples }) => [name, samples]));
    this.#before = new Map(samplesOf(before).map((sample) => [keyOf(sample), sample.value]));
    this.#seconds = (now.at - before.at) / 1_000;
  }

  /** By the name without the prefix of this program, or with that of the process. */
  of(name: string, labels: Sample['labels'] = {}): readonly Sample[] {
    const found = this.#samples.get(`${prefix}${name}`) ?? this.#samples.get(name) ?? [];
    return found.filter((sample) => Object.entries(labels).every(([label, value]) => sample.labels[label] === value));
  }

  /** Null where there is none. */
  sum(name: string, labels?: Sample['labels']): number | null {
    const samples = this.of(name, labels);
    return samples.length === 0 ? null : samples.reduce((sum, { value }) => sum + value, 0);
  }

  /** How much it grew in a second. */
  rate(samples: readonly Sample[]): number {
    if (this.#seconds <= 0) return 0;
    return samples.reduce((sum, sample) => sum + this.#grown(sample), 0) / this.#seconds;
  }

  /** Below which so many of what was observed lies, from 0 to 1, as seconds; of all of it where nothing came in between. */
  quantile(name: string, q: number): number | null {
    const buckets = this.of(name).filter(({ series }) => series.endsWith('_bucket'));
    const grown = buckets.map((sample) => this.#grown(sample));
    const counts = (grown.at(-1) ?? 0) > 0 ? grown : buckets.map(({ value }) => value);
    const all = counts.at(-1) ?? 0;
    const at = counts.findIndex((count) => count >= q * all);
    const bound = Number(buckets[at]?.labels.le);
    return all === 0 || Number.isNaN(bound) ? null : bound;
  }

  #grown(sample: Sample): number {
    return Math.max(0, sample.value - (this.#before.get(keyOf(sample)) ?? sample.value));
  }
}

const samplesOf = ({ metrics }: Scrape): readonly Sample[] => metrics.flatMap(({ samples }) => samples);

const keyOf = ({ series, labels }: Sample): string => `${series} ${JSON.stringify(labels)}`;
