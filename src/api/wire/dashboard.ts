/** `GET /dashboard/json`: the numbers of the dashboard under the keys of the original. Use is in US dollars. */

import * as z from 'zod';
import { originalWindows } from '../../events/catalogue/quota.js';
import type { CollaborationStatus } from '../../fairness/collaboration-status.js';
import { identityStates, stateMeanings } from '../../status/identity-state.js';
import { publishedWindows, windowSchema } from '../../status/published.js';
import { type SpendingIdentity, type SpendStatus, spendStatusNow } from '../../status/spend.js';
import { durationText } from '../../text/duration.js';
import { clockText, relativeText } from '../../text/time.js';
import { type Api, poolFromQuery } from '../context.js';
import { json, type Route, route } from '../route.js';
import { wire, wireTime } from './commands.js';

const percent = z.number().nullable();
const load = z.enum(['available', 'moderate', 'busy']);
const pie = z.object({ labels: z.array(z.string()), data: z.array(z.number()) });

const claude = z.object({
  name: z.string(),
  model: z.string().nullable(),
  ip_address: z.string().nullable(),
  is_paused: z.boolean(),
  pause_until_display: z.string().nullable(),
  autonomous_usage: z.number().describe('US dollars today.'),
  collaborative_usage: z.number(),
  total_usage: z.number(),
  collab_percentage: z.number(),
  weekly_autonomous: z.number().describe('US dollars today and in the six days before.'),
  weekly_collaborative: z.number(),
  weekly_total: z.number(),
  weekly_collab_percentage: z.number(),
  collab_pref: z.number(),
  daily_status: load.describe(
    '`available` below the preferred share of collaboration, `moderate` up to 10 points above, else `busy`.',
  ),
  daily_status_emoji: z.string(),
  weekly_status: load,
  weekly_status_emoji: z.string(),
  weekly_status_text: z.string(),
  next_prompt_due: z.string().describe('When it may run again, by its interval, a pause, and full windows.'),
  recent_interval: z.int().nullable(),
  recent_interval_display: z.string(),
  share: z.number().nullable().describe('Its part by weight, 0 to 1; null where it has none.'),
  balance: z.number().nullable().describe('US dollars it is behind (above 0) or ahead of the others.'),
  state: z.enum(identityStates).describe(`How it stands, by the first that holds: ${stateMeanings}`),
  interval_reason: z.string().nullable().describe('Why it would be told what it would be told now.'),
});

const reply = z.object({
  quota: z
    .object({
      session_5hour: percent,
      week_all: percent,
      week_sonnet: percent,
      session_5hour_reset: z.string().nullable(),
      week_reset: z.string().nullable(),
      timestamp: z.string().nullable(),
    })
    .nullable()
    .describe(
      'Percent used as it was last read, at `timestamp`; null before the first reading. A window that was not read is null. `forecasts` hold the estimates.',
    ),
  quota_metrics: z.object({
    base_interval: z.int(),
    base_interval_minutes: z.number(),
    allocation_mode: z.string(),
    quota_brake_multiplier: z.number(),
    quota_brake_active: z.boolean(),
    last_24hr_cost: z.number().describe('US dollars of the last 24 hours, to the millisecond.'),
    quota_runout_prediction: z
      .string()
      .nullable()
      .describe(
        'When the week of all models runs out if it is used on as now (median); null while too little is known.',
      ),
  }),
  forecasts: z.array(windowSchema).describe('What the controller makes of the windows.'),
  claudes: z.array(claude),
  weekly_pie: pie,
  daily_pie: pie,
  weekly_autonomous_pie: pie,
  daily_autonomous_pie: pie,
  generated_at: z.string(),
});
type Reply = z.infer<typeof reply>;

export const dashboardRoute = ({ ledger }: Api): Route =>
  route({
    ...wire,
    method: 'GET',
    url: '/dashboard/json',
    scope: 'read',
    operationId: 'getDashboard',
    summary: 'The numbers of the dashboard',
    replies: { 200: json('Quota, identities and their use', reply) },
    problems: ['pool_unknown', 'storage_unavailable'],
    handle: async (_input, request): Promise<Reply> => {
      return dashboardOf(await spendStatusNow(ledger, poolFromQuery(ledger, request)));
    },
  });

export function dashboardOf(status: SpendStatus): Reply {
  const { identities, quotaBrake, windows } = status;
  const { baseIntervalS, method } = status.policy;
  const runout = windows.find(({ key }) => key === 'week_all')?.runout;
  return {
    quota: quotaOf(status),
    quota_metrics: {
      base_interval: baseIntervalS,
      base_interval_minutes: baseIntervalS / 60,
      allocation_mode: method,
      quota_brake_multiplier: quotaBrake,
      quota_brake_active: quotaBrake > 1,
      last_24hr_cost: status.last24hUsd,
      quota_runout_prediction: runout == null ? null : wireTime(runout.p50),
    },
    forecasts: publishedWindows(status, wireTime),
    claudes: identities.map((identity) => claudeOf(identity, status)),
    weekly_pie: pieOf(identities, ({ week }) => week.total),
    daily_pie: pieOf(identities, ({ today }) => today.total),
    weekly_autonomous_pie: pieOf(identities, ({ week }) => week.autonomous),
    daily_autonomous_pie: pieOf(identities, ({ today }) => today.autonomous),
    generated_at: wireTime(status.at),
  };
}

function quotaOf({ windows }: SpendStatus): Reply['quota'] {
  const read = windows.filter(({ readPercent, active }) => readPercent !== null && active);
  if (read.length === 0) return null;
  const [session, all, sonnet] = originalWindows.map((key) => read.find((window) => window.key === key));
  const reset = (window: typeof session) => (window?.readResetsAt == null ? null : wireTime(window.readResetsAt));
  return {
    session_5hour: session?.readPercent ?? null,
    week_all: all?.readPercent ?? null,
    week_sonnet: sonnet?.readPercent ?? null,
    session_5hour_reset: reset(session),
    week_reset: reset(all) ?? reset(sonnet),
    timestamp: wireTime(Math.max(...read.map(({ readAt }) => readAt ?? 0))),
  };
}

function claudeOf(identity: SpendingIdentity, { at, timeZone }: SpendStatus): Reply['claudes'][number] {
  const { today, week, intervalS, share } = identity;
  return {
    name: identity.name,
    model: identity.model,
    ip_address: identity.ipAddress,
    is_paused: identity.paused,
    pause_until_display: pauseText(identity, timeZone),
    autonomous_usage: today.autonomous,
    collaborative_usage: today.collaborative,
    total_usage: today.total,
    collab_percentage: today.collaborationPercent,
    weekly_autonomous: week.autonomous,
    weekly_collaborative: week.collaborative,
    weekly_total: week.total,
    weekly_collab_percentage: week.collaborationPercent,
    collab_pref: identity.collaborationPreferred,
    daily_status: today.collaborationStatus,
    daily_status_emoji: emoji[today.collaborationStatus],
    weekly_status: week.collaborationStatus,
    weekly_status_emoji: emoji[week.collaborationStatus],
    weekly_status_text: weeklyText[week.collaborationStatus],
    next_prompt_due: nextText(identity, at),
    recent_interval: intervalS,
    recent_interval_display: intervalS === null ? 'N/A' : durationText(intervalS),
    state: identity.state,
    share: share?.nominal ?? null,
    balance: share?.balanceUsd ?? null,
    interval_reason: share === null ? null : identity.reason,
  };
}

function nextText({ lastReportAt, nextRunAt, mayRun }: SpendingIdentity, at: number): string {
  if (lastReportAt === null && nextRunAt === null && mayRun) return 'No recent activity';
  if (nextRunAt !== null) return relativeText(nextRunAt, at);
  return mayRun ? 'now' : 'when resumed';
}

function pauseText({ paused, pausedUntil }: SpendingIdentity, timeZone: string): string | null {
  if (!paused) return null;
  return pausedUntil === null ? 'until resumed' : clockText(pausedUntil, timeZone);
}

const emoji: Readonly<Record<CollaborationStatus, string>> = { available: '🟢', moderate: '🟡', busy: '🔴' };
const weeklyText: Readonly<Record<CollaborationStatus, string>> = {
  available: 'Below weekly target',
  moderate: 'At weekly target',
  busy: 'Over weekly target',
};

function pieOf(
  identities: readonly SpendingIdentity[],
  slice: (identity: SpendingIdentity) => number,
): z.infer<typeof pie> {
  const slices = identities.filter((identity) => slice(identity) > 0).sort((a, b) => slice(b) - slice(a));
  return { labels: slices.map(({ name }) => name), data: slices.map(slice) };
}
