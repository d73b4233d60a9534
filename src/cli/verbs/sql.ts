/** `sql`: one statement that only reads, asked of the tables; ready-made ones; and what the tables mean. */
import { type Command, Option } from 'commander';
import { limits } from '../../limits.js';
import { isServer } from '../../settings/database.js';
import { databaseOf } from '../../settings/ledger.js';
import { usageError } from '../exit.js';
import { addExamples, decimal, gatherPairs, jsonOption, settingOption, settingsFor, wholeNumber } from '../options.js';
import { printJson, printLine } from '../output.js';
import type { SqlRequest } from '../sql/asker.js';

interface Options {
  readonly canned?: string;
  readonly param?: Readonly<Record<string, string>>;
  readonly list?: true;
  readonly tables?: string | true;
  readonly json?: true;
  readonly csv?: true;
  readonly ndjson?: true;
  readonly limit?: number;
  readonly timeout?: number;
  readonly explain?: true;
}

export function define(command: Command): void {
  command
    .description(
      `Ask the tables of the ledger by SQL: one SELECT, VALUES or WITH, which changes nothing. It shows up to ${limits.pageRowsDefault} rows; --csv and --ndjson write all.`,
    )
    .argument('[statement]', 'the statement; - reads it from stdin')
    .option('--canned <name>', 'a ready-made query instead of a statement')
    .option('--param <name=value>', 'a value of the ready-made query; may be given several times', gatherPairs)
    .option('--list', 'show the ready-made queries')
    .option('--tables [name]', 'show the tables, or the columns of one, and what they mean')
    .addOption(jsonOption())
    .addOption(new Option('--csv', 'write all rows as CSV').conflicts(['json', 'ndjson', 'explain']))
    .addOption(new Option('--ndjson', 'write all rows as JSON, one a line').conflicts(['json', 'csv', 'explain']))
    .option('--limit <rows>', `rows at most, up to ${limits.pageRowsMax} where they are shown`, wholeNumber(1))
    .option('--timeout <seconds>', 'how long it may take, up to 30', decimal(limits.viewerMsMin / 1_000, 30))
    .option('--explain', 'show how the database would go about it, and do not run it')
    .addOption(settingOption('url'));
  command.action((statement: string | undefined, options: Options) => answer(command, statement, options));
  addExamples(
    command,
    "sql 'SELECT claude_name, sum(total_tokens) AS tokens FROM recent_increments GROUP BY claude_name'",
    'sql --list',
    'sql --canned use-by-model --param hours=24',
    "sql --csv 'SELECT * FROM daily_resource_share' > days.csv",
    'sql --ndjson --canned events-by-type',
    "sql --explain 'SELECT * FROM events WHERE source = 1'",
    'sql --tables resource_share_increments',
    'sql - < question.sql',
    'sql --url http://ledger.example:8765 --canned windows-now',
  );
}

async function answer(command: Command, statement: string | undefined, options: Options): Promise<void> {
  if (options.list === true || options.tables !== undefined) return describe(command, options);
  if ((statement === undefined) === (options.canned === undefined))
    throw usageError(
      'a statement or --canned NAME has to be given, and not both; --list and --tables show what there is.',
    );
  const request: SqlRequest = {
    ...(statement === undefined ? { canned: options.canned, params: options.param } : { sql: await textOf(statement) }),
    limit: options.limit,
    timeout_ms: options.timeout === undefined ? undefined : Math.round(options.timeout * 1_000),
  };
  const { withAsker } = await import('../sql/open-asker.js');
  const { printPage, writeExport } = await import('../sql/print.js');
  await withAsker(command, async (asker) => {
    if (options.explain === true) {
      const plan = await asker.explain(request);
      return options.json === true ? printJson({ plan }) : printLine(plan.join('\n'));
    }
    if (options.csv === true) return writeExport(asker.export(request, 'csv'));
    if (options.ndjson === true) return writeExport(asker.export(request, 'ndjson'));
    const page = await asker.page(request);
    return options.json === true ? printJson(page) : printPage(page);
  });
}

/** What is the same for every ledger on the engine: nobody is asked. */
async function describe(command: Command, { list, tables, json }: Options): Promise<void> {
  const engine = isServer(databaseOf(settingsFor(command))) ? 'postgres' : 'sqlite';
  const { printOneTable, printQueries, printTables } = await import('../sql/print.js');
  if (list === true) {
    const { listCanned } = await import('../../viewer/canned.js');
    const queries = listCanned(engine);
    return json === true ? printJson({ queries }) : printQueries(queries);
  }
  const { listTables, tableOf } = await import('../../viewer/tables.js');
  if (typeof tables === 'string') {
    const table = tableOf(engine, tables);
    return json === true ? printJson({ tables: [table] }) : printOneTable(table);
  }
  const all = listTables(engine);
  return json === true ? printJson({ tables: all }) : printTables(all);
}

async function textOf(statement: string): Promise<string> {
  if (statement !== '-') return statement;
  let text = '';
  for await (const part of process.stdin.setEncoding('utf8')) {
    text += part;
    if (text.length > limits.viewerSqlCharactersMax)
      throw usageError(`a statement has ${limits.viewerSqlCharactersMax} characters at most.`);
  }
  return text;
}
