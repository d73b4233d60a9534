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
  const line = parsed(json);
  if (line === null) return visibleLines(json);
  const { level, time } = line;
  const clock = new Date(time).toTimeString().slice(0, 8);
  return bodyOf(line, `${clock} ${levels[level] ?? level} `);
}

/** As the journal of systemd takes it, which has a time of its own, and wants to know of each line how bad it is. */
export function journalText(json: string): string {
  const line = parsed(json);
  if (line === null) return visibleLines(json);
  const priority = `<${priorities[line.level] ?? 6}>`;
  return bodyOf(line, '').replace(/^(?=.)/gm, priority);
}

/** Of syslog: 7 is a remark for who looks for faults, 2 what ends the process. */
const priorities: Readonly<Record<number, number>> = { 10: 7, 20: 7, 30: 6, 40: 4, 50: 3, 60: 2 };

function parsed(json: string): Line | null {
  try {
    return JSON.parse(json) as Line;
  } catch {
    return null;
  }
}

function bodyOf(line: Line, head: string): string {
  const { msg = '', err } = line;
  const more = Object.entries(line)
    .filter(([name]) => !left.has(name))
    .map(([name, value]) => `  ${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`);
  const fault = err === undefined ? '' : `\n${err.stack ?? err.message ?? ''}`;
  const first = visible(`${head}${msg}${more.join('')}`);
  return `${first}${visibleLines(fault)}\n`;
}
