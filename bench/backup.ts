/** Backups: what they cost who makes one and whoever appends meanwhile, and how soon a ledger is back. */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { runBackup } from '../src/backup/backup-thread.js';
import type { BackupKind } from '../src/backup/manifest.js';
import type { Ledger } from '../src/ledger/ledger.js';
import type { Benchmark, Scale } from './benchmark.js';
import { median, quantile, runsThrough, withFolder } from './measure.js';
import { command, openLedger, pool, report } from './reports.js';
import type { Figure } from './target.js';
import { runVerb } from './verb.js';

const restoreSecondsMax = 60;
/** Uses a second that somebody records while a backup is made. */
const rowsPerSecond = 1_000;
const tickMs = 20;

export const backup: Benchmark = {
  title: 'Backups',
  question: `By the command line, its start included: events per second of a first backup of the log against an export to a file, proving it against \`replay --check\`, and a restore that begins with a snapshot. Then how long an append takes while backups are made one after the other, and a backup while somebody records ${rowsPerSecond.toLocaleString('en')} uses a second, against at rest.`,
  async run(scale) {
    const verbs = await verbFigures(scale);
    const beside = await scale.logs.withCopy(scale.logs.sizes[1], (folder) => besideAppends(folder, scale));
    return { figures: [...verbs, ...beside] };
  },
};

async function verbFigures(scale: Scale): Promise<Figure[]> {
  const { logs } = scale;
  const data = await logs.of(logs.largest);
  const seconds: Record<string, number[]> = {
    export: [],
    create: [],
    verify: [],
    replay: [],
    snapshot: [],
    restore: [],
  };
  const time = async (name: string, ...args: readonly string[]) => {
    const { seconds: took } = await runVerb(...args);
    seconds[name]?.push(took);
  };
  for (const _ of runsThrough(logs.largest, scale, 'backing up and restoring')) {
    await withFolder(async (folder) => {
      const where = ['--folder', join(folder, 'backups')];
      await time('export', 'export', join(folder, 'all.ndjson'), '--data', data);
      rmSync(join(folder, 'all.ndjson'));
      await time('create', 'backup', 'create', ...where, '--data', data);
      await time('verify', 'backup', 'verify', ...where, '--scratch', folder);
      await time('replay', 'replay', '--check', '--data', data);
      await time('snapshot', 'backup', 'create', '--snapshot', ...where, '--data', data);
      await time('restore', 'backup', 'restore', ...where, '--data', join(folder, 'restored'));
    });
  }
  const of = (name: string) => median(seconds[name] ?? []);
  const rate = (name: string) => logs.largest / of(name);
  const events = `${logs.largest.toLocaleString('en')} events`;
  return [
    {
      name: `a backup of ${events}`,
      value: rate('create'),
      unit: 'events/s',
      baseline: { name: 'export', value: rate('export') },
      target: { atLeast: 0.8, ratio: true },
    },
    {
      name: `verify of ${events}`,
      value: of('verify'),
      unit: 's',
      baseline: { name: '`replay --check`', value: of('replay') },
      target: { atMost: 3, ratio: true },
    },
    {
      name: `restore of ${events} from a snapshot`,
      value: of('restore'),
      unit: 's',
      target: { atMost: restoreSecondsMax },
    },
  ];
}

async function besideAppends(data: string, { quick }: Scale): Promise<Figure[]> {
  const ledger = await openLedger(data);
  const appends = quick ? 200 : 3_000;
  try {
    const figures: Figure[] = [];
    for (const kind of ['log', 'snapshot'] as const) {
      const idle = await appendMs(ledger, appends);
      let over = false;
      const making = backUpUntil(data, kind, () => over);
      const during = await appendMs(ledger, appends);
      over = true;
      await making;
      figures.push(appendFigure(kind, idle, during), await busyFigure(ledger, data, kind));
    }
    return figures;
  } finally {
    await ledger.close();
  }
}

const appendFigure = (kind: BackupKind, idle: number, during: number): Figure => ({
  name: `p99 of an append beside a backup (${kind})`,
  value: during,
  unit: 'ms',
  baseline: { name: 'at rest', value: idle },
  target: { atMost: 2, ratio: true },
});

/** The 99th percentile of single appends, one after the other. */
async function appendMs(ledger: Ledger, appends: number): Promise<number> {
  const times: number[] = [];
  for (let i = 0; i < appends; i += 1) {
    const started = performance.now();
    await ledger.submitOne(pool, command(report(i)));
    times.push(performance.now() - started);
  }
  return quantile(times, 0.99);
}

async function busyFigure(ledger: Ledger, data: string, kind: BackupKind): Promise<Figure> {
  const idle = await secondsOfBackup(data, kind);
  const perTick = Math.ceil((rowsPerSecond * tickMs) / 1_000);
  const commands = Array.from({ length: perTick }, (_, i) => command(report(i)));
  const writing = setInterval(() => void ledger.submit(pool, { commands, advise: false }), tickMs);
  const busy = await secondsOfBackup(data, kind).finally(() => clearInterval(writing));
  return {
    name: `a backup (${kind}) under ${rowsPerSecond.toLocaleString('en')} uses a second`,
    value: busy,
    unit: 's',
    baseline: { name: 'at rest', value: idle },
    target: { atMost: 3, ratio: true },
  };
}

async function backUpUntil(data: string, kind: BackupKind, isOver: () => boolean): Promise<void> {
  do await secondsOfBackup(data, kind);
  while (!isOver());
}

/** Of a first one, in a folder of its own. */
const secondsOfBackup = (data: string, kind: BackupKind): Promise<number> =>
  withFolder(async (folder) => {
    const started = performance.now();
    const machine = { settings: null, prices: null, keys: join(folder, 'keys') };
    const packing = kind === 'log' ? 'segment' : 'brotli';
    const request = {
      folder: join(folder, 'backups'),
      kind,
      compact: false,
      packing,
      recipients: [],
      machine,
    } as const;
    const steps = runBackup({ database: data, engineLimits: undefined, request });
    for (let step = await steps.next(); step.done !== true; ) step = await steps.next();
    return (performance.now() - started) / 1_000;
  });
