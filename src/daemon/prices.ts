/** The prices of a ledger: the book with one's own prices, loaded when the first use asks for one. */
import { readFile } from 'node:fs/promises';
import type { Prices } from '../events/prices.js';
import type { Price } from '../prices/price.js';
import { Problem } from '../problems.js';
import { systemErrorText } from '../text/system-error.js';

/** Throws `setting_invalid` where one's own prices cannot be read, with all that is wrong with them. */
export async function pricesWith(file: string | undefined): Promise<() => Promise<Prices>> {
  const own = file === undefined ? [] : await ownPrices(file);
  let loaded: Promise<Prices> | null = null;
  return () => {
    loaded ??= import('../prices/book-prices.js').then(({ BookPrices }) => new BookPrices(own));
    return loaded;
  };
}

export async function ownPrices(file: string): Promise<readonly Price[]> {
  const { faultsText, readPriceFile } = await import('../prices/price-file.js');
  const text = await readFile(file, 'utf8').catch((error) => {
    throw new Problem('setting_invalid', `prices.file: ${systemErrorText(error)}`);
  });
  const read = readPriceFile(text);
  if ('prices' in read) return read.prices;
  throw new Problem('setting_invalid', `prices.file: ${faultsText(file, read.faults)}`);
}
