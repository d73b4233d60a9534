/** Whether the ledger would take a report. A detail that it would refuse (a name of a model with control characters) is left out. */
import { type Command, parseCommand } from '../events/command.js';
import { Problem } from '../problems.js';
import type { Report } from './report.js';

/** Who sends it. */
export interface Origin {
  readonly actor: string;
  /** As of every event: `readings/1`. */
  readonly source: string;
}

/** Without these a report still says who used how much. */
const details: ReadonlySet<string> = new Set(['instance', 'mode_source', 'model', 'pricing', 'project', 'session']);

/** The report as a command; null where it cannot be recorded whatever is left out. */
export function commandOf(report: Report, origin: Origin): Command | null {
  return taken(report, origin)?.command ?? null;
}

/** What of a report can be recorded: itself, or without the details that cannot; null where it cannot be. */
export function recordable(report: Report, origin: Origin): Report | null {
  return taken(report, origin)?.report ?? null;
}

/** Parsed once where nothing is wrong with it, as is nearly always so. */
function taken(report: Report, origin: Origin): { readonly report: Report; readonly command: Command } | null {
  const whole = parsed(report, origin);
  if (!Array.isArray(whole)) return { report, command: whole as Command };
  const members = whole.map((field) => /^payload\.([a-z_]+)/.exec(field)?.[1] ?? '');
  if (members.some((member) => !details.has(member))) return null;
  const payload = Object.fromEntries(Object.entries(report.payload).filter(([member]) => !members.includes(member)));
  const left = { ...report, payload };
  const rest = parsed(left, origin);
  return Array.isArray(rest) ? null : { report: left, command: rest as Command };
}

/** The command, or the fields that are wrong. */
function parsed(report: Report, origin: Origin): Command | readonly string[] {
  try {
    return parseCommand(report, origin);
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    return error.errors.map(({ field }) => field);
  }
}
