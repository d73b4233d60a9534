/** Every table and view of a ledger: what it is, its columns with their meaning, its indexes, and the statement that makes it. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../package-root.js';
import { Problem } from '../problems.js';
import type { EngineKind } from './dialect.js';
import { sharedColumns, tableWords } from './table-words.js';

export interface ColumnListing {
  readonly name: string;
  /** As the statement that makes the table has it; null in a view. */
  readonly type: string | null;
  readonly nullable: boolean | null;
  readonly description: string;
}

export interface TableListing {
  readonly name: string;
  readonly kind: 'table' | 'view';
  readonly description: string;
  readonly columns: readonly ColumnListing[];
  /** Statements that make the indexes beside the primary key. */
  readonly indexes: readonly string[];
  readonly ddl: string;
}

/** The views first, which are for people; then the tables that they are asked of most; then the rest. */
export function listTables(engine: EngineKind): readonly TableListing[] {
  const statements = statementsOf(readFileSync(join(packageRoot, 'schema', engine, 'dump.sql'), 'utf8'));
  const listed = statements.flatMap((ddl) => {
    const [, kind, name] = /^CREATE (TABLE|VIEW) (\w+)/.exec(ddl) ?? [];
    return name === undefined ? [] : [listing(name, kind === 'VIEW' ? 'view' : 'table', ddl, statements)];
  });
  const order = Object.keys(tableWords);
  return listed.sort((a, b) => order.indexOf(a.name) - order.indexOf(b.name));
}

/** Throws `query_unknown`. */
export function tableOf(engine: EngineKind, name: string): TableListing {
  const found = listTables(engine).find((table) => table.name === name);
  if (found === undefined) throw new Problem('query_unknown', `there is no table ${name.slice(0, 100)}`);
  return found;
}

/** Their comments are for who reads the file. */
const statementsOf = (dump: string): readonly string[] =>
  dump
    .replace(/^\s*--.*\n/gm, '')
    .split(/;\n/)
    .map((text) => text.trim())
    .filter((text) => text !== '');

function listing(name: string, kind: TableListing['kind'], ddl: string, all: readonly string[]): TableListing {
  const columns = kind === 'view' ? viewColumns(ddl) : tableColumns(ddl);
  return {
    name,
    kind,
    description: tableWords[name]?.description ?? '',
    columns: columns.map((column) => ({
      ...column,
      description: tableWords[name]?.columns[column.name] ?? sharedColumns[column.name] ?? '',
    })),
    indexes: all.filter((text) => new RegExp(`^CREATE (UNIQUE )?INDEX \\w+ ON (public\\.)?${name}\\b`).test(text)),
    ddl: `${ddl};`,
  };
}

type Column = Omit<ColumnListing, 'description'>;

function tableColumns(ddl: string): readonly Column[] {
  return [...ddl.matchAll(/^ {2}"?([a-z]\w*)"? ([^\n]*?),?$/gm)].map(([, name = '', rest = '']) => ({
    name,
    type: /^[a-z]+( precision)?/i.exec(rest)?.[0].toUpperCase() ?? null,
    nullable: !/NOT NULL|PRIMARY KEY/.test(rest),
  }));
}

/** The names of its outermost list: those before its first FROM. */
function viewColumns(ddl: string): readonly Column[] {
  const list = ddl.slice(ddl.indexOf('SELECT') + 'SELECT'.length).split(/^\s*FROM /m)[0] as string;
  return [...list.matchAll(/\b(\w+)"?,?$/gm)].map(([, name = '']) => ({ name, type: null, nullable: null }));
}
