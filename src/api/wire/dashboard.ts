/** `GET /dashboard/json`: the numbers of the dashboard under the keys of the original. Use is in US dollars. */
import * as z from 'zod';
import { originalWindows } from '../../events/catalogue/quota.js';
import { isoText } from '../../events/days.js';
import type { CollaborationStatus } from '../../fairness/collaboration-status.js';
import { type IdentityView, type Overview, overviewOf } from '../../web/overview.js';
import { clockText, durationText, relativeText } from '../../web/words.js';
import { type Api, poolFromQuery } from '../context.js';
import { runoutOf, windowOf, windowSchema } from '../fairness.js';
import { json, type Route, route } from '../route.js';
import { wire } from './commands.js';

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
  next_prompt_due: z.string(),
  recent_interval: z.int().nullable(),
  recent_interval_display: z.string(),
  share: z.number().nullable().describe('Its part by weight, 0 to 1; null where it has none.'),
  balance: z.number().nullable().describe('US dollars it is behind (above 0) or ahead of the others.'),
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
    .describe('Percent used; null before the first reading. A window that was not read is null.'),
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
    operationId: 'getDashboard',
    summary: 'The numbers of the dashboard',
    replies: { 200: json('Quota, identities and their use', reply) },
    problems: ['pool_unknown', 'storage_unavailable'],
    handle: async (_input, request): Promise<Reply> => {
      return dashboardOf(await overviewOf(ledger, poolFromQuery(ledger, request)));
    },
  });

export function dashboardOf(overview: Overview): Reply {
  const { identities, baseIntervalS, quotaBrake, forecasts } = overview;
  const runout = forecasts.get('week_all')?.runout;
  return {
    quota: quotaOf(overview),
    quota_metrics: {
      base_interval: baseIntervalS,
      base_interval_minutes: baseIntervalS / 60,
      allocation_mode: overview.allocationMode,
      quota_brake_multiplier: quotaBrake,
      quota_brake_active: quotaBrake > 1,
      last_24hr_cost: overview.last24hUsd,
      quota_runout_prediction: runout == null ? null : runoutOf(runout).p50,
    },
    forecasts: [...forecasts.values()].map(windowOf),
    claudes: identities.map((identity) => claudeOf(identity, overview)),
    weekly_pie: pieOf(identities, ({ week }) => week.total),
    daily_pie: pieOf(identities, ({ today }) => today.total),
    weekly_autonomous_pie: pieOf(identities, ({ week }) => week.autonomous),
    daily_autonomous_pie: pieOf(identities, ({ today }) => today.autonomous),
    generated_at: isoText(overview.at),
  };
}

function quotaOf({ windows }: Overview): Reply['quota'] {
  const read = windows.filter(({ percent }) => percent !== null);
  if (read.length === 0) return null;
  const [session, all, sonnet] = originalWindows.map((key) => read.find((window) => window.key === key));
  const reset = (window: typeof session) => (window?.resetsAt == null ? null : isoText(window.resetsAt));
  return {
    session_5hour: session?.percent ?? null,
    week_all: all?.percent ?? null,
    week_sonnet: sonnet?.percent ?? null,
    session_5hour_reset: reset(session),
    week_reset: reset(all) ?? reset(sonnet),
    timestamp: isoText(Math.max(...read.map(({ measuredAt }) => measuredAt ?? 0))),
  };
}

function claudeOf(identity: IdentityView, { at, timeZone }: Overview): Reply['claudes'][number] {
  const { today, week, lastIntervalS, fair } = identity;
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
    next_prompt_due: identity.nextDue === null ? 'No recent activity' : relativeText(identity.nextDue, at),
    recent_interval: lastIntervalS,
    recent_interval_display: lastIntervalS === null ? 'N/A' : durationText(lastIntervalS),
    share: fair?.share?.nominal ?? null,
    balance: fair?.share?.balance ?? null,
    interval_reason: fair?.reason ?? null,
  };
}

function pauseText({ paused, pauseUntil }: IdentityView, timeZone: string): string | null {
  if (!paused) return null;
  return pauseUntil === null ? 'until resumed' : clockText(pauseUntil, timeZone);
}

const emoji: Readonly<Record<CollaborationStatus, string>> = { available: '🟢', moderate: '🟡', busy: '🔴' };
const weeklyText: Readonly<Record<CollaborationStatus, string>> = {
  available: 'Below weekly target',
  moderate: 'At weekly target',
  busy: 'Over weekly target',
};

function pieOf(identities: readonly IdentityView[], slice: (identity: IdentityView) => number): z.infer<typeof pie> {
  const slices = identities.filter((identity) => slice(identity) > 0).sort((a, b) => slice(b) - slice(a));
  return { labels: slices.map(({ name }) => name), data: slices.map(slice) };
}
