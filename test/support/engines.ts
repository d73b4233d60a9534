/** The engines that the contract is tested against. `ENGINES=sqlite,postgres` chooses; without it, those that need no server. */
import type { Engine, Role } from '../../src/engines/engine.js';
import { openEngine } from '../../src/engines/open.js';
import { type Scope, temporaryFolder } from './folder.js';

export interface Variant {
  readonly name: Engine['kind'];
  /** Where a database may be made: what `openEngine` takes. */
  place(t: Scope): string;
  open(place: string, role?: Role): Promise<Engine>;
}

const all: readonly Variant[] = [
  {
    name: 'sqlite',
    place: temporaryFolder,
    open: (place, role = 'writer') => openEngine(place, role),
  },
];

const chosen = process.env.ENGINES?.split(',') ?? ['sqlite'];

export const variants: readonly Variant[] = all.filter(({ name }) => chosen.includes(name));
