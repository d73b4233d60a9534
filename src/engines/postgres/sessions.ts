/**
 * Connections must be sessions: what is prepared or set in one is there for its next statement, and for nobody else. Behind a
 * pooler that gives a connection of the server to each transaction they are not, and a part of all answers would fail.
 */
import { StorageError } from '../../storage-error.js';
import type { Client, Connections } from './connections.js';

/** Others that use the pooler at the same time can hide what is looked for once, but not every time. */
const roundsMax = 5;

/** Throws a `StorageError` that says what stands in between. */
export async function refuseSharedSessions(connections: Connections): Promise<void> {
  await connections.use(async (one) => {
    if ((await processOf(one)) === announced(one)) return;
    await connections.use(async (other) => {
      for (let round = 0; round < roundsMax; round += 1) {
        if (!(await areSessions(one, other))) throw shared();
      }
    });
  });
}

/** While the one rests between two statements, the other begins a transaction: in sessions, each keeps its own process. */
async function areSessions(one: Client, other: Client): Promise<boolean> {
  const before = await processOf(one);
  await other.query('BEGIN');
  try {
    if ((await processOf(other)) === before) return false;
    return (await processOf(one)) === before;
  } finally {
    await other.query('ROLLBACK');
  }
}

async function processOf(client: Client): Promise<number> {
  const { rows } = await client.query<{ id: number }>('SELECT pg_backend_pid() AS id');
  return rows[0]?.id ?? 0;
}

/** What the server said that its process is, when the connection was made; a pooler says something of its own. */
const announced = (client: Client): number | undefined => (client as { processID?: number }).processID;

const shared = (): StorageError =>
  new StorageError(
    'missing',
    'the database is reached through a pooler that shares its connections between transactions (as pgbouncer does with pool_mode = transaction): name the server itself in the URL, or let the pooler keep sessions (pool_mode = session)',
  );
