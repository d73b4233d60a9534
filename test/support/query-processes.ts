/** Processes that work on statements, as the system shows them. */
import { readdirSync, readFileSync } from 'node:fs';

export interface SeenProcess {
  readonly pid: number;
  readonly residentMib: number;
}

/** Those that a process has started, and that live. */
export function queryProcessesOf(parent: number): readonly SeenProcess[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      const status = textOf(`/proc/${pid}/status`);
      if (
        Number(/^PPid:\s+(\d+)$/m.exec(status)?.[1]) !== parent ||
        !/query-child\.js/.test(textOf(`/proc/${pid}/cmdline`))
      )
        return [];
      return [{ pid: Number(pid), residentMib: Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0) / 1_024 }];
    });
}

/** Empty where the process has ended meanwhile. */
export function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
