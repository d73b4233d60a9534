/** A file of prices of one's own, as it is given to a verb. Errors say where it is wrong. */
import { readFile } from 'node:fs/promises';
import { Option } from 'commander';
import type { Price } from '../prices/price.js';
import { negativeResult } from './exit.js';

export const priceFileOption = (): Option =>
  new Option('--prices <file>', 'prices of your own, which go before all others');

export async function ownPrices(path: string): Promise<readonly Price[]> {
  const { readPriceFile } = await import('../prices/price-file.js');
  const read = readPriceFile(await readFile(path, 'utf8'));
  if ('prices' in read) return read.prices;
  throw negativeResult(`${path} is no valid file of prices:\n${read.faults.map((fault) => `  ${fault}`).join('\n')}`);
}
