/** Open alerts as JSON, the same wherever they are shown. */
import * as z from 'zod';
import type { Alert, PoolState } from '../events/state.js';
import { timeText } from './published.js';

export const alertSchema = z.object({
  id: z.string().describe('`a` and the seq of the event that raised it.'),
  rule: z.string(),
  subject: z.string().describe('What it is about: an identity, a window, or a part of the daemon.'),
  text: z.string(),
  raised_at: z.string(),
  acknowledged_at: z.string().nullable().describe('When somebody said to have seen it; null before that.'),
});
export type PublishedAlert = z.infer<typeof alertSchema>;

export const alertId = ({ seq }: Alert): string => `a${seq}`;

export const publishedAlert = (alert: Alert): PublishedAlert => ({
  id: alertId(alert),
  rule: alert.rule,
  subject: alert.subject,
  text: alert.text,
  raised_at: timeText(alert.raisedAt),
  acknowledged_at: alert.acknowledgedAt === null ? null : timeText(alert.acknowledgedAt),
});

/** The alert that is called so, with its dedupe key; undefined where none that is open is. */
export function findAlert({ alerts }: PoolState, id: string): readonly [key: string, alert: Alert] | undefined {
  return [...alerts].find(([, alert]) => alertId(alert) === id);
}

/** How many are open, and how many of those nobody has seen. */
export function alertCounts({ alerts }: PoolState): { readonly open: number; readonly unacknowledged: number } {
  const open = [...alerts.values()];
  return { open: open.length, unacknowledged: open.filter(({ acknowledgedAt }) => acknowledgedAt === null).length };
}
