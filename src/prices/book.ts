/** The price book: the user's own prices, before what we know ourselves, before the tables of the package. */
import { exactNames, familyOf, normalisedModel } from './model-name.js';
import { overlay } from './overlay.js';
import { isValidAt, type Price } from './price.js';
import { tablePrices } from './tables.js';

/** How like a model others are whose prices stand in for its own. */
export type Similar = 'family' | 'maker' | 'any';

interface Entry {
  readonly price: Price;
  /** Under which it is found, before any other price of the model. */
  readonly name: string;
  readonly family: string;
}

export class PriceBook {
  /** In each list, the prices that go before others come first. */
  readonly #byName = new Map<string, Price[]>();
  readonly #entries: Entry[] = [];

  constructor(own: readonly Price[] = []) {
    for (const price of [...own, ...overlay]) this.#add(price, []);
    for (const { names, price } of tablePrices()) this.#add(price, names);
  }

  /** The price of exactly this model at a time; null where there is none. */
  find(model: string, at: number): Price | null {
    for (const name of exactNames(model)) {
      const found = this.#named(name, at);
      if (found !== undefined) return found;
    }
    return null;
  }

  /** Whether exactly this model has a price at some time. */
  knows(model: string): boolean {
    return exactNames(model).some((name) => this.#byName.has(name));
  }

  /** The prices at a time, one a model. */
  at(at: number): Price[] {
    return this.#at(at).map(({ price }) => price);
  }

  /** The prices of models like this one: of its family, else of its maker, else all. */
  similar(model: string, at: number): { readonly prices: Price[]; readonly basis: Similar } {
    const all = this.#at(at);
    const wanted = familyOf(normalisedModel(model) ?? '');
    const ofFamily = all.filter(({ family }) => family === wanted);
    const ofMaker = all.filter(({ family }) => makerOf(family) === makerOf(wanted));
    const [entries, basis] =
      ofFamily.length > 0
        ? [ofFamily, 'family' as const]
        : ofMaker.length > 0
          ? [ofMaker, 'maker' as const]
          : [all, 'any' as const];
    return { prices: entries.map(({ price }) => price), basis };
  }

  #named(name: string, at: number): Price | undefined {
    return this.#byName.get(name)?.find((price) => isValidAt(price, at));
  }

  #at(at: number): Entry[] {
    return this.#entries.filter(({ name, price }) => this.#named(name, at) === price);
  }

  #add(price: Price, aliases: readonly string[]): void {
    // A dated name in a table stands for the model without its date, as the other way round.
    const own = exactNames(price.model);
    const [name = price.model] = own;
    this.#entries.push({ price, name, family: familyOf(normalisedModel(price.model) ?? '') });
    for (const each of new Set([...own, ...aliases.map((alias) => alias.toLowerCase())])) {
      const known = this.#byName.get(each);
      if (known === undefined) this.#byName.set(each, [price]);
      else known.push(price);
    }
  }
}

const makerOf = (family: string): string => family.split('-')[0] as string;
