/** What a benchmark yields, and the small tools all of them use. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface Figure {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  /** What it is held against, in the same run. */
  readonly baseline?: { readonly name: string; readonly value: number };
  /** The floor or ceiling it must keep, on the value or (with `ratio`) on value / baseline. */
  readonly target?: { readonly atLeast?: number; readonly atMost?: number; readonly ratio?: boolean };
}

export interface Benchmark {
  readonly title: string;
  /** The question, in a sentence. */
  readonly question: string;
  readonly run: (scale: Scale) => Promise<Figure[]>;
}

export interface Scale {
  readonly quick: boolean;
  /** Runs of which the median is taken. */
  readonly runs: number;
  /** Events of the large log. */
  readonly logEvents: number;
}

export function ratioOf({ value, baseline }: Figure): number | null {
  return baseline === undefined ? null : value / baseline.value;
}

export function isMet(figure: Figure): boolean | null {
  const { target } = figure;
  if (target === undefined) return null;
  const held = target.ratio === true ? (ratioOf(figure) ?? Number.NaN) : figure.value;
  return held >= (target.atLeast ?? Number.NEGATIVE_INFINITY) && held <= (target.atMost ?? Number.POSITIVE_INFINITY);
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

/** The quantile (0 to 1) of some values, e.g. 0.99. */
export function quantile(values: readonly number[], q: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))] ?? Number.NaN;
}

/** Runs `body` with a folder of its own and removes it. On a real disk, not in memory: set TMPDIR if /tmp is one. */
export async function withFolder<T>(body: (folder: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'resource-share-bench-'));
  try {
    return await body(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Resident memory of a process now and at its highest, in MB; 0 where the system does not tell. */
export function residentMb(pid: number | 'self'): { readonly now: number; readonly peak: number } {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    const field = (name: string) => Number(new RegExp(`${name}:\\s+(\\d+)`).exec(status)?.[1] ?? 0) / 1_024;
    return { now: field('VmRSS'), peak: field('VmHWM') };
  } catch {
    return { now: 0, peak: 0 };
  }
}
