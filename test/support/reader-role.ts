/** A place for a ledger whose tables people may ask: on a server with a role that only reads, as docs/guides/sql.md makes it. */
import { randomBytes } from 'node:crypto';
import type { Variant } from './engines.js';
import type { Scope } from './folder.js';
import { queryOnce } from './postgres-server.js';

export interface ReadPlace {
  readonly place: string;
  readonly readerUrl: string | undefined;
}

export async function placeWithReader(t: Scope, engine: Variant): Promise<ReadPlace> {
  const place = await engine.place(t, { calm: true });
  if (engine.name === 'sqlite') return { place, readerUrl: undefined };
  const role = `reader_${randomBytes(6).toString('hex')}`;
  const url = new URL(place);
  await queryOnce(
    place,
    `CREATE ROLE ${role} LOGIN; REVOKE CREATE, TEMP ON DATABASE ${url.pathname.slice(1)} FROM PUBLIC;
     REVOKE CREATE ON SCHEMA public FROM PUBLIC; GRANT USAGE ON SCHEMA public TO ${role};
     ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT ON TABLES TO ${role}`,
  );
  t.teardown(() => queryOnce(place, `DROP OWNED BY ${role}; DROP ROLE ${role}`));
  url.username = role;
  return { place, readerUrl: url.href };
}
