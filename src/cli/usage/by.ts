/** `usage --by`: the options, and how often it is shown. */
import { type Command, InvalidArgumentError, Option } from 'commander';
import type { LedgerView } from '../../ledger/view.js';
import { withView } from '../open-view.js';
import { addExamples, globalsOf, jsonOption } from '../options.js';
import { parseDuration, parsePastTime, type TimeText } from '../times.js';
import { type Grouping, groupings, type Order, orders } from './report.js';

interface Options {
  readonly by?: Grouping;
  readonly breakdown?: true;
  readonly identity?: string;
  readonly since?: TimeText;
  readonly until?: TimeText;
  readonly order?: Order;
  readonly zone?: string;
  readonly csv?: true;
  readonly json?: true;
  readonly watch?: number | true;
}

export function defineReport(usage: Command): void {
  const report = usage
    .command('report', { isDefault: true })
    .description('Sum up by day, model or what else is asked; without its name, too: usage --by day.')
    .addOption(
      new Option('--by <what>', 'sum up by this; a block is the five-hour window as the provider has it').choices(
        groupings,
      ),
    )
    .option('--breakdown', 'each row followed by its models')
    .option('--identity <name>', 'only this identity')
    .option('--since <time>', 'from this time on (default: the last 30 days; of blocks, of the last 3)', parsePastTime)
    .option('--until <time>', 'before this time', parsePastTime)
    .addOption(
      new Option(
        '--order <order>',
        'oldest, newest, cost or tokens first (default: oldest, of what is no time: cost)',
      ).choices(orders),
    )
    .option('--zone <zone>', 'time zone that days are cut in (default: that of this machine)', parseZone)
    .option('--csv', 'print CSV')
    .addOption(jsonOption().conflicts('csv'))
    .option('--watch [interval]', 'show it again every so often (default: 5s)', watchInterval);
  report.allowExcessArguments().action(async (options: Options) => {
    const { by } = options;
    // What is no verb of `usage` is taken for an argument of this one.
    if (report.args.length > 0) return (usage as Command & { unknownCommand(): void }).unknownCommand();
    if (by === undefined) return usage.help({ error: true });
    await withView(globalsOf(report), async (view) => {
      if (options.watch === undefined) return show(view, by, options);
      await showAgain(view, by, options, options.watch === true ? 5_000 : options.watch);
    });
  });
  addExamples(report, 'usage report --by day --since 7d', 'usage --by session --breakdown --order cost --csv');
}

const days = 86_400_000;
const isTime = (by: Grouping): boolean => ['day', 'week', 'month', 'block'].includes(by);

async function show(view: LedgerView, by: Grouping, options: Options): Promise<void> {
  const { systemTimeZone } = await import('../../runtime/time-zone.js');
  const { usageReport } = await import('./report.js');
  const { startOfDay } = await import('./periods.js');
  const { showCsv, showJson, showTable } = await import('./show.js');
  const zone = options.zone ?? systemTimeZone();
  const now = view.clock.now();
  const report = await usageReport(view, {
    by,
    breakdown: options.breakdown === true && by !== 'model',
    identity: options.identity === undefined ? undefined : await nameOf(view, options.identity),
    since: options.since?.at(now, zone) ?? startOfDay(zone, now - (by === 'block' ? 2 : 29) * days),
    until: options.until?.at(now, zone),
    order: options.order ?? (isTime(by) ? 'oldest' : 'cost'),
    zone,
  });
  if (options.json === true) showJson(by, report);
  else if (options.csv === true) showCsv(by, report);
  else showTable(by, report);
}

async function nameOf(view: LedgerView, identity: string): Promise<string> {
  const { identityNames } = await import('../../ledger/identity-names.js');
  return (await identityNames(view, identity)).name;
}

/** Until somebody ends it. */
async function showAgain(view: LedgerView, by: Grouping, options: Options, everyMs: number): Promise<void> {
  for (;;) {
    if (process.stdout.isTTY) process.stdout.write('\u001b[2J\u001b[H');
    await show(view, by, options);
    await view.clock.sleep(everyMs);
  }
}

function watchInterval(text: string): number {
  const everyMs = parseDuration(text);
  if (everyMs < 1_000) throw new InvalidArgumentError('it is shown once a second at most.');
  return everyMs;
}

function parseZone(text: string): string {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: text }).resolvedOptions().timeZone;
  } catch {
    throw new InvalidArgumentError(`"${text}" is no time zone, such as Europe/London.`);
  }
}
