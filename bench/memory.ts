/** Resident memory of processes, as Linux tells it. */
import { readFileSync, writeFileSync } from 'node:fs';

/** Now and at its highest, in MB; NaN where the system does not tell, or the process is gone. */
export function residentMb(pid: number | 'self'): { readonly now: number; readonly peak: number } {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    const field = (name: string) => Number(new RegExp(`${name}:\\s+(\\d+)`).exec(status)?.[1] ?? Number.NaN) / 1_024;
    return { now: field('VmRSS'), peak: field('VmHWM') };
  } catch {
    return { now: Number.NaN, peak: Number.NaN };
  }
}

/** The highest so far becomes what it is now, so that a phase can be told from the one before. */
export function forgetPeak(pid: number): void {
  try {
    writeFileSync(`/proc/${pid}/clear_refs`, '5');
  } catch {
    // Elsewhere than on Linux the peak is of the whole run, or not known at all.
  }
}

/** Follows a process that ends by itself: `peak` is its highest memory until then. */
export function watchPeak(pid: number): { stop(): number } {
  let peak = Number.NaN;
  const look = () => {
    const seen = residentMb(pid).peak;
    if (!Number.isNaN(seen)) peak = seen;
  };
  look();
  const timer = setInterval(look, 20);
  return {
    stop() {
      clearInterval(timer);
      return peak;
    },
  };
}
