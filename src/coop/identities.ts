/** The identities of the original, as commands that register them. */
import type { OriginalDatabase, OriginalRow } from '../engines/original.js';
import { costMultiplierOf } from '../events/catalogue/identity.js';
import { foldCase, unknownName } from '../events/names.js';
import { limits } from '../limits.js';
import { recordedName } from './names.js';
import { keyOf, originOf, tables } from './rows.js';
import { instantIn, numberIn, textIn } from './values.js';

export interface IdentityCommand {
  readonly type: 'identity.registered' | 'identity.aliased' | 'identity.retired' | 'agent.paused';
  readonly payload: Readonly<Record<string, unknown>>;
  readonly occurred_at?: number;
  readonly key: string;
}

/** A spelling, and whose it is. */
export interface Alias {
  readonly spelling: string;
  readonly of: string;
}

/** Each spelling leads to a name at once; one that is the same name but for capitals needs no alias. */
export function resolvedAliases(aliases: readonly Alias[]): Alias[] {
  const targets = new Map(aliases.map(({ spelling, of }) => [foldCase(spelling), of]));
  return aliases
    .map(({ spelling, of }) => {
      let end = of;
      for (const _ of aliases) end = targets.get(foldCase(end)) ?? end;
      return { spelling, of: end };
    })
    .filter(({ spelling, of }) => foldCase(spelling) !== foldCase(of));
}

const columns = ['name', 'model', 'cost_multiplier', 'collaborative_pref', 'active', 'ip_address', 'pause_until'];

export class OriginalIdentities {
  /** Rows of its table, by folded name. */
  readonly #rows = new Map<string, { readonly name: string; readonly row: OriginalRow }>();
  readonly #fileId: string;
  readonly #now: number;
  readonly count: number;
  /** Rows that are no identity of their own, by their number, and why. */
  readonly leftOut: readonly { readonly id: string; readonly reason: string }[];

  constructor(db: OriginalDatabase, fileId: string, now: number) {
    this.#fileId = fileId;
    this.#now = now;
    this.count = db.count(tables.identities);
    const leftOut: { id: string; reason: string }[] = [];
    for (const row of db.rows(tables.identities, columns)) {
      const name = recordedName(textIn(row.name));
      if (name === unknownName) leftOut.push({ id: `row ${row.rowid}`, reason: 'no name' });
      else if (this.#rows.has(foldCase(name)))
        leftOut.push({ id: name, reason: 'another spelling of an identity before it' });
      else this.#rows.set(foldCase(name), { name, row });
    }
    this.leftOut = leftOut;
  }

  get names(): readonly string[] {
    return [...this.#rows.values()].map(({ name }) => name);
  }

  /** By which the original multiplied the tokens of a name. */
  multiplierOf(name: string): number {
    const row = this.#rows.get(foldCase(name))?.row;
    return costMultiplierOf(multiplierIn(row), row === undefined ? null : textIn(row.model));
  }

  /**
   * Before the uses: who there is. `seen`: every name that uses are of, with its first time. Names that its table lacks are registered
   * as at first sight.
   */
  registrations(seen: ReadonlyMap<string, number>, aliases: readonly Alias[]): IdentityCommand[] {
    const spellings = new Set(aliases.map(({ spelling }) => foldCase(spelling)));
    const firstSeen = new Map<string, number>();
    for (const [name, at] of seen) {
      const of = aliases.find(({ spelling }) => foldCase(spelling) === foldCase(name))?.of ?? name;
      firstSeen.set(foldCase(of), Math.min(at, firstSeen.get(foldCase(of)) ?? at));
    }
    const names = new Map<string, string>();
    for (const name of [...this.names, ...aliases.map(({ of }) => of), ...seen.keys()]) {
      if (!spellings.has(foldCase(name)) && !names.has(foldCase(name))) names.set(foldCase(name), name);
    }
    const registered = [...names.values()].map((name) => this.#registration(name, firstSeen.get(foldCase(name))));
    return [
      ...registered,
      ...aliases.map(({ spelling, of }) => this.#command('identity.aliased', of, { alias: spelling }, spelling)),
    ];
  }

  /** Whether its table has the name. */
  has(name: string): boolean {
    return this.#rows.has(foldCase(name));
  }

  /** After the uses: who has left, and who is to pause, of those who came by this database. */
  departures(registered: ReadonlySet<string>): IdentityCommand[] {
    return [...this.#rows.values()]
      .filter(({ name }) => registered.has(name))
      .flatMap(({ name, row }) => {
        const until = instantIn(row.pause_until ?? null, 'UTC');
        if (numberIn(row.active) === 0) return [this.#command('identity.retired', name, {}, name)];
        return until !== null && until > this.#now && until <= limits.occurredAtMsMax
          ? [this.#command('agent.paused', name, { until }, `${name} ${until}`)]
          : [];
      });
  }

  #registration(name: string, firstSeen: number | undefined): IdentityCommand {
    const row = this.#rows.get(foldCase(name))?.row;
    const model = row === undefined ? null : shortTextIn(row, 'model');
    const address = row === undefined ? null : shortTextIn(row, 'ip_address');
    const multiplier = multiplierIn(row);
    const preference = numberIn(row?.collaborative_pref);
    const isUnknown = foldCase(name) === foldCase(unknownName);
    const attributes = {
      ...(model === null ? {} : { model }),
      ...(multiplier === null ? {} : { cost_multiplier: multiplier }),
      ...(preference !== null && preference >= 0 && preference <= 100
        ? { collaborative_pref: Math.round(preference < 1 ? preference * 100 : preference) }
        : {}),
      ...(address === null ? {} : { ip_address: address }),
      ...(row === undefined && !isUnknown ? { status: 'unconfirmed' } : {}),
      imported: originOf(this.#fileId, name),
    };
    const command = this.#command('identity.registered', name, attributes, name);
    return firstSeen === undefined ? command : { ...command, occurred_at: firstSeen };
  }

  #command(type: IdentityCommand['type'], name: string, more: object, id: string): IdentityCommand {
    const key = keyOf(this.#fileId, tables.identities, `${type} ${id}`);
    return { type, payload: { name, ...more }, key };
  }
}

const multiplierIn = (row: OriginalRow | undefined): number | null => {
  const multiplier = numberIn(row?.cost_multiplier);
  return multiplier !== null && multiplier > 0 && multiplier <= 1_000 ? multiplier : null;
};

function shortTextIn(row: OriginalRow, column: string): string | null {
  const text = textIn(row[column]);
  const isPlain =
    text !== null && text !== '' && text.length <= limits.textCharactersMax && !/[\p{Cc}\p{Cs}]/u.test(text);
  return isPlain ? text : null;
}
