/** A line of the log as people read it: `14:02:11 WARN the clock jumped  by_ms=3600000`. */
import { visible, visibleLines } from '../text/visible.js';

interface Line {
  readonly level: number;
  readonly time: number;
  readonly msg?: string;
  readonly err?: { readonly message?: string; readonly stack?: string };
}

const levels: Readonly<Record<number, string>> = {
  10: 'TRACE',
  20: 'DEBUG',
  30: 'INFO',
  40: 'WARN',
  50: 'ERROR',
  60: 'FATAL',
};

/** What every line has and nobody at a terminal asks for. */
const left = new Set(['level', 'time', 'pid', 'hostname', 'msg', 'err']);

export function logText(json: string): string {
  let line: Line;
  try {
    line = JSON.parse(json) as Line;
  } catch {
    return visibleLines(json);
  }
  const { level, time, msg = '', err } = line;
  const clock = new Date(time).toTimeString().slice(0, 8);
  const more = Object.entries(line)
    .filter(([name]) => !left.has(name))
    .map(([name, value]) => `  ${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`);
  const fault = err === undefined ? '' : `\n${err.stack ?? err.message ?? ''}`;
  const first = visible(`${clock} ${levels[level] ?? level} ${msg}${more.join('')}`);
  return `${first}${visibleLines(fault)}\n`;
}
