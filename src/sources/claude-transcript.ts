/**
 * Transcripts of Claude Code, as its versions up to 2.1 write them: one JSON document a line, of which few say what a response
 * used. Lines hold whole prompts, so they are looked through as bytes, and only those that may say it are parsed.
 */
import { Buffer } from 'node:buffer';
import { limitReading } from './claude-limit-line.js';
import { type ClaudeRecord, recordOf, syntheticModel } from './claude-record.js';
import { usesOfRecord } from './claude-usage-line.js';
import { Skipped } from './skipped.js';
import type { Observation, ReadContext, ReadResult, Source, UseSeen } from './source.js';

export const claudeTranscript: Source = {
  format: 'claude-transcript',
  title: 'Transcripts of Claude Code (~/.claude/projects): tokens of each response, limits that were reached',
  version: 1,
  unit: 'lines',
  accepts: (path) => path.endsWith('.jsonl'),
  read,
};

function read(input: Uint8Array, { mayGrow = false }: ReadContext): ReadResult {
  const all = Buffer.from(input.buffer, input.byteOffset, input.byteLength);
  const bytes = mayGrow ? all.subarray(0, all.lastIndexOf(newline) + 1) : all;
  const found = new Found();
  let start = 0;
  for (let mark = nextMark(bytes, start); mark !== -1; mark = nextMark(bytes, start)) {
    let end = bytes.indexOf(newline, start);
    if (end !== -1 && end < mark) {
      start = bytes.lastIndexOf(newline, mark) + 1;
      end = bytes.indexOf(newline, mark);
    }
    if (end === -1) end = bytes.length;
    found.addLine(bytes.toString('utf8', start, end));
    start = end + 1;
  }
  const { observations, skipped } = found;
  return { observations, skipped: skipped.counts, refused: null, consumed: bytes.length };
}

const newline = 0x0a;

/**
 * A response is of type or role "assistant"; the old wrapper is an "agent_progress". To look for the beginning that both have is a
 * single pass, over bytes that seldom hold it: in text inside of strings, quotation marks have a backslash.
 */
const beginning = Buffer.from(':"a');
const marks = ['"assistant"', '"agent_progress"'].map((text) => Buffer.from(text));

/** Where the next mark is, at or after a place; -1 where there is none. */
function nextMark(bytes: Buffer, from: number): number {
  for (let at = bytes.indexOf(beginning, from); at !== -1; ) {
    for (const mark of marks) if (isAt(bytes, at + 1, mark)) return at;
    at = bytes.indexOf(beginning, at + beginning.length);
  }
  return -1;
}

/** Byte by byte, as most differ soon: a call of `compare` costs more. */
function isAt(bytes: Buffer, at: number, mark: Buffer): boolean {
  for (let i = 0; i < mark.length; i++) if (bytes[at + i] !== mark[i]) return false;
  return true;
}

/** What the lines of a part show. */
class Found {
  readonly observations: Observation[] = [];
  readonly skipped = new Skipped();
  #last: UseSeen | null = null;
  readonly #skip = (reason: string): void => this.skipped.add(reason);

  addLine(text: string): void {
    const record = parsed(text);
    if (record === 'not-json') return this.#skip(record);
    if (record === null) return;
    const reading = limitReading(record);
    if (reading !== null) {
      this.observations.push(reading);
      if (record.message.model === syntheticModel) return;
    }
    for (const use of usesOfRecord(record, this.#last, this.#skip)) {
      this.observations.push(use);
      if (use.part === null) this.#last = use;
    }
  }
}

/** Null: no record of a response, whatever it is. */
function parsed(text: string): ClaudeRecord | null | 'not-json' {
  try {
    return recordOf(JSON.parse(text));
  } catch {
    return 'not-json';
  }
}
