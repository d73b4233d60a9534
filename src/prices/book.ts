/** The price book: the user's own prices, before what we know ourselves, before the tables of the package. */
import { exactNames, familyOf, isClaude, normalisedModel } from './model-name.js';
import { overlay } from './overlay.js';
import { isValidAt, type Price } from './price.js';
import { tablePrices } from './tables.js';

/** How like a model others are whose prices stand in for its own; `any`: nobody knows who made it. */
export type Similar = 'family' | 'maker' | 'any';

interface Entry {
  readonly price: Price;
  /** Under which it is found, before any other price of the model. */
  readonly name: string;
  readonly family: string;
}

/** What holds for a stretch of time. */
interface Stretch {
  readonly all: readonly Entry[];
  readonly byFamily: ReadonlyMap<string, readonly Price[]>;
  readonly byMaker: ReadonlyMap<string, readonly Price[]>;
  readonly any: readonly Price[];
}

export class PriceBook {
  /** In each list, the prices that go before others come first. */
  readonly #byName = new Map<string, Price[]>();
  readonly #entries: Entry[] = [];
  #changes: readonly number[] | null = null;
  #last: { readonly model: string; readonly names: readonly string[] } | null = null;
  readonly #stretches = new Map<number | null, Stretch>();

  constructor(own: readonly Price[] = []) {
    for (const price of [...own, ...overlay]) this.#add(price, []);
    for (const { names, price } of tablePrices()) this.#add(price, names);
  }

  /** The price of exactly this model at a time; null where there is none. */
  find(model: string, at: number): Price | null {
    for (const name of this.#namesOf(model)) {
      const found = this.#named(name, at);
      if (found !== undefined) return found;
    }
    return null;
  }

  /** Whether exactly this model has a price at some time. */
  knows(model: string): boolean {
    return this.#namesOf(model).some((name) => this.#byName.has(name));
  }

  /** The prices at a time, one a model. */
  at(at: number): Price[] {
    return this.#at(at).all.map(({ price }) => price);
  }

  /**
   * The prices of models like this one: of its family, else of its maker. Where nobody knows that, those of Claude which the tables
   * of the package are not needed for: the dearest model there is would cost a hundred times as much.
   */
  similar(model: string, at: number): { readonly prices: readonly Price[]; readonly basis: Similar } {
    const { byFamily, byMaker, any } = this.#at(at);
    const wanted = familyOf(normalisedModel(model) ?? '');
    const ofFamily = byFamily.get(wanted);
    if (ofFamily !== undefined) return { prices: ofFamily, basis: 'family' };
    const ofMaker = byMaker.get(makerOf(wanted));
    return ofMaker === undefined ? { prices: any, basis: 'any' } : { prices: ofMaker, basis: 'maker' };
  }

  /** Uses that come together are mostly of one model. */
  #namesOf(model: string): readonly string[] {
    if (this.#last?.model !== model) this.#last = { model, names: exactNames(model) };
    return this.#last.names;
  }

  #named(name: string, at: number): Price | undefined {
    return this.#byName.get(name)?.find((price) => isValidAt(price, at));
  }

  /** Between two days on which any price begins or ends it is worked out once. */
  #at(at: number): Stretch {
    this.#changes ??= changesOf(this.#entries);
    const since = this.#changes.findLast((change) => change <= at) ?? null;
    const known = this.#stretches.get(since);
    if (known !== undefined) return known;
    const stretch = stretchOf(this.#entries.filter(({ name, price }) => this.#named(name, at) === price));
    this.#stretches.set(since, stretch);
    return stretch;
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

/** When prices begin or end. */
function changesOf(entries: readonly Entry[]): number[] {
  const times = entries.flatMap(({ price: { from, until } }) => [from, until].filter((time) => time !== null));
  return [...new Set(times)].sort((a, b) => a - b);
}

const stretchOf = (all: readonly Entry[]): Stretch => ({
  all,
  byFamily: pricesBy(all, ({ family }) => family),
  byMaker: pricesBy(all, ({ family }) => makerOf(family)),
  any: all.map(({ price }) => price).filter(({ origin, model }) => origin !== 'table' && isClaude(model)),
});

function pricesBy(entries: readonly Entry[], keyOf: (entry: Entry) => string): Map<string, Price[]> {
  const found = new Map<string, Price[]>();
  for (const entry of entries) {
    const key = keyOf(entry);
    const others = found.get(key);
    if (others === undefined) found.set(key, [entry.price]);
    else others.push(entry.price);
  }
  return found;
}
