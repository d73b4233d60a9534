/** What a role that statements of people run under must not be able to do, whatever they say. */
import type pg from 'pg';
import { Problem } from '../../problems.js';

/** Of the role and of all that it is a member of, as `set_config('role', …)` would make it one of them. */
const rightsSql = `
  WITH mine AS (SELECT * FROM pg_roles WHERE pg_has_role(current_user, oid, 'MEMBER')),
  schemas AS (SELECT oid, nspname FROM pg_namespace WHERE nspname !~ '^pg_' AND nspname <> 'information_schema')
  SELECT quote_ident(current_user) AS role, quote_ident(current_database()) AS database,
    (SELECT min(quote_ident(rolname)) FROM mine
      WHERE rolsuper OR rolcreatedb OR rolcreaterole OR rolreplication OR rolbypassrls) AS powerful,
    (SELECT min(quote_ident(rolname)) FROM mine
      WHERE rolname ~ '^pg_(write|execute|signal|maintain|checkpoint|create|read_server|read_all_data)') AS granted,
    (SELECT min(quote_ident(nspname)) FROM schemas s, mine m
      WHERE nspname ~ '^resource_share_(keys|outbox)' AND has_schema_privilege(m.oid, s.oid, 'USAGE')) AS secret,
    (SELECT min(quote_ident(nspname) || '.' || quote_ident(relname))
      FROM pg_class c JOIN schemas s ON s.oid = c.relnamespace, mine m
      WHERE relkind IN ('r', 'p', 'v', 'm', 'f') AND (has_any_column_privilege(m.oid, c.oid, 'INSERT, UPDATE')
        OR has_table_privilege(m.oid, c.oid, 'DELETE, TRUNCATE'))) AS writable,
    (SELECT min(quote_ident(nspname)) FROM schemas s, mine m
      WHERE has_schema_privilege(m.oid, s.oid, 'CREATE')) AS creatable,
    EXISTS (SELECT FROM mine m WHERE has_database_privilege(m.oid, current_database(), 'CREATE, TEMP')) AS temporary,
    coalesce(has_table_privilege(to_regclass('events'), 'SELECT'), false) AS reads`;

interface Rights {
  readonly role: string;
  readonly database: string;
  readonly powerful: string | null;
  readonly granted: string | null;
  readonly secret: string | null;
  readonly writable: string | null;
  readonly creatable: string | null;
  readonly temporary: boolean;
  readonly reads: boolean;
}

/** Throws `viewer_off`, with what to say to the server. */
export async function requireReader(client: pg.Client): Promise<void> {
  const { rows } = await client.query<Rights>(rightsSql);
  const fault = faultOf(rows[0] as Rights);
  if (fault !== null) throw new Problem('viewer_off', `viewer.database_url: ${fault}`);
}

function faultOf({ role, database, ...rights }: Rights): string | null {
  const { powerful, granted, secret, writable, creatable } = rights;
  if (powerful !== null)
    return `the role ${powerful} may do more than read: name one that is made by CREATE ROLE ledger_reader LOGIN, and member of no other`;
  if (granted !== null) return `the role ${role} is a member of ${granted}: REVOKE ${granted} FROM ${role}`;
  if (secret !== null) return `the role ${role} can reach secrets: REVOKE ALL ON SCHEMA ${secret} FROM PUBLIC, ${role}`;
  if (writable !== null)
    return `the role ${role} may write: REVOKE INSERT, UPDATE, DELETE, TRUNCATE ON ${writable} FROM PUBLIC, ${role}`;
  if (creatable !== null)
    return `the role ${role} may make tables: REVOKE CREATE ON SCHEMA ${creatable} FROM PUBLIC, ${role}`;
  if (rights.temporary)
    return `the role ${role} may make temporary tables, or schemas: REVOKE CREATE, TEMP ON DATABASE ${database} FROM PUBLIC, ${role}`;
  if (!rights.reads)
    return `the role ${role} does not see the tables: GRANT USAGE ON SCHEMA public TO ${role}; GRANT SELECT ON ALL TABLES IN SCHEMA public TO ${role}`;
  return null;
}
