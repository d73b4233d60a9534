/**
 * Prepared statements by their text: each is compiled once per connection. When there are more than the program has of its own,
 * some were asked once by a person: then all are forgotten, and those that are asked again are compiled again. Kept for ever,
 * 20,000 of them took 68 MB.
 */
import type Database from 'better-sqlite3';
import { limits } from '../../limits.js';

export class Statements {
  readonly #db: Database.Database;
  readonly #prepared = new Map<string, Database.Statement>();

  constructor(db: Database.Database) {
    this.#db = db;
  }

  get(sql: string): Database.Statement {
    let statement = this.#prepared.get(sql);
    if (statement === undefined) {
      statement = this.#db.prepare(sql);
      if (this.#prepared.size >= limits.statementsKept) this.#prepared.clear();
      this.#prepared.set(sql, statement);
    }
    return statement;
  }
}
