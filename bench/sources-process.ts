/** Reading transcripts, and the least that reading them takes, in a process of its own: its peak of memory is that of the work. */
import { closeSync, openSync, readdirSync, readSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { preview } from '../src/intake/preview.js';
import { limits } from '../src/limits.js';
import { claudeTranscript } from '../src/sources/claude-transcript.js';
import { serveParent, startChild } from './child.js';
import { residentMb } from './memory.js';

/** What reading is compared with: the same bytes are read, and a mark is looked for in them, or each line is parsed. */
export type Floor = 'looking' | 'parsing';

interface Task {
  readonly folder: string;
  readonly floor: Floor | null;
}

export interface Speeds {
  /** MB per second of processor time. */
  readonly reading: number;
  readonly floor: number;
}

const passes = 5;

/** The best of several passes of both, in turns: so that what else the machine does meets both. */
export const speedsOf = (folder: string, floor: Floor): Promise<Speeds> =>
  startChild<Speeds>(import.meta.url, { folder, floor }).result;

export interface PreviewMemory {
  readonly responses: number;
  readonly peakMb: number;
}

export const memoryOf = (folder: string): Promise<PreviewMemory> =>
  startChild<PreviewMemory>(import.meta.url, { folder, floor: null }).result;

serveParent<Task>(import.meta.url, async ({ folder, floor }): Promise<Speeds | PreviewMemory> => {
  const read = () => preview(claudeTranscript, [folder], { at: 0 }).observations.length;
  if (floor === null) return { responses: read(), peakMb: residentMb('self').peak };
  const files = filesOf(folder);
  const bytes = files.reduce((sum, file) => sum + statSync(file).size, 0);
  const least = () => eachPart(files, floor === 'looking' ? look : parse);
  const ms = { read: Number.POSITIVE_INFINITY, least: Number.POSITIVE_INFINITY };
  for (let pass = 0; pass < passes; pass++) {
    ms.least = Math.min(ms.least, msOf(least));
    ms.read = Math.min(ms.read, msOf(read));
  }
  return { reading: bytes / 1_000 / ms.read, floor: bytes / 1_000 / ms.least };
});

/** Processor time: on a shared machine the clock also counts the others. */
function msOf(work: () => unknown): number {
  const started = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(started);
  return (user + system) / 1_000;
}

const filesOf = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.jsonl'))
    .map((path) => join(folder, path));

const mark = Buffer.from('"type":"assistant"');

function look(bytes: Buffer): void {
  for (let at = bytes.indexOf(mark); at !== -1; at = bytes.indexOf(mark, at + mark.length));
}

function parse(bytes: Buffer): void {
  for (let start = 0; start < bytes.length; ) {
    const end = bytes.indexOf('\n', start);
    JSON.parse(bytes.toString('utf8', start, end));
    start = end + 1;
  }
}

/** Gives the bytes of files in parts that end with a line. */
function eachPart(files: readonly string[], work: (bytes: Buffer) => void): void {
  const room = Buffer.allocUnsafeSlow(limits.partBytes);
  for (const file of files) {
    const descriptor = openSync(file, 'r');
    let held = 0;
    for (let got = -1; got !== 0; ) {
      got = readSync(descriptor, room, held, room.length - held, null);
      const end = room.subarray(0, held + got).lastIndexOf('\n') + 1;
      work(room.subarray(0, end));
      held = room.copy(room, 0, end, held + got);
    }
    closeSync(descriptor);
  }
}
