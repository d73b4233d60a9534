/**
 * How a pool stands, in as little as a status bar shows: a line, what is behind it, and how bad it is. The keys `text`, `tooltip`, `class`
 * and `percentage` are those that Waybar takes from a program (waybar-custom(5), return-type json).
 */
import * as z from 'zod';
import { durationText } from '../text/duration.js';
import { percentText } from '../text/percent.js';
import { visible } from '../text/visible.js';
import type { IdentityStatus } from './identities.js';
import { identityStates, stateWords } from './identity-state.js';
import { maintenanceSchema, publishedMaintenance, timeText } from './published.js';
import type { Status } from './status.js';
import type { WindowStatus } from './windows.js';

/** Beyond, a window is worth a look. */
const warningPercent = 80;
const identitiesMax = 30;
const alertLinesMax = 5;

const shortLabels: Readonly<Record<string, string>> = {
  session_5hour: '5 h',
  week_all: 'week',
  week_sonnet: 'Sonnet',
};

export const glanceSchema = z.object({
  text: z.string().describe('One line: how full the windows are, and how many alerts nobody has seen.'),
  tooltip: z.string().describe('Some lines: each window, each agent, the newest alerts.'),
  class: z
    .enum(['ok', 'warning', 'critical'])
    .describe(
      `\`critical\`: a window is used up, or maintenance goes on. \`warning\`: a window is used to ${warningPercent} % or more, its reading is old, or there is an alert that nobody has seen.`,
    ),
  percentage: z.int().describe('Of the fullest window, 0 to 100.'),
  pool: z.string(),
  at: z.string(),
  windows: z.array(
    z.object({
      window: z.string(),
      label: z.string(),
      percent: z
        .number()
        .nullable()
        .describe(
          'Percent used, by the estimate, else as it was last read; windows of which neither is known are left out.',
        ),
      resets_at: z.string().nullable(),
      exhausted: z.boolean(),
      stale: z.boolean(),
    }),
  ),
  identities: z
    .array(z.object({ name: z.string(), state: z.enum(identityStates), next_run_at: z.string().nullable() }))
    .describe(`Who has a share, who runs next first; ${identitiesMax} at most.`),
  alerts: z.object({ open: z.int(), unacknowledged: z.int() }),
  maintenance: maintenanceSchema,
});
export type Glance = z.infer<typeof glanceSchema>;

export function glanceOf(status: Status): Glance {
  const { at, pool, alerts, maintenance } = status;
  const windows = status.windows.filter((window) => window.active && percentOf(window) !== null);
  const sharers = status.identities
    .filter(({ share }) => share !== null)
    .sort((a, b) => (a.nextRunAt ?? 0) - (b.nextRunAt ?? 0) || (a.name < b.name ? -1 : 1))
    .slice(0, identitiesMax);
  const unacknowledged = alerts.filter(({ acknowledgedAt }) => acknowledgedAt === null);
  const level = levelOf(status, windows, unacknowledged.length);
  return {
    text:
      [...windows.map(shortText), ...(unacknowledged.length === 0 ? [] : [`! ${unacknowledged.length}`])].join('  ') ||
      'no quota known',
    tooltip: [
      ...(maintenance === null ? [] : [`Maintenance for ${durationText((maintenance.until - at) / 1_000)}`]),
      ...windows.map((window) => windowLine(window, at)),
      ...sharers.map((identity) => identityLine(identity, at)),
      ...unacknowledged.slice(0, alertLinesMax).map(({ text }) => `! ${visible(text)}`),
    ].join('\n'),
    class: level,
    percentage: Math.round(Math.min(100, Math.max(0, ...windows.map((window) => percentOf(window) ?? 0)))),
    pool,
    at: timeText(at),
    windows: windows.map((window) => ({
      window: window.key,
      label: window.label,
      percent: percentOf(window),
      resets_at: window.resetsAt === null ? null : timeText(window.resetsAt),
      exhausted: window.exhausted,
      stale: window.stale,
    })),
    identities: sharers.map(({ name, state, nextRunAt }) => ({
      name,
      state,
      next_run_at: nextRunAt === null ? null : timeText(nextRunAt),
    })),
    alerts: { open: alerts.length, unacknowledged: unacknowledged.length },
    maintenance: publishedMaintenance(maintenance),
  };
}

function levelOf({ maintenance }: Status, windows: readonly WindowStatus[], unseen: number): Glance['class'] {
  if (maintenance !== null || windows.some(({ exhausted }) => exhausted)) return 'critical';
  const isFull = windows.some((window) => (percentOf(window) ?? 0) >= warningPercent);
  return isFull || unseen > 0 || windows.some(({ stale }) => stale) ? 'warning' : 'ok';
}

/** The estimate where there is one: a reading may be hours old. */
const percentOf = ({ percent, readPercent, exhausted }: WindowStatus): number | null =>
  exhausted ? 100 : (percent ?? readPercent);

const wordsOf = (window: WindowStatus): string => {
  if (window.exhausted) return 'full';
  return `${percentText(Math.round(percentOf(window) ?? 0))}${window.stale ? '?' : ''}`;
};

const shortText = (window: WindowStatus): string =>
  `${shortLabels[window.key] ?? visible(window.label)} ${wordsOf(window)}`;

function windowLine(window: WindowStatus, at: number): string {
  const reset =
    window.resetsAt !== null && window.resetsAt > at
      ? `, resets in ${durationText((window.resetsAt - at) / 1_000)}`
      : '';
  return `${visible(window.label)}: ${wordsOf(window)}${reset}`;
}

function identityLine({ name, state, nextRunAt }: IdentityStatus, at: number): string {
  const wait = nextRunAt !== null && nextRunAt > at ? `, next in ${durationText((nextRunAt - at) / 1_000)}` : '';
  return `${visible(name)}: ${stateWords[state]}${wait}`;
}
