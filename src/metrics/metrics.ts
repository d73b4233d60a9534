/**
 * The metrics of a daemon, read off what it knows anyway when somebody asks. Loaded with the first scrape: a daemon that nobody scrapes
 * pays for a few counters. What the storage is asked for may be a few seconds old, and is left out where the storage does not answer.
 */
import { collectDefaultMetrics, type Metric, type MetricObjectWithValues, Registry } from 'prom-client';
import type { EpochMs, PoolId } from '../events/scalars.js';
import type { PoolState } from '../events/state.js';
import type { Work } from '../jobs/work.js';
import type { Ledger } from '../ledger/ledger.js';
import { limits } from '../limits.js';
import type { Outbox } from '../outbox/outbox.js';
import { packageVersion } from '../package-root.js';
import { Problem } from '../problems.js';
import { type Status, statusOf } from '../status/status.js';
import type { Watchdog } from '../watch/watchdog.js';
import { askedTimes, CachedAnswer } from './cached-answer.js';
import { families } from './families.js';
import { type Family, fullName, type Labels } from './family.js';
import { LogCounts } from './log-counts.js';
import { NamedIdentities } from './named-identities.js';
import type { JobCount, PoolInput, ScrapeInput } from './scrape-input.js';

/** What it asks. */
export interface Measured {
  readonly ledger: Ledger;
  readonly work: Work;
  readonly outbox: Outbox;
  readonly watchdog: Pick<Watchdog, 'operation'>;
  readonly checkpoints: { readonly times: ReadonlyMap<PoolId, number> } | undefined;
}

export interface ShownFamily {
  readonly name: string;
  readonly type: string;
  readonly help: string;
  readonly samples: readonly { readonly series: string; readonly labels: Labels; readonly value: number }[];
}

/** Of the process, what tells something. The others of the library are of Node's insides, or named against the rules of Prometheus. */
const ofProcess = [
  'process_cpu_user_seconds_total',
  'process_cpu_system_seconds_total',
  'process_cpu_seconds_total',
  'process_start_time_seconds',
  'process_resident_memory_bytes',
  'process_open_fds',
  'process_max_fds',
  'nodejs_eventloop_lag_seconds',
];

/** In a hundredth of a second it would wake an idle daemon as often. */
const eventLoopLookMs = 100;

const jobCountsSql = 'SELECT kind, state, count(*) AS count FROM jobs GROUP BY kind, state';

export class Metrics {
  readonly #measured: Measured;
  readonly #registry = new Registry();
  readonly #counts: LogCounts;
  readonly #named = new NamedIdentities();
  readonly #jobs: CachedAnswer<readonly JobCount[]>;
  readonly #storage: CachedAnswer<NonNullable<ScrapeInput['storage']>>;
  readonly #operation: CachedAnswer<NonNullable<ScrapeInput['operation']>>;
  readonly #heads: CachedAnswer<ReadonlyMap<PoolId, number>>;
  readonly #statuses = new Map<PoolId, { readonly status: Status; readonly until: number }>();
  #input: ScrapeInput | null = null;

  constructor(measured: Measured) {
    const { ledger, watchdog } = measured;
    this.#measured = measured;
    this.#counts = new LogCounts(ledger);
    const kept = <T>(ask: () => Promise<T>, keptMs: number = limits.metricsKeptMs) =>
      new CachedAnswer(ledger.clock, keptMs, ask);
    this.#jobs = kept(async () =>
      (await ledger.query<JobCount>(jobCountsSql)).map((row) => ({ ...row, count: Number(row.count) })),
    );
    this.#storage = kept(() => ledger.statistics());
    this.#operation = kept(() => watchdog.operation());
    this.#heads = kept(async () => new Map((await ledger.heads()).map(({ pool, head }) => [pool, head.seq])), 0);
    for (const family of families) this.#registry.registerMetric(this.#metricOf(family));
    this.#addProcess();
  }

  /** In the text format of Prometheus. */
  async text(): Promise<string> {
    await this.#gather();
    return this.#registry.metrics();
  }

  async json(): Promise<readonly ShownFamily[]> {
    await this.#gather();
    const shown = (await this.#registry.getMetricsAsJSON()) as unknown as readonly MetricObjectWithValues<never>[];
    return shown.map(({ name, type, help, values }) => ({
      name,
      type: String(type),
      help,
      samples: (values as { metricName?: string; labels: Labels; value: number }[]).map(
        ({ metricName = name, labels, value }) => ({ series: metricName, labels, value }),
      ),
    }));
  }

  stop(): void {
    this.#counts.stop();
  }

  /** The registry asks all at once, so that they are of one scrape. */
  #metricOf(family: Family): Metric {
    const { type, help } = family;
    const name = fullName(family);
    const get = () => ({ name, type, help, aggregator: 'sum', values: family.read(this.#input as ScrapeInput) });
    return { name, help, get } as unknown as Metric;
  }

  #addProcess(): void {
    const all = new Registry();
    collectDefaultMetrics({ register: all, eventLoopMonitoringPrecision: eventLoopLookMs });
    for (const name of ofProcess) {
      const metric = all.getSingleMetric(name);
      if (metric !== undefined) this.#registry.registerMetric(metric);
    }
  }

  async #gather(): Promise<void> {
    const { ledger, work, outbox, checkpoints } = this.#measured;
    const caughtUp = new CachedAnswer(ledger.clock, 0, () => this.#counts.caughtUp().then(() => true)).get();
    const [jobs, storage, operation, heads] = await Promise.all([
      this.#jobs.get(),
      this.#storage.get(),
      this.#operation.get(),
      this.#heads.get(),
      caughtUp,
    ]);
    this.#input = {
      now: ledger.now(),
      version: packageVersion,
      node: process.versions.node,
      engine: ledger.kind,
      pools: this.#poolsNow(heads),
      named: this.#named,
      append: ledger.appendFigures,
      queued: ledger.queued,
      replayed: ledger.replayed,
      work: work.figures,
      jobs,
      deliveries: outbox.figures,
      storage,
      operation,
      checkpoints: checkpoints?.times ?? null,
    };
  }

  /** To work it out takes this thread, and of large pools long: it is done again after a hundred times as long. */
  #statusOf(state: PoolState): Status {
    const { ledger } = this.#measured;
    const since = ledger.clock.elapsed();
    const before = this.#statuses.get(state.pool);
    if (before !== undefined && since < before.until) return before.status;
    const status = statusOf(state, ledger.now() as EpochMs);
    const took = ledger.clock.elapsed() - since;
    this.#statuses.set(state.pool, { status, until: since + askedTimes * took });
    return status;
  }

  #poolsNow(heads: ReadonlyMap<PoolId, number> | null): PoolInput[] {
    const { ledger } = this.#measured;
    const input: PoolInput[] = [];
    for (const pool of ledger.poolNames) {
      const state = stateIfKnown(ledger, pool);
      if (state === null) continue;
      const status = this.#statusOf(state);
      const byUse = [...status.identities].sort((a, b) => (b.share?.usedUsd ?? -1) - (a.share?.usedUsd ?? -1));
      this.#named.admit(
        pool,
        byUse.filter(({ state }) => state !== 'retired').map(({ name }) => name),
      );
      const head = heads?.get(pool);
      const lag = head === undefined ? null : Math.max(0, head - state.seq);
      input.push({ pool, state, status, counts: this.#counts.of(pool), lag });
    }
    return input;
  }
}

/** Null where it holds what turned out not to be recorded, and could not be restored yet. */
function stateIfKnown(ledger: Ledger, pool: PoolId) {
  try {
    return ledger.state(pool);
  } catch (error) {
    if (error instanceof Problem) return null;
    throw error;
  }
}
