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
  version: 1,
  unit: 'lines',
  accepts: (path) => path.endsWith('.jsonl'),
  read,
};

function read(input: Uint8Array, { mayGrow = false }: ReadContext): ReadResult {
  const all = Buffer.from(input.buffer, input.byteOffset, input.byteLength);
  const bytes = mayGrow ? all.subarray(0, all.lastIndexOf(newline) + 1) : all;
  const found = new Found();
  for (let start = 0; start < bytes.length; ) {
    const at = bytes.indexOf(newline, start);
    const end = at === -1 ? bytes.length : at;
    if (!isOfUser(bytes, start) && hasMark(bytes.subarray(start, end)))
      found.addLine(bytes.toString('utf8', start, end));
    start = end + 1;
  }
  const { observations, skipped } = found;
  return { observations, skipped: skipped.counts, refused: null, consumed: bytes.length };
}

const newline = 0x0a;
const quote = 0x22;
const [brace, bracket] = [0x7b, 0x5b];

/**
 * What people say and tools put out are nearly all of the bytes. Such a line says what it is before it goes into anything, so nothing
 * but its end is looked for. In text inside of strings, quotation marks have a backslash.
 */
function isOfUser(bytes: Buffer, start: number): boolean {
  const end = Math.min(bytes.length, start + typeIsWithin);
  for (let at = start + 1; at < end; at++) {
    const byte = bytes[at] as number;
    if (byte === quote && isAt(bytes, at, typeOfUser)) return true;
    if (byte === brace || byte === bracket || byte === newline) return false;
  }
  return false;
}

const typeOfUser = Buffer.from('"type":"user"');
const typeIsWithin = 512;

/** A response is of type or role "assistant"; the old wrapper is an "agent_progress". */
function hasMark(line: Buffer): boolean {
  for (let at = line.indexOf(beginning); at !== -1; at = line.indexOf(beginning, at + beginning.length))
    if (marks.some((mark) => isAt(line, at + 1, mark))) return true;
  return false;
}

/** What both have is looked for, as lines seldom hold it. */
const beginning = Buffer.from(':"a');
const marks = ['"assistant"', '"agent_progress"'].map((text) => Buffer.from(text));

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
    const reading = limitReading(record, this.#skip);
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
