/** The status line of an agent: its share, the windows, and when it may run. */
import { durationText } from '../../text/duration.js';
import { visible } from '../../text/visible.js';

/** What the daemon said last. */
export interface KeptAdvice {
  /** Who it was said to. */
  readonly name: string;
  /** Milliseconds UTC. */
  readonly at: number;
  /** 0 to 1; null for one that has none. */
  readonly share: number | null;
  /** Milliseconds UTC; null: not before somebody ends its pause. */
  readonly nextRunAt: number | null;
  readonly windows: readonly WindowPercent[];
}

export interface WindowPercent {
  readonly key: string;
  /** How much of it is used, 0 to 100. */
  readonly percent: number;
}

/** What was said longer ago than this is marked with its age. */
const freshMs = 600_000;

/** While nobody has said who it is. */
const nameless = 'Resource-Share';

/** The windows that the client shows are newer than those the daemon knows. */
export function statusLine(
  name: string | undefined,
  drawn: readonly WindowPercent[],
  kept: KeptAdvice | null,
  now: number,
): string {
  const windows = drawn.length > 0 ? drawn : (kept?.windows ?? []);
  const parts = [
    name ?? kept?.name ?? nameless,
    ...windows.map(({ key, percent }) => `${windowName(key)} ${Math.round(percent)} %`),
  ];
  if (kept !== null) {
    if (kept.share !== null) parts.splice(1, 0, `share ${Math.round(kept.share * 100)} %`);
    parts.push(waitText(kept.nextRunAt, now));
    if (now - kept.at > freshMs) parts.push(`said ${durationText((now - kept.at) / 1_000)} ago`);
  }
  return visible(parts.join(' · '));
}

function waitText(nextRunAt: number | null, now: number): string {
  if (nextRunAt === null) return 'paused';
  return nextRunAt > now ? `wait ${durationText((nextRunAt - now) / 1_000)}` : 'may run';
}

function windowName(key: string): string {
  if (key === 'five_hour' || key === 'session_5hour') return '5h';
  if (key === 'seven_day' || key === 'week_all') return 'week';
  return key.replace(/^seven_day_/, 'week_').replaceAll('_', ' ');
}
