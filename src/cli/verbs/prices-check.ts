/** `prices check`: which models in the ledger have no price; or whether a file of prices is valid. */
import { type Command, Option } from 'commander';
import type { PriceBook } from '../../prices/book.js';
import { countText } from '../../text/number.js';
import { exitCodes } from '../exit.js';
import { withView } from '../open-view.js';
import { addExamples, globalsOf, jsonOption } from '../options.js';
import { printJson, printLine } from '../output.js';
import { ownPrices, priceBookOf, priceFileOption } from '../price-input.js';
import { printTable } from '../table.js';
import { parsePastTime, type TimeText } from '../times.js';

interface Options {
  readonly since: TimeText;
  readonly json?: true;
}

interface Lacking {
  /** Null of uses that name none, by an identity that has none. */
  readonly model: string | null;
  uses: number;
  tokens: number;
  unpriced_tokens: number;
}

export function define(prices: Command): void {
  const command = prices
    .command('check [file]')
    .description(
      'List the models of recorded uses that have no price of their own now; exit code 1 if there are any. With a file: check that it is a file of prices, {"prices": [{"model", "from", "to", "input", "output", …}]}.',
    )
    .addOption(
      new Option('--since <time>', 'uses from this time on')
        .argParser(parsePastTime)
        .default(parsePastTime('30d'), '30d'),
    )
    .addOption(priceFileOption())
    .addOption(jsonOption());
  command.action((file: string | undefined, options: Options) =>
    file === undefined ? checkLedger(command, options) : checkFile(file),
  );
  addExamples(command, 'prices check', 'prices check --since 7d --json', 'prices check prices.json');
}

async function checkFile(file: string): Promise<void> {
  const prices = await ownPrices(file);
  const models = new Set(prices.map(({ model }) => model)).size;
  printLine(`${file} is valid. Prices: ${countText(prices.length)}, models: ${countText(models)}.`);
}

async function checkLedger(command: Command, { since, json }: Options): Promise<void> {
  const book = await priceBookOf(command);
  const lacking = await withView(globalsOf(command), async (view) => {
    const rows = view.rows('usage', { since: await view.instant(since) });
    return lackingIn(rows, book, Date.now());
  });
  if (lacking.length > 0) process.exitCode = exitCodes.no;
  if (json === true) return printJson(lacking);
  printTable(
    [
      { head: 'model', value: ({ model }) => model ?? 'none named' },
      { head: 'uses', value: ({ uses }) => countText(uses), right: true },
      { head: 'tokens', value: ({ tokens }) => countText(tokens), right: true },
      { head: 'unpriced tokens', value: (row) => countText(row.unpriced_tokens), right: true },
    ],
    lacking,
    'Every model has a price.',
  );
}

/** Of corrections the use that they correct says the model. */
async function lackingIn(
  rows: AsyncIterable<Readonly<Record<string, unknown>>>,
  book: PriceBook,
  at: number,
): Promise<Lacking[]> {
  const found = new Map<string | null, Lacking>();
  for await (const row of rows) {
    const model = row.model === null ? null : String(row.model);
    const isUnpriced = row.cost_source === 'unpriced';
    if (row.corrects !== null || Number(row.total_tokens) === 0) continue;
    if (model === null ? !isUnpriced : book.find(model, at) !== null) continue;
    const sum = found.get(model) ?? { model, uses: 0, tokens: 0, unpriced_tokens: 0 };
    sum.uses += 1;
    sum.tokens += Number(row.total_tokens);
    if (isUnpriced) sum.unpriced_tokens += Number(row.total_tokens);
    found.set(model, sum);
  }
  return [...found.values()].sort((a, b) => b.tokens - a.tokens);
}
