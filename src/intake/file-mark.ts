/** What tells whether a file is still the one that was read before, and was only appended to. */
import { createHash } from 'node:crypto';
import { fileIdOf } from './files.js';
import type { OpenFile } from './open-file.js';
import type { Progress } from './read-lines.js';

export interface FileMark extends Progress {
  /** Device and inode. */
  readonly id: string;
  readonly size: number;
  readonly modifiedNs: string;
  /** Of the bytes before the offset. */
  readonly fingerprint: string;
  /** What its reader keeps from part to part. */
  readonly state?: unknown;
}

/** Lines of one session may end alike for a hundred bytes: what tells them apart (an id, a time) is before that. */
const fingerprintBytes = 1_024;

export function markOf(file: OpenFile, progress: Progress, state: unknown): FileMark {
  const { size, stats } = file;
  const fingerprint = fingerprintOf(file, progress.offset);
  return { ...progress, id: fileIdOf(stats), size, modifiedNs: String(stats.mtimeNs), fingerprint, state };
}

/** When the file was written last, in milliseconds UTC. */
export const modifiedMs = ({ modifiedNs }: Pick<FileMark, 'modifiedNs'>): number =>
  Number(BigInt(modifiedNs) / 1_000_000n);

/** Whether it holds what was read, so that only what follows is new. Else it was cut, replaced or rewritten, and is read as a new one. */
export function isContinued(file: OpenFile, mark: FileMark): boolean {
  const { size, stats } = file;
  if (fileIdOf(stats) !== mark.id) return false;
  if (size === mark.size && String(stats.mtimeNs) !== mark.modifiedNs) return false;
  return fingerprintOf(file, mark.offset) === mark.fingerprint;
}

function fingerprintOf(file: OpenFile, offset: number): string {
  const length = Math.min(fingerprintBytes, offset);
  const bytes = new Uint8Array(length);
  const got = file.read(bytes, 0, length, offset - length);
  return createHash('sha256').update(bytes.subarray(0, got)).digest('hex').slice(0, 32);
}
