/**
 * What is done each time a client draws its status line: it waits for the line, so nothing is loaded that the line does not need, and
 * the daemon is asked by another process, in the background. Nothing that goes wrong is told the client.
 */
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { isatty } from 'node:tty';
import { keepText, keptAdvice, keptFiles, keptJson, keptSince } from './kept-files.js';
import { statusLine, type WindowPercent } from './line.js';

/** What is read of the document that the client gives. */
export interface Draw {
  readonly session_id?: unknown;
  readonly cwd?: unknown;
  readonly cost?: { readonly total_cost_usd?: unknown } | null;
  readonly rate_limits?: Readonly<Record<string, { readonly used_percentage?: unknown } | null>> | null;
}

const drawBytesMax = 262_144;

/** After a report, the next one of a session: where its figures changed much, changed, or did not. */
const gapsMs = { much: 2_000, some: 10_000, none: 60_000 } as const;
const muchPercent = 1;
const muchUsd = 0.1;

/** The flags that may be there beside the name, each with a value. */
const flags = new Set(['--data', '--database', '--pool', '--config', '--url']);
/** Has this program report in the background, of the session that follows. */
export const backgroundFlag = '--background';

/** Draws the line where the arguments ask for nothing else; false: the program has to look at them. */
export function drawQuickly(args: readonly string[]): boolean {
  const [verb, ...words] = args;
  if (verb !== 'statusline') return false;
  const name = words.length % 2 === 1 ? words[0] : undefined;
  const rest = name === undefined ? words : words.slice(1);
  if (name?.startsWith('-') || !rest.every((word, i) => i % 2 === 1 || flags.has(word))) return false;
  drawLine(name, args);
  return true;
}

/**
 * `args` are those of this program: the process in the background gets them, too. Without a name the line is for whoever works in the
 * folder of the session.
 */
export function drawLine(name: string | undefined, args: readonly string[]): void {
  const text = readInput();
  const draw = parsed(text);
  const session = String(draw.session_id ?? '');
  const files = keptFiles(args, session, name === undefined ? String(draw.cwd ?? '') : '');
  process.stdout.write(`${statusLine(name, windowsOf(draw), keptAdvice(files.advice), Date.now())}\n`);
  try {
    const before = keptJson<Draw>(files.draw);
    if (Date.now() - keptSince(files.draw) < gapsMs[before === null ? 'much' : changeOf(before, draw)]) return;
    keepText(files.folder, files.draw, JSON.stringify(draw));
    const background = [process.argv[1] as string, ...args, backgroundFlag, session];
    spawn(process.execPath, background, { detached: true, stdio: 'ignore' })
      .on('error', () => undefined)
      .unref();
  } catch {
    // The disk is full, or closed to this account: the line is all there is.
  }
}

function readInput(): string {
  if (isatty(0)) return '';
  try {
    return readFileSync(0, 'utf8');
  } catch {
    // Nobody writes to it.
    return '';
  }
}

/** An empty one where it is no object. */
function parsed(text: string): Draw {
  try {
    const value: unknown = text.length > drawBytesMax ? null : JSON.parse(text);
    return typeof value === 'object' && value !== null ? value : {};
  } catch {
    return {};
  }
}

function windowsOf({ rate_limits: limits }: Draw): WindowPercent[] {
  return Object.entries(limits ?? {}).flatMap(([key, window]) => {
    const percent = Number(window?.used_percentage ?? Number.NaN);
    return Number.isFinite(percent) ? [{ key, percent }] : [];
  });
}

function changeOf(before: Draw, draw: Draw): keyof typeof gapsMs {
  const costs = Math.abs(costOf(draw) - costOf(before));
  const old = new Map(windowsOf(before).map(({ key, percent }) => [key, percent]));
  const percents = Math.max(0, ...windowsOf(draw).map(({ key, percent }) => Math.abs(percent - (old.get(key) ?? 0))));
  if (costs >= muchUsd || percents >= muchPercent) return 'much';
  return costs > 0 || percents > 0 ? 'some' : 'none';
}

const costOf = ({ cost }: Draw): number => Number(cost?.total_cost_usd) || 0;
