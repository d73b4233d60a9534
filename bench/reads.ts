/** Reading over HTTP: does a page cost the same however long the log is? */
import { type Daemon, spawnDaemon } from '../test/support/daemon.js';
import type { Benchmark, Scale, Table } from './benchmark.js';
import { medianLoad } from './http.js';
import { type LoadResult, portOf, runLoad, runLoads } from './load.js';
import { median, runsOf } from './measure.js';
import { type Question, questionsOf } from './read-questions.js';
import { type Figure, shown } from './target.js';

export const reads: Benchmark = {
  title: 'Reads over HTTP',
  question:
    'How long an answer takes, over one connection, by length of the log; the ratio is of the medians, the longest log against the shortest. Targets are held by the worst of all pages.',
  async run(scale) {
    const sizes = scale.logs.sizes.filter((_, i) => !scale.quick || i !== 1);
    const daemons: Daemon[] = [];
    try {
      for (const size of sizes) daemons.push(await spawnDaemon(await scale.logs.of(size)));
      const pages = await measurePages(scale, daemons, sizes);
      const asOf: AsOf[] = [];
      for (const [i, size] of sizes.entries()) asOf.push(await measureAsOf(scale, daemons[i] as Daemon, size));
      return {
        figures: [...worstOf(pages, sizes), ...asOfFigures(asOf)],
        tables: [pageTable(pages, sizes), asOfTable(asOf, sizes)],
      };
    } finally {
      for (const daemon of daemons) await daemon.stop();
    }
  },
};

interface Page {
  readonly name: string;
  /** By length of the log. */
  readonly answers: readonly LoadResult[];
}

/** Each question is asked of all daemons in turn, so that whatever else the machine does falls on all of them. */
async function measurePages(scale: Scale, daemons: readonly Daemon[], sizes: readonly number[]): Promise<Page[]> {
  const { quick } = scale;
  const asked: Question[][] = [];
  for (const [i, { url }] of daemons.entries()) asked.push(await questionsOf(url, sizes[i] as number));
  const names = (asked[0] ?? []).map(({ name }) => name);
  const answers: LoadResult[][][] = names.map(() => daemons.map(() => []));
  const loads = names.flatMap((name, q) =>
    daemons.map(({ url }, i) => ({
      ...(quick || i > 0 ? {} : { announced: `asking: ${name}` }),
      port: portOf(url),
      requests: [asked[i]?.[q] as Question],
      connections: 1,
      seconds: quick ? 0.2 : 20,
      warmSeconds: 0.05,
      answersMax: quick ? 50 : 400,
    })),
  );
  for (const _ of runsOf(scale, 'asking every page')) {
    for (const [n, answer] of (await runLoads(loads)).entries()) {
      answers[Math.floor(n / daemons.length)]?.[n % daemons.length]?.push(answer);
    }
  }
  return names.map((name, q) => ({ name, answers: (answers[q] ?? []).map(medianLoad) }));
}

function worstOf(pages: readonly Page[], sizes: readonly number[]): Figure[] {
  const longest = shown(sizes.at(-1) ?? 0);
  const slowest = highest(pages, ({ answers }) => answers.at(-1)?.p99Ms ?? Number.NaN);
  const steepest = highest(pages, growth);
  return [
    {
      name: `slowest p99 at ${longest} events (${slowest.name})`,
      value: slowest.answers.at(-1)?.p99Ms ?? Number.NaN,
      unit: 'ms',
      target: { atMost: 20 },
    },
    {
      name: `steepest median at ${longest} events (${steepest.name})`,
      value: steepest.answers.at(-1)?.p50Ms ?? Number.NaN,
      unit: 'ms',
      baseline: { name: `at ${shown(sizes[0] ?? 0)}`, value: steepest.answers[0]?.p50Ms ?? Number.NaN },
      target: { atMost: 1.3, ratio: true },
    },
  ];
}

const growth = ({ answers }: Page): number => (answers.at(-1)?.p50Ms ?? Number.NaN) / (answers[0]?.p50Ms ?? Number.NaN);

function highest(pages: readonly Page[], of: (page: Page) => number): Page {
  return pages.reduce((worst, page) => (of(page) > of(worst) ? page : worst));
}

function pageTable(pages: readonly Page[], sizes: readonly number[]): Table {
  return {
    title: 'Pages of 100 rows where nothing else is said (ms)',
    columns: ['page', ...sizes.flatMap((size) => [`p50 at ${shown(size)}`, 'p99']), 'ratio'],
    rows: pages.map((page) => [
      page.name,
      ...page.answers.flatMap(({ p50Ms, p99Ms }) => [shown(p50Ms), shown(p99Ms)]),
      shown(growth(page)),
    ]),
  };
}

interface AsOf {
  readonly size: number;
  /** The first question about a moment. */
  readonly firstMs: number;
  /** Later ones about the same moment. */
  readonly first: LoadResult;
  readonly deep: LoadResult;
}

async function measureAsOf(scale: Scale, { url }: Daemon, size: number): Promise<AsOf> {
  const { quick } = scale;
  const firsts: number[] = [];
  const first: LoadResult[] = [];
  const deep: LoadResult[] = [];
  for (const run of runsOf(scale, `asking as of the middle of ${shown(size)} events`)) {
    const seq = Math.floor(size / 2) - run;
    const load = { port: portOf(url), connections: 1, seconds: quick ? 0.2 : 10, warmSeconds: 0.05 };
    const page = { path: `/v1/daily?as_of_seq=${seq}` };
    const once = await runLoad({ ...load, requests: [page], warmSeconds: 0, seconds: 0 });
    firsts.push(once.p50Ms);
    first.push(await runLoad({ ...load, requests: [page], answersMax: 400 }));
    const { next } = (await (await fetch(`${url}${page.path}&limit=300`)).json()) as { next: string | null };
    const later = { path: next === null ? page.path : `${page.path}&cursor=${encodeURIComponent(next)}` };
    deep.push(await runLoad({ ...load, requests: [later], answersMax: 400 }));
  }
  return { size, firstMs: median(firsts), first: medianLoad(first), deep: medianLoad(deep) };
}

function asOfFigures(asOf: readonly AsOf[]): Figure[] {
  const { size, firstMs } = asOf.at(-1) as AsOf;
  return [{ name: `as of the middle of ${shown(size)} events`, value: firstMs, unit: 'ms', target: { atMost: 1_000 } }];
}

function asOfTable(asOf: readonly AsOf[], sizes: readonly number[]): Table {
  return {
    title: '`/v1/daily` as of the event in the middle (ms)',
    columns: ['events', 'first question', 'the same again: p50', 'p99', 'a deep page: p50', 'p99'],
    rows: sizes.map((size, i) => {
      const { firstMs, first, deep } = asOf[i] as AsOf;
      return [shown(size), ...[firstMs, first.p50Ms, first.p99Ms, deep.p50Ms, deep.p99Ms].map(shown)];
    }),
  };
}
