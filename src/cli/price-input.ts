/** Prices of one's own, as a verb finds them: the file that its flag or the settings name. Errors say where it is wrong. */
import { readFile } from 'node:fs/promises';
import type { Command, Option } from 'commander';
import type { PriceBook } from '../prices/book.js';
import type { Price } from '../prices/price.js';
import { requireSettings } from '../settings/resolve.js';
import { negativeResult } from './exit.js';
import { settingOption, settingsFor } from './options.js';

export const priceFileOption = (): Option => settingOption('prices.file');

export const priceFileOf = (command: Command): string | undefined =>
  requireSettings(settingsFor(command), 'prices').prices.file;

export async function priceBookOf(command: Command): Promise<PriceBook> {
  const file = priceFileOf(command);
  const own = file === undefined ? [] : await ownPrices(file);
  const { PriceBook } = await import('../prices/book.js');
  return new PriceBook(own);
}

export async function ownPrices(path: string): Promise<readonly Price[]> {
  const { faultsText, readPriceFile } = await import('../prices/price-file.js');
  const read = readPriceFile(await readFile(path, 'utf8'));
  if ('prices' in read) return read.prices;
  throw negativeResult(faultsText(path, read.faults));
}
