/**
 * Databases for tests, on a real PostgreSQL: the server that `RESOURCE_SHARE_TEST_POSTGRES` names (the URL of a
 * superuser), or one that is started when the first database is asked for and ends with the process.
 */
import { randomBytes } from 'node:crypto';
import type { Scope } from './folder.js';
import { PostgresServer, queryOnce } from './postgres-server.js';

export const serverVariable = 'RESOURCE_SHARE_TEST_POSTGRES';

let own: Promise<PostgresServer> | undefined;

export async function serverUrl(): Promise<string> {
  const given = process.env[serverVariable];
  if (given !== undefined) return given;
  own ??= PostgresServer.start();
  return (await own).url();
}

/** The URL of a new, empty database, on this server or the shared one. It is gone when the test ends. */
export async function temporaryDatabase(t: Scope, server?: string): Promise<string> {
  const administration = server ?? (await serverUrl());
  const name = `test_${randomBytes(8).toString('hex')}`;
  await queryOnce(administration, `CREATE DATABASE ${name}`);
  t.teardown(() => queryOnce(administration, `DROP DATABASE ${name} WITH (FORCE)`));
  const url = new URL(administration);
  url.pathname = `/${name}`;
  return url.href;
}
