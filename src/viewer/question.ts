/** What is asked of the tables: a statement with its values, and ready-made ones as people see them. */
import type { StatementValues } from '../engines/statement-runner.js';
import type { Dialect } from './dialect.js';

/** A statement, and the values of the names in it. */
export interface Question {
  readonly sql: string;
  readonly values: StatementValues;
}

export interface CannedParameter {
  readonly name: string;
  readonly description: string;
  /** Its type is the type of the value. */
  readonly default: string | number;
}

/** A ready-made query, in one engine's words where `S` is a text. */
interface Canned<S> {
  readonly name: string;
  readonly description: string;
  readonly params?: readonly CannedParameter[];
  readonly sql: S;
}

export type CannedQuery = Canned<(dialect: Dialect) => string>;

export type CannedListing = Required<Canned<string>>;
