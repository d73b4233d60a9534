/** `prices set`: a price of one's own, in the file of them. No ledger is opened. */
import { readFile, rename, writeFile } from 'node:fs/promises';
import type { Command } from 'commander';
import type { PriceEntry } from '../../prices/price-file.js';
import { negativeResult, usageError } from '../exit.js';
import { addExamples, decimal } from '../options.js';
import { printLine } from '../output.js';
import { priceFileOf, priceFileOption } from '../price-input.js';

interface Options {
  readonly input: number;
  readonly output: number;
  readonly cacheRead?: number;
  readonly cacheWrite5m?: number;
  readonly cacheWrite1h?: number;
  readonly fast?: number;
  readonly webSearches?: number;
  readonly from?: string;
  readonly to?: string;
}

export function define(prices: Command): void {
  const usd = decimal(0);
  const command = prices
    .command('set <model>')
    .description(
      'Write a price of your own into the file of them, in US dollars per million tokens. Uses that are recorded from then on cost that; what was recorded stays as it is.',
    )
    .requiredOption('--input <usd>', 'of input', usd)
    .requiredOption('--output <usd>', 'of output', usd)
    .option('--cache-read <usd>', 'of input that the cache knew (default: a tenth of the input)', usd)
    .option('--cache-write-5m <usd>', 'of what the cache keeps for 5 minutes (default: 1.25 times the input)', usd)
    .option('--cache-write-1h <usd>', 'of what the cache keeps for an hour (default: twice the input)', usd)
    .option('--fast <times>', 'how many times the price where it is served fast', usd)
    .option('--web-searches <usd>', 'of a thousand searches of the web', usd)
    .option('--from <date>', 'its first day, in UTC (default: always)')
    .option('--to <date>', 'its last day, in UTC (default: until further notice)')
    .addOption(priceFileOption());
  command.action((model: string, options: Options) => setPrice(priceFileOf(command), model, options));
  addExamples(
    command,
    'prices set claude-x-9 --input 2 --output 10',
    'prices set claude-x-9 --input 1.5 --output 7.5 --from 2026-12-01 --prices prices.json',
  );
}

async function setPrice(file: string | undefined, model: string, options: Options): Promise<void> {
  if (file === undefined)
    throw usageError(
      'Say which file it is: set prices.file in the configuration, RESOURCE_SHARE_PRICES_FILE, or --prices.',
    );
  const { faultsText, withPrice } = await import('../../prices/price-file.js');
  const before = await readFile(file, 'utf8').catch(nullWhereNone);
  const added = withPrice(before, entryOf(model, options));
  if ('faults' in added) throw negativeResult(faultsText(file, added.faults));
  const temporary = `${file}.${process.pid}.tmp`;
  await writeFile(temporary, added.text);
  await rename(temporary, file);
  printLine(`${file} has the price of ${model}.`);
  if (added.endsOther !== null) printLine(`The price before it ends on ${added.endsOther}.`);
  printLine('A daemon whose prices.file this is takes it up when it is started again.');
}

const entryOf = (model: string, { cacheRead, cacheWrite5m, cacheWrite1h, webSearches, ...options }: Options) => {
  const { from, to, input, output, fast } = options;
  const entry: PriceEntry = {
    model,
    from,
    to,
    input,
    output,
    cache_read: cacheRead,
    cache_write_5m: cacheWrite5m,
    cache_write_1h: cacheWrite1h,
    fast,
    web_searches: webSearches,
  };
  return entry;
};

function nullWhereNone(error: NodeJS.ErrnoException): null {
  if (error.code === 'ENOENT') return null;
  throw error;
}
