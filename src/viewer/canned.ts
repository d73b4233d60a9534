/** Ready-made queries: what people ask of the tables most, each with a name, a sentence, and its statement for both engines. */
import type { StatementValues } from '../engines/statement-runner.js';
import { Problem } from '../problems.js';
import { cannedQueries } from './canned-queries.js';
import { dialects, type EngineKind } from './dialect.js';
import type { CannedListing, CannedParameter, Question } from './question.js';

export const listCanned = (engine: EngineKind): readonly CannedListing[] =>
  cannedQueries.map(({ name, description, params = [], sql }) => ({
    name,
    description,
    params,
    sql: sql(dialects[engine]),
  }));

/** Throws `query_unknown`, and `invalid_field` for a value that the query has not, or that is of another type. */
export function cannedQuestion(engine: EngineKind, name: string, given: StatementValues): Question {
  const found = cannedQueries.find((each) => each.name === name);
  if (found === undefined) throw new Problem('query_unknown', `there is no ready-made query ${name.slice(0, 100)}`);
  const { params = [], sql } = found;
  for (const each of Object.keys(given)) if (!params.some((one) => one.name === each)) throw unknownValue(name, each);
  const values = params.map((one) => [one.name, valueGiven(one, given[one.name])]);
  return { sql: sql(dialects[engine]), values: Object.fromEntries(values) };
}

function valueGiven({ name, default: usual }: CannedParameter, given: string | number | undefined): string | number {
  if (given === undefined) return usual;
  if (typeof usual === 'string') return String(given);
  const value = Number(given);
  if (Number.isInteger(value) && value >= 0 && value <= wholeMax) return value;
  throw invalid(name, `is no whole number from 0 to ${wholeMax}`);
}

const wholeMax = 1_000_000;

const unknownValue = (query: string, name: string): Problem => invalid(name, `is no parameter of ${query}`);

const invalid = (name: string, message: string): Problem =>
  new Problem('invalid_field', `params.${name} ${message}`, [{ field: `params.${name}`, message }]);

/** The statement with its values written into it, as a person would: what can be changed and asked again. */
export const questionText = ({ sql, values }: Question): string =>
  sql.replace(/'[^']*'|::|:(\w+)/g, (whole, name: string | undefined) => {
    const value = name === undefined ? undefined : values[name];
    if (value === undefined) return whole;
    return typeof value === 'number' ? String(value) : `'${value.replaceAll("'", "''")}'`;
  });
