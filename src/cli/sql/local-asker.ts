/** Statements asked of the database itself, by a gate in this process. */
import { cannedQuestion } from '../../viewer/canned.js';
import { rowsOf, SqlGate } from '../../viewer/gate.js';
import type { Question } from '../../viewer/question.js';
import type { SqlAsker, SqlPage, SqlRequest } from './asker.js';

export class LocalAsker implements SqlAsker {
  readonly #gate: SqlGate;

  constructor(database: string, readerUrl: string | undefined) {
    this.#gate = new SqlGate({ database, readerUrl });
  }

  async page(request: SqlRequest): Promise<SqlPage> {
    const page = await this.#gate.page(this.#question(request), { ...optionsOf(request), limit: request.limit });
    const { columns, truncated, cellsCut, elapsedMs } = page;
    return { columns, rows: rowsOf(page), truncated, cells_cut: cellsCut, elapsed_ms: elapsedMs };
  }

  explain(request: SqlRequest): Promise<readonly string[]> {
    return this.#gate.explain(this.#question(request), optionsOf(request));
  }

  async *export(request: SqlRequest, format: 'csv' | 'ndjson'): AsyncGenerator<Uint8Array> {
    const options = { ...optionsOf(request), format, limit: request.limit };
    yield* await this.#gate.export(this.#question(request), options);
  }

  close(): Promise<void> {
    return this.#gate.close();
  }

  #question({ sql, canned, params = {} }: SqlRequest): Question {
    if (canned !== undefined) return cannedQuestion(this.#gate.engine, canned, params);
    return { sql: sql ?? '', values: {} };
  }
}

/** Who interrupts this process ends the statement with it. */
const optionsOf = ({ timeout_ms: timeoutMs }: SqlRequest) => ({
  caller: 'cli',
  timeoutMs,
  signal: new AbortController().signal,
});
