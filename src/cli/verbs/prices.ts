/** `prices`: what a model costs, and where that is known from. */
import type { Command } from 'commander';
import type { PriceBook } from '../../prices/book.js';
import { usdText } from '../../text/money.js';
import { countText } from '../../text/number.js';
import { negativeResult } from '../exit.js';
import { addExamples, jsonOption } from '../options.js';
import { printHeading, printJson, printLine } from '../output.js';
import { priceBookOf, priceFileOption } from '../price-input.js';
import { priceBody } from '../prices/body.js';
import { printTable } from '../table.js';
import { parsePastTime, type TimeText } from '../times.js';
import { define as defineCheck } from './prices-check.js';
import { define as defineSet } from './prices-set.js';

interface Options {
  readonly at?: TimeText;
  readonly json?: true;
}

type Body = ReturnType<typeof priceBody>;

export function define(command: Command): void {
  const list = command
    .command('list [text]')
    .description('The prices of all models, or of those whose names hold a text.')
    .option('--at <time>', 'as they were at this time', parsePastTime)
    .addOption(priceFileOption())
    .addOption(jsonOption());
  list.action(async (text: string | undefined, options: Options) => {
    const { book, at } = await bookOf(list, options);
    const found = book.at(at).filter(({ model }) => model.includes(text?.toLowerCase() ?? ''));
    const rows = found.map(priceBody).sort((a, b) => (a.model < b.model ? -1 : 1));
    if (options.json === true) return printJson(rows);
    printPrices(rows);
  });
  addExamples(list, 'prices list claude', 'prices list --at 2026-01-01', 'prices list --json');

  const show = command
    .command('show <model>')
    .description('The price of one model, by exactly its name. Dates and prefixes of clouds may be in it.')
    .option('--at <time>', 'as it was at this time', parsePastTime)
    .addOption(priceFileOption())
    .addOption(jsonOption());
  show.action(async (model: string, options: Options) => {
    const { book, at } = await bookOf(show, options);
    const price = book.find(model, at);
    if (price === null) throw negativeResult(await whyNot(book, model, at));
    const body = priceBody(price);
    if (options.json === true) return printJson(body);
    printPrices([body]);
    printMore(body);
  });
  addExamples(
    show,
    'prices show claude-opus-5',
    'prices show us.anthropic.claude-opus-4-1-20250805-v1:0 --at 2025-09-01',
  );

  defineSet(command);
  defineCheck(command);
  addExamples(command, 'prices list opus', 'prices show claude-opus-5-5', 'prices check');
}

async function bookOf(command: Command, { at }: Options): Promise<{ readonly book: PriceBook; readonly at: number }> {
  const current = Date.now();
  return { book: await priceBookOf(command), at: at?.at(current, 'UTC') ?? current };
}

async function whyNot(book: PriceBook, model: string, at: number): Promise<string> {
  const { fairPriceOf } = await import('../../prices/price-of.js');
  const dearest = fairPriceOf(book, { model, at, tokens: { input: 1_000, output: 1_000 }, pricing: {} });
  const when = book.knows(model) ? ' at that time' : '';
  return `"${model}" has no price${when}. Among those who share it counts as ${dearest?.model}, the dearest that is known ${words[dearest?.basis ?? 'any']}.`;
}

const words = { exact: '', family: 'of its family', maker: 'of its maker', any: 'of Claude' };

function printPrices(rows: readonly Body[]): void {
  const usd = (value: number | undefined) => (value === undefined ? null : usdText(value));
  printTable(
    [
      { head: 'model', value: ({ model }) => model },
      { head: 'input', value: ({ usd_per_million: rates }) => usd(rates.input), right: true },
      { head: 'output', value: ({ usd_per_million: rates }) => usd(rates.output), right: true },
      { head: 'cache read', value: ({ usd_per_million: rates }) => usd(rates.cache_read), right: true },
      { head: 'write 5m', value: ({ usd_per_million: rates }) => usd(rates.cache_write_5m), right: true },
      { head: 'write 1h', value: ({ usd_per_million: rates }) => usd(rates.cache_write_1h), right: true },
      { head: 'origin', value: ({ origin }) => origin },
    ],
    rows,
    'No model of that name has a price.',
  );
}

function printMore({ from, until, fast, long_prompt, tiers, web_search_usd_per_thousand: searches }: Body): void {
  printHeading('US dollars per million tokens');
  if (from !== null || until !== null)
    printLine(`Valid from ${from ?? 'the beginning'} until ${until ?? 'further notice'}.`);
  if (fast === null) printLine('What it costs where it is served fast is not known.');
  else if (fast !== 1) printLine(`Served fast: times ${fast}.`);
  if (long_prompt !== undefined)
    printLine(`With a prompt above ${countText(long_prompt.above)} tokens: times ${long_prompt.times}.`);
  for (const { above, usd_per_million: rates } of tiers)
    printLine(
      `With a prompt above ${countText(above)} tokens: input ${usdText(rates.input ?? 0)}, output ${usdText(rates.output ?? 0)}.`,
    );
  if (searches !== undefined) printLine(`Searches of the web: ${usdText(searches)} a thousand.`);
}
