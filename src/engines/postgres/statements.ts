/** Portable statements in the dialect of the server, and what its values are here. */
import { createHash } from 'node:crypto';
import pg from 'pg';
import { limits } from '../../limits.js';

export type Statement = string | pg.QueryConfig;

const int8 = 20;
const numeric = 1700;

/** Counts, sums and ids are whole numbers below 2^53, which the driver would give as text. */
export const types: pg.CustomTypesConfig = {
  getTypeParser: ((id: number, format?: 'text') =>
    id === int8 || id === numeric ? Number : pg.types.getTypeParser(id, format)) as typeof pg.types.getTypeParser,
};

const texts = new Map<string, { readonly text: string; readonly name: string }>();

/**
 * `?` placeholders as `$1`, `$2` …, with the name under which a connection keeps the statement. The server never forgets a named
 * one: when there are more than the program has of its own, some were asked once by a person, and any further one gets no name.
 */
export function prepared(sql: string, values: readonly unknown[]): pg.QueryConfig {
  let known = texts.get(sql);
  if (known === undefined) {
    let count = 0;
    const text = sql.replace(/'[^']*'|\?/g, (part) => (part === '?' ? `$${++count}` : part));
    if (texts.size >= limits.statementsKept) return { text, values: values as unknown[] };
    known = { text, name: createHash('sha256').update(text).digest('base64url').slice(0, 24) };
    texts.set(sql, known);
  }
  return { ...known, values: values as unknown[] };
}

/**
 * Sends statements of a transaction one behind the other, without waiting for answers in between, while the next ones are made. Whether
 * it returns or throws, all are answered then. It throws what the first one failed with: the server refuses those behind it.
 */
export async function pipeline(client: pg.ClientBase, statements: Iterable<Statement>): Promise<void> {
  const sent: Promise<unknown>[] = [];
  let ended: PromiseSettledResult<unknown>[] = [];
  try {
    for (const statement of statements) sent.push(client.query(statement as pg.QueryConfig));
  } finally {
    ended = await Promise.allSettled(sent);
  }
  const failed = ended.find((one) => one.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
}

/**
 * As `prepared`, for values that somebody asks for. The server refuses a text with a NUL, and no name or word that is
 * stored holds a control character: another one is asked for in its place, and not found either.
 */
export function preparedUserInput(sql: string, values: readonly unknown[]): pg.QueryConfig {
  return prepared(sql, values.map(withoutNul));
}

function withoutNul(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNul);
  return typeof value === 'string' ? value.replaceAll('\u0000', '\u0001') : value;
}
