/** The views for people who ask the tables by SQL: the statements of `views.sql`. The product asks none of them. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type Database from 'better-sqlite3';
import { packageRoot } from '../../package-root.js';

/** Creates those that are missing. Where something else has the name, it keeps it. */
export function createMissingViews(db: Database.Database): void {
  const text = readFileSync(join(packageRoot, 'schema', 'sqlite', 'views.sql'), 'utf8').replace(/--.*$/gm, '');
  const isTaken = db.prepare('SELECT 1 FROM sqlite_master WHERE name = ?');
  for (const [statement, name] of text.matchAll(/CREATE VIEW (\w+) AS[^;]*/g)) {
    if (isTaken.get(name) === undefined) db.exec(statement);
  }
}
