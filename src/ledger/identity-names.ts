/** The names under which the log speaks of one identity: its own, and those of identities that were merged into it. */
import { Problem } from '../problems.js';
import type { LedgerView } from './view.js';

export interface IdentityNames {
  /** What it is called now. */
  readonly name: string;
  readonly all: readonly string[];
}

/** Finds an identity by any spelling or alias. Throws `identity_unknown` when there is none. */
export async function identityNames(view: LedgerView, wanted: string): Promise<IdentityNames> {
  const [{ foldName }, { foldCase }] = await Promise.all([
    import('../events/scalars.js'),
    import('../events/names.js'),
  ]);
  const rows: { name: string; aliases: string[]; mergedInto: string | null }[] = [];
  for await (const { name, aliases, merged_into: mergedInto } of view.rows('identities', {})) {
    rows.push({ name: String(name), aliases: JSON.parse(String(aliases)), mergedInto: mergedInto as string | null });
  }
  const spelt = (fold: (name: string) => string) =>
    rows.find(({ name, aliases }) => [name, ...aliases].some((each) => fold(each) === fold(wanted)));
  let row = spelt(foldName) ?? spelt(foldCase);
  while (row !== undefined && row.mergedInto !== null) {
    const { mergedInto } = row;
    row = rows.find(({ name }) => foldName(name) === foldName(mergedInto));
  }
  if (row === undefined) throw new Problem('identity_unknown', `no identity is called ${wanted}.`);
  const all = [row.name];
  for (const name of all) {
    all.push(
      ...rows
        .filter(({ mergedInto }) => mergedInto !== null && foldName(mergedInto) === foldName(name))
        .map((other) => other.name),
    );
  }
  return { name: row.name, all };
}
